/** The totals above the panels: short for whoever compares, with all digits below. */

import { html, part } from "./dom";
import { full, short } from "./numbers";
import type { Table } from "./protocol";

/** Show the totals of a table. */
export function summarise({ title, network, totals, depth, unit, convention }: Table): void {
  document.title = `${title || network} · archcalc`;
  const lower = totals.uncovered.length ? "≥ " : "";
  const counted = (key: string, name = key, mark = ""): [string, string, string] => {
    const total = totals[key];
    const count = typeof total === "object" ? null : (total ?? null);
    return [name, mark + short(count), full(count)];
  };
  const shown = [
    counted("params"),
    counted("macs", "MACs"),
    ...(convention === "macs" ? [] : [counted("counted", `${unit}, ${convention}`, lower)]),
    counted("activations"),
    ["depth", full(depth), ""] as const,
  ];
  part("totals", HTMLDListElement).replaceChildren(
    ...shown.map(([key, value, whole]) =>
      html(
        "div",
        {},
        html("dt", {}, key),
        html("dd", {}, value, whole && whole !== value ? html("small", {}, whole) : null),
      ),
    ),
  );
}
