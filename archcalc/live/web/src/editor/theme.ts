/** How the editor looks: every colour is a variable of editor.css, for light and dark. */

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const highlight = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), color: "var(--code-key)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-text)" },
  { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
  { tag: [tags.punctuation, tags.separator, tags.brace, tags.squareBracket], color: "var(--code-sign)" },
  { tag: [tags.labelName, tags.typeName, tags.keyword, tags.meta], color: "var(--code-mark)" },
  { tag: tags.content, color: "var(--code-value)" },
]);

const raised = { backgroundColor: "var(--code-raised)", color: "var(--code-value)" };
const chosen = { backgroundColor: "var(--code-chosen)", color: "var(--code-value)" };

const look = EditorView.theme({
  "&": { height: "100%", backgroundColor: "var(--code-ground)", color: "var(--code-value)" },
  "&.cm-focused": { outline: "2px solid var(--code-focus)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--code-font)", fontSize: "var(--code-size)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--code-value)" },
  ".cm-line::selection, .cm-line ::selection": { backgroundColor: "var(--code-chosen)" },
  ".cm-gutters": { backgroundColor: "var(--code-ground)", color: "var(--code-comment)", border: "none" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--code-value)" },
  ".cm-lit": { backgroundColor: "var(--code-lit)", boxShadow: "inset 3px 0 var(--code-focus)" },
  "&.cm-focused .cm-matchingBracket": { ...chosen, outline: "1px solid var(--code-focus)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "transparent", outline: "1px solid var(--code-wrong)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--code-wrong)",
    textDecorationSkipInk: "none",
  },
  ".cm-lintRange-active": { backgroundColor: "var(--code-lit)" },
  ".cm-lintPoint-error:after": { borderBottomColor: "var(--code-wrong)" },
  ".cm-lint-marker-error": { content: "none", borderRadius: "50%", backgroundColor: "var(--code-wrong)", scale: "0.6" },
  ".cm-diagnostic": { whiteSpace: "pre-wrap", overflowWrap: "anywhere", maxWidth: "60ch" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--code-wrong)" },
  ".cm-tooltip": { ...raised, fontSize: "var(--code-size)", border: "1px solid var(--code-rule)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": chosen,
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--code-font)", maxWidth: "340px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "bold" },
  ".cm-completionDetail": { color: "var(--code-comment)", fontStyle: "normal" },
  ".cm-completionInfo, .cm-tooltip-hover > .spec-card": { padding: "4px 10px", maxWidth: "60ch" },
  ".cm-tooltip-section:not(:first-child)": { borderTopColor: "var(--code-rule)" },
  ".cm-panel.cm-search [name=close], .cm-panel.cm-panel-lint [name=close]": { color: "inherit" },
  ".cm-panels": { ...raised, borderColor: "var(--code-rule)" },
  ".cm-textfield": { backgroundColor: "var(--code-ground)", color: "inherit", borderColor: "var(--code-rule)" },
  ".cm-button": { ...raised, backgroundImage: "none", border: "1px solid var(--code-rule)", borderRadius: "3px" },
  ".cm-panel.cm-panel-lint ul [aria-selected]": chosen,
  ".cm-searchMatch": { backgroundColor: "var(--code-lit)", outline: "1px solid var(--code-rule)" },
  ".cm-searchMatch-selected": chosen,
  ".cm-foldPlaceholder": { ...raised, border: "1px solid var(--code-rule)" },
});

/** The look of the editor and the colours of YAML. */
export const theme: Extension = [look, syntaxHighlighting(highlight)];
