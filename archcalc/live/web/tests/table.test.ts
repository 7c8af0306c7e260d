import { afterEach, describe, expect, it, vi } from "vitest";
import type { Aside, Count, Row, Table } from "../src/protocol";
import { tablePanel } from "../src/table";

const row = (name: string, changes: Partial<Row> = {}): Row => ({
  name,
  layer: "conv2d",
  settings: "out=8",
  from: [],
  inputs: [],
  output: [8, 4, 4],
  axes: ["channels", "height", "width"],
  params: 100,
  weights: 100,
  biases: 0,
  macs: 1000,
  flops: 2000,
  activations: 128,
  counted: 3000,
  in_place: false,
  note: "",
  ...changes,
});
const table = (rows: Row[], changes: Partial<Table> = {}): Table => ({
  network: "net",
  title: "",
  source: "",
  notes: [],
  batch: 1,
  convention: "macs",
  unit: "MACs",
  depth: 1,
  rows,
  totals: Object.assign<Record<string, Count>, { uncovered: string[] }>(
    { params: 1234567, macs: null, activations: "128*N", counted: 9000 },
    { uncovered: [] },
  ),
  ...changes,
});
const aside = (families: string[]): Aside => ({
  rows: families.map((family) => ({ line: 1, blocks: [], family })),
  params: [],
  inputs: [],
  whole: true,
});

function open() {
  const parent = document.body.appendChild(document.createElement("div"));
  const told = { chosen: vi.fn(), cell: vi.fn() };
  const made = tablePanel(parent, told);
  const rows = () => [...parent.querySelectorAll<HTMLTableRowElement>("tbody tr")];
  const texts = (selector: string) =>
    [...parent.querySelectorAll<HTMLTableRowElement>(selector)].map((one) =>
      [...one.cells].map((cell) => cell.textContent),
    );
  const more = parent.querySelector<HTMLButtonElement>("button.plain");
  if (!more) throw new Error("no button for more");
  return { parent, told, made, rows, texts, more };
}

/** Each write to the rows while something is done: the element, and what of it was written. */
function writes(parent: HTMLElement, done: () => void): [string, string][] {
  const body = parent.querySelector("tbody");
  if (!body) throw new Error("no rows");
  const observer = new MutationObserver(() => undefined);
  observer.observe(body, { subtree: true, childList: true, characterData: true, attributes: true });
  done();
  const found = observer.takeRecords().map(({ target, type, attributeName }): [string, string] => {
    const element = target instanceof Element ? target : target.parentElement;
    return [element?.closest("[data-key]")?.getAttribute("data-key") ?? "row", attributeName ?? type];
  });
  observer.disconnect();
  return found;
}

afterEach(() => {
  document.body.replaceChildren();
});

describe("the table", () => {
  it("has a row for each layer, with heads and totals", () => {
    const { made, texts, parent } = open();
    made.show(table([row("conv"), row("fc", { params: null, macs: "64*N", output: ["N/2", 3] })]), aside(["conv"]));
    expect(texts("thead tr")).toEqual([["layer", "kind", "settings", "output", "activations", "params", "MACs"]]);
    expect(texts("tbody tr")).toEqual([
      ["conv", "conv2d", "out=8", "8×4×4", "128", "100", "1,000"],
      ["fc", "conv2d", "out=8", "(N/2)×3", "128", "?", "64·N"],
    ]);
    expect(texts("tfoot tr")).toEqual([["total", "", "", "", "128·N", "1,234,567", "?"]]);
    expect(parent.querySelector("caption")?.textContent).toBe("net, 2 rows");
    expect([...parent.querySelectorAll("tbody tr")].map((one) => one.className)).toEqual(["conv", "other"]);
  });

  it("holds names that look like markup as texts", () => {
    const { made, rows } = open();
    made.show(table([row("<img src=x>")]), aside([]));
    expect(rows()[0]?.querySelector("img")).toBeNull();
    expect(rows()[0]?.cells[0]?.textContent).toBe("<img src=x>");
  });
});

