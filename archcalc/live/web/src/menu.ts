/** The menu of all that can be saved. */

import { html, part } from "./dom";
import { png, save, standalone, type Download } from "./downloads";
import type { Panel, Result } from "./panels/panel";
import type { Answer, Question } from "./protocol";
import type { Start } from "./start";

/** A panel with a picture; null before it was drawn. */
type Drawn = Panel & { readonly drawn: () => SVGElement | null };

export interface Saved {
  /** The network as it was counted last. */
  result: () => Result | null;
  /** The text of the editor. */
  text: () => string;
  ask: (question: Question) => Promise<Answer>;
  say: (text: string) => void;
  diagram: Drawn;
  charts: Drawn;
  programs: Start["programs"];
}

export function menu({ result, text, ask, say, diagram, charts, programs }: Saved): void {
  function fromEngine(suffix: string, title: string, answer: string, options: Record<string, unknown>): Download {
    const content = async () => {
      const counted = result();
      if (!counted) return null;
      const found = await ask({ ask: answer, of: [counted.network], with: options });
      // As a command writes it.
      if (found.ok) return found.text.replace(/\n?$/, "\n");
      say(found.said);
      return null;
    };
    return { suffix, title, content };
  }

  function fromPicture(
    panel: Drawn,
    suffix: string,
    title: string,
    made: (drawing: SVGElement) => Promise<Blob | null> | string,
  ): Download {
    const content = async () => {
      const counted = result();
      if (!counted) return null;
      // A panel that is not open may have drawn an older network, or nothing yet.
      await panel.show(counted);
      const drawing = panel.drawn();
      return drawing ? made(drawing) : null;
    };
    return { suffix, title, content };
  }

  const downloads: Download[] = [
    { suffix: ".yaml", title: "Spec, as in the editor", content: () => Promise.resolve(text()) },
    fromEngine(".md", "Table, markdown", "export", { form: "markdown" }),
    fromEngine(".tex", "Table, LaTeX", "export", { form: "latex" }),
    fromEngine(".csv", "Table, CSV", "export", { form: "csv" }),
    fromEngine(".json", "Table, JSON", "table", {}),
    fromEngine(".html", "Report, HTML", "export", { form: "html" }),
    fromPicture(diagram, ".diagram.svg", "Diagram, SVG", standalone),
    fromPicture(diagram, ".diagram.png", "Diagram, PNG", png),
    fromEngine(".mmd", "Diagram, Mermaid", "diagram", { form: "mermaid" }),
    fromEngine(".tikz.tex", "Diagram, TikZ", "diagram", { form: "tikz" }),
    fromPicture(charts, ".charts.svg", "Charts, SVG", standalone),
    fromPicture(charts, ".charts.png", "Charts, PNG", png),
    ...programs.map(({ name, suffix }) =>
      // Several programs read files of the same ending, and one of them that of specs.
      fromEngine(`.${name}${suffix || ".txt"}`, `For ${name}`, "export", { to: name }),
    ),
  ];
  const element = part("downloads", HTMLDetailsElement);
  const stem = () => (result()?.table.network ?? "net").replace(/[^\w.-]+/g, "_");
  const items = downloads.map(({ suffix, title, content }) => {
    const click = () => {
      element.open = false;
      say("");
      void content().then((found) => {
        if (found !== null) save(`${stem()}${suffix}`, found);
      });
    };
    return html("li", {}, html("button", { type: "button", click }, title));
  });
  element.querySelector("ul")?.append(...items);
  document.addEventListener("click", (event) => {
    if (event.target instanceof Node && !element.contains(event.target)) element.open = false;
  });
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    element.open = false;
    element.querySelector("summary")?.focus();
  });
}
