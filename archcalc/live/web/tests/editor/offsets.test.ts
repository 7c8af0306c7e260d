import { describe, expect, it } from "vitest";
import { lineAt, lines, span, spans } from "../../src/editor/offsets";

/** What a mistake underlines in a text. */
function marked(text: string, line: number, column: number, end: number): string | null {
  const found = span(text, { line, column, end });
  return found && text.slice(found.from, found.to);
}

describe("the span of a mistake", () => {
  it("is counted from 1", () => {
    expect(span("one: two\nthree: four", { line: 2, column: 8, end: 12 })).toEqual({ from: 16, to: 20 });
  });

  it("counts a sign outside of the first plane once", () => {
    expect(marked("name: 🂡🂢 x, out: y", 1, 11, 12)).toBe(",");
    expect(marked("name: 🂡🂢 x", 1, 7, 8)).toBe("🂡");
    expect(marked("name: 🂡🂢 x", 1, 8, 10)).toBe("🂢 ");
  });

  it.each([
    ["CRLF", "\r\n"],
    ["LF", "\n"],
    ["CR", "\r"],
    ["next line", "\x85"],
    ["line separator", "\u2028"],
    ["paragraph separator", "\u2029"],
  ])("knows %s as one break", (_, sign) => {
    expect(marked(`first${sign}second${sign}third`, 3, 1, 6)).toBe("third");
  });

  it("knows no other breaks", () => {
    expect(marked("one\ftwo\vthree\x1cfour\nfive", 2, 1, 5)).toBe("five");
  });

  it("may lie one column after its line", () => {
    expect(span("a: b\nc", { line: 1, column: 5, end: 6 })).toEqual({ from: 4, to: 4 });
    expect(span("a: b", { line: 1, column: 5, end: 6 })).toEqual({ from: 4, to: 4 });
  });

  it("stays on its line and in the text", () => {
    expect(marked("abc\ndef", 1, 2, 90)).toBe("bc");
    expect(span("abc\ndef", { line: 1, column: 80, end: 90 })).toEqual({ from: 3, to: 3 });
    expect(span("abc\ndef", { line: 9, column: 2, end: 3 })).toEqual({ from: 7, to: 7 });
    expect(span("", { line: 1, column: 1, end: 2 })).toEqual({ from: 0, to: 0 });
    expect(marked("abc", 1, -4, 2)).toBe("abc");
  });

  it("has at least one sign where its end is no later than its start", () => {
    expect(marked("abc", 1, 2, 2)).toBe("b");
  });

  it("is none for a mistake without a place", () => {
    expect(span("abc", { line: 0, column: 0, end: 0 })).toBeNull();
  });

  it("is found for several at once", () => {
    const mistake = { fact: "", notes: [], file: "", column: 1, end: 2 };
    expect(
      spans(
        "a\nb",
        [2, 0, 1].map((line) => ({ ...mistake, line })),
      ),
    ).toEqual([{ from: 2, to: 3 }, null, { from: 0, to: 1 }]);
  });
});

describe("lines", () => {
  it("leave their breaks out", () => {
    expect(lines("ab\r\n\u2028c")).toEqual([
      { from: 0, to: 2 },
      { from: 4, to: 4 },
      { from: 5, to: 6 },
    ]);
  });

  it("are counted as the engine counts them", () => {
    expect(lineAt("a\u2028b\nc", 0)).toBe(1);
    expect(lineAt("a\u2028b\nc", 2)).toBe(2);
    expect(lineAt("a\u2028b\nc", 4)).toBe(3);
  });
});
