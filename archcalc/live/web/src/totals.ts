/** The totals above the panels: short for whoever compares, with all digits below. */

import { html, part } from "./dom";
import { bounded, full, short } from "./numbers";
import type { Table } from "./protocol";

/** Show the totals of a table. */
export function summarise({ title, network, totals, depth, unit, convention }: Table): void {
  document.title = `${title || network} · archcalc`;
  const counted = (key: string, name = key, uncovered: string[] = []): [string, string, string] => {
    const total = totals[key];
    const count = typeof total === "object" ? null : (total ?? null);
    return [name, bounded(short(count), uncovered), bounded(full(count), uncovered)];
  };
  const shown = [
    counted("params"),
    counted("macs", "MACs"),
    ...(convention === "macs" ? [] : [counted("counted", `${unit}, ${convention}`, totals.uncovered)]),
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
