import { describe, expect, it } from "vitest";
import { drawn, exact, full, shape, short } from "../src/numbers";

describe("exact", () => {
  it.each([
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", "9007199254740992"],
    ["9007199254740993", "9007199254740993"],
    ["-9007199254740993", "-9007199254740993"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ["0.12345678901234567", 0.12345678901234567],
    ["12345678901234567.5", 12345678901234567.5],
    ["1234567890123456789e3", 1234567890123456789e3],
  ])("reads %s", (text, value) => {
    expect(exact(text)).toBe(value);
    expect(exact(`{"rows": [[${text}, 1]]}`)).toEqual({ rows: [[value, 1]] });
  });

  it("leaves texts alone, whatever they look like", () => {
    const value = { "12345678901234567890": 'a "quoted", 12345678901234567890', b: "\\", c: '\\"', d: null };
    const text = JSON.stringify(value);
    expect(exact(text)).toEqual(value);
    expect(exact(`[${text},12345678901234567890,"\\\\"]`)).toEqual([value, "12345678901234567890", "\\"]);
  });

  it.each(["", "[12345678901234567890", "[012345678901234567890]", "[-]", '{"a": 12345678901234567890,}'])(
    "refuses %j",
    (text) => {
      expect(() => exact(text)).toThrow(SyntaxError);
    },
  );
});

describe("full", () => {
  it.each([
    [null, "?"],
    [0, "0"],
    [7, "7"],
    [999, "999"],
    [1000, "1,000"],
    [-999, "-999"],
    [-1000, "-1,000"],
    [-123456, "-123,456"],
    [138357544, "138,357,544"],
    ["12345678901234567890", "12,345,678,901,234,567,890"],
    ["64*H*W + 1000", "64·H·W + 1,000"],
    ["27*C**2 + x2*3", "27·C² + x2·3"],
    ["N**12", "N¹²"],
    ["", ""],
    [0.5, "0.5"],
    [1234.25, "1234.25"],
  ])("writes %j as %s", (count, text) => {
    expect(full(count)).toBe(text);
  });
});

describe("short", () => {
  it.each([
    [null, "?"],
    [0, "0"],
    [9_999, "9,999"],
    [-9_999, "-9,999"],
    [10_000, "10.0 K"],
    [12_345, "12.3 K"],
    [99_940, "99.9 K"],
    [99_960, "100 K"],
    [999_499, "999 K"],
    [999_500, "1.00 M"],
    [999_999, "1.00 M"],
    [1_000_000, "1.00 M"],
    [1_234_567, "1.23 M"],
    [9_994_000, "9.99 M"],
    [9_996_000, "10.0 M"],
    [138_357_544, "138 M"],
    [999_999_999, "1.00 G"],
    [15_470_264_320, "15.5 G"],
    [1e12, "1.00 T"],
    [1e15, "1.00 P"],
    [1e18, "1.00 E"],
    ["314572800000000000000", "315 E"],
    ["12345678901234567890123", "12300 E"],
    [-138_357_544, "-138 M"],
    [-999_999, "-1.00 M"],
    [-12_345, "-12.3 K"],
    ["N*4096", "N·4,096"],
    ["", ""],
  ])("writes %j as %s", (count, text) => {
    expect(short(count)).toBe(text);
  });

  it("never writes more than three digits below the largest unit", () => {
    for (let power = 4; power < 21; power += 1)
      for (const digits of [1, 1.004, 1.006, 5, 9.94, 9.96, 9.994, 9.996, 9.9999]) {
        const text = short(Math.round(digits * 10 ** power));
        expect(text).toMatch(/^(?:\d\.\d\d|\d\d\.\d|\d{3}) [KMGTPE]$|^1000 E$/);
        const value = Number(text.split(" ")[0]) * 1000 ** (" KMGTPE".indexOf(text.slice(-1)) || 0);
        expect(Math.abs(value / (digits * 10 ** power) - 1)).toBeLessThan(0.005);
      }
  });
});

describe("drawn", () => {
  it.each([
    [null, 0],
    [0, 0],
    [-3, -3],
    ["12", 12],
    ["12345678901234567890", 12345678901234567000],
    ["N*2", 0],
    ["", 0],
    [Infinity, 0],
  ])("takes %j for %d", (count, value) => {
    expect(drawn(count)).toBe(value);
  });
});

describe("shape", () => {
  it.each([
    [[], ""],
    [[1000], "1000"],
    [[3, 224, 224], "3×224×224"],
    [["C", "H_in", 7], "C×H_in×7"],
    [[64, "H/2", "W - 1"], "64×(H/2)×(W - 1)"],
    [[null, 3], "?×3"],
  ])("writes %j as %s", (sizes, text) => {
    expect(shape(sizes)).toBe(text);
  });
});