describe("another result", () => {
  it("of the same numbers writes nothing", () => {
    const { made, parent } = open();
    const rows = () => [row("a"), row("b", { params: 0 }), row("c", { macs: "N" })];
    made.show(table(rows()), aside(["conv", "pool", "linear"]));
    const found = writes(parent, () => {
      made.show(table(rows()), aside(["conv", "pool", "linear"]));
    });
    expect(found).toEqual([]);
  });

  it("writes what has changed, into the same elements", () => {
    const { made, parent, rows, texts } = open();
    made.show(table([row("a", { params: 400 }), row("b")]), aside(["conv", "conv"]));
    const before = rows().flatMap((one) => [one, ...one.cells]);
    const found = writes(parent, () => {
      made.show(
        table([row("a", { params: 400 }), row("b", { params: 200, settings: "out=9" })]),
        aside(["conv", "conv"]),
      );
    });
    expect(rows().flatMap((one) => [one, ...one.cells])).toEqual(before);
    expect(texts("tbody tr")[1]).toEqual(["b", "conv2d", "out=9", "8×4×4", "128", "200", "1,000"]);
    expect(new Set(found.map(([key]) => key))).toEqual(new Set(["params", "settings"]));
    expect(rows()[1]?.cells[5]?.style.getPropertyValue("--bar")).toBe("0.5000");
  });

  it("takes rows away and adds them at the end", () => {
    const { made, rows, told } = open();
    made.show(table([row("a"), row("b"), row("c")]), aside([]));
    const before = rows();
    made.show(table([row("a")]), aside([]));
    expect(rows()).toEqual(before.slice(0, 1));
    made.show(table([row("a"), row("d")]), aside([]));
    expect(rows()[0]).toBe(before[0]);
    rows()[1]?.querySelector("button")?.click();
    expect(told.chosen.mock.calls).toEqual([["d"]]);
  });

  it("marks a number as none only while it is 0", () => {
    const { made, rows } = open();
    const none = (params: Row["params"]) => {
      made.show(table([row("a", { params }), row("b", { params: 1_000_000 })]), aside([]));
      return rows()[0]?.cells[5]?.classList.contains("none");
    };
    // The bars of all of these are too short to be told apart.
    expect([0, 1, "0", "N", null, 0].map(none)).toEqual([true, false, true, false, false, true]);
  });

  it("of another convention has a column for what it counts", () => {
    const { made, texts, rows } = open();
    made.show(table([row("a")]), aside([]));
    const other = { convention: "fma", unit: "FLOPs" };
    made.show(table([row("a")], other), aside([]));
    expect(texts("thead tr")[0]?.slice(6)).toEqual(["MACs", "FLOPs"]);
    expect(texts("tbody tr")[0]?.slice(6)).toEqual(["1,000", "3,000"]);
    expect(texts("tfoot tr")[0]?.slice(6)).toEqual(["?", "9,000"]);
    const lower = table([row("a")], other);
    lower.totals.uncovered = ["gelu"];
    made.show(lower, aside([]));
    expect(texts("tfoot tr")[0]?.slice(6)).toEqual(["?", "≥ 9,000"]);
    const before = rows()[0];
    made.show(table([row("a")], { convention: "ops", unit: "ops" }), aside([]));
    expect(texts("thead tr")[0]?.slice(6)).toEqual(["MACs", "ops"]);
    expect(rows()[0]).toBe(before);
    made.show(table([row("a")]), aside([]));
    expect(texts("thead tr")[0]?.slice(6)).toEqual(["MACs"]);
    expect(texts("tbody tr")[0]?.slice(6)).toEqual(["1,000"]);
    expect(texts("tfoot tr")[0]?.slice(6)).toEqual(["?"]);
  });
});

