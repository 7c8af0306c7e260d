/** Files of the reader's: chosen or dropped, read here, sent nowhere. */

import type { Engine } from "./engine";
import { exact } from "./numbers";
import type { Network } from "./protocol";

/** A network without anything set. */
export function plain(name: string, text: string | null, variant = "", file: string | null = null): Network {
  return { name, text, file, variant, set: {}, input: {}, batch: "1", convention: "macs" };
}

// A text of more than this is no spec, and an editor would not be pleasant with it.
const MAX_TEXT = 2_000_000;
// What the engine holds in memory at once. Only the beginning of larger files matters, but all of one has to be put there.
const MAX_BYTES = 2 ** 30;

/** The text of a file, or null for one that is none. */
export async function textOf(file: File): Promise<string | null> {
  if (file.size > MAX_TEXT) return null;
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.includes(0)) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** What a file is opened as: its own text, or the spec that archcalc reads from it. */
export type Opened = { network: Network; said: string } | { network: null; said: string };

/** A file of any sort that archcalc reads, as a network; several of the same name are told apart by their number. */
export async function opened(file: File, engine: Engine, number: number): Promise<Opened> {
  const text = await textOf(file);
  if (text !== null) return { network: plain(file.name, text), said: "" };
  if (file.size > MAX_BYTES) {
    const most = `${file.name} holds more than 1 GiB, which is more than the page reads`;
    return { network: null, said: `${most}\n  = archcalc table ${file.name} reads it` };
  }
  const path = `${number}/${file.name}`;
  engine.put(file, path);
  const whole = plain(file.name, null, "", path);
  const [spec] = await engine.ask({ ask: "spec", of: [whole], with: {} });
  // From here on the page goes by the spec.
  engine.take(path);
  if (!spec) return { network: null, said: `${file.name} could not be read` };
  // The engine has it in a folder that the reader knows nothing of.
  if (!spec.ok) return { network: null, said: spec.said.replaceAll(path, file.name) };
  const stem = file.name.replace(/\.[^.]*$/, "");
  return { network: plain(`${stem}.yaml`, `${spec.text}\n`), said: `${file.name} as a spec` };
}

/** The network of a bundled name, with its text. */
export async function bundledText(name: string, engine: Engine): Promise<Opened> {
  const [answer] = await engine.ask({ ask: "bundled", of: [], with: { name } });
  if (!answer?.ok) return { network: null, said: answer?.said ?? `no network '${name}'` };
  const found = exact(answer.text) as { name: string; text: string; variant: string };
  return { network: plain(found.name, found.text, found.variant), said: "" };
}
