/** What the engine has made ready once, kept from one visit to the next in the browser's own storage. */

const STORE = "archcalc";

/** A thing that is kept: its sort, and what it was made from, which is another's with any other engine. */
export interface Key {
  sort: "snapshot" | "compiled";
  of: string;
}

const addressOf = ({ sort, of }: Key) => new URL(`kept/${sort}/${of}`, self.location.href).href;

// A page that came by http from another machine has no such storage.
const able = () => "caches" in globalThis;

/** What is kept under a key, or null. */
export async function kept(key: Key): Promise<Uint8Array<ArrayBuffer> | null> {
  if (!able()) return null;
  try {
    const found = await (await caches.open(STORE)).match(addressOf(key));
    return found ? new Uint8Array(await found.arrayBuffer()) : null;
  } catch {
    return null;
  }
}

/** Keep bytes under a key, in place of what was kept of that sort before. */
export async function keep(key: Key, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (!able()) return;
  try {
    await drop(key.sort);
    await (await caches.open(STORE)).put(addressOf(key), new Response(bytes));
  } catch {
    // A browser without room starts as slowly the next time, and does all else.
  }
}

/** Keep nothing of a sort any more. */
export async function drop(sort: Key["sort"]): Promise<void> {
  if (!able()) return;
  const store = await caches.open(STORE);
  const old = (await store.keys()).filter(({ url }) => url.startsWith(addressOf({ sort, of: "" })));
  await Promise.all(old.map((request) => store.delete(request)));
}
