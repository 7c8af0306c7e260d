// @vitest-environment node
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { packed, unpacked, type Seen } from "../src/link";
import type { Network } from "../src/protocol";

const network = (changes: Partial<Network> = {}): Network => ({
  name: "net.yaml",
  text: "layers: []\n",
  file: null,
  variant: "",
  set: {},
  input: {},
  batch: "1",
  convention: "macs",
  ...changes,
});
const seen = (networks: Network[], changes: Partial<Seen> = {}): Seen => ({
  networks,
  bundled: networks.map(() => null),
  panel: "table",
  layer: null,
  ...changes,
});
const written = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
const link = (value: unknown) => `spec=${written(deflateRawSync(JSON.stringify(value)))}`;

describe("a round trip", () => {
  const set = { width: "2", depths: "[1, 2]", naïve: "true" };
  const everything = network({ variant: "b", set, input: { x: ["3", "", "320"] }, batch: "N", convention: "fma" });
  it.each([
    ["a text", seen([network()])],
    ["an empty text", seen([network({ text: "", name: "" })])],
    ["all that can be set", seen([everything], { panel: "diagram", layer: "stage1/conv" })],
    ["an empty batch", seen([network({ batch: "", convention: "" })])],
    ["unicode", seen([network({ name: "Größe 网络 🦊.yaml", text: "name: é\u0000\u2028 𝕏 \ufeff\n" })])],
    ["a layer of odd letters", seen([network()], { layer: "a&b=c #%20+ü 🦊", panel: "a&b" })],
    ["names that objects have", seen([network({ set: { constructor: "1", toString: "2" } })])],
    [
      "several",
      seen([network(), everything, network({ text: null, name: "vgg16" })], { bundled: [null, null, "vgg16"] }),
    ],
    ["a bundled one with a batch", seen([network({ text: null, batch: "8" })], { bundled: ["vgg16"] })],
    ["a bundled one beside another", seen([network({ text: null }), network()], { bundled: ["vgg16", null] })],
  ])("keeps %s", async (_, given) => {
    const hash = await packed(given);
    expect(await unpacked(hash)).toEqual(given);
    expect(await unpacked(`#${hash}`)).toEqual(given);
  });

  it("keeps any text, whatever bytes it is squeezed to", async () => {
    let state = 7;
    const random = (below: number) => (state = (state * 48271) % 2147483647) % below;
    for (let round = 0; round < 60; round += 1) {
      const points = Array.from({ length: random(400) }, () => random(0xd800));
      const given = seen([network({ text: String.fromCodePoint(...points) })]);
      const hash = await packed(given);
      expect(hash).toMatch(/^spec=[\w-]+$/);
      expect(await unpacked(hash)).toEqual(given);
    }
  });

  it("says no more than differs from a plain network", async () => {
    const hash = await packed(seen([network()]));
    const bytes = Buffer.from(hash.slice("spec=".length), "base64url");
    expect(JSON.parse(inflateRawSync(bytes).toString())).toEqual([{ n: "net.yaml", t: "layers: []\n" }]);
  });
});

describe("a bundled network", () => {
  it("as it is needs no more than its name", async () => {
    const one = network({ name: "specs/vgg.yaml", variant: "vgg16", text: "name: vgg" });
    expect(await packed(seen([one], { bundled: ["vgg16"] }))).toBe("net=vgg16");
    const lit = seen([one], { bundled: ["vgg16"], panel: "memory", layer: "conv1" });
    expect(await packed(lit)).toBe("net=vgg16&panel=memory&layer=conv1");
  });

  it("comes back from a short link", async () => {
    const expected = seen([network({ name: "vgg16", text: null })], {
      bundled: ["vgg16"],
      panel: "charts",
      layer: "a/b",
    });
    expect(await unpacked("#net=vgg16&panel=charts&layer=a%2Fb")).toEqual(expected);
  });
});

describe("an address without a network", () => {
  it.each(["", "#", "#panel=charts", "#net=", "#spec=", "#anything"])("%j is none", async (hash) => {
    expect(await unpacked(hash)).toBeNull();
  });
});

