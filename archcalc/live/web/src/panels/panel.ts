/** What every panel is: a name in the address, a title on its tab, and an element that shows a result. */

import type { Answer, Aside, Network, Question, Table } from "../protocol";

/** The network in the editor, as the engine counted it last. */
export interface Result {
  network: Network;
  table: Table;
  aside: Aside;
}

export interface Panel {
  readonly name: string;
  readonly title: string;
  readonly element: HTMLElement;
  /** Show a result; called when the panel is open and something has changed. */
  show(result: Result): void | Promise<void>;
  /** Light the layers of these names. */
  light(names: ReadonlySet<string>): void;
}

/** What a panel may do to the rest of the page. */
export interface Page {
  /** The newest answer of a slot, null where a newer question took its place. */
  ask(slot: string, question: Question): Promise<Answer | null>;
  /** Light a layer everywhere. */
  choose(name: string | null): void;
  /** The layer that is lit. */
  chosen(): string | null;
}
