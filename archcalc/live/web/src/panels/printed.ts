/** The panels that a command prints as they are, each a line here. */

import { pagePanel, type Choice } from "./pages";
import type { Page, Panel } from "./panel";

/** Formulas, memory, figures and conventions. */
export function printed(page: Page, dtypes: readonly string[]): Panel[] {
  // The usual one first.
  const formats = ["fp32", ...dtypes.filter((name) => name !== "fp32")];
  const phases: Choice = {
    option: "train",
    label: "for",
    values: [
      ["", "inference"],
      ["true", "training"],
    ],
  };
  const stored: Choice = { option: "dtype", label: "in", values: formats.map((name) => [name, name]) };
  const formulas = "Every number of the layer that is lit, or of all: formula, numbers, value.";
  const memory = "What is held while the network runs, layer by layer, and the most at once.";
  return [
    pagePanel(page, "formulas", "Formulas", "formulas", formulas, [], true),
    pagePanel(page, "memory", "Memory", "memory", memory, [phases, stored]),
    pagePanel(page, "figures", "Figures", "figures", "Published figures beside the exact ones."),
    pagePanel(page, "conventions", "Conventions", "conventions", "The same network as tools and papers count it."),
  ];
}
