/** Charts by layer: what each costs, as bars on one axis of layers. */

import { html, svg } from "../dom";
import { drawn, full, short } from "../numbers";
import type { Row } from "../protocol";
import type { Page, Panel, Result } from "./panel";

type Measure = "activations" | "params" | "macs";
const MEASURES: [Measure, string][] = [
  ["params", "params"],
  ["macs", "MACs"],
  ["activations", "activations"],
];
// A picture is as wide as there is room for, so that its letters stay as large as others.
const [NARROW, WIDE] = [340, 1_100];
const HEIGHT = 150;
const LEFT = 64;
const TOP = 18;

export function chartPanel(page: Page): Panel & { readonly drawn: () => SVGSVGElement | null } {
  const element = html("div", { class: "charts" });
  // The bar that is pointed at, in words.
  const named = html("strong", { role: "status" });
  let lit: ReadonlySet<string> = new Set();
  let width = WIDE;

  function show({ table, aside }: Result) {
    // A panel that is not open has no width; what is saved of it is as wide as on a large page.
    width = element.clientWidth ? Math.min(WIDE, Math.max(NARROW, element.clientWidth - 32)) : WIDE;
    // A layer that costs nothing in any chart leaves the others more room.
    const rows = table.rows
      .map((row, at) => ({ row, family: aside.rows[at]?.family ?? "other" }))
      .filter(({ row }) => MEASURES.some(([key]) => drawn(row[key]) > 0));
    if (!rows.length) {
      element.replaceChildren(
        html("p", {}, aside.whole ? "No layer has a cost." : "Charts need numbers: set the letters."),
      );
      return;
    }
    const whole = svg("svg", {
      viewBox: `0 0 ${width} ${MEASURES.length * (HEIGHT + TOP + 12)}`,
      role: "group",
      "aria-label": `Charts of ${table.title || table.network} by layer`,
      class: "chart",
    });
    MEASURES.forEach(([key, title], at) => {
      // A formula or an unknown count has no bar, and yet is no cost of 0.
      const without = table.rows.filter((row) => !Number.isFinite(Number(row[key] ?? NaN))).length;
      const all = `${title}, ${short(table.totals[key] ?? null)} in all`;
      const heading = without ? `${all}; ${without} without a number` : all;
      whole.append(bars(rows, key, title, heading, at * (HEIGHT + TOP + 12)));
    });
    element.replaceChildren(
      html("p", { class: "about" }, `${rows.length} layers with a cost, in order. `, named),
      whole,
    );
    mark();
  }

  function bars(
    rows: { row: Row; family: string }[],
    key: Measure,
    title: string,
    heading: string,
    top: number,
  ): SVGGElement {
    const most = Math.max(...rows.map(({ row }) => drawn(row[key])));
    const step = (width - LEFT) / rows.length;
    const group = svg(
      "g",
      { transform: `translate(0 ${top})`, role: "group", "aria-label": title },
      svg("text", { x: LEFT, y: 12, class: "title" }, heading),
      svg("line", { x1: LEFT, x2: width, y1: TOP + HEIGHT, y2: TOP + HEIGHT, class: "axis" }),
      most ? svg("text", { x: LEFT - 6, y: TOP + 10, class: "tick" }, short(most)) : null,
      svg("text", { x: LEFT - 6, y: TOP + HEIGHT, class: "tick" }, "0"),
    );
    rows.forEach(({ row, family }, at) => {
      const value = drawn(row[key]);
      if (!value) return;
      const height = Math.max(1, (value / most) * HEIGHT);
      group.append(
        svg(
          "rect",
          {
            x: LEFT + at * step,
            y: TOP + HEIGHT - height,
            width: Math.max(0.6, step * 0.86),
            height,
            class: `bar ${family}`,
            "data-layer": row.name,
            role: "button",
            "aria-label": `${row.name}: ${full(row[key])} ${title}`,
            // One stop for the keyboard in each chart; the arrows go on from there.
            tabindex: group.querySelector("rect") ? -1 : 0,
          },
          svg("title", {}, `${row.name}: ${full(row[key])} ${title}`),
        ),
      );
    });
    return group;
  }

  function pick(target: EventTarget | null): boolean {
    const name = target instanceof Element ? target.getAttribute("data-layer") : null;
    if (name === null) return false;
    page.choose(name);
    return true;
  }

  element.addEventListener("click", (event) => {
    pick(event.target);
  });
  for (const kind of ["pointerover", "focusin"] as const)
    element.addEventListener(kind, (event) => {
      const bar = event.target instanceof Element ? event.target.closest(".bar") : null;
      if (bar) named.textContent = bar.getAttribute("aria-label");
    });
  element.addEventListener("keydown", (event) => {
    if (!(event.target instanceof SVGRectElement)) return;
    const to = { ArrowRight: event.target.nextElementSibling, ArrowLeft: event.target.previousElementSibling }[
      event.key
    ];
    if (to instanceof SVGRectElement) to.focus();
    else if ((event.key === "Enter" || event.key === " ") && pick(event.target)) event.preventDefault();
  });

  function mark() {
    for (const bar of element.querySelectorAll(".bar"))
      bar.classList.toggle("lit", lit.has(bar.getAttribute("data-layer") ?? ""));
  }

  return {
    name: "charts",
    title: "Charts",
    element,
    show,
    light: (names) => {
      lit = names;
      mark();
    },
    drawn: () => element.querySelector("svg"),
  };
}
