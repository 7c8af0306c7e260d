/** Panels that show a page of the engine's as it is: formulas, memory, figures, conventions, fields. */

import { html } from "../dom";
import { disarm } from "../harmless";
import type { Answer } from "../protocol";
import type { Page, Panel, Result } from "./panel";

/** A choice above a page: the option's name, its label, and its values with what they are called. */
export interface Choice {
  option: string;
  label: string;
  values: [string, string][];
}

/** What the engine said in place of an answer. */
export function complaint(answer: Answer & { ok: false }): HTMLElement {
  return html("pre", { class: "complaint", role: "alert" }, answer.said);
}

/** A part of a page from the engine, which has escaped every text in it; rows with the name of a layer choose it. */
export function inserted(into: HTMLElement, text: string, page: Page, names: ReadonlySet<string>): void {
  const parsed = new DOMParser().parseFromString(text, "text/html").body;
  disarm(parsed);
  into.replaceChildren(...parsed.childNodes);
  for (const table of into.querySelectorAll("table")) {
    const rows = [...table.querySelectorAll<HTMLElement>("tbody tr")].filter((row) => {
      const name = row.querySelector("th, td")?.textContent.trim() ?? "";
      if (names.has(name)) row.dataset["layer"] = name;
      return names.has(name);
    });
    rows.forEach((row, at) => {
      const chosen = () => {
        page.choose(row.dataset["layer"] ?? null);
      };
      row.addEventListener("click", chosen);
      // One stop for the keyboard in each table; the arrows go on from there.
      row.tabIndex = at ? -1 : 0;
      row.addEventListener("keydown", (event) => {
        const to = { ArrowDown: rows[at + 1], ArrowUp: rows[at - 1], Enter: row }[event.key];
        if (!to) return;
        event.preventDefault();
        if (to === row) chosen();
        else to.focus();
      });
    });
  }
}

/** A panel for a page of the engine's, with choices above it. `layered` ones are of the layer that is lit, where one is. */
export function pagePanel(
  page: Page,
  name: string,
  title: string,
  ask: string,
  about: string,
  choices: Choice[] = [],
  layered = false,
): Panel {
  const content = html("div", { class: "content" });
  const chosen: Record<string, string> = {};
  let last: Result | null = null;
  // The layer that the page was last asked for; null for all of them.
  let layer: string | null = null;
  const controls = choices.map(({ option, label, values }) => {
    const select = html(
      "select",
      {
        change: () => {
          chosen[option] = select.value;
          if (last) void show(last);
        },
      },
      ...values.map(([value, text]) => html("option", { value }, text)),
    );
    chosen[option] = values[0]?.[0] ?? "";
    return html("label", {}, `${label} `, select);
  });
  const element = html(
    "div",
    {},
    html("p", { class: "about" }, about),
    html("div", { class: "controls" }, ...controls),
    content,
  );

  async function show(result: Result) {
    last = result;
    const options: Record<string, unknown> = {};
    for (const [option, value] of Object.entries(chosen))
      if (value !== "") options[option] = value === "true" ? true : value;
    layer = layered ? page.chosen() : null;
    if (layer !== null) options["layer"] = layer;
    const answer = await page.ask(name, { ask, of: [result.network], with: options });
    if (answer === null) return;
    if (answer.ok) inserted(content, answer.text, page, new Set(result.table.rows.map((row) => row.name)));
    else content.replaceChildren(complaint(answer));
    mark();
  }

  function mark() {
    const name = page.chosen();
    for (const row of content.querySelectorAll<HTMLElement>("[data-layer]"))
      row.classList.toggle("lit", row.dataset["layer"] === name);
  }

  return {
    name,
    title,
    element,
    show,
    light: () => {
      if (layered && last && layer !== page.chosen()) void show(last);
      else mark();
    },
  };
}
