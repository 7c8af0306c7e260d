/** The bundled networks in a list that can be searched. */

import { html } from "./dom";
import { short } from "./numbers";

export interface Bundled {
  name: string;
  title: string;
  family: string;
  task: string;
  params: number | string | null;
  macs: number | string | null;
}

/** A text without what people leave out or write otherwise: vitb16 for ViT-B/16, vit_b_16 and "vit b 16". */
function plainly(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
}

/** Those that have all words of a text somewhere in what is said of them. */
export function matching(networks: readonly Bundled[], text: string): Bundled[] {
  const words = text.split(/\s+/).map(plainly).filter(Boolean);
  const found = networks.filter(({ name, title, family, task }) => {
    const said = [name, title, family, task].map(plainly).join(" ");
    return words.every((word) => said.includes(word));
  });
  // Who types resnet means one that is called so before one that is an Inception too, and vgg16 before vgg16c.
  const whole = words.join("");
  const [first = ""] = words;
  const rank = (name: string) => (name === whole ? 0 : name.startsWith(whole) ? 1 : name.startsWith(first) ? 2 : 3);
  return found.toSorted((a, b) => rank(plainly(a.name)) - rank(plainly(b.name)));
}

/** A dialog with all networks; `chosen` hears of the one that is taken. */
export function picker(
  networks: readonly Bundled[],
  chosen: (name: string) => void,
  fresh: () => void,
): HTMLDialogElement {
  const search = html("input", {
    type: "search",
    placeholder: "vgg, detection, transformer …",
    "aria-label": "Search networks",
  });
  const list = html("ul", { "aria-label": "Networks" });
  const count = html("p", { role: "status" });
  const dialog = html(
    "dialog",
    { class: "picker", "aria-label": "Bundled networks" },
    html(
      "form",
      { method: "dialog" },
      search,
      html("button", { type: "button", "data-new": true }, "New spec"),
      html("button", { "aria-label": "Close" }, "×"),
    ),
    count,
    list,
  );

  dialog.querySelector("[data-new]")?.addEventListener("click", () => {
    dialog.close();
    fresh();
  });

  function fill() {
    const found = matching(networks, search.value);
    count.textContent = `${found.length} of ${networks.length} networks`;
    let family = "";
    const items: HTMLElement[] = [];
    for (const one of found) {
      if (one.family !== family) {
        family = one.family;
        items.push(html("li", { class: "family" }, family || "others"));
      }
      const numbers = one.params === null ? "" : `${short(one.params)} params`;
      items.push(
        html(
          "li",
          {},
          html(
            "button",
            { type: "button", "data-name": one.name },
            html("strong", {}, one.name),
            ` ${one.title}`,
            html("small", {}, numbers),
          ),
        ),
      );
    }
    list.replaceChildren(...items);
  }

  search.addEventListener("input", fill);
  search.addEventListener("keydown", (event) => {
    // A browser would only empty the field.
    if (event.key === "Escape") dialog.close();
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      const first = list.querySelector("button");
      if (event.key === "Enter") first?.click();
      else first?.focus();
    }
  });
  list.addEventListener("keydown", (event) => {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.findIndex((button) => button === document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    (buttons[to] ?? search).focus();
  });
  list.addEventListener("click", (event) => {
    const name = event.target instanceof Element ? event.target.closest("button")?.dataset["name"] : undefined;
    if (name === undefined) return;
    dialog.close();
    chosen(name);
  });
  dialog.addEventListener("toggle", fill);
  fill();
  return dialog;
}
