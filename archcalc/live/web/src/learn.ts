/** Learn mode: the working of a cell, beside it. */

import { html } from "./dom";
import { exact, full } from "./numbers";
import type { Answer, Count, Network, Question, Row } from "./protocol";

interface Cell {
  cell: string;
  formula: string | null;
  substitution: string | null;
  value: Count;
  note: string;
}
interface Workings {
  rows: { name: string; cells: Cell[] }[];
}

// The lines of a working that explain a column of the table.
const EXPLAINS: Record<string, readonly string[]> = {
  params: ["weights", "biases"],
  macs: ["MACs"],
  activations: ["activations"],
};

/** The lines of a row's working that explain a column: all of them where the column is of none in particular. */
export function explaining(cells: readonly Cell[], column: string): Cell[] {
  // The sizes of the output stand first, and what the convention counts stands last, under a name of its own.
  const sizes = cells.findIndex(({ cell }) => cell === "weights");
  if (column === "output") return cells.slice(0, sizes < 0 ? undefined : sizes);
  if (column === "counted") return cells.slice(-1);
  const wanted = EXPLAINS[column];
  return cells.filter(({ cell }) => !wanted || wanted.includes(cell));
}

/** A line of a working: formula = substitution = value, equal sides once. */
export function equation({ formula, substitution, value }: Cell): string {
  const sides = [formula, substitution, full(value)].filter((side) => side !== null && side !== "");
  return [...new Set(sides)].join(" = ");
}

export interface Learn {
  /** Point at a cell of a row, or at none. */
  point(row: Row | null, column: string, at: HTMLElement | null): void;
  /** Another network: what is known of the last one is forgotten. */
  forget(network: Network): void;
  on: boolean;
}

export function learn(ask: (slot: string, question: Question) => Promise<Answer | null>): Learn {
  const tip = html("div", { id: "tip", role: "tooltip", hidden: true });
  document.body.append(tip);
  let known = new Map<string, Cell[]>();
  let network: Network | null = null;
  let pointed: HTMLElement | null = null;

  function hide() {
    tip.hidden = true;
    pointed?.removeAttribute("aria-describedby");
    pointed = null;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
  // A click on a row may bring it into view, and its working with it.
  document.addEventListener("scroll", place, { capture: true, passive: true });

  function place() {
    if (!pointed || tip.hidden) return;
    const box = pointed.getBoundingClientRect();
    if (box.bottom < 0 || box.top > window.innerHeight) {
      hide();
      return;
    }
    const below = box.bottom + 6 + tip.offsetHeight < window.innerHeight;
    tip.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${below ? box.bottom + 6 : Math.max(8, box.top - tip.offsetHeight - 6)}px`;
  }

  async function workingOf(row: Row): Promise<Cell[] | null> {
    // What is known may be forgotten while the engine is asked.
    const ofThis = known;
    const found = ofThis.get(row.name);
    if (found || !network) return found ?? null;
    const answer = await ask("working", { ask: "working", of: [network], with: { layer: row.name } });
    if (!answer?.ok) return null;
    const cells = (exact(answer.text) as Workings).rows.flatMap((one) => (one.name === row.name ? one.cells : []));
    ofThis.set(row.name, cells);
    return cells;
  }

  const self: Learn = {
    on: false,
    forget(next) {
      known = new Map();
      network = next;
      hide();
    },
    point(row, column, at) {
      if (!self.on || !row || !at) {
        hide();
        return;
      }
      if (at === pointed) return;
      hide();
      pointed = at;
      void workingOf(row).then((cells) => {
        // The pointer may have gone on while the engine was asked.
        if (pointed !== at || !cells) return;
        const lines = explaining(cells, column).filter(({ value, note }) => value !== 0 || note);
        const said = lines.map((cell) => [
          html("dt", {}, cell.cell),
          html("dd", {}, equation(cell), cell.note ? ` (${cell.note})` : ""),
        ]);
        tip.replaceChildren(
          html("strong", {}, row.name),
          said.length ? html("dl", {}, ...said.flat()) : html("p", {}, "costs nothing here: 0"),
        );
        tip.hidden = false;
        at.setAttribute("aria-describedby", tip.id);
        place();
      });
    },
  };
  return self;
}
