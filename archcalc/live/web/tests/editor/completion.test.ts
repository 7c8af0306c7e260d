import { describe, expect, it } from "vitest";
import { draw } from "../../src/editor/card";
import { complete } from "../../src/editor/completion";
import { explain } from "../../src/editor/hover";
import { vocabulary, type Schema } from "../../src/editor/schema";
import excerpt from "./schema.json";

const known = vocabulary(excerpt as Schema);

function split(text: string): [string, number] {
  const offset = text.indexOf("|");
  return [text.slice(0, offset) + text.slice(offset + 1), offset];
}

const at = (text: string, asked = true) => complete(...split(text), asked, known);
const labels = (text: string, asked = true) => at(text, asked)?.options.map((one) => one.label) ?? null;
const option = (text: string, label: string) => at(text)?.options.find((one) => one.label === label);
const over = (text: string) => explain(...split(text), known);

/** What is shown beside a completion. */
function info(text: string, label: string): string | null {
  const told = option(text, label)?.info;
  const node = typeof told === "function" ? told({ label }) : null;
  return node instanceof HTMLElement ? node.textContent : null;
}

describe("completion of keys", () => {
  it("offers the keys that are not there yet", () => {
    expect(labels("name: x\n|\nlayers: []")).toEqual(
      "input inputs outputs params blocks calls dtype figures".split(" "),
    );
  });

  it("goes below a key", () => {
    expect(labels("input: {channels: 3, |}")).toEqual(["height", "width"]);
    expect(labels("figures:\n  - {of: params, |}")).toContain("value");
  });

  it("brings the colon, unless it is there", () => {
    expect(option("na|", "name")?.apply).toBe("name: ");
    expect(option("na|: x", "name")?.apply).toBeUndefined();
  });

  it("knows values", () => {
    expect(labels("dtype: |")).toContain("bf16");
    expect(labels("outputs: [|]\nlayers:\n  - relu: {name: a}")).toEqual(["a"]);
  });
});

describe("completion of kinds", () => {
  const spec = "blocks:\n  stage(n, out=8):\n    - relu\nlayers:\n  - |";

  it("offers the spec's blocks, all kinds, and the loop", () => {
    expect(labels(spec)).toEqual("stage concat conv2d experts linear lstm maxpool2d pad relu for".split(" "));
    expect(option(spec, "stage")?.detail).toBe("(n, out=8)");
  });

  it("offers a kind under its names elsewhere", () => {
    const typed = (word: string) =>
      at(`layers:\n  - ${word}|`, false)
        ?.options.filter((one) => one.displayLabel !== undefined)
        .map(({ label, displayLabel, apply, detail }) => [label, displayLabel, apply, detail]);
    const dense = [["dense", "linear", "linear", "elsewhere dense"]];
    expect([typed("de"), typed("DEN"), typed("dense")]).toEqual([
      [...[["depthwise", "conv2d", "conv2d", "elsewhere depthwise"]], ...dense],
      dense,
      dense,
    ]);
    expect([typed("d"), typed("conv"), typed("li")]).toEqual([[], [], []]);
    expect(info("layers:\n  - dense|", "dense")).toContain("A dense layer over the features");
    expect(labels("layers:\n  - for: x in xs\n    de|")).not.toContain("dense");
  });

  it("tells of a kind in its first sentence", () => {
    expect(info(spec, "conv2d")).toBe(
      "conv2d needs out, kernelCross-correlation with out filters, each seeing channels / groups of the input.",
    );
  });

  it("offers the other key of a loop, and nothing beside a kind", () => {
    expect(labels("layers:\n  - for: i in range(3)\n    |")).toEqual(["do"]);
    expect(labels("layers:\n  - conv2d: {out: 3}\n    |")).toBeNull();
  });

  it("replaces the word as a whole", () => {
    expect(at("layers:\n  - con|v2d: {}")).toMatchObject({ from: 12, to: 18 });
  });
});

