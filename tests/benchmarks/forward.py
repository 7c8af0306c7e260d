"""How fast the forward pass in numpy is beside torch and onnxruntime, as sections of reports/benchmarks.md.

Each engine runs in a process of its own, on 2 threads, and waits while the others run; rounds go A B C, A B C, and ratios
are taken round by round, for wall times of shared machines drift by a factor of two. Needs torch, torchvision, onnx and
onnxruntime. `speed.py` runs it; alone, with a name or two on the command line, it takes those networks.
"""

from __future__ import annotations

import importlib.metadata
import math
import os
import platform
import statistics
import subprocess
import sys
import time

THREADS = 2
ROUNDS = 9
RUNS = 3
NETWORKS = {
    "alexnet": "alexnet-torchvision",
    "vgg16": "vgg16",
    "resnet50": "resnet50-torchvision",
    "mobilenet_v2": "mobilenet_v2",
}
ENGINES = ("archcalc", "torch", "onnxruntime")


def archcalc_runner(name: str, batch: int):
    import numpy as np

    import archcalc
    from archcalc.reference import Program, seeded

    graph = archcalc.load(NETWORKS[name])
    program = Program(graph, seeded(graph), batch)
    x = np.random.default_rng(0).standard_normal((batch, *graph.input), np.float32)
    return lambda: program(x)


def torch_model(name: str):
    import torch

    for operator in (
        "nms(Tensor dets, Tensor scores, float iou_threshold)",
        "qnms(Tensor dets, Tensor scores, float iou_threshold)",
    ):
        head, arguments = operator.split("(", 1)
        torch.library.define(f"torchvision::{head}", f"({arguments} -> Tensor")
    import torchvision

    return getattr(torchvision.models, name)(weights=None).eval()


def torch_runner(name: str, batch: int):
    import torch

    torch.set_num_threads(THREADS)
    model, x = torch_model(name), torch.randn(batch, 3, 224, 224)

    def run():
        with torch.inference_mode():
            model(x)

    return run


def onnxruntime_runner(name: str, batch: int):
    import io

    import numpy as np
    import onnxruntime
    import torch

    file = io.BytesIO()
    torch.onnx.export(torch_model(name), torch.randn(batch, 3, 224, 224), file, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    # Threads that spin between runs would take the other engines' cores.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: np.random.default_rng(0).standard_normal((batch, 3, 224, 224), np.float32)}
    return lambda: session.run(None, feed)


def serve(engine: str, name: str, batch: int) -> None:
    """Run for each line of standard input, and answer with the seconds of the fastest of a turn's runs."""
    run = {"archcalc": archcalc_runner, "torch": torch_runner, "onnxruntime": onnxruntime_runner}[engine](name, batch)
    run()
    print("ready", flush=True)
    for _ in sys.stdin:
        seconds = []
        for _ in range(RUNS):
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
        print(min(seconds), flush=True)


def start(engine: str, name: str, batch: int) -> subprocess.Popen:
    command = [sys.executable, "-W", "ignore", __file__, "--serve", engine, name, str(batch)]
    environment = os.environ | {"OMP_NUM_THREADS": str(THREADS), "OPENBLAS_NUM_THREADS": str(THREADS)}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    )
    while process.stdout.readline().strip() != "ready":
        if process.poll() is not None:
            raise SystemExit(f"{engine} did not start for {name}")
    return process


def once(process: subprocess.Popen) -> float:
    process.stdin.write("go\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def rounds(name: str, batch: int) -> list[tuple[float, ...]]:
    """Seconds of each engine, round by round."""
    processes = [start(engine, name, batch) for engine in ENGINES]
    for process in processes:
        once(process)
    timed = [tuple(once(process) for process in processes) for _ in range(ROUNDS)]
    for process in processes:
        process.stdin.close()
        process.wait()
    return timed


def matrix_product_limit() -> float:
    """GFLOP/s of numpy's product of two matrices of 2048×2048, the best of ten."""
    code = """
import numpy as np, time
a = np.random.default_rng(0).standard_normal((2048, 2048), np.float32)
out, best = np.empty_like(a), 9.0
for _ in range(10):
    start = time.perf_counter(); np.matmul(a, a, out=out); best = min(best, time.perf_counter() - start)
print(2 * 2048**3 / best / 1e9)
"""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": str(THREADS)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    return float(done.stdout)


def main(chosen: list[str]) -> None:
    import archcalc

    versions = ", ".join(f"{p} {importlib.metadata.version(p)}" for p in ("numpy", "torch", "onnxruntime"))
    limit = matrix_product_limit()
    print("## The forward pass in numpy beside torch and onnxruntime\n")
    print(
        f"{THREADS} threads, float32, 3×224×224, Python {platform.python_version()}, {versions}. Each engine has a process of its own; they"
    )
    print(
        f"take turns of {RUNS} runs, of which the fastest counts, and a ratio is the median over {ROUNDS} rounds of the ratios within a"
    )
    print("round. Below 1 archcalc is ahead. The limit is what the MACs would take at the")
    print(
        f"{limit:.0f} GFLOP/s that numpy reaches in a product of two matrices of 2048×2048; Winograd's filtering can go below it.\n"
    )
    for batch in (1, 8):
        print(f"### Batch {batch}\n")
        print(
            "| network | archcalc, ms | torch, ms | onnxruntime, ms | archcalc / torch | archcalc / onnxruntime | limit, ms |"
        )
        print("|---|---:|---:|---:|---:|---:|---:|")
        logs = []
        for name in chosen or NETWORKS:
            timed = rounds(name, batch)
            medians = [statistics.median(times) * 1e3 for times in zip(*timed, strict=True)]
            ratios = [statistics.median(times[0] / times[i] for times in timed) for i in (1, 2)]
            logs.append([math.log(ratio) for ratio in ratios])
            macs = archcalc.profile(archcalc.load(NETWORKS[name]), batch).totals.macs
            cells = [
                *(f"{ms:.1f}" for ms in medians),
                *(f"{ratio:.2f}" for ratio in ratios),
                f"{2 * macs / limit / 1e6:.1f}",
            ]
            print(f"| {NETWORKS[name]} | {' | '.join(cells)} |", flush=True)
        means = [f"{math.exp(statistics.mean(values)):.2f}" for values in zip(*logs, strict=True)]
        print(f"| geometric mean | | | | {' | '.join(means)} | |\n", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(sys.argv[1:])
