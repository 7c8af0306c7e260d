/** The line above the editor: the name of the text, and the variant that is meant where it has several. */

import { html, part } from "./dom";
import type { Network } from "./protocol";

const VARIANTS = /^variants:[^\S\n]*\n((?:(?:[ #].*)?\n)+)/m;

/** The names of the variants in a text, found by its lines, since the text may be unfinished. */
export function variantsIn(text: string): string[] {
  const block = VARIANTS.exec(`${text}\n`)?.[1] ?? "";
  return [...block.matchAll(/^ {2}([\w.-]+):/gm)].map((one) => one[1] ?? "");
}

/** Show the name and the variants of a network; `chosen` hears of another variant. */
export function entitle(network: Network, chosen: (variant: string) => void): void {
  const variants = variantsIn(network.text ?? "");
  const options = [...(network.variant || !variants.length ? [] : [""]), ...variants];
  const select = html(
    "select",
    { "aria-label": "Variant" },
    ...options.map((name) => html("option", { selected: name === network.variant }, name)),
  );
  select.addEventListener("change", () => {
    chosen(select.value);
  });
  const name = html("span", {}, network.name.replace(/^specs\//, ""));
  part("file", HTMLDivElement).replaceChildren(name, ...(options.length ? [select] : []));
}
