import { afterEach, describe, expect, it } from "vitest";
import { fieldPanel, span, type Reach } from "../../src/panels/fields";
import { page, result } from "../result";

interface Window {
  kernel: number;
  stride: number;
  padding: number;
}

/** The lowest and the highest input that a place sees, found by going down window by window. */
function counted(windows: readonly Window[], place: number): [number, number] {
  let seen = [place];
  for (const { kernel, stride, padding } of windows.toReversed()) {
    const below = seen.flatMap((at) => Array.from({ length: kernel }, (_, tap) => at * stride - padding + tap));
    seen = [Math.min(...below), Math.max(...below)];
  }
  return [Math.min(...seen), Math.max(...seen)];
}

/** The reach of a chain of windows by the recurrence of the textbooks: size, jump and the centre of the first. */
function reach(windows: readonly Window[]): Reach {
  let [local, jump, start] = [1, 1, 0];
  for (const { kernel, stride, padding } of windows) {
    local += (kernel - 1) * jump;
    start += ((kernel - 1) / 2 - padding) * jump;
    jump *= stride;
  }
  return { local, jump, first: 0, start, fixed: null };
}

describe("span", () => {
  const plain: Reach = { local: 3, jump: 1, first: 0, start: 0, fixed: null };

  it.each([
    ["the input itself", { ...plain, local: 1 }, 5, [5, 5]],
    ["a 3 with padding 1", plain, 0, [-1, 1]],
    ["a 3 with padding 1", plain, 7, [6, 8]],
    ["a pool of 2 by 2", { ...plain, local: 2, jump: 2, start: 0.5 }, 3, [6, 7]],
    ["a patch of 16", { ...plain, local: 16, jump: 16, start: 7.5 }, 13, [208, 223]],
    ["the first layer of AlexNet", { ...plain, local: 11, jump: 4, start: 5 }, 54, [216, 226]],
    // Places 0 and 1 of a 3 with padding 4 see padding alone: -4 to -2, and -3 to -1.
    ["more padding than kernel", { ...plain, first: 2, start: -1 }, 2, [-2, 0]],
    ["more padding than kernel", { ...plain, first: 2, start: -1 }, 0, [-4, -2]],
    ["a pooling of everything", { ...plain, local: 0, jump: 0, start: 111, fixed: [-3, 225] }, 0, [-3, 225]],
    ["that beside a window within", { ...plain, local: 7, jump: 2, fixed: [-3, 225] }, 50, [-3, 225]],
    ["that beside a window beyond", { ...plain, local: 7, jump: 2, fixed: [0, 223] }, 111, [0, 225]],
  ] as [string, Reach, number, [number, number]][])("of %s: %#", (_, given, place, expected) => {
    expect(span(given, place)).toEqual(expected);
  });

  it("is what going down window by window finds", () => {
    const windows: Window[] = [1, 2, 3, 5].flatMap((kernel) =>
      [1, 2, 3].flatMap((stride) => [0, 1, 2].map((padding) => ({ kernel, stride, padding }))),
    );
    for (const first of windows)
      for (const second of windows)
        for (const third of [
          { kernel: 1, stride: 1, padding: 0 },
          { kernel: 4, stride: 2, padding: 1 },
        ]) {
          const chain = [first, second, third];
          for (const place of [0, 1, 6]) expect(span(reach(chain), place)).toEqual(counted(chain, place));
        }
  });
});

