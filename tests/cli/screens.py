"""Every command with every option that changes what stands on a screen, typed one after the other in one terminal.

python -m tests.cli.screens 80 vgg16 rf     the screens of a command, or of all, in a terminal of 80 columns
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from archcalc.cli import main
from archcalc.formats.worksheet import worksheet
from archcalc.language import load
from archcalc.profiling.engine import profile
from tests.cli.terminal import screen

DATA = Path(__file__).parent.parent / "data"
# A sign that no command prints, between the screens of two commands.
_NEXT = "\x1e"
_MODULE = "tests.cli.screens"


class Shown(NamedTuple):
    """A network by what its lines name: layers, its channels, and a smaller shape to run it on."""

    layer: str
    place: str
    channels: int
    small: str
    other: str
    # What makes it small enough to run it.
    lighter: str = ""


NETWORKS = {
    "vgg16": Shown("conv3_2", "pool5[3,3]", 3, "3x64x64", "vgg19", "--set width=8"),
    "resnet50": Shown("conv3_2/add", "conv4_1/add[3,3]", 3, "3x64x64", "resnet152"),
    "googlenet": Shown("3b/1x1/conv2d", "4a/concat[3,3]", 3, "3x224x224", "googlenet-listing"),
    "unet": Shown("down2/conv2d", "down4/conv2d[3,3]", 1, "1x188x188", "alexnet"),
    "vit_b_16": Shown("patches", "patches[3,3]", 3, "3x32x32", "resnet18"),
}
# What is typed of a network: {network} and what its record says stand in it.
PLAIN = """
table {network}
rf {network}
rf {network} {layer}
memory {network}
compare {network} alexnet
diff {network} {other}
worksheet {network}
explain {network}
check {network}
conventions {network}
solve {network} --batch N --for 'bytes < 1G'
run {network} --shape {small} {lighter}
"""
OPTIONS = """
table {network} --all
table {network} --exact
table {network} --all --exact
table {network} --fold
table {network} --fold --exact
table {network} --axes
table {network} --axes --all --exact
table {network} --columns name,layer,settings,reads,output,params,macs,rf
table {network} --style cs231n
table {network} --batch N
table {network} --batch 64 --exact
table {network} --batch N --formulas expanded
table {network} --convention fvcore
table {network} --convention torchinfo --exact
table {network} --no-figures --count-in-place
table {network} --input {channels}xHxW
table {network} --set classes=K
table {network} --set classes=K --formulas factored
table {network} --color always
rf {network} --exact
rf {network} {place}
rf {network} {layer} --effective
rf {network} {place} -e
rf {network} --input {channels}xHxW
rf {network} --on input
rf {network} --set classes=10
roofline {network} --device h100-sxm
roofline {network} --device h100-sxm --exact
roofline {network} --device rtx-4090 --dtype fp16 --accumulate fp16 --weights fp8 --fused --batch 64 --measured 12.3ms --energy horowitz
roofline {network} --device t4 --products fewest --masked --measured-step 1s --input {small} --set classes=10
roofline {network} --device h200 --batch B
sweep {network} --over batch=1,2,1024 --measures params,macs,peak,kept
sweep {network} --over batch=1:4 --pareto macs,activations:max --for "macs < 3G" --device h100-sxm
sweep {network} --batch B --over B=1,8 --exact --convention torch --measures macs,flops,activations,bytes,weight_bytes,nonlinearities
sweep {network} --input {channels}xRxR --over R=1:400 --set classes=10 --sample 9 --hypercube --rows 3
memory {network} --exact
memory {network} --timeline
memory {network} --timeline --exact
memory {network} --train
memory {network} --train --timeline
memory {network} --train --timeline --exact
memory {network} --train --optimizer sgd --step foreach --batch 32 --budget 8GiB
memory {network} --train --dtype bf16 --master --checkpoint sqrt --batch B
memory {network} --batch B --timeline
train {network}
train {network} --recompute full --batch B --recipe bf16-mixed
memory {network} --schedule best --workspace im2col --concat in-place --overwrite all
memory {network} --weights int4 --activations fp16 --input {small} --set classes=10
shard {network} --data 2 --zero 1
shard {network} --data 8 --recipe inference --exact
compare {network} {other} --exact --explain
compare {network} alexnet --measures output,params,weights,macs,flops,activations,bytes,rf,depth,nonlinearities
compare {network} alexnet --batch N --growth
compare {network} alexnet --batch N --at N=1,2,4,8,16,32,64,128,256 --exact
compare {network} "conv3-64 maxpool2 fc-10" --convention thop --no-bias --set classes=10
compare {network} {network} --set classes=10 --input {whole}
compare {every}
compare {every} --exact --explain
compare {network} alexnet lenet5 --batch N --growth
diff {network} {other} --all
diff {network} alexnet
diff {network} alexnet --all --exact
diff {network} alexnet --batch N --convention thop
diff {network} {network} --set classes=10 --input {whole}
solve {network} --set classes=w --for 'params <= 1G' --exact
solve {network} --input {channels}xRxR --for 'macs < 100G'
solve {network} --set classes=w --for 'params % 7 == 3' --up-to 30 --no-bias
worksheet {network} --key
worksheet {network} --key --exact --convention fvcore
worksheet {network} --fold --set classes=10 --input {whole}
worksheet {network} --layers {layer} --blank params --columns name,reads,output,params
grade {network} key.csv
grade {network} slips.csv
grade {network} slips.csv --exact --convention fvcore --set classes=10 --input {whole}
grade {network} class
grade lenet5 {data}/class
explain {network} {layer}
explain {network} {layer} --convention ptflops --exact
explain {network} --batch N --set classes=K --input {whole}
check {network} --exact
check {network} --claim params=138M --claim macs=1G --set classes=10 --input {whole}
conventions {network} --exact --set classes=10 --input {whole}
conventions {network} --only macs,flops,thop
conventions {network} --batch N
conventions --rule torchinfo
devices
devices --exact
devices mi300x
serve gpt2
serve gpt2 --layers --exact --context 512 --batch 4 --tokens-per-pass 3
serve gpt2 --context S --batch B --dtype fp32 --kv int8
serve whisper_tiny --input mel=80x1000 --set depth=2 --budget 1GB --chunk 64
serve mixtral --variants --device mi300x
serve llama3_8b --device h100-sxm --batch 8 --budget 80GB
serve lstm_lm_small --verify
rf --stacks 9
rf --depth 3 --kernel 5 --stride 2
rf --depth L
front results.csv --pareto params,macs:max --rows 2
front results.csv --pareto params,macs --exact
shard gpt2 --zero 1 --tensor 4 --sequence --context 2 --pipeline 2 --microbatches 8 --pad-vocabulary 128 --set depth=4
shard gpt2 --tensor 2 --pad-vocabulary 1 --attention eager --attention-dropout --recompute full --blocks layer --loss none --set depth=4
shard gpt2 --tensor 4 --pad-vocabulary 128 --optimizer momentum --batch 2 --input 256 --exact
shard mixtral_8x7b --data 8 --experts 8 --set depth=2 --input 64
train gpt2 --attention eager --attention-dropout --lora 4 --on q,v --set depth=2 --exact
train gpt2 --recompute full --blocks layer --optimizer sgd --set depth=2 --input 256
train vgg16 --freeze conv1_1 --loss none --input 3x64x64 --set classes=10
list
list --exact
list vgg --convention torchinfo
list vgg --task classification --max-params 140M --max-macs 12G --sort year
run {network} --shape {small} {lighter} --top 20 --layer {layer} --seed 3 --dtype float64
run vgg16 --shape 3x64x64 --set width=8 --labels classes.txt
plot {network} -o chart.svg
report {network} -o pages --no-charts
"""
# Such as take seconds.
HEAVY = """
verify {network} --quick {lighter}
check {every}
"""
# Files for other programs, which are the same in a terminal as in a pipe.
FILES = """
expand {network}
expand {network} --set classes=10 --input {whole}
expand {network} -o net.yaml
export {network} --to torch
export {network} --set classes=10 --input {whole} -o net.py
import {network}
import {network} --set classes=10 --input {whole} -o net.yaml
diagram {network}
diagram {network} --depth 1
diagram {network} --no-fold --set classes=10 --input {whole}
schema
measure --runs 1 -o here.yaml
live -o page
"""


def lines(text: str, network: str) -> list[list[str]]:
    """The command lines of a text for a network."""
    channels, size = NETWORKS[network].channels, 572 if network == "unet" else 224
    known = {
        "whole": f"{channels}x{size}x{size}",
        **NETWORKS[network]._asdict(),
        "network": network,
        "every": " ".join(NETWORKS),
        "data": DATA,
    }
    return [shlex.split(line.format(**known)) for line in text.split("\n") if line]


def turn(network: str, width: int, widths: Sequence[int]) -> list[list[str]]:
    """The lines of a network at a width: the plain ones, and each other one at one width for every network.

    A line that takes seconds, or names no network, is typed at each width by one network alone.
    """
    place, at = [*NETWORKS].index(network), widths.index(width)
    found = lines(PLAIN, network)
    for text in (OPTIONS, HEAVY):
        for number, (line, typed) in enumerate(zip(text.strip().split("\n"), lines(text, network), strict=True)):
            shared = text == OPTIONS and "{network}" in line
            if (number + place) % len(widths) == at if shared else place == at:
                found.append(typed)
    return found


def screens(width: int, network: str, typed: Sequence[Sequence[str]]) -> list[str]:
    """What each of some commands prints in a terminal of so many columns."""
    with TemporaryDirectory() as folder:
        return screen(width, *_program(folder, network, typed), module=_MODULE).split(_NEXT)[:-1]


def piped(network: str, typed: Sequence[Sequence[str]]) -> list[str]:
    """The same text in a pipe, where some commands print markdown unless they are asked for it."""
    typed = [[*line, *(["--format", "text"] if line[0] in {"diff", "worksheet"} else [])] for line in typed]
    with TemporaryDirectory() as folder:
        program = [sys.executable, "-m", _MODULE, *_program(folder, network, typed)]
        return subprocess.run(program, capture_output=True, text=True, check=True).stdout.split(_NEXT)[:-1]


def _program(folder: str, network: str, typed: Sequence[Sequence[str]]) -> list[str]:
    (Path(folder) / "lines.json").write_text(json.dumps([*map(list, typed)]))
    return ["--typed", folder, network]


def _type(folder: Path, network: str) -> None:
    typed = json.loads((folder / "lines.json").read_text())
    os.chdir(folder)
    _sheets(network)
    for arguments in typed:
        code = _ended(arguments)
        sys.stdout.flush()
        if code:
            os.write(1, f"exit code {code}".encode())
        os.write(1, _NEXT.encode())


def _ended(arguments: Sequence[str]) -> object:
    try:
        main(args=[*arguments], prog_name="archcalc")
    except SystemExit as ended:
        return ended.code


def _sheets(network: str) -> None:
    """Worksheets of a network: all right, with slips in it, and a class; and names of classes."""
    key = worksheet(profile(load(network)), "csv", blanks=())
    slips = re.sub(r"(\d\d\d)(?=\D*$)", r"1\1", key, flags=re.MULTILINE)
    Path("class").mkdir()
    for path, text in (("key.csv", key), ("slips.csv", slips), ("class/ada.csv", key), ("class/ben.csv", slips)):
        Path(path).write_text(text)
    Path("results.csv").write_text(
        "width,params,macs\n" + "".join(f"{n},{n * 10**12},{n * 10**13}\n" for n in range(1, 9))
    )
    Path("classes.txt").write_text("".join(f"a class of a rather long name, {number}\n" for number in range(1000)))


if __name__ == "__main__":
    if sys.argv[1] == "--typed":
        _type(Path(sys.argv[2]), sys.argv[3])
    else:
        columns, named, *prefix = sys.argv[1:]
        chosen = [line for line in lines(PLAIN + OPTIONS + HEAVY, named) if line[: len(prefix)] == prefix]
        for line, shown in zip(chosen, screens(int(columns), named, chosen), strict=True):
            print(f"$ archcalc {shlex.join(line)}\n{shown}")
