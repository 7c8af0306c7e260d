/** What Python has compiled of the engine, kept from one visit to the next in the browser's own storage. */

const STORE = "archcalc-compiled";

/** The address under which the compiled parts of these archives are kept, or null where the browser keeps nothing. */
export async function addressOf(archives: readonly ArrayBuffer[]): Promise<string | null> {
  // A page that came by http from another machine has neither of the two.
  if (!("caches" in globalThis) || !("subtle" in crypto)) return null;
  const digests = await Promise.all(archives.map((one) => crypto.subtle.digest("SHA-256", one)));
  const hex = digests.map((digest) =>
    Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  );
  return new URL(`compiled/${hex.join("-")}`, self.location.href).href;
}

/** What is kept under an address, or null. */
export async function kept(address: string | null): Promise<ArrayBuffer | null> {
  if (address === null) return null;
  try {
    const found = await (await caches.open(STORE)).match(address);
    return found ? await found.arrayBuffer() : null;
  } catch {
    return null;
  }
}

/** Keep an archive under an address in place of all that was kept before. */
export async function keep(address: string | null, archive: Uint8Array<ArrayBuffer>): Promise<void> {
  if (address === null) return;
  try {
    await caches.delete(STORE);
    await (await caches.open(STORE)).put(address, new Response(archive));
  } catch {
    // A browser without room starts as slowly the next time, and does all else.
  }
}
