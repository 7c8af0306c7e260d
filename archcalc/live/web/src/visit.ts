/** Links to what is on the page, given and followed. */

import { part } from "./dom";
import type { Engine } from "./engine";
import { bundledText } from "./files";
import { packed, unpacked, type Seen } from "./link";
import type { Network } from "./protocol";

export interface Visit {
  /** All that a link says of the page as it is. */
  seen: () => Seen;
  /** Put networks on the page, the first into the editor, with its name if it is bundled. */
  enter: (networks: readonly [Network, ...Network[]], bundled: string | null) => Promise<void>;
  /** Open a panel, and light a layer. */
  show: (panel: string, layer: string | null) => void;
  say: (text: string) => void;
  complain: (said: string) => void;
}

/** The address of the page as it is. */
export async function address(page: Visit): Promise<string> {
  return `${location.origin}${location.pathname}#${await packed(page.seen())}`;
}

/** The button that gives the address. */
export function linkButton(page: Visit): void {
  part("share", HTMLButtonElement).addEventListener("click", () => {
    // What is said a second time would not be heard if it had stayed.
    page.say("");
    void address(page).then(async (link) => {
      history.replaceState(null, "", link);
      try {
        await navigator.clipboard.writeText(link);
        page.say("The link is copied; all that it says is in it.");
      } catch {
        page.say("The link is in the address bar; all that it says is in it.");
      }
    });
  });
}

// How many links were followed: while one waits for the engine, another may come.
let turns = 0;

/** Put on the page what a link says; false where it says nothing, or nothing that can be read. A newer link goes before. */
export async function follow(hash: string, engine: Engine, page: Visit): Promise<boolean> {
  const turn = (turns += 1);
  let seen: Seen | null;
  try {
    seen = await unpacked(hash);
  } catch (error) {
    page.complain(`the link is damaged: ${error instanceof Error ? error.message : "no spec in it"}`);
    return false;
  }
  const [first, ...others] = seen?.networks ?? [];
  if (!seen || !first) return false;
  const name = seen.bundled[0] ?? null;
  if (name === null) await page.enter([first, ...others], null);
  else {
    const found = await bundledText(name, engine);
    if (turn !== turns) return true;
    if (!found.network) {
      page.complain(found.said);
      return false;
    }
    const { name: file, text, variant } = found.network;
    await page.enter([{ ...first, name: file, text, variant }, ...others], name);
  }
  if (turn === turns) page.show(seen.panel, seen.layer);
  return true;
}
