/** The newest answers of each slot, some of which are ready before the engine is. */

import type { Engine } from "./engine";
import type { Answer, Question } from "./protocol";
import type { Start } from "./start";

type Newest = (slot: string, ...questions: Question[]) => Promise<Answer[] | null>;

/** A way to ask for the newest answers of a slot; null where newer ones were asked for before these came. */
export function newest(ready: Start["answers"], running: Pick<Engine, "latest">): Newest {
  const texts = new Map(ready.map(({ question, text }) => [JSON.stringify(question), text]));
  const turns = new Map<string, number>();
  return async (slot, ...questions) => {
    const turn = (turns.get(slot) ?? 0) + 1;
    turns.set(slot, turn);
    const known = questions.map((question) => texts.get(JSON.stringify(question)));
    if (known.every((text) => text !== undefined)) return known.map((text) => ({ ok: true, text }));
    const answers = await running.latest(slot, ...questions);
    // Those that are ready come at once, before older ones that the engine is still busy with.
    return turns.get(slot) === turn ? answers : null;
  };
}
