/** What can be set of a network: its params and the sizes of its inputs as sliders, its batch, and what counts. */

import { html } from "./dom";
import type { Aside, Count, Network } from "./protocol";

/** The range of a slider around a value: from one step to at least four times the value, in steps that people would take. */
export function range(value: number): { min: number; max: number; step: number } {
  const step = value >= 64 && value % 32 === 0 ? 32 : value >= 16 && value % 8 === 0 ? 8 : 1;
  return { min: step, max: Math.max(8, Math.ceil((value * 4) / step) * step), step };
}

// A size that is left open, such as C or H; a longer word may be a choice, such as relu.
const LETTER = /^[A-Za-z]\d*$/;
const OF_LETTERS = { min: 1, max: 512, step: 1 };

export interface Settings {
  /** The settings of a network that has been counted; elements that somebody uses stay. */
  show(aside: Aside, network: Network): void;
}

export function settings(
  parent: HTMLElement,
  conventions: readonly string[],
  changed: (change: Partial<Network>) => void,
): Settings {
  const params = html("div", { class: "sliders" });
  const reset = html("button", { type: "button", class: "plain", hidden: true }, "As written");
  const batch = html("input", { type: "text", inputmode: "numeric", value: "1", size: 4, "aria-label": "batch" });
  const convention = html(
    "select",
    { "aria-label": "convention" },
    ...conventions.map((name) => html("option", {}, name)),
  );
  parent.append(
    params,
    html(
      "div",
      { class: "sliders" },
      html("label", {}, "batch ", batch),
      html("label", {}, "counted as ", convention),
      reset,
    ),
  );

  let network: Network | null = null;
  let drawn = "";

  batch.addEventListener("change", () => {
    changed({ batch: batch.value.trim() || "1" });
  });
  convention.addEventListener("change", () => {
    changed({ convention: convention.value });
  });
  reset.addEventListener("click", () => {
    drawn = "";
    changed({ set: {}, input: {}, batch: "1", convention: "macs" });
  });

  function show(aside: Aside, counted: Network) {
    network = counted;
    batch.value = counted.batch;
    convention.value = counted.convention;
    const untouched = !Object.keys(counted.set).length && !Object.keys(counted.input).length;
    reset.hidden = untouched && counted.batch === "1" && counted.convention === "macs";
    // Sliders are built anew only where there are others: the one that is being drawn must not vanish.
    const key = JSON.stringify([aside.params, aside.inputs.map(({ name, axes, shape }) => [name, axes, shape.length])]);
    if (key !== drawn) {
      drawn = key;
      params.replaceChildren(
        ...aside.params.map(({ name, value }) => param(name, value)),
        ...aside.inputs.flatMap(axes),
      );
    }
    for (const field of params.querySelectorAll<HTMLInputElement>("input")) {
      if (field === document.activeElement) continue;
      const value = current(field, aside);
      if (value === null) continue;
      if (field.type === "checkbox") field.checked = value === "true";
      else if (field.value !== value) field.value = value;
    }
  }

  function current(field: HTMLInputElement, aside: Aside): string | null {
    const { param: name, input, axis } = field.dataset;
    if (name !== undefined) return stated(name) ?? aside.params.find((one) => one.name === name)?.value ?? null;
    const size = aside.inputs.find((one) => one.name === input)?.shape[Number(axis)];
    return size === undefined ? null : String(size);
  }

  /** The value that was set for a param, which may have the name of something that every object has. */
  function stated(name: string): string | undefined {
    return network && Object.hasOwn(network.set, name) ? network.set[name] : undefined;
  }

  function set(name: string, value: string) {
    changed({ set: { ...network?.set, [name]: value } });
  }

  function pair(label: string, value: string, data: Record<string, string>, put: (value: string) => void): HTMLElement {
    const number = Number(value);
    const whole = Number.isInteger(number) && number > 0 && value.trim() !== "";
    const text = html("input", { type: "text", value, size: 6, "aria-label": label, ...data });
    text.addEventListener("change", () => {
      put(text.value.trim());
    });
    const ends = whole ? range(number) : LETTER.test(value) ? OF_LETTERS : null;
    if (!ends) return html("label", {}, html("span", {}, label), text);
    const slider = html("input", { type: "range", ...ends, value, "aria-label": `${label}, slider`, ...data });
    slider.addEventListener("input", () => {
      text.value = slider.value;
      put(slider.value);
    });
    return html("label", {}, html("span", {}, label), slider, text);
  }

  function param(name: string, value: string): HTMLElement {
    const now = stated(name) ?? value;
    if (value === "true" || value === "false") {
      const box = html("input", { type: "checkbox", checked: now === "true", "data-param": name });
      box.addEventListener("change", () => {
        set(name, String(box.checked));
      });
      return html("label", {}, html("span", {}, name), box);
    }
    return pair(name, now, { "data-param": name }, (text) => {
      set(name, text || value);
    });
  }

  function axes(input: Aside["inputs"][number], _at: number, all: Aside["inputs"]): HTMLElement[] {
    return input.shape.flatMap((size: Count, axis) => {
      // A size that is a param has its slider there.
      if (input.tied[axis]) return [];
      const label = [all.length > 1 ? input.name : "input", input.axes[axis] ?? `axis ${axis + 1}`].join(" ");
      return pair(label, String(size), { "data-input": input.name, "data-axis": String(axis) }, (text) => {
        const known = network && Object.hasOwn(network.input, input.name) ? network.input[input.name] : [];
        // The others are left out as long as nobody set them, and stay those of the text and of the params.
        const sizes = input.shape.map((_, place) => (place === axis ? text : (known?.[place] ?? "")));
        changed({ input: { ...network?.input, [input.name]: sizes } });
      });
    });
  }

  return { show };
}
