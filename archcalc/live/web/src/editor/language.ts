/** The language of the text, which goes back with it when a replacement is undone. */

import { invertedEffects } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { Compartment, EditorState, StateEffect, StateField, type Extension } from "@codemirror/state";
import { indentation } from "./indent";

export type Language = "yaml" | "plain";

/** An effect that sets the language. */
export const speak = StateEffect.define<Language>();

const field = StateField.define<Language>({
  create: () => "yaml",
  update: (now, { effects }) => effects.findLast((one) => one.is(speak))?.value ?? now,
});

const compartment = new Compartment();

function support(name: Language): Extension {
  return name === "yaml" ? [indentation, yaml()] : [];
}

/** The language of a state's text. */
export function spoken(state: EditorState): Language {
  return state.field(field);
}

/** What makes an editor start in YAML and follow the effect. */
export const language: Extension = [
  field,
  compartment.of(support("yaml")),
  EditorState.transactionExtender.of(({ effects }) => {
    const effect = effects.find((one) => one.is(speak));
    return effect === undefined ? null : { effects: compartment.reconfigure(support(effect.value)) };
  }),
  invertedEffects.of(({ effects, startState }) =>
    effects.some((one) => one.is(speak)) ? [speak.of(spoken(startState))] : [],
  ),
];
