import { afterEach, describe, expect, it } from "vitest";
import { equation, explaining, learn } from "../src/learn";
import { plain } from "../src/files";
import type { Answer, Count, Question, Row } from "../src/protocol";

const line = (cell: string, value: Count = 1, formula: string | null = "f", substitution: string | null = "s") => ({
  cell,
  formula,
  substitution,
  value,
  note: "",
});
const CELLS = ["channels", "height", "weights", "biases", "buffers", "activations", "MACs", "FLOPs"].map((cell) =>
  line(cell),
);
const row = (name: string) => ({ name }) as Row;

describe("explaining", () => {
  it.each([
    ["params", ["weights", "biases"]],
    ["macs", ["MACs"]],
    ["activations", ["activations"]],
    ["counted", ["FLOPs"]],
    ["output", ["channels", "height"]],
    ["name", CELLS.map(({ cell }) => cell)],
    ["settings", CELLS.map(({ cell }) => cell)],
    ["", CELLS.map(({ cell }) => cell)],
  ])("finds the lines of %j", (column, expected) => {
    expect(explaining(CELLS, column).map(({ cell }) => cell)).toEqual(expected);
  });

  it("finds what another convention counts, and no count among sizes", () => {
    const names = ["height", "weights", "biases", "buffers", "activations", "MACs", "additions", "MACs (thop)"];
    const cells = names.map((name) => line(name));
    expect(explaining(cells, "counted").map(({ cell }) => cell)).toEqual(["MACs (thop)"]);
    expect(explaining(cells, "output").map(({ cell }) => cell)).toEqual(["height"]);
  });

  it("finds none where there are none", () => {
    expect(explaining([line("weights")], "output")).toEqual([]);
    expect(explaining([], "params")).toEqual([]);
  });
});

describe("equation", () => {
  it.each([
    [line("MACs", 105415200, "C·k²·H·W", "96·363·55·55"), "C·k²·H·W = 96·363·55·55 = 105,415,200"],
    [line("features", 1000, "out", "1,000"), "out = 1,000"],
    [line("weights", 0, "0", "0"), "0"],
    [line("height", 227, null, null), "227"],
    [line("height", 227, "", "227"), "227"],
    [line("width", "N/2", "W/2", "N/2"), "W/2 = N/2"],
    [line("MACs", null, "?", null), "?"],
    [line("MACs", "12345678901234567890", "a·b", ""), "a·b = 12,345,678,901,234,567,890"],
  ])("writes equal sides once: %#", (cell, expected) => {
    expect(equation(cell)).toBe(expected);
  });
});

describe("the tip", () => {
  const network = plain("net.yaml", "layers: []");
  const settled = () => new Promise((done) => setTimeout(done));
  const working = (name: string, ...cells: ReturnType<typeof line>[]): Answer => ({
    ok: true,
    text: JSON.stringify({ rows: [{ name, cells }] }),
  });
  const tip = () => document.getElementById("tip");
  const cell = () => document.body.appendChild(document.createElement("td"));

  function begin() {
    const asked: Question[] = [];
    const answers: ((answer: Answer | null) => void)[] = [];
    const made = learn((_slot, question) => {
      asked.push(question);
      return new Promise((resolve) => answers.push(resolve));
    });
    made.on = true;
    made.forget(network);
    return { made, asked, answers };
  }

  afterEach(() => {
    document.body.replaceChildren();
  });

  it("shows the working of a cell, and asks for that of a row once", async () => {
    const { made, asked, answers } = begin();
    const [params, macs] = [cell(), cell()];
    made.point(row("fc"), "params", params);
    expect(asked).toEqual([{ ask: "working", of: [network], with: { layer: "fc" } }]);
    answers[0]?.(working("fc", line("weights", 20, "o·i", "4·5"), line("biases", 0), line("MACs", 20, "n", "20")));
    await settled();
    expect(tip()?.hidden).toBe(false);
    expect(tip()?.textContent).toBe("fcweightso·i = 4·5 = 20");
    expect(params.getAttribute("aria-describedby")).toBe("tip");
    made.point(row("fc"), "macs", macs);
    await settled();
    expect(tip()?.textContent).toBe("fcMACsn = 20");
    expect(params.hasAttribute("aria-describedby")).toBe(false);
    expect(asked).toHaveLength(1);
  });

  it("says where a cell costs nothing", async () => {
    const { made, answers } = begin();
    made.point(row("relu"), "params", cell());
    answers[0]?.(working("relu", line("weights", 0), line("biases", 0)));
    await settled();
    expect(tip()?.textContent).toBe("relucosts nothing here: 0");
  });

  it("stays away where the pointer has gone on, or learn mode is off", async () => {
    const { made, asked, answers } = begin();
    made.point(row("fc"), "params", cell());
    made.point(null, "", null);
    answers[0]?.(working("fc", line("weights", 20)));
    await settled();
    expect(tip()?.hidden).toBe(true);
    made.on = false;
    made.point(row("other"), "params", cell());
    expect(asked).toHaveLength(1);
  });

  it("goes with the escape key", async () => {
    const { made, answers } = begin();
    made.point(row("fc"), "params", cell());
    answers[0]?.(working("fc", line("weights", 20)));
    await settled();
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(tip()?.hidden).toBe(true);
  });

  it("never shows the working of an earlier network", async () => {
    const { made, asked, answers } = begin();
    made.point(row("fc"), "params", cell());
    made.forget({ ...network, text: "layers: [fc]" });
    answers[0]?.(working("fc", line("weights", 20, "old", "old")));
    await settled();
    expect(tip()?.hidden).toBe(true);
    made.point(row("fc"), "params", cell());
    expect(asked).toHaveLength(2);
    expect(asked[1]?.of[0]?.text).toBe("layers: [fc]");
    answers[1]?.(working("fc", line("weights", 30, "new", "new")));
    await settled();
    expect(tip()?.textContent).toBe("fcweightsnew = 30");
  });
});
