/** Receptive fields: what one place of a layer sees of the input, drawn on the input. */

import { html, svg } from "../dom";
import { exact } from "../numbers";
import { complaint, inserted } from "./pages";
import type { Page, Panel, Result } from "./panel";

/** The field of a layer, by axis of the input; a null or a text is one that no number says. */
interface Field {
  name: string;
  output: (number | string)[];
  size: (number | string | null)[];
  /** The size of the part that moves with the place. */
  local: (number | string | null)[];
  /** What every place sees, as through a global pooling. */
  fixed: ([number | string, number | string] | null)[];
  jump: (number | string | null)[];
  /** The first place that sees anything of the input, and the centre of what it sees. */
  first: (number | string | null)[];
  start: (number | string | null)[];
  exact: boolean;
}
interface Fields {
  input: (number | string)[];
  axes: (string | null)[];
  rows: Field[];
}

/** The first and the last place of a field along an axis. */
type Span = [number, number];

/** A field along an axis, in numbers alone. */
export interface Reach {
  local: number;
  jump: number;
  first: number;
  start: number;
  fixed: Span | null;
}

/** A field that can be drawn: the sizes of the input and of the output, and the reach of the field, by axis. */
interface Seen {
  field: Field;
  whole: number[];
  outputs: number[];
  reaches: Reach[];
}

/** The places of the input that one output sees along an axis, before they are cut off at its ends; both are inclusive. */
export function span({ local, jump, first, start, fixed }: Reach, place: number): Span {
  const middle = start + jump * (place - first);
  const half = (local - 1) / 2;
  return [Math.min(middle - half, fixed?.[0] ?? Infinity), Math.max(middle + half, fixed?.[1] ?? -Infinity)];
}

const numeric = (value: number | string | null | undefined) => Number(value ?? NaN);

/** The field of a layer along each axis; a NaN is what no number says. */
function reachesOf({ size, local, jump, first, start, fixed }: Field): Reach[] {
  return size.map((_, axis) => {
    const always = fixed[axis];
    return {
      local: numeric(local[axis]),
      jump: numeric(jump[axis]),
      first: numeric(first[axis]),
      start: numeric(start[axis]),
      fixed: always ? [numeric(always[0]), numeric(always[1])] : null,
    };
  });
}

