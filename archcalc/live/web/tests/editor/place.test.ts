import { describe, expect, it } from "vitest";
import { place } from "../../src/editor/place";

const JOINS = ["concat", "add"];

/** As the schema has it: joins have branches, and experts have layers in some settings. */
function nests(kind: string, setting: string): boolean {
  if (JOINS.includes(kind)) return !["name", "from", "axis", "for", "if"].includes(setting);
  return kind === "experts" && setting === "expert";
}

/** The place of the first `|` of a text. */
function at(text: string) {
  const offset = text.indexOf("|");
  return place(text.slice(0, offset) + text.slice(offset + 1), offset, nests);
}

/** The place in few words. */
function told(text: string): string {
  const found = at(text);
  if (found === null) return "nothing";
  if (found.is === "kind") return `kind [${found.given.join()}]`;
  if (found.is === "setting") return `setting of ${found.kind} [${found.given.join()}]`;
  if (found.is === "value") return `value of ${found.kind}.${found.setting}`;
  if (found.is === "key") return `key in /${found.path.join("/")} [${found.given.join()}]`;
  return `text at /${found.path.join("/")}`;
}

describe("keys of the spec", () => {
  it.each([
    ["|", "key in / []"],
    ["na|", "key in / []"],
    ["na|me: x", "key in / []"],
    ["name: x\n|\nlayers:\n  - relu\n", "key in / [name,layers]"],
    ["layers:\n  - relu\n  - conv2d: {out: 3\n|", "key in / [layers]"],
    ["family: |", "text at /family"],
    ["dtype: fp|", "text at /dtype"],
    ["input: {channels: 3, |}", "key in /input [channels]"],
    ["input:\n  channels: 3\n  |", "key in /input [channels]"],
    ["input:\n  |\nlayers: []", "key in /input []"],
    ["inputs:\n  left: {|", "key in /inputs/left []"],
    ["figures:\n  - {of: params, |}", "key in /figures/- [of]"],
    ["figures:\n  - {of: |}", "text at /figures/-/of"],
    ["outputs: [a, |]", "text at /outputs/-"],
    ["calls: {conv*: |}", "text at /calls/conv*"],
    ["blocks:\n  st|", "nothing"],
    ["layers: |", "nothing"],
    ["# com|ment", "nothing"],
    ["title: x # com|ment", "nothing"],
    ["title: some text\n  goes | on", "nothing"],
    ["note:\n  - some text\n    goes | on", "nothing"],
  ])("%j", (text, expected) => {
    expect(told(text)).toBe(expected);
  });
});

describe("kinds", () => {
  it.each([
    ["layers:\n  - |", "kind []"],
    ["layers:\n  - con|", "kind []"],
    ["layers:\n- con|", "kind []"],
    ["layers:\r\n  - relu\r\n  - con|\r\n  - relu\r\n", "kind []"],
    ["layers:\n  - con|v2d: {out: 3}", "kind []"],
    ["layers:\n  - con|\n  - relu", "kind []"],
    ["layers:\n  - conv2d: {out: 3, kernel\n  - re|", "kind []"],
    ['layers:\n  - conv2d: {name: "a\n  - re|\n  - conv2d: {name: "b"}', "kind []"],
    ["layers:\n  - for: i in range(3)\n    |", "kind [for]"],
    ["layers:\n  - for: i in range(3)\n    do:\n      - re|", "kind []"],
    ["layers:\n  - for: i in range(3)\n    do:\n    - re|", "kind []"],
    ["layers:\n  - for: i in range(3)\n    do: [re|", "kind []"],
    ["layers:\n  - for: i in range(3)\n    do: re|", "kind []"],
    ["layers: [relu, |]", "kind []"],
    ["blocks:\n  stage(n, out=3):\n    - |", "kind []"],
    ["blocks:\n  s:\n    - add:\n        left:\n          - re|", "kind []"],
    ["blocks:\n  s:\n    - add: {left: [relu, |], right: }", "kind []"],
    ["layers:\n  - concat: {a: [linear: {out: 3}, re|]}", "kind []"],
    ["layers:\n  - concat: [[linear: 3, |], []]", "kind []"],
    ["layers:\n  - conv2d: {out: 3, if: x > 1, else: re|}", "kind []"],
    ["layers:\n  - conv2d: {out: 3, if: x > 1, else: [re|]}", "kind []"],
    ["layers:\n  - conv2d:\n      out: 3\n      else:\n        - re|", "kind []"],
    ["layers:\n  - conv2d:\n      out: 3\n      else:\n        re|", "kind []"],
    ["layers:\n  - experts: {count: 8, expert: [|]}", "kind []"],
    ["layers:\n  - concat:\n      for: i in x\n      do:\n        - |", "kind []"],
    ["layers:\n  - relu\n    |", "nothing"],
    ["layers:\n  - for: i in |", "nothing"],
  ])("%j", (text, expected) => {
    expect(told(text)).toBe(expected);
  });
});

