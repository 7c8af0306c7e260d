import { describe, expect, it } from "vitest";
import { beside } from "../../src/editor/beside";

const rect = (left: number, top: number, right: number, bottom: number) => ({ left, top, right, bottom });
const list = rect(100, 300, 400, 500);
const option = rect(100, 340, 400, 360);
const info = rect(0, 0, 300, 150);

describe("what is told of a completion", () => {
  it("stands beside it where there is room", () => {
    expect(beside(list, option, info, rect(0, 0, 1000, 800)).style).toBe("left: 100%; top: 40px; max-width: 400px");
    expect(beside(list, option, info, rect(0, 0, 700, 800)).style).toBe("left: 100%; top: 40px; max-width: 295px");
  });

  it("stands below the list, or above it at the end of the window", () => {
    expect(beside(list, option, info, rect(0, 0, 500, 800)).style).toBe("left: 0; top: 100%");
    expect(beside(list, option, info, rect(0, 0, 500, 600)).style).toBe("left: 0; bottom: 100%");
    expect(beside(list, option, info, rect(0, 200, 500, 600)).style).toBe("left: 0; top: 100%");
  });
});
