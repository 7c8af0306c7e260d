"""The rows of speech models in Hugging Face's transformers, written to tests/data by `python -m tests.specs.speech_rows`.

It needs transformers, which no test does. Networks are built on the meta device, so that none has weights.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tests.specs.transformers_rows import Found, Module, traced, write

DATA = Path(__file__).parent.parent / "data"
ROWS, TOTALS = DATA / "speech_rows.csv", DATA / "speech_totals.csv"
# Of wav2vec 2.0 and HuBERT, from the configs that their authors published: https://huggingface.co/facebook.
LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
XLARGE = {"hidden_size": 1280, "num_hidden_layers": 48, "num_attention_heads": 16, "intermediate_size": 5120}
NORMED = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
SOUNDS: dict[str, tuple[str, dict[str, Any]]] = {
    "wav2vec2_base": ("Wav2Vec2Model", {}),
    "wav2vec2_large": ("Wav2Vec2Model", LARGE),
    "wav2vec2_large_lv60": ("Wav2Vec2Model", {**LARGE, **NORMED, "conv_bias": True}),
    "hubert_base": ("HubertModel", {}),
    "hubert_large": ("HubertModel", {**LARGE, **NORMED}),
    "hubert_xlarge": ("HubertModel", {**XLARGE, **NORMED}),
}
# The width, heads, depth and width of the decoder of NeMo's Conformer-Transducers.
CONFORMERS = {"small": (176, 4, 16, 320), "medium": (256, 4, 16, 640), "large": (512, 8, 17, 640)}


class Striding(nn.Module):
    """What NeMo puts before a Conformer, where Parakeet has depthwise convolutions: a quarter of the frames."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, width, 3, 2, 1)
        self.conv2 = nn.Conv2d(width, width, 3, 2, 1)
        self.linear = nn.Linear(width * 20, width)

    def forward(self, x: Tensor, _mask: Tensor | None = None) -> Any:
        x = self.conv2(self.conv1(x[:, None]).relu()).relu()
        return self.linear(x.transpose(1, 2).flatten(2))


def sound(name: str) -> Found:
    """A network over the samples of a second; without the vector for what is masked, which is for training."""
    model, config = SOUNDS[name]
    kind: Any = getattr(import_module("transformers"), model)
    with torch.device("meta"):
        network: Any = kind(kind.config_class(attn_implementation="eager", **config)).eval()
        del network.masked_spec_embed
        found = traced(network, {"input_values": torch.empty(1, 16000)})
    return found._replace(modules=list(merged(found.modules)))


def merged(modules: list[Module]) -> Iterator[Module]:
    """The modules, with a weight that is normed as part of its convolution."""
    params = 0
    for module in modules:
        if re.search(r"\.parametrizations\.", module.name):
            params += module.params
        else:
            yield module._replace(params=module.params + params)
            params = 0


def conformer(name: str) -> Found:
    """A transducer over 1000 frames and 32 pieces."""
    transformers = import_module("transformers")
    width, heads, depth, decoder = CONFORMERS[name]
    encoder = transformers.ParakeetEncoderConfig(
        hidden_size=width,
        num_attention_heads=heads,
        num_hidden_layers=depth,
        intermediate_size=4 * width,
        conv_kernel_size=31,
        attn_implementation="eager",
    )
    config = transformers.ParakeetRNNTConfig(
        encoder_config=encoder, decoder_hidden_size=decoder, num_decoder_layers=1, vocab_size=1025, pad_token_id=1024
    )
    with torch.device("meta"):
        network: Any = transformers.ParakeetForRNNT(config).eval()
        network.encoder.subsampling = Striding(width)
        given = {"input_features": torch.empty(1, 1000, 80), "decoder_input_ids": torch.zeros(1, 32, dtype=torch.int64)}
        return traced(network, given, written=True)


def main() -> None:
    """Both tables of speech models."""
    sounds: dict[str, Callable[[], Found]] = {name: partial(sound, name) for name in SOUNDS}
    transducers = {f"conformer_transducer_{name}": partial(conformer, name) for name in CONFORMERS}
    inputs = dict.fromkeys(sounds, "1x16000") | dict.fromkeys(transducers, "1x1000x80 32")
    write(sounds | transducers, "input", inputs, ROWS, TOTALS)


if __name__ == "__main__":
    main()
