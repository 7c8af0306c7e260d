import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { begin, question, said, state, yes } from "./workers";

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
    void made.ask(question("another"));
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