export function fieldPanel(page: Page): Panel {
  const drawing = html("div", { class: "field" });
  const table = html("div", { class: "content" });
  const element = html(
    "div",
    {},
    html("p", { class: "about" }, "What one place of a layer sees of the input. Choose a layer, then a place."),
    drawing,
    table,
  );
  let fields: Fields | null = null;
  let places: number[] = [];
  // The names of the axes of each output, and of the input under no name.
  let named = new Map<string, readonly (string | null)[]>();
  // The layer that they are places of.
  let of = "";

  async function show(result: Result) {
    const networks = [result.network];
    const answer = await page.ask("fields", { ask: "fields", of: networks, with: {} });
    if (answer === null) return;
    if (!answer.ok) {
      fields = null;
      drawing.replaceChildren(complaint(answer));
      table.replaceChildren();
      return;
    }
    fields = exact(answer.text) as Fields;
    named = new Map(result.table.rows.map((row) => [row.name, row.axes]));
    named.set("", result.aside.inputs[0]?.axes ?? []);
    places = [];
    draw();
    const listed = await page.ask("field_table", { ask: "field_table", of: networks, with: {} });
    if (listed?.ok) inserted(table, listed.text, page, new Set(result.table.rows.map((row) => row.name)));
    mark();
  }

  /** The sizes along the axes of the field; without names these are the last, as where channels come first. */
  function along(sizes: (number | string)[], names: readonly (string | null)[] = []): (number | string)[] {
    const axes = fields?.axes ?? [];
    const at = axes.map((axis) => (axis === null ? -1 : names.indexOf(axis)));
    return at.includes(-1) ? sizes.slice(-axes.length) : at.map((place) => sizes[place] ?? NaN);
  }

  function mark() {
    for (const row of table.querySelectorAll<HTMLElement>("[data-layer]"))
      row.classList.toggle("lit", row.dataset["layer"] === page.chosen());
  }

  function draw() {
    if (!fields) return;
    const name = page.chosen();
    // Until a layer is chosen it is the last that still has places, and sees the most.
    const placedRows = fields.rows.filter((row) => row.output.length > row.size.length);
    const field = fields.rows.find((row) => row.name === name) ?? placedRows.at(-1) ?? fields.rows.at(-1);
    if (!field) return;
    const axes = field.size.length;
    const whole = along(fields.input, named.get("")).map(Number);
    const outputs = along(field.output, named.get(field.name)).map(Number);
    const reaches = reachesOf(field);
    const known = [...whole, ...outputs, ...reaches.flatMap((reach) => span(reach, 0))];
    const drawable = axes >= 1 && axes <= 2 && known.every(Number.isFinite);
    // A layer after the last map, such as a dense one, has no places of its own.
    const placed = field.output.length > axes;
    if (!drawable || !placed) {
      drawing.replaceChildren(
        html(
          "p",
          {},
          html("strong", {}, field.name),
          ` sees ${field.size.map((size) => size ?? "all").join("×")} of ${along(fields.input, named.get("")).join("×")}.`,
        ),
      );
      return;
    }
    if (of !== field.name || places.length !== axes || places.some((place, axis) => place >= (outputs[axis] ?? 0)))
      places = outputs.map((size) => Math.floor((size - 1) / 2));
    of = field.name;
    const seen = { field, whole, outputs, reaches };
    drawing.replaceChildren(
      html("div", {}, picture(seen)),
      html("div", {}, html("p", {}, ...sentence(seen)), ...sliders(seen)),
    );
  }

  function spansOf({ reaches }: Seen): Span[] {
    return reaches.map((reach, axis) => span(reach, places[axis] ?? 0));
  }

  function picture(seen: Seen): SVGSVGElement {
    const { field, whole } = seen;
    const spans = spansOf(seen);
    const flat = whole.length === 1;
    const width = whole.at(-1) ?? 1;
    const height = flat ? Math.max(1, width / 12) : (whole[0] ?? 1);
    const x: Span = spans.at(-1) ?? [0, 0];
    const y: Span = flat ? [0, height - 1] : (spans[0] ?? [0, 0]);
    // What lies outside is padding, and is drawn as far as a quarter of the input around it.
    const margin = Math.max(width, height) / 4;
    const [left, right] = [Math.max(x[0], -margin), Math.min(x[1] + 1, width + margin)];
    const [top, bottom] = [Math.max(y[0], -margin), Math.min(y[1] + 1, height + margin)];
    const viewBox = `${-margin} ${-margin} ${width + 2 * margin} ${height + 2 * margin}`;
    return svg(
      "svg",
      { viewBox, role: "img", "aria-label": `The field of ${field.name} on the input`, class: "input" },
      svg("rect", { x: 0, y: 0, width, height, class: "whole" }),
      svg("rect", { x: left, y: top, width: right - left, height: bottom - top, class: "seen" }),
      svg("circle", {
        cx: (x[0] + x[1] + 1) / 2,
        cy: (y[0] + y[1] + 1) / 2,
        r: Math.max(width, height) / 120,
        class: "centre",
      }),
    );
  }

  function sentence(seen: Seen): (Node | string)[] {
    const { field, whole } = seen;
    const said = spansOf(seen).map(([low, high], axis) => {
      const inside = [Math.max(0, low), Math.min((whole[axis] ?? 1) - 1, high)];
      const cut = inside[0] !== low || inside[1] !== high ? ` (inside the input ${inside.join("…")})` : "";
      return `${axisName(axis)} ${low}…${high}${cut}`;
    });
    const bound = field.exact ? "" : "≤ ";
    return [
      html("strong", {}, field.name),
      ` [${places.join(", ")}] sees ${said.join(", ")}. Field ${bound}${field.size.join("×")}, jump ${field.jump.join("×")}.`,
    ];
  }

  function axisName(axis: number): string {
    return fields?.axes[axis] ?? `axis ${axis + 1}`;
  }

  function sliders(seen: Seen): HTMLElement[] {
    return seen.outputs.map((size, axis) => {
      const label = `place along ${axisName(axis)}`;
      const value = places[axis] ?? 0;
      const slider = html("input", { type: "range", min: 0, max: size - 1, value, "aria-label": label });
      slider.addEventListener("input", () => {
        places[axis] = Number(slider.value);
        // The sliders stay, since one of them is being drawn.
        drawing.firstElementChild?.replaceChildren(picture(seen));
        drawing.querySelector("p")?.replaceChildren(...sentence(seen));
      });
      return html("label", {}, `${axisName(axis)} `, slider);
    });
  }

  return {
    name: "fields",
    title: "Fields",
    element,
    show,
    light: () => {
      draw();
      mark();
    },
  };
}
