import { afterEach, describe, expect, it } from "vitest";
import { chartPanel } from "../../src/panels/charts";
import type { Row } from "../../src/protocol";
import { page, result } from "../result";

const row = (name: string, params: Row["params"], macs: Row["macs"], activations: Row["activations"]) =>
  ({ name, params, macs, activations }) as Row;

async function open(rows: Row[], whole = true) {
  const { page: made, chosen } = page({});
  const panel = chartPanel(made);
  document.body.append(panel.element);
  const shown = result();
  await panel.show({ ...shown, table: { ...shown.table, rows }, aside: { ...shown.aside, whole } });
  const bars = () => [...panel.element.querySelectorAll<SVGRectElement>(".bar")];
  const layers = () => bars().map((bar) => bar.getAttribute("data-layer"));
  return { panel, chosen, bars, layers };
}

afterEach(() => {
  document.body.replaceChildren();
});

describe("the charts", () => {
  const rows = [row("conv", 100, 4000, 50), row("flatten", 0, 0, 0), row("fc", "400", 1000, 0), row("n", "N", 0, 25)];

  it("have a bar for each cost of a layer, as high as it is of the largest", async () => {
    const { bars, layers } = await open(rows);
    expect(layers()).toEqual(["conv", "fc", "conv", "fc", "conv", "n"]);
    // The largest is 150 high.
    expect(bars().map((bar) => Number(bar.getAttribute("height")))).toEqual([37.5, 150, 150, 37.5, 150, 75]);
    expect(bars().map((bar) => bar.getAttribute("aria-label"))).toEqual([
      "conv: 100 params",
      "fc: 400 params",
      "conv: 4,000 MACs",
      "fc: 1,000 MACs",
      "conv: 50 activations",
      "n: 25 activations",
    ]);
    // Three layers cost something, on 1,100 - 64.
    expect(bars().map((bar) => Math.round(Number(bar.getAttribute("x"))))).toEqual([64, 409, 64, 409, 64, 755]);
  });

  it("are of layers that cost something, or say why there are none", async () => {
    const none = [row("relu", 0, 0, 0)];
    expect((await open(none)).panel.element.textContent).toBe("No layer has a cost.");
    expect((await open([row("n", "N", null, "N")], false)).panel.element.textContent).toContain("set the letters");
  });

  it("say how many layers have no number, and name no largest where there is none", async () => {
    const { panel } = await open([row("a", 5, "N", null), row("b", 0, 0, null), row("n", "N", null, null)], false);
    const texts = [...panel.element.querySelectorAll("text")].map((text) => text.textContent);
    expect(texts).toEqual([
      ...["params, ? in all; 1 without a number", "5", "0"],
      ...["MACs, ? in all; 2 without a number", "0"],
      ...["activations, ? in all; 3 without a number", "0"],
    ]);
  });

  it("choose a layer, and light it", async () => {
    const { panel, chosen, bars } = await open(rows);
    bars()[1]?.dispatchEvent(new Event("click", { bubbles: true }));
    bars()[5]?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    expect(chosen).toEqual(["fc", "n"]);
    panel.light(new Set(["fc"]));
    expect(bars().map((bar) => bar.classList.contains("lit"))).toEqual([false, true, false, true, false, false]);
  });

  it("have one stop for the keyboard each", async () => {
    const { bars } = await open(rows);
    expect(bars().map((bar) => bar.getAttribute("tabindex"))).toEqual(["0", "-1", "0", "-1", "0", "-1"]);
  });
});
