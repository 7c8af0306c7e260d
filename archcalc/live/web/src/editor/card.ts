/** What is shown of a kind, a block or a setting beside a completion and over a word. */

import type { Block } from "./names";
import type { Kind, Setting } from "./schema";

/** A name, what may stand there, and paragraphs in which backquotes hold code. */
export interface Card {
  name: string;
  type: string;
  paragraphs: string[];
}

/** All that is known of a kind. */
export function ofKind(kind: Kind): Card {
  const needed = kind.settings.filter((one) => one.required).map((one) => one.name);
  return {
    name: kind.name,
    type: needed.length > 0 ? `needs ${needed.join(", ")}` : "",
    paragraphs: kind.description.split("\n\n"),
  };
}

/** All that is known of a setting or a key. */
export function ofSetting(setting: Setting): Card {
  const paragraphs = [setting.description];
  if (setting.standard !== null) paragraphs.push(`By default \`${setting.standard}\`.`);
  if (setting.required) paragraphs.push("It is needed.");
  return { name: setting.name, type: setting.type, paragraphs };
}

/** A block of the spec's own. */
export function ofBlock(block: Block): Card {
  return { name: block.name, type: "", paragraphs: [`A block of this spec: \`${signature(block)}\``] };
}

/** A block's name with its parameters, as it is declared. */
export function signature(block: Block): string {
  const parameters = block.parameters.map((one) => (one.standard === null ? one.name : `${one.name}=${one.standard}`));
  return parameters.length > 0 ? `${block.name}(${parameters.join(", ")})` : block.name;
}

/** A card as elements. A spec or a schema may hold any text, so that it goes into the page as text only. */
export function draw(card: Card): HTMLElement {
  const root = element("div", "spec-card", "");
  const head = element("p", "spec-card-head", "");
  head.append(element("code", "", card.name));
  if (card.type !== "") head.append(` ${card.type}`);
  root.append(head);
  for (const paragraph of card.paragraphs) if (paragraph !== "") root.append(prose(paragraph));
  return root;
}

function prose(text: string): HTMLElement {
  const paragraph = element("p", "", "");
  // Between backquotes every second part is code.
  text.split("`").forEach((part, index) => {
    paragraph.append(index % 2 === 1 ? element("code", "", part) : part);
  });
  return paragraph;
}

function element(name: string, css: string, text: string): HTMLElement {
  const made = document.createElement(name);
  if (css !== "") made.className = css;
  made.textContent = text;
  return made;
}
