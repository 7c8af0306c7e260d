/** What a spec names itself: its blocks with their parameters, its inputs, and its layers. */

import type { Tree, Word } from "./tree";

/** A block's parameter; `standard` is its default, as written. */
export interface Parameter {
  name: string;
  standard: string | null;
}

/** A block of the spec: its name and its parameters. */
export interface Block {
  name: string;
  parameters: Parameter[];
}

/** The blocks of a spec in their order. */
export function blocks(root: Tree | null): Block[] {
  return keys(under(root, "blocks")).map((key) => block(key.text));
}

/** The block that a key such as "stage(n, depth=2)" declares. */
export function block(key: string): Block {
  const bracket = key.indexOf("(");
  if (bracket < 0) return { name: key.trim(), parameters: [] };
  const inside = key.slice(bracket + 1).replace(/\)\s*$/, "");
  const parameters = split(inside).map((one) => {
    const sign = one.indexOf("=");
    if (sign < 0) return { name: one.trim(), standard: null };
    return { name: one.slice(0, sign).trim(), standard: one.slice(sign + 1).trim() };
  });
  return { name: key.slice(0, bracket).trim(), parameters: parameters.filter((one) => one.name !== "") };
}

/** Splits at the commas that no bracket holds. */
function split(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const sign of text) {
    if ("([{".includes(sign)) depth++;
    if (")]}".includes(sign)) depth--;
    if (sign === "," && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + sign);
  }
  return parts;
}

/** The names, as written, that a layer before an offset can be taken by: of the same block, or else of the inputs and layers. */
export function layers(text: string, root: Tree | null, within: string | null, before: number): string[] {
  const found = new Set<string>();
  if (within !== null) found.add("entry");
  else for (const key of keys(under(root, "inputs"))) found.add(text.slice(key.from, key.to));
  const section = within === null ? under(root, "layers") : under(under(root, "blocks"), within);
  for (const word of named(section)) if (word.to <= before) found.add(text.slice(word.from, word.to));
  return [...found];
}

/** The values of `name` at any depth. */
function named(node: Tree | null): Word[] {
  if (node?.type === "list") return node.entries.flatMap(named);
  if (node?.type !== "mapping") return [];
  return node.pairs.flatMap(({ key, value }) =>
    key.text === "name" && value?.type === "word" ? [value] : named(value),
  );
}

function under(node: Tree | null, key: string): Tree | null {
  return node?.type === "mapping" ? (node.pairs.find((pair) => pair.key.text === key)?.value ?? null) : null;
}

function keys(node: Tree | null): Word[] {
  return node?.type === "mapping" ? node.pairs.filter((pair) => pair.colon).map((pair) => pair.key) : [];
}
