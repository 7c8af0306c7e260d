import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { engine, type Status } from "../src/engine";
import type { Answer, Question } from "../src/protocol";
import type { FromWorker, ToWorker } from "../src/worker";

/** A worker that answers when the test says so. */
class Fake {
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

const question = (ask: string): Question => ({ ask, of: [], with: {} });
const yes = (...names: string[]): Answer[] => names.map((text) => ({ ok: true, text }));
const said = (answers: Answer[] | null | undefined) => answers?.map((one) => (one.ok ? one.text : one.said));

function begin(limit = 30) {
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
async function state<T>(promise: Promise<T>): Promise<T | "open"> {
  return Promise.race([
    promise,
    Promise.resolve()
      .then(() => Promise.resolve())
      .then((): "open" => "open"),
  ]);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("questions", () => {
  it("wait until the engine is ready, and go to it one after another", async () => {
    const { made, last, told } = begin();
    const [first, second] = [made.ask(question("a"), question("b")), made.ask(question("c"))];
    expect(last().asked).toEqual([]);
    last().ready();
    expect(last().asked).toEqual([["a", "b"]]);
    last().answer();
    expect(last().asked).toEqual([["a", "b"], ["c"]]);
    expect(await first).toEqual(yes("a", "b"));
    expect(await state(second)).toBe("open");
    last().answer();
    expect(await second).toEqual(yes("c"));
    expect(told.map(([status]) => status)).toEqual(["starting", "ready", "counting", "ready", "counting", "ready"]);
  });

  it("of a slot give way to newer ones that wait, and not to those of another", async () => {
    const { made, last } = begin();
    last().ready();
    const running = made.latest("table", question("first"));
    const older = made.latest("table", question("second"));
    const other = made.latest("diagram", question("diagram"));
    const newest = made.latest("table", question("third"));
    expect(await state(older)).toBeNull();
    expect(last().asked).toEqual([["first"]]);
    last().answer();
    expect(await running).toEqual(yes("first"));
    expect(last().asked).toEqual([["first"], ["third"]]);
    last().answer();
    expect(await newest).toEqual(yes("third"));
    last().answer();
    expect(await other).toEqual(yes("diagram"));
    expect(last().asked).toEqual([["first"], ["third"], ["diagram"]]);
  });

  it("of a slot go before those that can wait, none of which is lost", async () => {
    const { made, last } = begin();
    const files = [made.ask(question("one")), made.ask(question("two"))];
    const table = made.latest("table", question("table"));
    last().ready();
    for (let left = 3; left; left -= 1) last().answer();
    expect(last().asked).toEqual([["table"], ["one"], ["two"]]);
    expect(await table).toEqual(yes("table"));
    expect(await Promise.all(files)).toEqual([yes("one"), yes("two")]);
  });
});

describe("the limit", () => {
  it("ends the engine, refuses the question, and goes on with a fresh one", async () => {
    const { made, last, workers, told } = begin(5);
    last().ready();
    const slow = made.ask(question("slow"));
    const next = made.ask(question("next"));
    vi.advanceTimersByTime(4_999);
    expect(workers).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(workers.map((one) => one.terminated)).toEqual([true, false]);
    const words = "stopped after 5 seconds; the command line has no such limit";
    expect(said(await slow)).toEqual([words]);
    expect(told.at(-1)).toEqual(["stopped", words]);
    expect(last().asked).toEqual([]);
    last().ready();
    expect(last().asked).toEqual([["next"]]);
    last().answer();
    expect(await next).toEqual(yes("next"));
  });

  it("is counted from the beginning of each question, and not at all between two", async () => {
    const { made, last, workers } = begin(5);
    vi.advanceTimersByTime(60_000);
    last().ready();
    const [first, second] = [made.ask(question("a")), made.ask(question("b"))];
    vi.advanceTimersByTime(4_000);
    last().answer();
    vi.advanceTimersByTime(4_000);
    last().answer();
    expect(said(await first)).toEqual(["a"]);
    expect(said(await second)).toEqual(["b"]);
    vi.advanceTimersByTime(60_000);
    expect(workers).toHaveLength(1);
  });

  it("refuses each of several questions, with a mistake that has no place", async () => {
    const { made, last } = begin(1);
    last().ready();
    const slow = made.latest("table", question("a"), question("b"));
    vi.advanceTimersByTime(1_000);
    const answers = await slow;
    expect(answers).toHaveLength(2);
    const fact = "stopped after 1 seconds; the command line has no such limit";
    const mistakes = [{ fact, notes: [], file: "", line: 0, column: 0, end: 0 }];
    expect(answers?.[1]).toEqual({ ok: false, said: fact, mistakes });
  });
});

describe("a newer text", () => {
  it("waits four seconds for an older one and no longer", async () => {
    const { made, last, workers } = begin();
    last().ready();
    const older = made.latest("table", question("older"));
    const newer = made.latest("table", question("newer"));
    vi.advanceTimersByTime(3_999);
    expect(workers).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(workers).toHaveLength(2);
    expect(said(await older)).toEqual(["stopped, since the text has changed"]);
    last().ready();
    expect(last().asked).toEqual([["newer"]]);
    last().answer();
    expect(await newer).toEqual(yes("newer"));
  });

  it("ends at once what has run for long", () => {
    const { made, last, workers } = begin();
    last().ready();
    void made.latest("table", question("older"));
    vi.advanceTimersByTime(10_000);
    void made.latest("table", question("newer"));
    expect(workers).toHaveLength(2);
  });

  it("ends nothing of another slot, nor what is not of a slot", () => {
    const { made, last, workers } = begin(60);
    last().ready();
    void made.latest("table", question("table"));
    void made.ask(question("file"));
    void made.latest("diagram", question("diagram"));
    vi.advanceTimersByTime(20_000);
    expect(workers).toHaveLength(1);
    last().answer();
    last().answer();
    expect(last().asked.at(-1)).toEqual(["file"]);
    void made.latest("table", question("table"));
    vi.advanceTimersByTime(20_000);
    expect(workers).toHaveLength(1);
  });

  it("ends nothing that was answered in time", () => {
    const { made, last, workers } = begin();
    last().ready();
    void made.latest("table", question("older"));
    void made.latest("table", question("newer"));
    vi.advanceTimersByTime(3_000);
    last().answer();
    vi.advanceTimersByTime(20_000);
    expect(workers).toHaveLength(1);
  });
});

describe("files", () => {
  const file = (text: string) => new File([text], "net.onnx");

  it("are put before the questions about them, and again into each fresh engine", () => {
    const { made, last } = begin();
    made.put(file("a"), "1/net.onnx");
    void made.ask(question("spec"));
    last().ready();
    made.put(file("b"), "2/net.onnx");
    expect(last().sent.map(({ sort }) => sort)).toEqual(["file", "questions", "file"]);
    made.stop();
    expect(last().files).toEqual(["1/net.onnx", "2/net.onnx"]);
    made.put(file("c"), "2/net.onnx");
    made.stop();
    const contents = last().sent.map((one) => (one.sort === "file" ? one.file.size : -1));
    expect(last().files).toEqual(["1/net.onnx", "2/net.onnx"]);
    expect(contents).toEqual([1, 1]);
  });
});

describe("stop", () => {
  it("ends what is being counted and keeps what waits", async () => {
    const { made, last, workers, told } = begin();
    last().ready();
    const running = made.ask(question("running"));
    const waiting = made.ask(question("waiting"));
    made.stop();
    expect(said(await running)).toEqual(["stopped"]);
    expect(told.slice(-2)).toEqual([
      ["starting", ""],
      ["stopped", "stopped"],
    ]);
    expect(workers.map((one) => one.terminated)).toEqual([true, false]);
    last().ready();
    last().answer();
    expect(await waiting).toEqual(yes("waiting"));
    // The limit of what was stopped is no limit of what comes later.
    vi.advanceTimersByTime(60_000);
    expect(workers).toHaveLength(2);
  });

  it("of an engine that does nothing only begins a fresh one", async () => {
    const { made, last, workers } = begin();
    made.stop();
    made.stop();
    expect(workers.map((one) => one.terminated)).toEqual([true, true, false]);
    last().ready();
    const asked = made.ask(question("later"));
    last().answer();
    expect(await asked).toEqual(yes("later"));
  });
});

describe("an engine that does not start", () => {
  const failures: [string, (fake: Fake) => void, string][] = [
    [
      "says so",
      (fake) => {
        fake.tell({ sort: "failed", said: "no parts.json" });
      },
      "no parts.json",
    ],
    ["cannot be loaded", (fake) => fake.onerror?.(new Event("error")), "the engine could not be loaded"],
  ];
  it.each(failures)("that %s refuses what waits and what comes later", async (_, fail, words) => {
    const { made, last, told } = begin();
    const waiting = [made.ask(question("a")), made.latest("table", question("b"), question("c"))];
    fail(last());
    expect(told.at(-1)).toEqual(["failed", words]);
    expect((await Promise.all(waiting.map(state))).map((one) => (one === "open" ? one : said(one)))).toEqual([
      [words],
      [words, words],
    ]);
    const later = [made.ask(question("d")), made.latest("table", question("e"))];
    expect(await Promise.all(later.map(state))).not.toContain("open");
    expect(said(await later[1])).toEqual([words]);
    expect(last().asked).toEqual([]);
  });

  it.each(failures)("that %s is tried again after a stop", async (_, fail) => {
    const { made, last, workers } = begin();
    fail(last());
    made.stop();
    const asked = made.ask(question("a"));
    expect(await state(asked)).toBe("open");
    last().ready();
    last().answer();
    expect(await asked).toEqual(yes("a"));
    expect(workers).toHaveLength(2);
  });

  it("in place of one that was killed refuses the newer text too", async () => {
    const { made, last } = begin(2);
    last().ready();
    const slow = made.ask(question("slow"));
    const waiting = made.ask(question("waiting"));
    vi.advanceTimersByTime(2_000);
    last().onerror?.(new Event("error"));
    expect(said(await slow)).toEqual(["stopped after 2 seconds; the command line has no such limit"]);
    expect(said(await waiting)).toEqual(["the engine could not be loaded"]);
  });
});
