/** Downloads: what is on the page as files, made here and sent nowhere. */

import { html } from "./dom";
import type { Answer, Question } from "./protocol";

/** One file that can be saved: its ending, what it is, and how its content comes about. */
export interface Download {
  suffix: string;
  title: string;
  content: () => Promise<Blob | string | null>;
}

/** Let the browser save a file. */
export function save(name: string, content: Blob | string): void {
  const blob = typeof content === "string" ? new Blob([content], { type: "text/plain;charset=utf-8" }) : content;
  const address = URL.createObjectURL(blob);
  const link = html("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 10_000);
}

// The colours of the page as they are now; a file has no page around it.
const STYLED = ["fill", "stroke", "stroke-width", "font-size", "font-family", "font-weight", "text-anchor"];

/** A picture of the page as a text that stands for itself. */
export function standalone(drawing: SVGElement): string {
  const copy = drawing.cloneNode(true) as SVGElement;
  const { width, height } = (drawing as SVGSVGElement).viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.removeAttribute("style");
  if (!copy.querySelector("style")) {
    const [from, to] = [drawing, copy].map((root) => [
      ...root.querySelectorAll<SVGElement>("rect, text, line, circle"),
    ]);
    from?.forEach((element, at) => {
      const seen = getComputedStyle(element);
      for (const property of STYLED) to?.[at]?.style.setProperty(property, seen.getPropertyValue(property));
    });
  }
  return new XMLSerializer().serializeToString(copy);
}

/** A picture as PNG, twice as large as it is drawn. */
export async function png(drawing: SVGElement): Promise<Blob | null> {
  const { width, height } = (drawing as SVGSVGElement).viewBox.baseVal;
  // Browsers refuse larger canvases.
  const scale = Math.min(2, 16_000 / Math.max(width, height, 1));
  const address = URL.createObjectURL(new Blob([standalone(drawing)], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = html("canvas", { width: Math.ceil(width * scale), height: Math.ceil(height * scale) });
    const context = canvas.getContext("2d");
    if (!context) return null;
    context.fillStyle = getComputedStyle(document.body).backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => {
      canvas.toBlob(resolve, "image/png");
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A download whose content is an answer of the engine's. */
export function answered(
  suffix: string,
  title: string,
  question: () => Question | null,
  ask: (question: Question) => Promise<Answer>,
  failed: (said: string) => void,
): Download {
  const content = async () => {
    const asked = question();
    if (!asked) return null;
    const answer = await ask(asked);
    // As a command writes it.
    if (answer.ok) return answer.text.replace(/\n?$/, "\n");
    failed(answer.said);
    return null;
  };
  return { suffix, title, content };
}
