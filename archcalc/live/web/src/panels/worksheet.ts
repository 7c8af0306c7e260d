/** The worksheet: the table with blanks, filled in and marked in place. */

import { breakable, html } from "../dom";
import { exact } from "../numbers";
import { complaint } from "./pages";
import type { Page, Panel, Result } from "./panel";

/** One marked cell of `archcalc grade`. */
interface Marked {
  row: string;
  column: string;
  verdict: string;
  exact: unknown;
  slips: string[];
  carried: string[];
}

/** The cells of a comma-separated text, whose quoted cells may hold commas, quotes and line breaks. */
export function cells(csv: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    line.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (line.length > 1 || line[0]) lines.push(line);
    line = [];
  }
  return lines;
}

/** Cells as a comma-separated text. */
export function commaSeparated(lines: readonly (readonly string[])[]): string {
  const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return lines.map((line) => line.map(cell).join(",")).join("\n") + "\n";
}

// The columns that have blanks.
const FILLED = ["output", "activations", "params", "macs"];
const TITLES: Record<string, string> = { macs: "MACs" };

const styled = (column: string) => (FILLED.includes(column) ? "number" : column);

export function worksheetPanel(page: Page): Panel {
  const content = html("div", { class: "content" });
  const score = html("p", { role: "status", class: "score" });
  let last: Result | null = null;
  let lines: string[][] = [];
  let key = "";
  const mark = html("button", { type: "button", click: () => void marked() }, "Mark");
  const answers = html("button", { type: "button", click: () => void filled() }, "Fill in the answers");
  const clear = html(
    "button",
    {
      type: "button",
      click: () => {
        build();
      },
    },
    "Clear",
  );
  const about =
    "Fill in the blanks. Marking says which slip gives a wrong number; one that follows rightly from an earlier slip is no new mistake.";
  const element = html(
    "div",
    { class: "worksheet" },
    html("p", { class: "about" }, about),
    html("div", { class: "controls" }, mark, clear, answers, score),
    content,
  );
  content.addEventListener("keydown", (event) => {
    if (event.key === "Enter") void marked();
  });

  async function show(result: Result) {
    last = result;
    const answer = await page.ask("worksheet", { ask: "worksheet", of: [result.network], with: {} });
    if (answer === null) return;
    if (!answer.ok) {
      key = "";
      content.replaceChildren(complaint(answer));
      return;
    }
    // What has been filled in stays as long as the blanks are the same.
    if (answer.text === key) {
      // Its marks may be others by now: how layers are joined is on no sheet.
      if (score.textContent) await marked();
      return;
    }
    key = answer.text;
    lines = cells(answer.text);
    build();
  }

  function build() {
    score.textContent = "";
    const [head = [], ...rows] = lines;
    // What a sheet leaves empty in all rows, such as what each layer reads, would take the place of the blanks.
    const shown = head.flatMap((_, at) => (rows.some((row) => row[at] || blank(row, at)) ? [at] : []));
    const titles = shown.map((at) => {
      const title = head[at] ?? "";
      return html("th", { scope: "col", class: styled(title) }, TITLES[title] ?? title);
    });
    const table = html(
      "table",
      { class: "blanks", "aria-label": "Worksheet" },
      html("thead", {}, html("tr", {}, ...titles)),
      html("tbody", {}, ...rows.map((row) => line(head, row, shown))),
    );
    content.replaceChildren(html("div", { class: "wide" }, table));
  }

  function line(head: string[], row: string[], shown: readonly number[]): HTMLTableRowElement {
    const [name = ""] = row;
    return html(
      "tr",
      { "data-row": name },
      ...shown.map((at) => {
        const column = head[at] ?? "";
        const text = row[at] ?? "";
        if (at === 0) return html("th", { scope: "row" }, ...breakable(text));
        if (column === "reads") return html("td", {}, ...breakable(text));
        if (text || !blank(row, at)) return html("td", { class: styled(column) }, text);
        const input = html("input", {
          type: "text",
          autocomplete: "off",
          "aria-label": `${column} of ${name}`,
          "data-column": column,
        });
        return html("td", { "data-cell": column }, input, html("span", { class: "why" }));
      }),
    );
  }

  // The cells of given columns may be empty too: those before the first column of blanks, and of a total what is no sum.
  function blank(row: string[], at: number): boolean {
    const [head = []] = lines;
    const column = head[at] ?? "";
    if (!FILLED.includes(column)) return false;
    return !(row[0] === "total" && column === "output");
  }

  function written(): string {
    const [head = [], ...rows] = lines;
    const inputs = [...content.querySelectorAll<HTMLTableRowElement>("tbody tr")];
    const body = rows.map((row, at) =>
      row.map((text, column) => {
        const input = inputs[at]?.querySelector<HTMLInputElement>(`[data-cell="${head[column] ?? ""}"] input`);
        return input?.value.trim() ?? text;
      }),
    );
    return commaSeparated([head, ...body]);
  }

  async function grades(csv: string): Promise<Marked[] | null> {
    if (!last) return null;
    const answer = await page.ask("grade", { ask: "grade", of: [last.network], with: { csv } });
    if (answer === null) return null;
    if (answer.ok) return (exact(answer.text) as { cells: Marked[] }).cells;
    score.textContent = answer.said;
    return null;
  }

  function each(found: Marked[], put: (cell: HTMLElement, one: Marked) => void) {
    const rows = new Map(
      [...content.querySelectorAll<HTMLElement>("tbody tr")].map((row) => [row.dataset["row"], row]),
    );
    for (const one of found) {
      const cell = [...(rows.get(one.row)?.querySelectorAll<HTMLElement>("[data-cell]") ?? [])].find(
        (cell) => cell.dataset["cell"] === one.column,
      );
      if (cell) put(cell, one);
    }
  }

  async function marked() {
    const found = await grades(written());
    if (!found) return;
    let [right, blanks] = [0, 0];
    each(found, (cell, one) => {
      // What was given is no answer.
      blanks += 1;
      right += Number(["right", "rounded", "carried on"].includes(one.verdict));
      cell.className = one.verdict.replaceAll(" ", "-");
      const said = cell.querySelector(".why");
      const slip = one.slips.length
        ? one.slips.slice(0, 3).join("; or ")
        : one.verdict === "wrong"
          ? "no slip found"
          : "";
      const from = one.carried.length ? `from ${one.carried.join(", ")}` : "";
      if (said)
        said.textContent = one.verdict === "unanswered" ? "" : [one.verdict, slip, from].filter(Boolean).join(": ");
    });
    score.textContent = `${right} of ${blanks} right`;
  }

  async function filled() {
    const found = await grades(written());
    if (!found) return;
    each(found, (cell, one) => {
      const input = cell.querySelector("input");
      if (input) input.value = Array.isArray(one.exact) ? one.exact.join("×") : String(one.exact);
    });
    await marked();
  }

  return { name: "worksheet", title: "Worksheet", element, show, light: () => undefined };
}