describe("many rows", () => {
  it("come when they are asked for", () => {
    const { made, rows, more, told } = open();
    const many = Array.from({ length: 1_502 }, (_, at) => row(`l${at}`));
    made.show(table(many.slice(0, 1_500)), aside([]));
    expect([rows().length, more.hidden]).toEqual([1_500, true]);
    made.show(table(many), aside([]));
    expect([rows().length, more.hidden, more.textContent]).toEqual([1_500, false, "Show all 1,502 rows"]);
    more.click();
    expect([rows().length, more.hidden]).toEqual([1_502, true]);
    rows()[1_501]?.querySelector("button")?.click();
    expect(told.chosen).toHaveBeenCalledWith("l1501");
    // Of another network there are as few again.
    made.show(table(many, { network: "other" }), aside([]));
    expect(rows().length).toBe(1_500);
  });

  it("come when one of them is chosen elsewhere", () => {
    const { made, rows } = open();
    made.show(table(Array.from({ length: 1_502 }, (_, at) => row(`l${at}`))), aside([]));
    made.light(new Set(["l7"]), false);
    expect(rows().length).toBe(1_500);
    made.light(new Set(["l1501"]), false);
    expect(rows().length).toBe(1_502);
    expect(rows()[1_501]?.classList.contains("lit")).toBe(true);
  });
});

describe("light", () => {
  const lit = (rows: HTMLElement[]) => rows.map((one) => one.classList.contains("lit"));

  it("is on the rows of the names, now and after the next result", () => {
    const { made, rows } = open();
    made.show(table([row("a"), row("b"), row("c")]), aside(["conv", "pool", "conv"]));
    made.light(new Set(["b", "c", "gone"]), false);
    expect(lit(rows())).toEqual([false, true, true]);
    expect(rows()[1]?.classList.contains("pool")).toBe(true);
    made.show(table([row("b"), row("a"), row("x"), row("c")]), aside(["conv"]));
    expect(lit(rows())).toEqual([true, false, false, true]);
    made.light(new Set(), false);
    expect(lit(rows())).toEqual([false, false, false, false]);
  });

  it("brings the first into view, if asked", () => {
    const { made, rows } = open();
    made.show(table([row("a"), row("b"), row("c")]), aside([]));
    const seen: string[] = [];
    for (const one of rows()) one.scrollIntoView = () => seen.push(one.cells[0]?.textContent ?? "");
    made.light(new Set(["b", "c"]), false);
    expect(seen).toEqual([]);
    made.light(new Set(["b", "c"]), true);
    expect(seen).toEqual(["b"]);
  });
});

describe("the reader", () => {
  it("chooses a layer by a click anywhere in its row", () => {
    const { made, rows, told } = open();
    made.show(table([row("a"), row("b")]), aside([]));
    rows()[1]?.cells[3]?.click();
    expect(told.chosen.mock.calls).toEqual([["b"]]);
    const [[of, column, at] = []] = told.cell.mock.calls as [Row, string, HTMLElement][];
    expect([of?.name, column]).toEqual(["b", "output"]);
    expect(at).toBe(rows()[1]?.cells[3]);
  });

  it("points at cells, and away", () => {
    const { made, rows, told, parent } = open();
    made.show(table([row("a")]), aside([]));
    rows()[0]?.cells[5]?.dispatchEvent(new Event("pointerover", { bubbles: true }));
    parent.querySelector("tbody")?.dispatchEvent(new Event("pointerleave"));
    const found = (told.cell.mock.calls as [Row | null, string][]).map(([of, column]) => [of?.name, column]);
    expect(found).toEqual([
      ["a", "params"],
      [undefined, ""],
    ]);
  });

  it("goes from row to row by arrows, and not beyond the ends", () => {
    const { made, rows } = open();
    made.show(table([row("a"), row("b")]), aside([]));
    const press = (key: string) => {
      const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
      document.activeElement?.dispatchEvent(event);
      return [document.activeElement?.textContent, event.defaultPrevented];
    };
    rows()[0]?.querySelector("button")?.focus();
    expect(press("ArrowDown")).toEqual(["b", true]);
    expect(press("ArrowDown")).toEqual(["b", false]);
    expect(press("ArrowUp")).toEqual(["a", true]);
    expect(press("ArrowUp")).toEqual(["a", false]);
    expect(press("x")).toEqual(["a", false]);
  });
});
