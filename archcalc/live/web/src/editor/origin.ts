/** What a text came with: it goes back with the text when a replacement is undone, and comes again when it is redone. */

import { invertedEffects } from "@codemirror/commands";
import { StateEffect, type Extension } from "@codemirror/state";

/** What the text came with that was there, and what the one that takes its place comes with. */
export interface Change<T> {
  was: T;
  is: T;
}

/** An effect that says so. */
export const change = StateEffect.define<Change<unknown>>();

/** What makes the history of an editor keep it. */
export const origin: Extension = invertedEffects.of(({ effects }) =>
  effects.flatMap((one) => (one.is(change) ? [change.of({ was: one.value.is, is: one.value.was })] : [])),
);
