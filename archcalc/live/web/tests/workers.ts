/** An engine whose workers answer when a test says so. */

import { engine, type Status } from "../src/engine";
import type { Answer, Question } from "../src/protocol";
import type { FromWorker, ToWorker } from "../src/worker";

/** A worker that answers when the test says so. */
export class Fake {
  onmessage: ((event: MessageEvent<FromWorker>) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  sent: ToWorker[] = [];
  terminated = false;

  postMessage(message: ToWorker) {
    if (this.terminated) throw new Error("a message to a worker that is gone");
    this.sent.push(message);
  }
  terminate() {
    this.terminated = true;
  }
  tell(message: FromWorker) {
    this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }
  ready() {
    this.tell({ sort: "ready", said: "Pyodide 1" });
  }
  /** The names of the questions it was sent, by message. */
  get asked(): string[][] {
    return this.sent.flatMap((one) => (one.sort === "questions" ? [one.questions.map(({ ask }) => ask)] : []));
  }
  get files(): string[] {
    return this.sent.flatMap((one) => (one.sort === "file" ? [one.path] : []));
  }
  /** Answer the message that came last, each question with its own name. */
  answer() {
    this.tell({ sort: "answers", answers: (this.asked.at(-1) ?? []).map((text) => ({ ok: true, text })) });
  }
}

/** A question of a name alone. */
export const question = (ask: string): Question => ({ ask, of: [], with: {} });
/** Answers of these texts. */
export const yes = (...names: string[]): Answer[] => names.map((text) => ({ ok: true, text }));
/** The texts of answers, or what was said in place of them. */
export const said = (answers: Answer[] | null | undefined) => answers?.map((one) => (one.ok ? one.text : one.said));

/** An engine of workers that answer when the test says so. */
export function begin(limit = 30) {
  const workers: Fake[] = [];
  const told: [Status, string][] = [];
  const made = engine(
    limit,
    (status, words) => told.push([status, words]),
    () => {
      const fake = new Fake();
      workers.push(fake);
      return fake as unknown as Worker;
    },
  );
  const last = () => {
    const fake = workers.at(-1);
    if (!fake) throw new Error("no worker");
    return fake;
  };
  return { made, told, workers, last };
}

/** What a promise has come to by now. */
export async function state<T>(promise: Promise<T>): Promise<T | "open"> {
  return Promise.race([
    promise,
    Promise.resolve()
      .then(() => Promise.resolve())
      .then((): "open" => "open"),
  ]);
}
