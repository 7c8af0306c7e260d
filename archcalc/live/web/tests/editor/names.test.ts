import { describe, expect, it } from "vitest";
import { block, blocks, layers } from "../../src/editor/names";
import { tree } from "../../src/editor/tree";

const SPEC = `
inputs: {left: {channels: 1}, right: {channels: 1}}
blocks:
  tower(out, act="a, b", sizes=[1, 2]):
    - conv2d: {name: "conv{out}", out: out}
    - relu:
        name: act
  plain:
    - relu: {name: inside}
layers:
  - tower: {name: first, from: left}
  - concat:
      name: both
      a: [linear: {name: deep}]
      b: first
  - linear: {name: last}
`;

describe("blocks", () => {
  it("have parameters with defaults", () => {
    expect(blocks(tree(SPEC)).map((one) => one.name)).toEqual(["tower", "plain"]);
    expect(block("tower(out, depth=2, sizes=[1, 2], scale=max(1, 2))").parameters).toEqual([
      { name: "out", standard: null },
      { name: "depth", standard: "2" },
      { name: "sizes", standard: "[1, 2]" },
      { name: "scale", standard: "max(1, 2)" },
    ]);
  });

  it("may have none", () => {
    expect(block("sppf")).toEqual({ name: "sppf", parameters: [] });
    expect(block("half(").parameters).toEqual([]);
  });
});

describe("names of layers", () => {
  const before = (mark: string, within: string | null = null) =>
    layers(SPEC, tree(SPEC), within, mark === "" ? SPEC.length : SPEC.indexOf(mark));

  it("are those before, with the inputs", () => {
    expect(before("b: first")).toEqual(["left", "right", "first", "both", "deep"]);
    expect(before("")).toEqual(["left", "right", "first", "both", "deep", "last"]);
  });

  it("are those of the same block, as written", () => {
    expect(before("", 'tower(out, act="a, b", sizes=[1, 2])')).toEqual(["entry", '"conv{out}"', "act"]);
    expect(before("", "plain")).toEqual(["entry", "inside"]);
  });

  it("are none in an empty spec", () => {
    expect(layers("", null, null, 0)).toEqual([]);
  });
});