describe("completion of settings", () => {
  it("offers the kind's own first, without those given", () => {
    expect(labels("layers:\n  - conv2d: {out: 64, |, name: a}")).toEqual(
      "kernel stride padding bias padding_mode norm from if else repeat share params".split(" "),
    );
  });

  it("tells the type, and what the setting is", () => {
    const text = "layers:\n  - conv2d:\n      |";
    expect(option(text, "padding_mode")?.detail).toBe("circular, reflect, replicate or zeros");
    expect(info(text, "repeat")).toBe("repeat a whole numberhow many times; index counts from 0");
    expect(info(text, "out")).toBe("out a whole number of at least 1It is needed.");
  });

  it("puts what is needed before, and assertions last", () => {
    const text = "layers:\n  - conv2d: {|}";
    const boost = (label: string) => option(text, label)?.boost ?? 0;
    expect(boost("kernel")).toBeGreaterThan(boost("stride"));
    expect(boost("stride")).toBeGreaterThan(boost("repeat"));
    expect(boost("repeat")).toBeGreaterThan(boost("params"));
  });

  it("offers a block's parameters", () => {
    const text = "blocks:\n  stage(n, out=8):\n    - relu\nlayers:\n  - stage: {n: 1, |}";
    expect(labels(text)?.slice(0, 3)).toEqual(["out", "name", "from"]);
    expect(option(text, "out")?.detail).toBe("by default 8");
  });
});

describe("completion of values", () => {
  it.each([
    ["layers:\n  - conv2d: {bias: |}", ["true", "false"]],
    ["layers:\n  - conv2d:\n      padding_mode: re|", ["circular", "reflect", "replicate", "zeros"]],
    ["layers:\n  - conv2d: {padding: |}", ["same"]],
    ["layers:\n  - relu: {name: a}\n  - relu: {from: |}\n  - relu: {name: b}", ["a"]],
    ["inputs: {x: {}, y: {}}\nlayers:\n  - concat: {from: [x, |]}", ["x", "y"]],
    ["layers:\n  - relu: {name: a}\n  - concat: {left: |}", ["a"]],
    ["layers:\n  - relu: {name: a}\n  - concat: [|]", ["a"]],
    ['blocks:\n  b(i):\n    - relu: {name: "r{i}"}\n    - linear: {share: |}', ["entry", '"r{i}"']],
    ["layers:\n  - conv2d: {out: |}", null],
    ["layers:\n  - linear: |", null],
    ["layers:\n  - relu: {name: |}", null],
  ])("%j", (text, expected) => {
    expect(labels(text)).toEqual(expected);
  });
});

describe("completion unasked for", () => {
  it("is there in braces and for values, and else once a letter is typed", () => {
    expect(labels("layers:\n  - conv2d: {|", false)).toContain("out");
    expect(labels("layers:\n  - conv2d: {bias: |", false)).toContain("true");
    expect(labels("layers:\n  - |", false)).toBeNull();
    expect(labels("layers:\n  - c|", false)).toContain("conv2d");
    expect(labels("layers:\n  - conv2d:\n      |", false)).toBeNull();
  });

  it("goes when the word is whole", () => {
    expect(labels("layers:\n  - relu|", false)).toBeNull();
    expect(labels("layers:\n  - relu|")).toContain("relu");
  });

  it("is not there in comments and quotes", () => {
    expect(labels("layers:\n  - relu # c|")).toBeNull();
    expect(labels('layers:\n  - "c|"')).toBeNull();
  });
});

describe("hover", () => {
  it("tells of kinds, settings, blocks and keys", () => {
    expect(over("layers:\n  - con|v2d: {out: 3}")?.card.paragraphs.length).toBeGreaterThan(1);
    expect(over("layers:\n  - conv2d: {rep|eat: 3}")).toMatchObject({ from: 21, to: 27, card: { name: "repeat" } });
    expect(over("blocks:\n  b(n):\n    - relu\nlayers:\n  - |b: 3")?.card.paragraphs).toEqual([
      "A block of this spec: `b(n)`",
    ]);
    expect(over("out|puts: [a]")?.card.type).toBe("a list, each entry text or a whole number");
    expect(over("layers:\n  - fo|r: i in x")?.card.name).toBe("for");
  });

  it("tells nothing of values and unknown words", () => {
    expect(over("layers:\n  - conv2d: {out: fo|ur}")).toBeNull();
    expect(over("layers:\n  - no|ne")).toBeNull();
    expect(over("layers:\n  - conv2d: {no|ne: 3}")).toBeNull();
  });
});

describe("a card", () => {
  it("is text, whatever stands in it", () => {
    const hostile = "<img src=x onerror=alert(1)> `<b>x</b>`";
    const drawn = draw({ name: hostile, type: hostile, paragraphs: [hostile] });
    expect(drawn.querySelector("img, b")).toBeNull();
    expect(drawn.querySelectorAll("p:last-child code")[0]?.textContent).toBe("<b>x</b>");
  });
});
