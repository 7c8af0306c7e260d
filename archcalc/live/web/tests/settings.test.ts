import { afterEach, describe, expect, it, vi } from "vitest";
import { plain } from "../src/files";
import type { Aside } from "../src/protocol";
import { range, settings } from "../src/settings";

describe("range", () => {
  it.each([
    [1, { min: 1, max: 8, step: 1 }],
    [2, { min: 1, max: 8, step: 1 }],
    [3, { min: 1, max: 12, step: 1 }],
    [8, { min: 1, max: 32, step: 1 }],
    [15, { min: 1, max: 60, step: 1 }],
    [16, { min: 8, max: 64, step: 8 }],
    [24, { min: 8, max: 96, step: 8 }],
    [32, { min: 8, max: 128, step: 8 }],
    [64, { min: 32, max: 256, step: 32 }],
    [72, { min: 8, max: 288, step: 8 }],
    [224, { min: 32, max: 896, step: 32 }],
    [1000, { min: 8, max: 4000, step: 8 }],
    [227, { min: 1, max: 908, step: 1 }],
  ])("of %i", (value, expected) => {
    expect(range(value)).toEqual(expected);
  });

  it("has the value among its steps, and four times the value", () => {
    for (let value = 1; value < 5_000; value += 1) {
      const { min, max, step } = range(value);
      expect((value - min) % step).toBe(0);
      expect((max - min) % step).toBe(0);
      expect(min).toBeLessThanOrEqual(value);
      expect(max).toBeGreaterThanOrEqual(4 * value);
    }
  });
});

describe("the settings", () => {
  const input = { name: "input", shape: [3, 227, 32], axes: ["channels", null, "width"], tied: [false, false, true] };
  const aside: Aside = {
    rows: [],
    params: [
      { name: "width", value: "64" },
      { name: "norm", value: "false" },
      { name: "rate", value: "0.5" },
    ],
    inputs: [input],
    whole: true,
  };
  const network = plain("net.yaml", "");

  function open() {
    const parent = document.body.appendChild(document.createElement("div"));
    const changed = vi.fn();
    const made = settings(parent, ["macs", "fma"], changed);
    made.show(aside, network);
    const field = (label: string) => {
      const found = parent.querySelector<HTMLInputElement>(`input[aria-label="${label}"]`);
      if (!found) throw new Error(`no ${label}`);
      return found;
    };
    return { parent, made, changed, field };
  }

  afterEach(() => {
    document.body.replaceChildren();
  });

  it("have a slider for a letter too, which a number takes the place of once it is drawn", () => {
    const { parent, made, changed, field } = open();
    const letters = { ...aside, params: ["C", "relu"].map((value, at) => ({ name: `p${at}`, value })) };
    made.show(letters, network);
    expect(parent.querySelector('input[aria-label="p1, slider"]')).toBeNull();
    const slider = field("p0, slider");
    expect([slider.min, slider.max, field("p0").value]).toEqual(["1", "512", "C"]);
    slider.value = "96";
    slider.dispatchEvent(new Event("input"));
    expect(changed).toHaveBeenLastCalledWith({ set: { p0: "96" } });
  });

  it("are a slider for each whole number, and none for a size that is a param", () => {
    const { parent } = open();
    const labels = [...parent.querySelectorAll("input")].map((one) => one.getAttribute("aria-label") ?? one.type);
    expect(labels).toEqual([
      "width, slider",
      "width",
      "checkbox",
      "rate",
      "input channels, slider",
      "input channels",
      "input axis 2, slider",
      "input axis 2",
      "batch",
    ]);
  });

  it("say what is changed", () => {
    const { changed, field } = open();
    field("width, slider").value = "96";
    field("width, slider").dispatchEvent(new Event("input"));
    expect(field("width").value).toBe("96");
    field("input axis 2").value = " 96 ";
    field("input axis 2").dispatchEvent(new Event("change"));
    field("rate").value = "";
    field("rate").dispatchEvent(new Event("change"));
    field("batch").value = " ";
    field("batch").dispatchEvent(new Event("change"));
    expect(changed.mock.calls).toEqual([
      [{ set: { width: "96" } }],
      [{ input: { input: ["", "96", ""] } }],
      [{ set: { rate: "0.5" } }],
      [{ batch: "1" }],
    ]);
  });

  it("keep their elements, and follow a network that is set elsewhere", () => {
    const { parent, made, field } = open();
    const before = [...parent.querySelectorAll("input")];
    const shape = [3, 224, 32];
    const set = { width: "128", norm: "true" };
    made.show({ ...aside, inputs: [{ ...input, shape }] }, { ...network, set, batch: "8" });
    expect([...parent.querySelectorAll("input")]).toEqual(before);
    expect([field("width, slider"), field("width"), field("batch")].map(({ value }) => value)).toEqual([
      "128",
      "128",
      "8",
    ]);
    expect(field("input axis 2").value).toBe("224");
    expect(parent.querySelector<HTMLInputElement>("input[type=checkbox]")?.checked).toBe(true);
    made.show(aside, network);
    expect(parent.querySelector<HTMLInputElement>("input[type=checkbox]")?.checked).toBe(false);
    expect(field("width").value).toBe("64");
  });

  it("are those that were set, and not what every object has by their names", () => {
    const { made, changed, field } = open();
    const [odd, other] = ["constructor", "toString"];
    const params = [
      { name: odd, value: "64" },
      { name: other, value: "8" },
    ];
    const named = { ...input, name: "valueOf" };
    made.show({ ...aside, params, inputs: [named] }, { ...network, set: { [other]: "16" } });
    expect([field(odd).value, field(other).value]).toEqual(["64", "16"]);
    field("input channels").value = "1x";
    field("input channels").dispatchEvent(new Event("change"));
    expect(changed).toHaveBeenLastCalledWith({ input: { valueOf: ["1x", "", ""] } });
  });

  it("can be taken back only where there are any", () => {
    const { parent, made, changed } = open();
    const reset = parent.querySelector("button");
    expect(reset?.hidden).toBe(true);
    made.show(aside, { ...network, set: { norm: "true" } });
    expect(reset?.hidden).toBe(false);
    reset?.click();
    expect(changed).toHaveBeenCalledWith({ set: {}, input: {}, batch: "1", convention: "macs" });
  });
});
