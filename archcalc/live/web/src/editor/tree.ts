/** What a spec's text holds, read so that a text in the middle of being written has a tree too. */

import { closing, DEEPEST, flow, lineEnd, plain, quoted, skipSpaces } from "./flow";

/** A scalar with its place; the text is without quotes. */
export interface Word {
  type: "word";
  from: number;
  to: number;
  text: string;
  quoted: boolean;
}

/** A key with its value; a word on its way to be a key has no colon yet. */
export interface Pair {
  key: Word;
  colon: boolean;
  value: Tree | null;
}

/** Keys with their values, in braces if `flow`. */
export interface Mapping {
  type: "mapping";
  flow: boolean;
  pairs: Pair[];
}

/** Entries one after the other, in brackets if `flow`. */
export interface List {
  type: "list";
  flow: boolean;
  entries: Tree[];
}

export type Tree = Word | Mapping | List;

/** A block collection that lines may still add to, with the column of its keys or dashes. */
interface Frame {
  column: number;
  node: Mapping | List;
  /** Whether the last key or dash has no value yet. */
  open: boolean;
}

/** The tree of a text; null if nothing stands in it. What fits nowhere is passed over. */
export function tree(text: string): Tree | null {
  const reading: Reading = { text, stack: [], root: null };
  let at = 0;
  while (at < text.length) {
    const start = skipSpaces(text, at);
    const end = lineEnd(text, start);
    const rest = text.slice(start, end);
    at = rest === "" || rest.startsWith("#") || /^(---|\.\.\.)\s*$/.test(rest) ? end : line(reading, start, start - at);
    at = lineEnd(text, at) + 1;
  }
  return reading.root;
}

interface Reading {
  text: string;
  stack: Frame[];
  root: Tree | null;
}

/** Reads a line from its first sign on; returns where reading ended, which may be lines below. */
function line(reading: Reading, start: number, indent: number): number {
  const { text } = reading;
  let at = start;
  let column = indent;
  while (/^-(\s|$)/.test(text.slice(at, at + 2))) {
    if (!dash(reading, column)) return lineEnd(text, at);
    const next = skipSpaces(text, at + 1);
    column += next - at;
    at = next;
    if (at === lineEnd(text, at) || text[at] === "#") return at;
  }
  return content(reading, at, column, indent, at === start);
}

/** Takes a dash at a column; false if no list can stand there. */
function dash(reading: Reading, column: number): boolean {
  const top = settle(reading, column, (frame) => frame.node.type === "list" || frame.open);
  if (top?.node.type === "list" && top.column === column) {
    top.open = true;
    return true;
  }
  if ((top !== undefined && !top.open) || reading.stack.length > DEEPEST) return false;
  open(reading, column, { type: "list", flow: false, entries: [] });
  return true;
}

/** Reads what follows the indentation and the dashes of a line. */
function content(reading: Reading, at: number, column: number, indent: number, alone: boolean): number {
  const { text } = reading;
  const top = settle(reading, column, (frame) => frame.node.type === "mapping");
  const beside = top?.node.type === "mapping" && top.column === column ? top : null;
  if (top !== undefined && beside === null && !top.open) return extend(top, text, at);
  if (reading.stack.length > DEEPEST) return lineEnd(text, at);
  const first = text.charAt(at);
  if ("{[|>".includes(first)) return beside === null ? value(reading, at, indent) : lineEnd(text, at);
  const key = `"'`.includes(first) ? quoted(text, at, indent) : keyed(text, at);
  const after = skipSpaces(text, key.to);
  const colon = text[after] === ":";
  // A text after a dash stays one; alone on a line it may become a key.
  if (!colon && beside === null && !alone) {
    fill(reading, key);
    return key.to;
  }
  const frame = beside ?? open(reading, column, { type: "mapping", flow: false, pairs: [] });
  if (frame.node.type === "mapping") frame.node.pairs.push({ key, colon, value: null });
  frame.open = colon;
  if (!colon) return key.to;
  const next = skipSpaces(text, after + 1);
  return next === lineEnd(text, next) || text[next] === "#" ? next : value(reading, next, indent);
}

/** Reads a value that begins on this line into what waits for one. */
function value(reading: Reading, at: number, indent: number): number {
  const { text } = reading;
  const first = text.charAt(at);
  if (first === "|" || first === ">") {
    const to = below(text, at, indent);
    fill(reading, { type: "word", from: at, to, text: text.slice(at, to), quoted: true });
    return to;
  }
  if (first === "{" || first === "[") {
    const { node, to } = flow(text, at, indent, 0);
    fill(reading, node);
    return to;
  }
  const word = `"'`.includes(first) ? quoted(text, at, indent) : plain(text, at, false);
  fill(reading, word);
  return word.to;
}

/** The end of the lines that are indented deeper than the one they follow. */
function below(text: string, from: number, indent: number): number {
  let to = lineEnd(text, from);
  while (to < text.length) {
    const start = skipSpaces(text, to + 1);
    const end = lineEnd(text, start);
    if (start < end && start - to - 1 <= indent) break;
    to = end;
  }
  return to;
}

/** A plain text up to the colon of a key, or else to the end of the line. */
function keyed(text: string, from: number): Word {
  const end = lineEnd(text, from);
  for (let at = from; at < end; at++) {
    if (text[at] === "(") at = closing(text, at, end) ?? at;
    const next = text[at + 1];
    if (text[at] === "#" && text[at - 1] === " ") break;
    if (text[at] === ":" && (next === undefined || /\s/.test(next))) {
      const name = text.slice(from, at).trimEnd();
      return { type: "word", from, to: from + name.length, text: name, quoted: false };
    }
  }
  return plain(text, from, false);
}

/** Closes what a line at this column ends; returns what is left on top. */
function settle(reading: Reading, column: number, fits: (frame: Frame) => boolean): Frame | undefined {
  const { stack } = reading;
  let top = stack.at(-1);
  while (top !== undefined && (top.column > column || (top.column === column && !fits(top)))) {
    stack.pop();
    top = stack.at(-1);
  }
  return top;
}

function open(reading: Reading, column: number, node: Mapping | List): Frame {
  fill(reading, node);
  const frame = { column, node, open: true };
  reading.stack.push(frame);
  return frame;
}

/** Gives a value to the key or the dash that waits for one. */
function fill(reading: Reading, node: Tree): void {
  const top = reading.stack.at(-1);
  if (top === undefined) {
    reading.root ??= node;
  } else if (top.open) {
    if (top.node.type === "list") {
      top.node.entries.push(node);
    } else {
      const pair = top.node.pairs.at(-1);
      if (pair !== undefined) pair.value = node;
    }
    top.open = false;
  }
}

/** Goes on with a plain text of several lines. */
function extend(frame: Frame, text: string, at: number): number {
  const last = frame.node.type === "list" ? frame.node.entries.at(-1) : frame.node.pairs.at(-1)?.value;
  const to = lineEnd(text, at);
  if (last?.type === "word" && !last.quoted) {
    last.to = to;
    last.text = text.slice(last.from, to);
  }
  return to;
}
