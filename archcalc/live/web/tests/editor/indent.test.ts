import { insertNewlineAndIndent } from "@codemirror/commands";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { describe, expect, it } from "vitest";
import { after } from "../../src/editor/indent";
import { language } from "../../src/editor/language";

describe("the next line", () => {
  it.each([
    ["layers:", 2],
    ["name: x", 0],
    ["  - relu", 2],
    ["  - conv2d: {out: 3}", 2],
    ["  - conv2d:", 6],
    ["  - conv2d: # why", 6],
    ["      out: 3", 6],
    ["      residual:", 8],
    ["  - for: i in range(3)", 4],
    ["    do:", 6],
    ["  - conv2d: {out: 3,", 6],
    ["  - conv2d: {", 6],
    ["  - conv2d: {out: [1, 2],", 6],
    ["note: one, two,", 0],
    ["", 0],
    ["    ", 4],
  ])("after %j begins at %i", (line, column) => {
    expect(after(line)).toBe(column);
  });

  it("is indented by Enter", () => {
    const doc = "layers:\n  - conv2d:";
    const state = EditorState.create({ doc, selection: { anchor: doc.length }, extensions: language });
    const view = new EditorView({ state });
    insertNewlineAndIndent(view);
    expect(view.state.doc.toString()).toBe(`${doc}\n      `);
  });
});
