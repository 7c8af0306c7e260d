"""All bundled networks in the browser: the JSON of the table is the command line's, byte for byte."""

from __future__ import annotations

import json

import pytest

from archcalc.language import bundled
from tests.live.browser.reader import LONG, printed
from tests.zoo import THOROUGH

# A worker like the page's own, and one question after another to it.
_WORKER = """() => {
    const worker = new Worker("/assets/worker.js", { type: "module" });
    let told;
    const next = () => new Promise(settle => { told = settle });
    worker.onmessage = ({ data }) => told(data);
    globalThis.asked = question => {
        const answer = next();
        worker.postMessage({ sort: "questions", questions: [question] });
        return answer.then(({ answers: [one] }) => one);
    };
    return next();
}"""


@pytest.fixture(scope="package")
def worker(visit, site):
    """A way to ask the engine without the page around it."""
    page = visit.new_page()
    page.set_default_timeout(LONG)
    # A file of the folder that starts no engine of its own.
    page.goto(f"{site}engine/parts.json")
    assert page.evaluate(_WORKER)["sort"] == "ready"

    def ask(question):
        answer = page.evaluate("question => asked(question)", question)
        assert answer["ok"], answer["said"]
        return answer["text"]

    yield ask
    page.close()


# Each was counted natively by other tests; here it is another Python that counts.
NETWORKS = bundled() if THOROUGH else bundled()[::3]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_has_the_numbers_of_the_command_line(worker, name):
    """With the verdicts on its published figures."""
    found = json.loads(worker({"ask": "bundled", "of": [], "with": {"name": name}}))
    network = {"file": None, "set": {}, "input": {}, "batch": "1", "convention": "macs", **found}
    table = worker({"ask": "table", "of": [network], "with": {}})
    assert f"{table}\n" == printed("table", name, "--format", "json")
