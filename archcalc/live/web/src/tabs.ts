/** Tabs: one panel at a time, by pointer or by arrows. */

import { html } from "./dom";
import type { Panel } from "./panels/panel";

export interface Tabs {
  readonly open: Panel;
  choose(name: string): void;
}

export function tabs(
  list: HTMLElement,
  into: HTMLElement,
  panels: readonly [Panel, ...Panel[]],
  opened: (panel: Panel) => void,
): Tabs {
  let open: Panel = panels[0];
  const buttons = panels.map((panel) => {
    panel.element.id = `panel-${panel.name}`;
    panel.element.setAttribute("role", "tabpanel");
    panel.element.setAttribute("aria-labelledby", `tab-${panel.name}`);
    panel.element.tabIndex = -1;
    into.append(panel.element);
    const button = html(
      "button",
      {
        type: "button",
        role: "tab",
        id: `tab-${panel.name}`,
        "aria-controls": `panel-${panel.name}`,
        click: () => {
          choose(panel.name);
        },
      },
      panel.title,
    );
    list.append(button);
    return button;
  });

  list.addEventListener("keydown", (event) => {
    // With one of these an arrow is the browser's: back, or forward.
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = panels.indexOf(open);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: panels.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = panels.at(to % panels.length);
    if (next) choose(next.name);
    buttons[panels.indexOf(open)]?.focus();
  });

  function choose(name: string) {
    open = panels.find((panel) => panel.name === name) ?? panels[0];
    panels.forEach((panel, at) => {
      const on = panel === open;
      panel.element.hidden = !on;
      buttons[at]?.setAttribute("aria-selected", String(on));
      buttons[at]?.setAttribute("tabindex", on ? "0" : "-1");
    });
    opened(open);
  }

  return {
    get open() {
      return open;
    },
    choose,
  };
}
