import { redo, undo } from "@codemirror/commands";
import { forEachDiagnostic } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { afterEach, describe, expect, it, vi } from "vitest";
import { editor } from "../../src/editor/editor";
import { spoken } from "../../src/editor/language";
import { diagnostics } from "../../src/editor/marks";
import type { Mistake } from "../../src/protocol";

const mistake = (line: number, column: number, end: number, fact = "wrong", notes: string[] = []): Mistake => ({
  fact,
  notes,
  file: "",
  line,
  column,
  end,
});

function open(text: string) {
  const parent = document.createElement("div");
  document.body.append(parent);
  const told = { changed: vi.fn(), line: vi.fn() };
  const made = editor<string>(parent, text, told);
  const view = EditorView.findFromDOM(parent);
  if (view === null) throw new Error("no editor");
  return { made, view, told, parent };
}

function marked(view: EditorView): [number, number, string][] {
  const found: [number, number, string][] = [];
  forEachDiagnostic(view.state, (one, from, to) => found.push([from, to, one.message]));
  return found;
}

afterEach(() => {
  document.body.replaceChildren();
});

describe("the text", () => {
  it("is told when the reader changes it", () => {
    const { made, view, told } = open("a: b");
    view.dispatch({ changes: { from: 4, insert: "c" }, userEvent: "input.type" });
    expect(told.changed.mock.calls).toEqual([["a: bc", null]]);
    expect(made.text).toBe("a: bc");
  });

  it("is not told when it is replaced", () => {
    const { made, told } = open("a: b\nc: d");
    made.replace("x", "plain", { was: "first", is: "other" });
    expect(made.text).toBe("x");
    expect(told.changed).not.toHaveBeenCalled();
    expect(told.line).not.toHaveBeenCalled();
  });

  it("comes back with its language, and with what it came with, when a replacement is undone", () => {
    const { made, view, told } = open("a: b");
    view.dispatch({ changes: { from: 4, insert: "c" }, userEvent: "input.type" });
    made.replace("x", "plain", { was: "first", is: "other" });
    view.dispatch({ changes: { from: 1, insert: "y" }, userEvent: "input.type" });
    undo(view);
    expect(told.changed).toHaveBeenLastCalledWith("x", null);
    expect(spoken(view.state)).toBe("plain");
    undo(view);
    expect([made.text, spoken(view.state)]).toEqual(["a: bc", "yaml"]);
    expect(told.changed).toHaveBeenLastCalledWith("a: bc", "first");
    redo(view);
    expect([made.text, spoken(view.state)]).toEqual(["x", "plain"]);
    expect(told.changed).toHaveBeenLastCalledWith("x", "other");
    undo(view);
    undo(view);
    expect(told.changed).toHaveBeenLastCalledWith("a: b", null);
  });
});

describe("the line", () => {
  it("is told when the reader comes to another", () => {
    const { view, told } = open("a: b\nc: d\u2028e: f");
    view.dispatch({ selection: { anchor: 2 }, userEvent: "select" });
    expect(told.line).not.toHaveBeenCalled();
    view.dispatch({ selection: { anchor: 6 }, userEvent: "select.pointer" });
    view.dispatch({ selection: { anchor: 11 }, userEvent: "select" });
    expect(told.line.mock.calls).toEqual([[2], [3]]);
  });

  it("is not told when the page moves the cursor", () => {
    const { view, told } = open("a: b\nc: d");
    view.dispatch({ selection: { anchor: 6 } });
    expect(told.line).not.toHaveBeenCalled();
  });
});

describe("mistakes", () => {
  it("are marked at their places, in place of those before", () => {
    const { made, view } = open("a: 🂡, b\nc: d");
    made.mistakes([mistake(1, 5, 6, "a comma", ["leave it out"]), mistake(0, 0, 0), mistake(2, 1, 2)]);
    expect(marked(view)).toEqual([
      [5, 6, "a comma\nleave it out"],
      [9, 10, "wrong"],
    ]);
    made.mistakes([mistake(2, 5, 6)]);
    expect(marked(view)).toEqual([[13, 13, "wrong"]]);
    made.mistakes([]);
    expect(marked(view)).toEqual([]);
  });

  it("are found in a text that came with CRLF", () => {
    const { made, view } = open("a: b\r\nc: d\r\ne: f");
    made.mistakes([mistake(3, 4, 5)]);
    const [from, to] = marked(view)[0] ?? [];
    expect(view.state.sliceDoc(from, to)).toBe("f");
  });

  it("stay inside a text that has become shorter", () => {
    const { made, view } = open("a");
    made.mistakes([mistake(7, 3, 9), mistake(1, 5, 9)]);
    expect(marked(view).map(([from, to]) => [from, to])).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it("go with the text they were in", () => {
    const { made, view } = open("a: b");
    made.mistakes([mistake(1, 1, 2)]);
    made.replace("other", "yaml", { was: "", is: "" });
    expect(marked(view)).toEqual([]);
  });

  it("are told as text, each part on its line", () => {
    const hostile = "<img src=x onerror=alert(1)>";
    const [found] = diagnostics("a", [mistake(1, 1, 2, hostile, ["one", hostile])]);
    const node = found?.renderMessage?.(open("").view);
    if (!(node instanceof HTMLElement)) throw new Error("no message");
    expect(node.querySelector("img")).toBeNull();
    expect([...node.children].map((one) => one.textContent)).toEqual([hostile, "one", hostile]);
  });
});

describe("the light", () => {
  const lit = (parent: HTMLElement) => [...parent.querySelectorAll(".cm-lit")].map((one) => one.textContent);

  it("is on the lines, and goes with them", () => {
    const { made, view, parent } = open("one\ntwo\nthree");
    made.light([3, 1, 9, 3], true);
    expect(lit(parent)).toEqual(["one", "three"]);
    view.dispatch({ changes: { from: 0, insert: "zero\n" } });
    expect(lit(parent)).toEqual(["one", "three"]);
    made.light([], false);
    expect(lit(parent)).toEqual([]);
  });

  it("counts lines as the engine does", () => {
    const { made, parent } = open("one\u2028two\nthree");
    made.light([3], false);
    expect(lit(parent)).toEqual(["three"]);
  });
});

describe("for those who do not see it", () => {
  it("the editor has a name and says how to leave it", () => {
    const content = open("").view.contentDOM;
    expect(content.getAttribute("aria-label")).toBe("Spec");
    expect(content.getAttribute("aria-description")).toContain("Escape and then Tab leaves");
    expect(content.getAttribute("spellcheck")).toBe("false");
  });
});
