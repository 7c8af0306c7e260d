/** The diagram: archcalc's own SVG, each of its boxes a button that lights its layers. */

import { html } from "../dom";
import { disarm } from "../harmless";
import { complaint } from "./pages";
import type { Page, Panel, Result } from "./panel";

/** The names of the layers that a box stands for. */
export function layersOf(box: Element): string[] {
  return (box.getAttribute("data-rows") ?? "").split(" ").filter(Boolean).map(decoded);
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** An SVG text as an element without anything that could run. */
export function picture(text: string): SVGElement | null {
  const root = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  // A damaged text gives an element that says so, in some browsers below what could be read.
  if (root.localName !== "svg" || root.querySelector("parsererror")) return null;
  disarm(root);
  return document.importNode(root, true) as unknown as SVGElement;
}

export function diagramPanel(page: Page): Panel & { readonly drawn: () => SVGElement | null } {
  const canvas = html("div", { class: "canvas", tabindex: 0, role: "region", "aria-label": "Diagram" });
  const fold = html("input", { type: "checkbox", checked: true });
  const zoom = html("input", { type: "range", min: "25", max: "200", step: "5", value: "100" });
  const element = html(
    "div",
    {},
    html(
      "div",
      { class: "controls" },
      html("label", {}, fold, " repeated blocks once"),
      html("label", {}, "zoom ", zoom),
    ),
    canvas,
  );
  let last: Result | null = null;
  let lit: ReadonlySet<string> = new Set();

  fold.addEventListener("change", () => {
    if (last) void show(last);
  });
  zoom.addEventListener("input", resize);
  canvas.addEventListener("click", (event) => {
    pick(event.target);
  });
  canvas.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    if (pick(event.target)) event.preventDefault();
  });

  function pick(target: EventTarget | null): boolean {
    const box = target instanceof Element ? target.closest(".node") : null;
    const [first] = box ? layersOf(box) : [];
    if (first === undefined) return false;
    page.choose(first);
    return true;
  }

  function resize() {
    const drawing = canvas.querySelector("svg");
    const width = drawing?.viewBox.baseVal.width ?? 0;
    if (drawing && width) drawing.style.width = `${(width * Number(zoom.value)) / 100}px`;
  }

  async function show(result: Result) {
    last = result;
    const options = { form: "svg", fold: fold.checked };
    const answer = await page.ask("diagram", { ask: "diagram", of: [result.network], with: options });
    if (answer === null) return;
    const drawing = answer.ok ? picture(answer.text) : null;
    if (!answer.ok) canvas.replaceChildren(complaint(answer));
    if (!drawing) return;
    for (const box of drawing.querySelectorAll(".node")) {
      box.setAttribute("tabindex", "0");
      box.setAttribute("role", "button");
      box.setAttribute("aria-label", box.querySelector("title")?.textContent ?? "");
    }
    // A picture is read as one thing; this one has parts to press.
    drawing.setAttribute("role", "group");
    drawing.setAttribute("aria-label", `Diagram of ${result.table.title || result.table.network}`);
    drawing.removeAttribute("height");
    canvas.replaceChildren(drawing);
    resize();
    mark();
  }

  function mark() {
    let first = true;
    for (const box of canvas.querySelectorAll(".node")) {
      const on = layersOf(box).some((name) => lit.has(name));
      box.classList.toggle("lit", on);
      if (on && first) box.scrollIntoView({ block: "nearest", inline: "nearest" });
      if (on) first = false;
    }
  }

  return {
    name: "diagram",
    title: "Diagram",
    element,
    show,
    light: (names) => {
      lit = names;
      mark();
    },
    drawn: () => canvas.querySelector("svg"),
  };
}
