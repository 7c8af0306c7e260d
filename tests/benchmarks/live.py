"""How fast the page is: `python tests/benchmarks/live.py [RUNS]`, on a machine that does nothing else.

Medians of fresh browsers, in milliseconds: the first result and the engine, on a visit whose browser has nothing yet and on
a later one; and from a key in the editor to its number in the table. The page itself takes the times, from the start of its
navigation and from the key. The load of the machine stands beside them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import sync_playwright

from archcalc.live.answers import start
from archcalc.live.folder import contents
from archcalc.live.server import server

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
# As long a visit keeps what Python has compiled.
STAY = 8_000
KEYS = 10
# When something first stands on the page, and how long after a key the number changes.
WATCH = """
globalThis.seen = {};
const look = () => {
    const state = document.documentElement?.dataset.engine;
    if (!seen.result && document.querySelector("table.layers tbody tr")) seen.result = performance.now();
    if (!seen.engine && state === "ready") seen.engine = performance.now();
};
new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });

globalThis.pressed = 0;
addEventListener("keydown", () => { pressed = performance.now() }, true);
globalThis.changed = () => new Promise(settle => {
    const row = [...document.querySelectorAll("table.layers tbody tr")].findLast(one =>
        one.querySelector("[data-key=params]").textContent !== "0");
    new MutationObserver((_, self) => {
        self.disconnect();
        settle(performance.now() - pressed);
    }).observe(row, { subtree: true, childList: true, characterData: true });
});
"""


@contextmanager
def served() -> Iterator[str]:
    with server(contents(start), 0) as serving:
        threading.Thread(target=serving.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()


def visited(playwright: Any, profile: str, address: str, stay: int = 0) -> dict[str, float]:
    """The times of a visit with what a profile holds of those before."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    context = playwright.chromium.launch_persistent_context(profile, executable_path=path, args=FLAGS)
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_selector("html[data-engine=ready]", state="attached")
    page.wait_for_timeout(stay)
    seen: dict[str, float] = page.evaluate("seen")
    context.close()
    return seen


def typed(playwright: Any, address: str, network: str) -> list[float]:
    """From a key that changes the number of classes to the params of the last layer that has some."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.add_init_script(WATCH)
    page.goto(f"{address}#net={network}")
    page.wait_for_selector(f"html[data-counted={network}]", state="attached")
    # What comes later is loaded then.
    page.wait_for_timeout(STAY)
    line = page.locator("#editor .cm-line", has_text="classes: 1000").first
    text = line.text_content()
    line.click()
    page.keyboard.press("Home")
    for _ in range(text.strip().index("1000") + 4):
        page.keyboard.press("ArrowRight")
    times = []
    for at in range(KEYS):
        # A digit is added, and taken away again.
        page.evaluate("globalThis.waited = changed(); 0")
        page.keyboard.press("Backspace" if at % 2 else "5")
        times.append(page.evaluate("waited"))
    browser.close()
    return times


def line(what: str, times: list[float]) -> None:
    load = os.getloadavg()[0]
    print(
        f"| {what} | {statistics.median(times):,.0f} | {min(times):,.0f} | {max(times):,.0f} | {load:.1f} |", flush=True
    )


def main() -> None:
    print(f"{os.cpu_count()} cores, {RUNS} runs, medians.\n")
    print("| | ms | least | most | load |\n|---|---:|---:|---:|---:|")
    with served() as address, sync_playwright() as playwright:
        cold, warm = [], []
        for _ in range(RUNS):
            with tempfile.TemporaryDirectory() as profile:
                cold.append(visited(playwright, profile, address, STAY))
                warm.append(visited(playwright, profile, address))
        for name, visits in (("cold", cold), ("warm", warm)):
            line(f"first result, {name}", [one["result"] for one in visits])
            line(f"engine ready, {name}", [one["engine"] for one in visits])
        for network in ("vgg16", "resnet152"):
            line(f"from a key to its number, {network}", typed(playwright, address, network))


if __name__ == "__main__":
    main()
