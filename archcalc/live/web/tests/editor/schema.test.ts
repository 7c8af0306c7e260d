import { describe, expect, it } from "vitest";
import { below, nests, sentence, vocabulary, type Schema } from "../../src/editor/schema";
import excerpt from "./schema.json";

const known = vocabulary(excerpt as Schema);
const setting = (kind: string, name: string) => known.kinds.get(kind)?.settings.find((one) => one.name === name);

describe("kinds", () => {
  it("are all that an item can be, with or without settings", () => {
    expect([...known.kinds.keys()]).toEqual("concat conv2d experts linear lstm maxpool2d pad relu".split(" "));
  });

  it("have their docstring as paragraphs without indentation", () => {
    const [first, second] = known.kinds.get("conv2d")?.description.split("\n\n") ?? [];
    expect(first).toBe("Cross-correlation with `out` filters, each seeing channels / groups of the input.");
    expect(second).toMatch(/^Output size along an axis: .* Weights out·\(channels\/groups\)·∏kernel, biases `out`;/);
  });

  it("say what may stand in the place of settings", () => {
    expect(known.kinds.get("linear")?.bare?.type).toBe("a whole number of at least 1");
    expect(known.kinds.get("relu")?.bare).toBeNull();
    expect(known.kinds.get("concat")?.bare?.type).toBe("branches without names");
  });

  it("have branches where keys of the reader's own hold layers", () => {
    expect(known.kinds.get("concat")?.branches).toBe(true);
    expect(known.kinds.get("experts")?.branches).toBe(false);
  });
});

describe("settings", () => {
  it.each([
    ["conv2d", "out", "a whole number of at least 1"],
    ["conv2d", "bias", "true or false"],
    ["conv2d", "padding_mode", "circular, reflect, replicate or zeros"],
    ["conv2d", "norm", "spectral or weight"],
    ["conv2d", "name", "text or a whole number"],
    ["conv2d", "else", "a layer or a list of layers"],
    ["lstm", "proj", "a whole number of at least 1"],
    ["experts", "expert", "a list of layers"],
  ])("%s has %s as %s", (kind, name, type) => {
    expect(setting(kind, name)?.type).toBe(type);
  });

  it("have the words that they can be as values", () => {
    expect(setting("conv2d", "padding_mode")?.values).toEqual(["circular", "reflect", "replicate", "zeros"]);
    expect(setting("conv2d", "bias")?.values).toEqual(["true", "false"]);
    expect(setting("conv2d", "padding")?.values).toEqual(["same"]);
    expect(setting("conv2d", "out")?.values).toEqual([]);
  });

  it("are required, or not", () => {
    const required = known.kinds.get("conv2d")?.settings.filter((one) => one.required);
    expect(required?.map((one) => one.name)).toEqual(["out", "kernel"]);
  });

  it("have a description of their own", () => {
    expect(setting("conv2d", "repeat")?.description).toBe("how many times; index counts from 0");
    expect(setting("conv2d", "out")?.description).toBe("");
  });

  it("have a default where the schema has one", () => {
    const properties = { rate: { type: "number", default: 0.5 }, on: { type: "boolean", default: false } };
    const schema = { $defs: { item: { anyOf: [{ enum: ["drop"] }] }, drop: { anyOf: [{ properties }] } } };
    const settings = vocabulary(schema).kinds.get("drop")?.settings;
    expect(settings?.map((one) => one.standard)).toEqual(["0.5", "false"]);
    expect(setting("conv2d", "out")?.standard).toBeNull();
  });

  it("are common where all kinds have them", () => {
    expect(known.common.map((one) => one.name)).toEqual("name from if else repeat share params".split(" "));
  });

  it("hold layers, or do not", () => {
    expect(nests(known, "experts", "expert")).toBe(true);
    expect(nests(known, "experts", "count")).toBe(false);
    expect(nests(known, "concat", "left")).toBe(true);
    expect(nests(known, "concat", "from")).toBe(false);
    expect(nests(known, "block", "left")).toBe(false);
    expect(nests(known, "concat", "")).toBe(true);
  });
});

describe("the rest of a spec", () => {
  const names = (...path: string[]) => below(known.spec, path)?.keys.map((one) => one.name);

  it("has keys at the top and below them", () => {
    expect(names()).toContain("layers");
    expect(names("input")).toEqual(["channels", "height", "width"]);
    expect(names("inputs", "left")).toEqual(["channels", "height", "width"]);
    expect(names("figures", "-")).toContain("irreproducible");
    expect(names("layers", "-", "x")).toBeUndefined();
  });

  it("has values", () => {
    expect(below(known.spec, ["dtype"])?.values).toContain("bf16");
    expect(below(known.spec, ["calls", "conv*"])?.values).toContain("matmul");
  });

  it("has the keys of a loop", () => {
    expect(known.loop.map((one) => one.name)).toEqual(["for", "do"]);
  });

  it("may be empty", () => {
    expect(vocabulary({}).kinds.size).toBe(0);
  });
});

describe("the first sentence", () => {
  it("does not end within an abbreviation", () => {
    expect(sentence("By Szegedy et al. 2014, two. Then `out` more.\n\nAnd more.")).toBe("By Szegedy et al. 2014, two.");
  });

  it("is the paragraph where no other sentence follows", () => {
    expect(sentence("max(0, x)\n\nMore.")).toBe("max(0, x)");
  });
});
