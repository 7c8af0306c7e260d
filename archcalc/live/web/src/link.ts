/** Links: all that the reader sees, in the part of the address that browsers do not send to any server. */

import type { Network } from "./protocol";

/** What a link brings back: the networks, the panel, and the layer that is lit. */
export interface Seen {
  /** The first is in the editor; the others are compared with it. */
  networks: Network[];
  /** The names of those that are bundled as they are, null for others. */
  bundled: (string | null)[];
  panel: string;
  layer: string | null;
}

interface Packed {
  n: string;
  t?: string;
  b?: string;
  v?: string;
  s?: Record<string, string>;
  i?: Record<string, string[]>;
  m?: string;
  c?: string;
}

// No text that an editor is comfortable with is longer; a link that unpacks to more was made to do harm.
const MAX_CHARACTERS = 4_000_000;

/** The part of an address after its #. */
export async function packed(seen: Seen): Promise<string> {
  const networks = seen.networks.map((network, at) => {
    const one: Packed = { n: network.name };
    const bundled = seen.bundled[at];
    if (bundled) one.b = bundled;
    else if (network.text !== null) one.t = network.text;
    if (network.variant) one.v = network.variant;
    if (Object.keys(network.set).length) one.s = network.set;
    if (Object.keys(network.input).length) one.i = network.input;
    if (network.batch !== "1") one.m = network.batch;
    if (network.convention !== "macs") one.c = network.convention;
    return one;
  });
  const address = new URLSearchParams();
  const [first, ...others] = networks;
  // A bundled network as it is needs no more than its name.
  if (first?.b && !others.length && Object.keys(first).every((key) => ["n", "b", "v"].includes(key)))
    address.set("net", first.b);
  else address.set("spec", await squeezed(JSON.stringify(networks)));
  if (seen.panel !== "table") address.set("panel", seen.panel);
  if (seen.layer) address.set("layer", seen.layer);
  return address.toString();
}

/** What an address holds, null for one that holds nothing; rejects for one that is damaged. */
export async function unpacked(hash: string): Promise<Seen | null> {
  const address = new URLSearchParams(hash.replace(/^#/, ""));
  const panel = address.get("panel") ?? "table";
  const layer = address.get("layer");
  const name = address.get("net");
  if (name) return { networks: [network({ n: name, b: name })], bundled: [name], panel, layer };
  const spec = address.get("spec");
  if (!spec) return null;
  const read: unknown = JSON.parse(await swollen(spec));
  if (!Array.isArray(read) || !read.length || !read.every(isPacked)) throw new Error("no spec in it");
  return { networks: read.map(network), bundled: read.map((one) => one.b ?? null), panel, layer };
}

function network(one: Packed): Network {
  return {
    name: one.n,
    text: one.t ?? null,
    file: null,
    variant: one.v ?? "",
    set: one.s ?? {},
    input: one.i ?? {},
    batch: one.m ?? "1",
    convention: one.c ?? "macs",
  };
}

function isPacked(value: unknown): value is Packed {
  if (typeof value !== "object" || value === null) return false;
  const { n, t, b, v, s, i, m, c } = value as Record<string, unknown>;
  const text = (given: unknown) => typeof given === "string";
  const texts = (given: unknown) => Array.isArray(given) && given.every(text);
  const maybe = (given: unknown) => given === undefined || text(given);
  const named = (given: unknown, each: (one: unknown) => boolean) =>
    given === undefined ||
    (typeof given === "object" && given !== null && !Array.isArray(given) && Object.values(given).every(each));
  return text(n) && [t, b, v, m, c].every(maybe) && named(s, text) && named(i, texts) && (text(t) || text(b));
}

async function squeezed(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

async function swollen(packed: string): Promise<string> {
  const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  // By hand, since not every browser has loops over streams.
  const reader = stream.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true });
    if (text.length > MAX_CHARACTERS) throw new Error("longer than any spec");
  }
  return text + decoder.decode();
}
