/** What is known of the word below the pointer. */

import type { Extension } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import { draw, ofBlock, ofKind, ofSetting, type Card } from "./card";
import { settingOf } from "./completion";
import { blocks } from "./names";
import { place, type Place } from "./place";
import { below, nests, type Vocabulary } from "./schema";
import { tree } from "./tree";

/** A tooltip for kinds and settings; there is none where `known` gives null. */
export function hover(known: () => Vocabulary | null): Extension {
  return hoverTooltip((view, offset) => {
    const vocabulary = known();
    const found = vocabulary && explain(view.state.doc.toString(), offset, vocabulary);
    if (found === null) return null;
    return { pos: found.from, end: found.to, above: true, create: () => ({ dom: draw(found.card) }) };
  });
}

/** What is known of the word at an offset, with its place; null if nothing is. */
export function explain(
  text: string,
  offset: number,
  known: Vocabulary,
): { from: number; to: number; card: Card } | null {
  const at = place(text, offset, (kind, setting) => nests(known, kind, setting));
  if (at === null || at.word === "") return null;
  const found = card(at, text, known);
  return found && { from: at.from, to: at.to, card: found };
}

function card(at: Place, text: string, known: Vocabulary): Card | null {
  if (at.is === "kind") {
    const kind = known.kinds.get(at.word);
    if (kind !== undefined) return ofKind(kind);
    const block = blocks(tree(text)).find((one) => one.name === at.word);
    const loop = known.loop.find((one) => one.name === at.word);
    return block ? ofBlock(block) : loop ? ofSetting(loop) : null;
  }
  if (at.is === "setting") {
    const setting = settingOf(at.kind, at.word, known);
    return setting && ofSetting(setting);
  }
  if (at.is === "key") {
    const key = below(known.spec, at.path)?.keys.find((one) => one.name === at.word);
    return key ? ofSetting(key) : null;
  }
  return null;
}
