import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { begin, question, said, state, yes, type Fake } from "./workers";

const BY_HAND = "stopped by hand; any change counts again";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
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

  it("that were taken away are put into no engine any more", () => {
    const { made, last } = begin();
    last().ready();
    made.put(file("a"), "1/net.onnx");
    made.take("1/net.onnx");
    expect(last().sent.at(-1)).toEqual({ sort: "taken", path: "1/net.onnx" });
    made.stop();
    expect(last().files).toEqual([]);
  });
});

describe("stop", () => {
  it("ends what is being counted and keeps what waits", async () => {
    const { made, last, workers, told } = begin();
    last().ready();
    const running = made.ask(question("running"));
    const waiting = made.ask(question("waiting"));
    made.stop();
    expect(said(await running)).toEqual([BY_HAND]);
    expect(told.slice(-2)).toEqual([
      ["starting", ""],
      ["stopped", BY_HAND],
    ]);
    expect(workers.map((one) => one.terminated)).toEqual([true, false]);
    last().ready();
    last().answer();
    expect(await waiting).toEqual(yes("waiting"));
    // The limit of what was stopped is no limit of what comes later.
    vi.advanceTimersByTime(60_000);
    expect(workers).toHaveLength(2);
  });

  it("leaves what is asked next waiting for the fresh engine", () => {
    const { made, last } = begin();
    last().ready();
    made.stop();
    void made.ask(question("next"));
    expect(last().asked).toEqual([]);
    last().ready();
    expect(last().asked).toEqual([["next"]]);
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
