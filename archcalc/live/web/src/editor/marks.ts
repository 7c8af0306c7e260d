/** Mistakes as underlined places, and the lines of the selected layer in a light of their own. */

import type { Diagnostic } from "@codemirror/lint";
import { StateEffect, StateField, type EditorState, type Extension } from "@codemirror/state";
import { Decoration, EditorView } from "@codemirror/view";
import type { Mistake } from "../protocol";
import { lines, spans } from "./offsets";

/** The mistakes that have a place, as the editor underlines them. */
export function diagnostics(text: string, found: readonly Mistake[]): Diagnostic[] {
  const places = spans(text, found);
  return found.flatMap((mistake, index) => {
    const place = places[index];
    if (place == null) return [];
    const message = [mistake.fact, ...mistake.notes].join("\n");
    return [{ ...place, severity: "error", message, renderMessage: () => told(mistake) }];
  });
}

/** A mistake's words, each on a line. They may hold what a hostile file put there, so that they go in as text only. */
function told(mistake: Mistake): HTMLElement {
  const root = document.createElement("div");
  [mistake.fact, ...mistake.notes].forEach((text, index) => {
    const line = document.createElement("div");
    line.className = index === 0 ? "spec-fact" : "spec-note";
    line.textContent = text;
    root.append(line);
  });
  return root;
}

/** An effect that puts the light on lines that begin at these offsets, in their order. */
export const lit = StateEffect.define<readonly number[]>();

const LIGHT = Decoration.line({ class: "cm-lit" });

const field = StateField.define<readonly number[]>({
  create: () => [],
  update(from, { changes, effects, newDoc }) {
    const effect = effects.findLast((one) => one.is(lit));
    if (effect !== undefined) return effect.value;
    // What is written before a line's first sign pushes its light on, too.
    return changes.empty ? from : distinct(from.map((offset) => newDoc.lineAt(changes.mapPos(offset, 1)).from));
  },
  provide: (self) => EditorView.decorations.from(self, (from) => Decoration.set(from.map((one) => LIGHT.range(one)))),
});

/** What keeps the light, and moves it as the text changes. */
export const light: Extension = field;

/** The offsets at which the editor's lines begin that hold these lines of the engine's; those that are not there are left out. */
export function starts(state: EditorState, numbers: readonly number[]): number[] {
  const split = lines(state.doc.toString());
  const found = numbers.flatMap((number) => {
    const line = split[number - 1];
    return line === undefined ? [] : [state.doc.lineAt(line.from).from];
  });
  return distinct(found);
}

function distinct(offsets: number[]): number[] {
  return [...new Set(offsets)].sort((a, b) => a - b);
}