describe("a damaged link", () => {
  const whole = deflateRawSync(JSON.stringify([{ n: "a", t: "layers: []".repeat(100) }]));
  const turned = Uint8Array.from(whole, (byte, at) => (at === 12 ? byte ^ 0x55 : byte));
  it.each([
    ["letters that are no base64", "spec=%25%25%25"],
    ["one letter", "spec=a"],
    ["bytes that are not squeezed", `spec=${written(Buffer.from("layers: []"))}`],
    ["a cut end", `spec=${written(whole.subarray(0, -4))}`],
    ["a turned bit", `spec=${written(turned)}`],
    ["bytes that are no UTF-8", `spec=${written(deflateRawSync(Buffer.from([0x5b, 0x22, 0xff, 0xfe, 0x22, 0x5d])))}`],
    ["a cut letter", `spec=${written(deflateRawSync(Buffer.from([0x22, 0x22, 0xe2, 0x82])))}`],
    ["no JSON", `spec=${written(deflateRawSync("[{]"))}`],
    ["nothing inside", `spec=${written(deflateRawSync(""))}`],
  ])("is refused for %s", async (_, hash) => {
    await expect(unpacked(hash)).rejects.toThrow();
  });

  it.each([
    ["null", null],
    ["a number", 3],
    ["a text", "net"],
    ["an object", { n: "a", t: "" }],
    ["no network", []],
    ["a null", [null]],
    ["a list", [["a", "b"]]],
    ["no name", [{ t: "" }]],
    ["a name of another type", [{ n: 1, t: "" }]],
    ["neither text nor bundled name", [{ n: "a" }]],
    ["a text of another type", [{ n: "a", t: 1 }]],
    ["a null text", [{ n: "a", t: null }]],
    ["a bundled name of another type", [{ n: "a", b: {} }]],
    ["a variant of another type", [{ n: "a", t: "", v: [] }]],
    ["a batch that is a number", [{ n: "a", t: "", m: 8 }]],
    ["a convention of another type", [{ n: "a", t: "", c: true }]],
    ["a null for what is set", [{ n: "a", t: "", s: null }]],
    ["a list for what is set", [{ n: "a", t: "", s: ["1"] }]],
    ["a number that is set", [{ n: "a", t: "", s: { width: 2 } }]],
    ["a list for inputs", [{ n: "a", t: "", i: [] }]],
    ["a size that is a number", [{ n: "a", t: "", i: { x: ["3", 4] } }]],
    ["a shape that is a text", [{ n: "a", t: "", i: { x: "3x4" } }]],
    ["one good and one bad", [{ n: "a", t: "" }, { n: "b" }]],
  ])("is refused for %s in place of networks", async (_, value) => {
    await expect(unpacked(link(value))).rejects.toThrow("no spec in it");
  });

  it("takes what it does not know for nothing", async () => {
    expect(await unpacked(link([{ n: "a", t: "b", z: 1 }]))).toEqual(seen([network({ name: "a", text: "b" })]));
  });
});

describe("a link that unpacks to more than any spec", () => {
  it("is refused long before its end", async () => {
    const bomb = deflateRawSync(Buffer.alloc(300_000_000, "a"));
    expect(bomb.length).toBeLessThan(400_000);
    const begun = performance.now();
    await expect(unpacked(`spec=${written(bomb)}`)).rejects.toThrow("longer than any spec");
    // All of it takes seconds, and its text alone hundreds of megabytes.
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it("is refused by a little more than the limit, and not by a little less", async () => {
    const around = JSON.stringify([{ n: "a", t: "" }]).length;
    const long = [{ n: "a", t: "x".repeat(4_000_000 - around) }];
    expect((await unpacked(link(long)))?.networks[0]?.text).toHaveLength(4_000_000 - around);
    await expect(unpacked(link([{ n: "ab", t: long[0]?.t }]))).rejects.toThrow("longer than any spec");
  });
});
