/** Networks side by side: the one in the editor with others that are bundled, opened, or kept from the editor. */

import { html } from "../dom";
import type { Network } from "../protocol";
import { complaint, inserted } from "./pages";
import type { Page, Panel, Result } from "./panel";

export interface ComparePanel extends Panel {
  others: Network[];
  add: (network: Network) => void;
}

export function comparePanel(
  page: Page,
  names: HTMLDataListElement,
  bundled: (name: string) => Network | null,
): ComparePanel {
  const content = html("div", { class: "content" });
  const chips = html("ul", { class: "chips", "aria-label": "Compared with" });
  const input = html("input", {
    type: "text",
    list: names.id,
    placeholder: "a bundled network",
    "aria-label": "A network to compare with",
  });
  const said = html("span", { role: "status" });
  let last: Result | null = null;
  const form = html(
    "form",
    {
      class: "controls",
      submit: (event) => {
        event.preventDefault();
        const network = bundled(input.value.trim());
        said.textContent = network ? "" : `no bundled network is called '${input.value.trim()}'`;
        if (network) panel.add(network);
        if (network) input.value = "";
      },
    },
    input,
    html("button", { type: "submit" }, "Compare"),
    html(
      "button",
      {
        type: "button",
        click: () => {
          if (last) panel.add({ ...last.network });
        },
      },
      "Keep this one to compare",
    ),
    said,
  );
  const about = "Networks side by side; the first is the baseline. Dropped files come here too.";
  const element = html("div", {}, html("p", { class: "about" }, about), form, chips, content);

  const panel: ComparePanel = {
    name: "compare",
    title: "Compare",
    element,
    others: [],
    add(network) {
      panel.others = [...panel.others, network];
      if (last) void panel.show(last);
    },
    async show(result) {
      last = result;
      chips.replaceChildren(
        ...panel.others.map((network, at) =>
          html(
            "li",
            {},
            `${network.variant || network.name} `,
            html(
              "button",
              {
                type: "button",
                "aria-label": `Take out ${network.variant || network.name}`,
                click: () => {
                  panel.others = panel.others.filter((_, place) => place !== at);
                  if (last) void panel.show(last);
                },
              },
              "×",
            ),
          ),
        ),
      );
      if (!panel.others.length) {
        content.replaceChildren();
        return;
      }
      const { others } = panel;
      const of = [result.network, ...others];
      const answer = await page.ask("comparison", { ask: "comparison", of, with: {} });
      // One that was taken out meanwhile is no longer compared with.
      if (answer === null || others !== panel.others) return;
      if (answer.ok) inserted(content, answer.text, page, new Set());
      else content.replaceChildren(complaint(answer));
    },
    light: () => undefined,
  };
  return panel;
}
