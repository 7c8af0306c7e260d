/** The table: a row for each layer, of which only what has changed is written again. */

import { breakable, html } from "./dom";
import { bounded, drawn, full, shape } from "./numbers";
import type { Aside, Count, Row, Table } from "./protocol";

export interface TablePanel {
  show(table: Table, aside: Aside): void;
  /** Light the rows of a layer, and bring the first into view if asked. */
  light(names: ReadonlySet<string>, reveal: boolean): void;
}

interface Column {
  key: string;
  title: (table: Table) => string;
  text: (row: Row) => string;
  total: ((table: Table) => string) | null;
  /** The share of a bar behind the number. */
  bar?: (row: Row) => Count;
}

const counted = (key: "params" | "macs" | "activations" | "counted", title: (table: Table) => string): Column => ({
  key,
  title,
  text: (row) => full(row[key]),
  total: (table) => full(table.totals[key] ?? null),
  bar: (row) => row[key],
});

const NAME: Column = { key: "name", title: () => "layer", text: (row) => row.name, total: () => "total" };
const COLUMNS: Column[] = [
  NAME,
  { key: "layer", title: () => "kind", text: (row) => row.layer, total: () => "" },
  { key: "settings", title: () => "settings", text: (row) => row.settings, total: () => "" },
  { key: "output", title: () => "output", text: (row) => shape(row.output), total: () => "" },
  counted("activations", () => "activations"),
  counted("params", () => "params"),
  counted("macs", () => "MACs"),
];
const COUNTED: Column = {
  ...counted("counted", (table) => table.unit),
  total: ({ totals }) => bounded(full(totals["counted"] ?? null), totals.uncovered),
};
// A page of more rows than this takes long to draw, and nobody reads it.
const FIRST = 1_500;

/** The table as a panel. `chosen` hears of the layer whose row was clicked, `cell` of the cell that is pointed at. */
export function tablePanel(
  parent: HTMLElement,
  told: { chosen(name: string): void; cell(row: Row | null, column: string, at: HTMLElement | null): void },
): TablePanel {
  const head = html("tr");
  const body = html("tbody");
  const foot = html("tr");
  const caption = html("caption");
  const element = html("table", { class: "layers" }, caption, html("thead", {}, head), body, html("tfoot", {}, foot));
  const more = html("button", { type: "button", class: "plain", hidden: true });
  parent.append(
    html("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Table of layers" }, element),
    more,
  );

  let shown: Row[] = [];
  let columns: Column[] = [];
  let limit = FIRST;
  let lit: ReadonlySet<string> = new Set();
  let last: [Table, Aside] | null = null;

  more.addEventListener("click", () => {
    limit = Infinity;
    if (last) show(...last);
  });
  body.addEventListener("click", (event) => {
    const row = rowOf(event.target);
    if (row) told.chosen(row.name);
  });
  for (const kind of ["pointerover", "focusin", "click"] as const)
    body.addEventListener(kind, (event) => {
      const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("td, th") : null;
      told.cell(rowOf(event.target), cell?.dataset["key"] ?? "", cell);
    });
  body.addEventListener("pointerleave", () => {
    told.cell(null, "", null);
  });
  body.addEventListener("keydown", (event) => {
    const row = event.target instanceof Element ? event.target.closest("tr") : null;
    const to = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
    if (to instanceof HTMLElement) {
      event.preventDefault();
      to.querySelector("button")?.focus();
    }
  });

  function rowOf(target: EventTarget | null): Row | null {
    const row = target instanceof Element ? target.closest<HTMLElement>("tbody tr") : null;
    return row ? (shown[Number(row.dataset["at"])] ?? null) : null;
  }

  function show(table: Table, aside: Aside) {
    if (last && last[0].network !== table.network) limit = FIRST;
    last = [table, aside];
    const wanted = table.convention === "macs" ? COLUMNS : [...COLUMNS, COUNTED];
    if (wanted !== columns && (wanted.length !== columns.length || head.childElementCount === 0)) {
      columns = wanted;
      body.replaceChildren();
    }
    const sum = (column: Column) =>
      column.bar ? table.rows.reduce((most, row) => Math.max(most, drawn(column.bar?.(row) ?? 0)), 0) : 0;
    const most = columns.map(sum);
    write(
      head,
      columns.map((column) => column.title(table)),
      "th",
    );
    write(
      foot,
      columns.map((column) => column.total?.(table) ?? ""),
      "td",
    );
    caption.textContent = `${table.title || table.network}, ${table.rows.length} rows`;
    shown = table.rows;
    const count = Math.min(limit, shown.length);
    while (body.childElementCount > count) body.lastElementChild?.remove();
    for (let at = 0; at < count; at += 1) {
      const row = shown[at];
      if (!row) break;
      const element = (body.children[at] as HTMLTableRowElement | undefined) ?? added(at);
      fill(element, row, aside.rows[at]?.family ?? "other", most);
    }
    more.hidden = count === shown.length;
    more.textContent = `Show all ${full(shown.length)} rows`;
  }

  function added(at: number): HTMLTableRowElement {
    const cells = columns.map((column, number) =>
      number
        ? html("td", { "data-key": column.key, class: column.bar ? "number" : column.key })
        : html("th", { scope: "row", "data-key": "name", class: "name" }, html("button", { type: "button" })),
    );
    const row = html("tr", { "data-at": at }, ...cells);
    body.append(row);
    return row;
  }

  function fill(element: HTMLTableRowElement, row: Row, family: string, most: number[]) {
    columns.forEach((column, number) => {
      const cell = element.cells[number];
      if (!cell) return;
      const text = column.text(row);
      const at = number ? cell : cell.firstElementChild;
      if (at && at.textContent !== text) {
        at.replaceChildren(...(number ? [text] : breakable(text)));
        if (column.bar) cell.classList.toggle("none", text === "0");
      }
      if (column.bar) {
        const share = most[number] ? drawn(column.bar(row)) / most[number] : 0;
        const bar = share.toFixed(4);
        if (cell.dataset["bar"] !== bar) {
          cell.dataset["bar"] = bar;
          cell.style.setProperty("--bar", bar);
        }
      }
    });
    const classes = `${family}${lit.has(row.name) ? " lit" : ""}`;
    if (element.className !== classes) element.className = classes;
  }

  function write(row: HTMLTableRowElement, texts: string[], tag: "th" | "td") {
    if (row.cells.length !== texts.length)
      row.replaceChildren(
        ...columns.map((column) =>
          html(tag, { class: column.bar ? "number" : column.key, ...(tag === "th" ? { scope: "col" } : {}) }),
        ),
      );
    texts.forEach((text, at) => {
      const cell = row.cells[at];
      if (cell && cell.textContent !== text) cell.textContent = text;
    });
  }

  return {
    show,
    light(names, reveal) {
      lit = names;
      // A row that was chosen elsewhere is worth drawing all.
      if (last && shown.slice(limit).some((row) => names.has(row.name))) {
        limit = Infinity;
        show(...last);
      }
      let first = true;
      for (const element of body.children) {
        const on = names.has(shown[Number((element as HTMLElement).dataset["at"])]?.name ?? "");
        element.classList.toggle("lit", on);
        if (on && first && reveal) element.scrollIntoView({ block: "nearest" });
        if (on) first = false;
      }
    },
  };
}
