import { describe, expect, it, vi } from "vitest";
import type { Engine } from "../src/engine";
import { bundledText, opened, plain, textOf } from "../src/files";
import type { Answer, Question } from "../src/protocol";

const file = (...parts: BlobPart[]) => new File(parts, "net.v2.onnx");
const bytes = (...values: number[]) => file(new Uint8Array(values));

/** An engine with one answer to everything. */
function fake(...answers: Answer[]) {
  const asked: Question[] = [];
  const put = vi.fn();
  const take = vi.fn();
  const ask = (...questions: Question[]) => {
    asked.push(...questions);
    return Promise.resolve(answers);
  };
  return {
    engine: { ask, latest: () => Promise.resolve(null), put, take, stop: () => undefined } satisfies Engine,
    asked,
    put,
    take,
  };
}

describe("textOf", () => {
  it.each([
    ["nothing", file(""), ""],
    ["a spec", file("layers: []\r\n"), "layers: []\r\n"],
    ["unicode", file("Größe: 网络 🦊"), "Größe: 网络 🦊"],
    ["a text with a mark of its bytes' order", bytes(0xef, 0xbb, 0xbf, 0x61), "a"],
    ["a byte of 0", bytes(0x61, 0, 0x62), null],
    ["UTF-16", bytes(0xff, 0xfe, 0x61, 0), null],
    ["Latin-1", bytes(0x47, 0x72, 0xf6, 0xdf, 0x65), null],
    ["a cut letter at the end", bytes(0x61, 0xe2, 0x82), null],
    ["half of a pair", bytes(0xed, 0xa0, 0x80), null],
    ["two million bytes", file("x".repeat(2_000_000)), "x".repeat(2_000_000)],
    ["one byte more", file("x".repeat(2_000_001)), null],
  ])("of %s", async (_, given, text) => {
    expect(await textOf(given)).toBe(text);
  });
});

describe("opened", () => {
  it("is a text itself where it is one, without the engine", async () => {
    const { engine, asked, put } = fake();
    const given = new File(["layers: []"], "my.yaml");
    expect(await opened(given, engine, 1)).toEqual({ network: plain("my.yaml", "layers: []"), said: "" });
    expect([asked.length, put.mock.calls.length]).toEqual([0, 0]);
  });

  it("is the spec that the engine reads from another", async () => {
    const { engine, asked, put, take } = fake({ ok: true, text: "name: net" });
    const given = bytes(8, 0, 1);
    const found = await opened(given, engine, 3);
    expect(found).toEqual({ network: plain("net.v2.yaml", "name: net\n"), said: "net.v2.onnx as a spec" });
    expect(put.mock.calls).toEqual([[given, "3/net.v2.onnx"]]);
    // It takes up memory as long as it is there.
    expect(take.mock.calls).toEqual([["3/net.v2.onnx"]]);
    expect(asked).toEqual([{ ask: "spec", of: [plain("net.v2.onnx", null, "", "3/net.v2.onnx")], with: {} }]);
  });

  it("is nothing of a file that is too large to be put there", async () => {
    const { engine, put } = fake({ ok: true, text: "" });
    const large = Object.defineProperty(bytes(0), "size", { value: 2 ** 30 + 1 });
    const { network, said } = await opened(large, engine, 1);
    expect(network).toBeNull();
    expect(said).toMatch(/^net\.v2\.onnx holds more than 1 GiB.*\n {2}= archcalc table net\.v2\.onnx/);
    expect(put).not.toHaveBeenCalled();
  });

  it("says why there is none", async () => {
    const refused = fake({ ok: false, said: "not a network", mistakes: [] });
    expect(await opened(bytes(0), refused.engine, 1)).toEqual({ network: null, said: "not a network" });
    expect((await opened(bytes(0), fake().engine, 1)).said).toBe("net.v2.onnx could not be read");
  });
});

describe("bundledText", () => {
  it("is the network of a name, or why there is none", async () => {
    const text = JSON.stringify({ name: "specs/vgg.yaml", text: "name: vgg", variant: "vgg16" });
    const { engine, asked } = fake({ ok: true, text });
    expect((await bundledText("vgg16", engine)).network).toEqual(plain("specs/vgg.yaml", "name: vgg", "vgg16"));
    expect(asked).toEqual([{ ask: "bundled", of: [], with: { name: "vgg16" } }]);
    expect(await bundledText("x", fake().engine)).toEqual({ network: null, said: "no network 'x'" });
  });
});
