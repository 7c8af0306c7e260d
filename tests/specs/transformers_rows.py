"""The rows of language models in Hugging Face's transformers, written to tests/data by `python -m tests.specs.transformers_rows`.

It needs transformers, which no test does. Networks are built on the meta device, so that none has weights.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from tests.specs.folding import folded
from tests.specs.transformers_networks import NETWORKS, Network

DATA = Path(__file__).parent.parent / "data"
ROWS, TOTALS = DATA / "transformers_rows.csv", DATA / "transformers_totals.csv"
# What archcalc has as one kind: attention with its projections, and a mixer with its scan is none.
_ATTENTION = re.compile(r"(.*\.(?:self_attn|encoder_attn|attn|attention|self_attention))(?:$|\.(?!.*LayerNorm))")


class Module(NamedTuple):
    """A module with weights of its own, once for each time that it is called: the params are those not met before."""

    name: str
    output: tuple[int, ...]
    params: int

    @property
    def key(self) -> tuple[str, tuple[int, ...], int]:
        """The same for the same module of another layer."""
        return re.sub(r"\d+", "#", self.name), self.output, self.params


class Found(NamedTuple):
    """The modules of a network in order, and its totals."""

    modules: list[Module]
    params: int
    macs: int


def built(network: Network) -> Any:
    """The network without weights, with attention that is written out as products of matrices."""
    transformers = import_module("transformers")
    # Whether texts are packed side by side is read from values, and there are none.
    import_module("transformers.masking_utils").find_packed_sequence_indices = lambda _positions: None
    kind: Any = getattr(transformers, network.model)
    ways = {"attn_implementation": "eager", "experts_implementation": "batched_mm", "use_cache": False}
    config = kind.config_class(**network.config, **ways)
    with torch.device("meta"):
        model: Any = kind(config).eval()
        if network.config.get("tie_word_embeddings") is False:
            # Transformers 5 ties the head of a T5 whatever its config says.
            model.lm_head.weight = nn.Parameter(torch.empty_like(model.lm_head.weight))
    return model


def inputs(network: Network, model: nn.Module) -> dict[str, Tensor]:
    """Token numbers for every input, and the frames of a sound."""
    numbers = torch.zeros(1, network.tokens, dtype=torch.int64, device="meta")
    config: Any = model.config
    if network.model.startswith("Whisper"):
        sound = torch.empty(1, config.num_mel_bins, 2 * config.max_source_positions, device="meta")
        return {"input_features": sound, "decoder_input_ids": numbers}
    if config.is_encoder_decoder:
        return {"input_ids": numbers, "decoder_input_ids": numbers}
    return {"input_ids": numbers}


def found(network: Network) -> Found:
    """What a network is made of."""
    model = built(network)
    return traced(model, inputs(network, model), written=network.written)


def traced(model: Any, given: dict[str, Tensor], *, written: bool = False) -> Found:
    """What a model is made of that takes these inputs; `written` where attention is not to be one."""
    modules: list[Module] = []
    seen: set[int] = set()

    def watch(name: str, module: nn.Module) -> None:
        def called(_module: nn.Module, _inputs: Any, output: Any) -> None:
            arrays = {id(array): array.numel() for array in module.parameters(recurse=False)}
            new = sum(size for key, size in arrays.items() if key not in seen)
            seen.update(arrays)
            while isinstance(output, tuple):
                output = output[0]
            shape = tuple(output.shape)
            modules.append(Module(name, shape[1:] if shape[0] == 1 else shape, new))

        module.register_forward_hook(called)

    for name, module in model.named_modules():
        if any(True for _ in module.parameters(recurse=False)):
            watch(name, module)
    with torch.no_grad(), torch.device("meta"), FlopCounterMode(display=False) as counter:
        model(**given)
    left = [name for name, array in model.named_parameters() if id(array) not in seen]
    if left:
        raise ValueError(f"no module that is called has {left}")
    params = sum(array.numel() for array in model.parameters())
    # What is added to the scores of experts is trained, but not by the optimizer, and a buffer in transformers.
    params += sum(array.numel() for name, array in model.named_buffers() if name.endswith("e_score_correction_bias"))
    return Found(list(whole(modules, written)), params, counter.get_total_flops() // 2)


def whole(modules: list[Module], written: bool) -> Iterator[Module]:
    """The modules with attention as one, if a spec does not write it out."""

    def attention(module: Module) -> str:
        match = None if written else _ATTENTION.match(module.name)
        return match[1] if match else ""

    for name, group in groupby(modules, attention):
        parts = list(group)
        if name:
            yield Module(name, parts[-1].output, sum(part.params for part in parts))
        else:
            yield from parts


def write(networks: Mapping[str, Callable[[], Found]], size: str, sizes: Mapping[str, Any], *paths: Path) -> None:
    """Write a table of modules and one of totals to two files, or print what is found in the networks that are named."""
    names = sys.argv[1:]
    version = import_module("transformers").__version__
    with ExitStack() as files:
        rows, totals = (sys.stdout if names else files.enter_context(path.open("w")) for path in paths)
        table, sums = csv.writer(rows, lineterminator="\n"), csv.writer(totals, lineterminator="\n")
        table.writerow(["network", "block", "times", f"module in transformers {version}", "output", "params"])
        sums.writerow(["network", size, "params", "macs"])
        for name in names or networks:
            of = networks[name]()
            sums.writerow([name, sizes[name], of.params, of.macs])
            for block, (times, modules) in enumerate(folded(of.modules, lambda module: module.key)):
                for module in modules:
                    table.writerow([name, block, times, module.name, "x".join(map(str, module.output)), module.params])


def main() -> None:
    """Both tables of language models."""
    tokens = {name: network.tokens for name, network in NETWORKS.items()}
    write({name: partial(found, network) for name, network in NETWORKS.items()}, "tokens", tokens, ROWS, TOTALS)


if __name__ == "__main__":
    main()