describe("settings", () => {
  it.each([
    ["layers:\n  - conv2d: {|}", "setting of conv2d []"],
    ["layers:\n  - conv2d: {out: 64, |}", "setting of conv2d [out]"],
    ["layers:\n  - conv2d: {out: 64, ke|}\n  - relu", "setting of conv2d [out]"],
    ["layers:\n  - conv2d: {out: 64, |, stride: 2}", "setting of conv2d [out,stride]"],
    ["layers:\n  - conv2d: {out: 64, |\n  - relu: {name: x}", "setting of conv2d [out]"],
    ["layers:\n  - conv2d: {out: 64, kernel: [3, 3], |", "setting of conv2d [out,kernel]"],
    ["layers:\n  - conv2d: {out: max(8, a[0]), |}", "setting of conv2d [out]"],
    ["layers:\n  - conv2d: {out: (8 if a else 9), |}", "setting of conv2d [out]"],
    ['layers:\n  - conv2d: {name: "a, {b}: c", |}', "setting of conv2d [name]"],
    ["layers:\n  - conv2d: {name: 'it''s', |}", "setting of conv2d [name]"],
    ["layers:\n  - conv2d: {out: 64,\n      |\n      stride: 2}", "setting of conv2d [out,stride]"],
    ["layers:\n  - conv2d: {out: 64, # so many\n      |}", "setting of conv2d [out]"],
    ["layers:\n  - conv2d:\n      |", "setting of conv2d []"],
    ["layers:\n  - conv2d:\n      out: 64\n      |\n      stride: 2\n  - relu", "setting of conv2d [out,stride]"],
    ["layers:\n  - conv2d:\n      out: 64\n\n      # why\n      ke|", "setting of conv2d [out]"],
    ["layers:\n  - conv2d:\n      ou|t: 64", "setting of conv2d []"],
    ["layers:\n  - add:\n      le|: [relu]\n      right: a", "setting of add [right]"],
    ['layers:\n  - "{act}": {if: act, |}', "setting of {act} [if]"],
    ["layers:\n  - stage: {n: 1, |}", "setting of stage [n]"],
    ["layers:\n  - concat:\n      a: [conv2d: {|}]", "setting of conv2d []"],
    ["blocks:\n  s(a, b=[1, 2]):\n    - conv2d: {out: a, |}", "setting of conv2d [out]"],
  ])("%j", (text, expected) => {
    expect(told(text)).toBe(expected);
  });
});

describe("values", () => {
  it.each([
    ["layers:\n  - linear: |", "value of linear."],
    ["layers:\n  - reshape: [3, |]", "value of reshape."],
    ["layers:\n  - conv2d: {bias: |}", "value of conv2d.bias"],
    ["layers:\n  - conv2d: {bias: f|, out: 3}", "value of conv2d.bias"],
    ["layers:\n  - conv2d: {bias: |", "value of conv2d.bias"],
    ["layers:\n  - conv2d:\n      bias: |\n      out: 3", "value of conv2d.bias"],
    ["layers:\n  - relu: {from: a|}", "value of relu.from"],
    ["layers:\n  - concat: {from: [a, |]}", "value of concat.from"],
    ["layers:\n  - concat:\n      from:\n        - a\n        - |", "value of concat.from"],
    ["layers:\n  - concat: {left: |, right: []}", "value of concat.left"],
    ["layers:\n  - concat: [a, |]", "value of concat."],
    ["layers:\n  - concat:\n      for: i in x\n      do: m|", "value of concat.do"],
    ["layers:\n  - flatten: {tokens: [height, |]}", "value of flatten.tokens"],
    ["layers:\n  - x: {a: [[1, |]]}", "nothing"],
  ])("%j", (text, expected) => {
    expect(told(text)).toBe(expected);
  });
});

describe("the word", () => {
  it("reaches past the cursor", () => {
    const text = "layers:\n  - con|v2d: {}";
    expect(at(text)).toMatchObject({ word: "conv2d", from: 12, to: 18, colon: true, quoted: false, flow: false });
  });

  it("is empty where nothing stands yet", () => {
    expect(at("layers:\n  - conv2d: {|}")).toMatchObject({ word: "", from: 21, to: 21, colon: false, flow: true });
  });

  it("may stand in quotes", () => {
    expect(at('layers:\n  - relu: {from: "c|"}')).toMatchObject({ quoted: true, is: "value" });
  });

  it("knows its block", () => {
    expect(at("blocks:\n  one:\n    - relu\n  two(n=1):\n    - re|")).toMatchObject({ block: "two(n=1)" });
    expect(at("layers:\n  - re|")).toMatchObject({ block: null });
  });
});

describe("hostile texts", () => {
  it.each([
    ["brackets", `layers: ${"[".repeat(50_000)}|`],
    ["brackets in a value", `layers:\n  - x: {a: b${"(".repeat(50_000)}|`],
    ["dashes", `${"- ".repeat(20_000)}|`],
    ["colons", `${"a: ".repeat(20_000)}|`],
    ["quotes", `layers:\n${'  - "\n'.repeat(2_000)}  - |`],
  ])("of %s are read soon", (_, text) => {
    const start = performance.now();
    at(text);
    expect(performance.now() - start).toBeLessThan(1500);
  });
});
