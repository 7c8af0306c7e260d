/** The engine from the page's side: one worker, one question at a time, killed where it takes too long. */

import type { Answer, Question } from "./protocol";
import type { FromWorker, ToWorker } from "./worker";

/** What the engine is doing, for the line that says so. */
export type Status = "starting" | "ready" | "counting" | "stopped" | "failed";

export interface Engine {
  /** The answers to questions, in order. */
  ask(...questions: Question[]): Promise<Answer[]>;
  /** The answers to the newest questions of a slot; null where newer ones took their place before these began. */
  latest(slot: string, ...questions: Question[]): Promise<Answer[] | null>;
  /** Make a file of the reader's known to the engine under a path. */
  put(file: File, path: string): void;
  /** Take a file from the engine again, which holds it in memory. */
  take(path: string): void;
  /** End what is being counted, and begin with a fresh engine. */
  stop(): void;
}

interface Job {
  slot: string;
  questions: Question[];
  settle: (answers: Answer[] | null) => void;
}

// A newer text that waits so long for an older one is worth a fresh engine.
const PATIENCE = 4_000;

const refused = (said: string): Answer => ({
  ok: false,
  said,
  mistakes: [{ fact: said, notes: [], file: "", line: 0, column: 0, end: 0 }],
});

/** An engine that is started at once. `limit` is the seconds that a question may take. */
export function engine(limit: number, told: (status: Status, said: string) => void, make = worker): Engine {
  const waiting: Job[] = [];
  const files = new Map<string, File>();
  let running: Job | null = null;
  let begun = 0;
  let ready = false;
  // Why there is no engine, where it could not be started.
  let broken: string | null = null;
  let alive = make();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const send = (message: ToWorker) => {
    alive.postMessage(message);
  };

  function listen() {
    ready = false;
    broken = null;
    told("starting", "");
    alive.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.sort === "ready") {
        ready = true;
        told("ready", data.said);
        next();
      } else if (data.sort === "failed") {
        fail(data.said);
      } else {
        finish(data.answers);
      }
    };
    alive.onerror = (event) => {
      event.preventDefault();
      fail("the engine could not be loaded");
    };
    for (const [path, file] of files) send({ sort: "file", path, file });
  }

  function fail(said: string) {
    clearTimeout(timer);
    ready = false;
    broken = said;
    told("failed", said);
    const lost = running ? [running, ...waiting.splice(0)] : waiting.splice(0);
    running = null;
    for (const job of lost) refuse(job, said);
  }

  function refuse(job: Job, said: string) {
    job.settle(job.questions.map(() => refused(said)));
  }

  function finish(answers: Answer[] | null) {
    clearTimeout(timer);
    const job = running;
    running = null;
    told("ready", "");
    job?.settle(answers);
    next();
  }

  function next() {
    // Without an engine nobody waits for it.
    if (broken !== null) for (const job of waiting.splice(0)) refuse(job, broken);
    if (!ready || running) return;
    running = waiting.shift() ?? null;
    if (!running) return;
    begun = performance.now();
    told("counting", "");
    timer = setTimeout(() => {
      restart(`stopped after ${limit} seconds; the command line has no such limit`);
    }, limit * 1_000);
    send({ sort: "questions", questions: running.questions });
  }

  function restart(said: string) {
    clearTimeout(timer);
    alive.terminate();
    const job = running;
    running = null;
    alive = make();
    listen();
    told("stopped", said);
    if (job) refuse(job, said);
  }

  function hurry() {
    const slot = running?.slot;
    if (!slot || !waiting.some((job) => job.slot === slot)) return;
    if (performance.now() - begun >= PATIENCE) restart("stopped, since the text has changed");
    else setTimeout(hurry, PATIENCE);
  }

  listen();
  return {
    ask: (...questions) =>
      new Promise((resolve) => {
        waiting.push({
          slot: "",
          questions,
          settle: (answers) => {
            resolve(answers ?? []);
          },
        });
        next();
      }),
    latest: (slot, ...questions) =>
      new Promise((settle) => {
        const older = waiting.findIndex((job) => job.slot === slot);
        if (older >= 0) waiting.splice(older, 1)[0]?.settle(null);
        waiting.unshift({ slot, questions, settle });
        next();
        hurry();
      }),
    put: (file, path) => {
      files.set(path, file);
      send({ sort: "file", path, file });
    },
    take: (path) => {
      files.delete(path);
      send({ sort: "taken", path });
    },
    stop: () => {
      restart("stopped by hand; any change counts again");
    },
  };
}

function worker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "archcalc" });
}