describe("the panel", () => {
  const field = (name: string, changes: object = {}) => ({
    name,
    output: [8, 4, 4],
    size: [3, 3],
    local: [3, 3],
    fixed: [null, null],
    jump: [2, 2],
    first: [0, 0],
    start: [0, 0],
    exact: true,
    ...changes,
  });
  const answer = (rows: object[], input: (number | string)[] = [3, 8, 8]) =>
    JSON.stringify({ input, axes: ["height", "width"], rows });

  async function open(fields: string, chosen: string | null = null) {
    const made = page({ fields, field_table: "<table><tbody><tr><th>conv</th></tr></tbody></table>" });
    if (chosen !== null) made.page.choose(chosen);
    const panel = fieldPanel(made.page);
    document.body.append(panel.element);
    await panel.show(result("conv", "fc"));
    const said = () => panel.element.querySelector(".field p")?.textContent;
    return { ...made, panel, said };
  }

  afterEach(() => {
    document.body.replaceChildren();
  });

  it("says what the middle place sees, and follows its sliders", async () => {
    const { panel, said } = await open(answer([field("conv")]));
    // Place 1 of 4, the middle rounded down: 1·2 - 1 to 1·2 + 1.
    expect(said()).toBe("conv [1, 1] sees height 1…3, width 1…3. Field 3×3, jump 2×2.");
    const slider = panel.element.querySelector<HTMLInputElement>('input[aria-label="place along width"]');
    expect([slider?.min, slider?.max, slider?.value]).toEqual(["0", "3", "1"]);
    if (slider) slider.value = "0";
    slider?.dispatchEvent(new Event("input"));
    expect(said()).toBe("conv [1, 0] sees height 1…3, width -1…1 (inside the input 0…1). Field 3×3, jump 2×2.");
    const seen = panel.element.querySelector("rect.seen");
    expect(["x", "y", "width", "height"].map((name) => seen?.getAttribute(name))).toEqual(["-1", "1", "3", "3"]);
  });

  it("has the places along the axes of the field where channels come last", async () => {
    const made = page({ fields: answer([field("conv", { output: [4, 6, 32] })], [8, 8, 3]), field_table: "" });
    const panel = fieldPanel(made.page);
    const last = result("conv");
    const axes = ["height", "width", "channels"];
    last.table.rows = last.table.rows.map((row) => ({ ...row, axes }));
    last.aside.inputs = [{ name: "input", shape: [8, 8, 3], axes, tied: [false, false, false] }];
    await panel.show(last);
    const most = [...panel.element.querySelectorAll("input")].map((slider) => slider.max);
    expect(most).toEqual(["3", "5"]);
  });

  it("shows the layer that is chosen, and the last where it has no field", async () => {
    const rows = answer([field("conv"), field("pool", { jump: [4, 4], exact: false })]);
    const { page: made, panel, said } = await open(rows, "conv");
    expect(said()).toMatch(/^conv /);
    made.choose("other");
    panel.light(new Set(["other"]));
    expect(said()).toBe("pool [1, 1] sees height 3…5, width 3…5. Field ≤ 3×3, jump 4×4.");
  });

  it("draws what every place sees beside its own window", async () => {
    const fixed = [
      [-1, 8],
      [-1, 8],
    ];
    const { said } = await open(answer([field("scaled", { size: [10, 10], fixed })]));
    expect(said()).toContain("sees height -1…8 (inside the input 0…7), width -1…8 (inside the input 0…7)");
  });

  it.each([
    ["letters", [3, "H", "W"], field("conv", { output: [8, "H/2", "W/2"] }), "conv sees 3×3 of H×W."],
    ["a layer after the last map", [3, 8, 8], field("fc", { output: [10], size: [8, 8] }), "fc sees 8×8 of 8×8."],
    ["a size that is not known", [3, 8, 8], field("x", { size: [null, 8], local: [null, 8] }), "x sees all×8 of 8×8."],
  ])("says the size alone with %s", async (_, input, row, expected) => {
    const { panel, said } = await open(answer([row], input));
    expect(said()).toBe(expected);
    expect(panel.element.querySelector("svg")).toBeNull();
  });

  it("reads sizes past 2⁵³ as they are", async () => {
    const rows = `{"input": [3, 12345678901234567891], "axes": ["length"], "rows": [{"name": "x", "output": [4],
      "size": [12345678901234567891], "local": [0], "fixed": [null], "jump": [0], "first": [0], "start": [0], "exact": true}]}`;
    const { said } = await open(rows);
    expect(said()).toBe("x sees 12345678901234567891 of 12345678901234567891.");
  });

  it("says what the engine says in place of fields", async () => {
    const { answers, panel } = await open(answer([field("conv")]));
    answers["fields"] = { ok: false, said: "no places", mistakes: [] };
    await panel.show(result("conv"));
    expect(panel.element.querySelector("[role=alert]")?.textContent).toBe("no places");
    panel.light(new Set(["conv"]));
    expect(panel.element.querySelector("[role=alert]")?.textContent).toBe("no places");
  });
});
