/** What stands in braces, brackets and quotes, closed or not. */

import type { List, Mapping, Pair, Tree, Word } from "./tree";

// A hostile text may open more brackets than calls can be nested.
export const DEEPEST = 100;
const BREAK = /[\n\r\x85\u2028\u2029]/g;
const CLOSERS: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

/** A part that was read, and the offset behind it. */
interface Read<T> {
  node: T;
  to: number;
}

/** Reads braces or brackets; lines that are not indented deeper than `indent` are no longer theirs. */
export function flow(text: string, from: number, indent: number, depth: number): Read<Mapping | List> {
  const node: Mapping | List =
    text[from] === "{" ? { type: "mapping", flow: true, pairs: [] } : { type: "list", flow: true, entries: [] };
  let at = from + 1;
  for (;;) {
    const next = skip(text, at, indent);
    if (next === null) return { node, to: lineEnd(text, at) };
    const sign = text.charAt(next);
    if (sign === "}" || sign === "]") return { node, to: next + 1 };
    at = next + 1;
    if (sign === ",") continue;
    const read = one(text, next, indent, depth);
    at = Math.max(at, read.to);
    const { node: found } = read;
    const pair = found.type === "word" ? paired(text, found, indent, depth) : null;
    if (pair !== null) at = pair.to;
    if (node.type === "mapping") {
      if (pair !== null) node.pairs.push(pair.node);
      else if (found.type === "word") node.pairs.push({ key: found, colon: false, value: null });
    } else {
      node.entries.push(pair === null ? found : { type: "mapping", flow: true, pairs: [pair.node] });
    }
  }
}

/** Reads a key's colon and its value; null if no colon follows. */
function paired(text: string, key: Word, indent: number, depth: number): Read<Pair> | null {
  const colon = skipSpaces(text, key.to);
  if (text[colon] !== ":" || !(key.quoted || /^[\s,\]}]?$/.test(text.charAt(colon + 1)))) return null;
  const next = skip(text, colon + 1, indent);
  if (next === null || ",]}".includes(text.charAt(next))) {
    return { node: { key, colon: true, value: null }, to: next ?? colon + 1 };
  }
  const { node, to } = one(text, next, indent, depth);
  return { node: { key, colon: true, value: node }, to: Math.max(to, next + 1) };
}

function one(text: string, at: number, indent: number, depth: number): Read<Tree> {
  const sign = text.charAt(at);
  const opens = sign === "{" || sign === "[";
  if (opens && depth < DEEPEST) return flow(text, at, indent, depth + 1);
  const word = sign === `"` || sign === "'" ? quoted(text, at, indent) : plain(text, at, !opens);
  return { node: word, to: word.to };
}

/** Reads a text in quotes; without a closing one it ends with its line. */
export function quoted(text: string, from: number, indent: number): Word {
  const sign = text.charAt(from);
  let at = from + 1;
  while (at < text.length) {
    const escape = sign === `"` ? text[at] === "\\" : text[at] === sign && text[at + 1] === sign;
    if (!escape && text[at] === sign) break;
    at += escape ? 2 : 1;
  }
  const inside = text.slice(from, at);
  // A line that could not belong to the text shows that the closing quote was a later text's opening one.
  const crossed = inside
    .split("\n")
    .slice(1)
    .some((line) => line.trim() !== "" && line.search(/\S/) <= indent);
  const closed = at < text.length && !crossed;
  const end = closed ? at : Math.min(lineEnd(text, from), text.length);
  return { type: "word", from, to: closed ? end + 1 : end, text: text.slice(from + 1, end), quoted: true };
}

/** Reads a text without quotes, which in braces ends at a comma, but for one in brackets that close on the line. */
export function plain(text: string, from: number, flowing: boolean): Word {
  const end = lineEnd(text, from);
  let at = from;
  let hopeless = false;
  for (; at < end; at++) {
    const sign = text.charAt(at);
    if (sign === "#" && at > from && /\s/.test(text.charAt(at - 1))) break;
    if (!flowing) continue;
    if (sign in CLOSERS && !hopeless) {
      const close = closing(text, at, end);
      // Looking once is enough, for a bracket that stays open holds all that follow.
      hopeless = close === null;
      if (close !== null) at = close;
      else if (sign !== "(") break;
    } else if (",]}".includes(sign) || (sign === ":" && /^[\s,\]}]?$/.test(text.charAt(at + 1)))) break;
  }
  const read = text.slice(from, at).trimEnd();
  return { type: "word", from, to: from + read.length, text: read, quoted: false };
}

/** The offset of the bracket that closes the one at `from`, before `end`; null if none does. */
export function closing(text: string, from: number, end: number): number | null {
  const waiting: string[] = [];
  for (let at = from; at < end; at++) {
    const sign = text.charAt(at);
    const closer = CLOSERS[sign];
    if (closer !== undefined) waiting.push(closer);
    else if (")]}".includes(sign)) {
      if (waiting.pop() !== sign) return null;
      if (waiting.length === 0) return at;
    }
  }
  return null;
}

/** The offset of the break that ends a line, or of the text's end. */
export function lineEnd(text: string, from: number): number {
  BREAK.lastIndex = from;
  return BREAK.exec(text)?.index ?? text.length;
}

/** The offset of the next sign on the line that is no space. */
export function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}

/** The offset of the next sign past spaces, comments and lines; null where the lines of the braces end. */
function skip(text: string, from: number, indent: number): number | null {
  let at = skipSpaces(text, from);
  while (at === lineEnd(text, at) || (text[at] === "#" && at > 0 && /\s/.test(text.charAt(at - 1)))) {
    const end = lineEnd(text, at);
    if (end >= text.length) return null;
    at = skipSpaces(text, end + 1);
    const sign = text.charAt(at);
    if (at < lineEnd(text, at) && at - end - 1 <= indent && sign !== "}" && sign !== "]") return null;
  }
  return at;
}
