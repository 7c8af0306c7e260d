"""What goes with an option and what does not, without which most lines with it would end in the same message on usage."""

from __future__ import annotations

_TRAINING, _INFERENCE = {"optimizer", "master", "checkpoint"}, {"concat", "workspace", "schedule"}
WITH: dict[tuple[str, str], set[str]] = {
    **{("memory", name): {"train"} for name in _TRAINING},
    ("train", "lora"): {"on"},
    ("train", "on"): {"lora"},
    ("rf", "spread"): {"layer"},
    ("rf", "image"): {"layer", "spread", "target"},
    **{("check", name): {"claims"} for name in ("input_shape", "settings")},
    **{("rf", name): {"depth"} for name in ("kernel", "stride")},
}
_PICTURED = {"layer", "spread", "target", "image"}
WITHOUT: dict[tuple[str, str], set[str]] = {
    **{("memory", name): _INFERENCE for name in (*_TRAINING, "train")},
    **{("memory", name): {*_TRAINING, "train"} for name in _INFERENCE},
    **{("rf", name): {"spec", "like", "depth", *_PICTURED} - {name} for name in ("like", "depth")},
    **{("rf", name): {"spec", "like", *_PICTURED} for name in ("kernel", "stride")},
    ("conventions", "name"): {"spec"},
    ("check", "specs"): {"keep", "input_shape", "settings"},
    ("verify", "quick"): {"input_shape"},
    ("verify", "input_shape"): {"quick"},
    ("rf", "spec"): {"spread", "image"},
    ("export", "bare"): {"weights"},
    ("sweep", "rows_of"): {"over", "space", "sample", "hypercube"},
    **{("sweep", name): {"rows_of"} for name in ("over", "space", "sample", "hypercube")},
    ("roofline", "measured"): {"measured_step"},
    ("roofline", "measured_step"): {"measured"},
}
