import { describe, expect, it } from "vitest";
import { newest } from "../src/newest";
import { begin, question, said } from "./workers";

describe("the newest answers", () => {
  it("are those that are ready, without the engine", async () => {
    const { made, last } = begin();
    const ask = newest([{ question: question("table"), text: "ready" }], made);
    expect(said(await ask("table", question("table")))).toEqual(["ready"]);
    last().ready();
    expect(last().asked).toEqual([]);
  });

  it("are not replaced by older ones that come later", async () => {
    const { made, last } = begin();
    last().ready();
    const ask = newest([{ question: question("first"), text: "ready" }], made);
    const older = ask("diagram", question("second"));
    const other = ask("table", question("third"));
    expect(said(await ask("diagram", question("first")))).toEqual(["ready"]);
    last().answer();
    expect(await older).toBeNull();
    last().answer();
    expect(said(await other)).toEqual(["third"]);
  });
});
