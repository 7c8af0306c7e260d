/** The editor of a spec's text. */

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, isolateHistory } from "@codemirror/commands";
import { bracketMatching, foldEffect, foldGutter, foldable, foldKeymap } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, Transaction } from "@codemirror/state";
import { EditorView, highlightActiveLineGutter, keymap, lineNumbers, type ViewUpdate } from "@codemirror/view";
import type { Mistake } from "../protocol";
import { beside } from "./beside";
import { source } from "./completion";
import { hover } from "./hover";
import { language, speak, spoken, type Language } from "./language";
import { diagnostics, light, lit, starts } from "./marks";
import { lineAt } from "./offsets";
import { change, origin, type Change } from "./origin";
import { vocabulary, type Schema, type Vocabulary } from "./schema";
import { theme } from "./theme";
import "./editor.css";

/** A text under the reader's hands. */
export interface Editor<T> {
  /** The text as it stands; its lines end in "\n", whatever they ended in before. */
  readonly text: string;
  /** Puts another text in the place of this one, in YAML or in another program's format; the reader can undo it. */
  replace(text: string, language: Language, came: Change<T>): void;
  /** Folds what stands under keys at the margin. */
  fold(keys: readonly string[]): void;
  /** Underlines mistakes in the place of those before; one without a place is for others to show. */
  mistakes(found: readonly Mistake[]): void;
  /** Lights lines, counted from 1, as the selected layer's, and brings the first into view when asked. */
  light(lines: readonly number[], reveal: boolean): void;
  /** Takes the schema of specs, from which completion and hover work from now on. */
  learn(schema: Schema): void;
  focus(): void;
}

/** What the editor tells: each change by the reader, and the line, from 1, that the reader's cursor comes to. */
export interface Told<T> {
  /** With what the text came with, where it is another since the reader took a replacement back. */
  changed(text: string, back: T | null): void;
  line(number: number): void;
}

const HELP =
  "A spec in YAML. Tab indents; Escape and then Tab leaves the editor. Control-Space completes, F8 goes to the next mistake.";

// It tells a change of the page's own from one of the reader's.
const own = Annotation.define<true>();

/** An editor inside of an element. */
export function editor<T>(parent: HTMLElement, text: string, told: Told<T>): Editor<T> {
  let words: Vocabulary | null = null;
  let line = 1;
  const known = () => (spoken(view.state) === "yaml" ? words : null);
  const listen = (update: ViewUpdate) => {
    if (!update.docChanged && !update.selectionSet) return;
    const now = update.state.doc.toString();
    const changes = update.transactions.filter((one) => one.docChanged && one.annotation(own) === undefined);
    const back = changes.flatMap(({ effects }) => effects).findLast((one) => one.is(change))?.value.is;
    if (changes.length) told.changed(now, (back as T | undefined) ?? null);
    const before = line;
    line = lineAt(now, update.state.selection.main.head);
    const moved = update.transactions.some((one) => one.annotation(Transaction.userEvent) !== undefined);
    if (moved && line !== before) told.line(line);
  };
  const view: EditorView = new EditorView({
    parent,
    state: EditorState.create({
      doc: text,
      extensions: [
        lintGutter(),
        lineNumbers(),
        foldGutter(),
        highlightActiveLineGutter(),
        history(),
        bracketMatching(),
        closeBrackets(),
        search({ top: true }),
        autocompletion({
          override: [source(() => known())],
          icons: false,
          positionInfo: (_, list, option, info, space) => beside(list, option, info, space),
        }),
        hover(() => known()),
        language,
        origin,
        light,
        theme,
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...searchKeymap,
          ...lintKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        EditorView.contentAttributes.of({ "aria-label": "Spec", "aria-description": HELP, spellcheck: "false" }),
        EditorView.updateListener.of(listen),
      ],
    }),
  });

  return {
    get text() {
      return view.state.doc.toString();
    },
    fold(keys) {
      const { doc } = view.state;
      for (let number = 1; number <= doc.lines; number += 1) {
        const { from, to, text } = doc.line(number);
        if (!keys.some((key) => text.startsWith(`${key}:`))) continue;
        const range = foldable(view.state, from, to);
        if (range) view.dispatch({ effects: foldEffect.of(range) });
      }
    },
    replace(next, spokenIn, came) {
      view.dispatch({
        changes: { from: 0, to: view.state.doc.length, insert: next },
        selection: { anchor: 0 },
        effects: [speak.of(spokenIn), change.of(came), lit.of([]), EditorView.scrollIntoView(0)],
        annotations: [own.of(true), isolateHistory.of("full")],
      });
      // Mistakes of the text before are none of this one's.
      view.dispatch(setDiagnostics(view.state, []));
    },
    mistakes(found) {
      view.dispatch(setDiagnostics(view.state, diagnostics(view.state.doc.toString(), found)));
    },
    light(lines, reveal) {
      const from = starts(view.state, lines);
      const first = from[0];
      const shown =
        reveal && first !== undefined ? [EditorView.scrollIntoView(first, { y: "nearest", yMargin: 60 })] : [];
      view.dispatch({ effects: [lit.of(from), ...shown] });
    },
    learn(schema) {
      words = vocabulary(schema);
    },
    focus() {
      view.focus();
    },
  };
}
