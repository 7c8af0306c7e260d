/** Places of lines and columns, as the engine counts them, in a text as JavaScript counts it. */

import type { Mistake } from "../protocol";

/** A part of a text by UTF-16 offsets; `to` is exclusive. */
export interface Span {
  from: number;
  to: number;
}

// The line breaks of YAML, as the engine splits lines; an editor's own lines break at the first three only.
const BREAK = /\r\n|[\n\r\x85\u2028\u2029]/g;

/** The lines of a text, without their breaks. */
export function lines(text: string): Span[] {
  const found: Span[] = [];
  let from = 0;
  for (const match of text.matchAll(BREAK)) {
    found.push({ from, to: match.index });
    from = match.index + match[0].length;
  }
  found.push({ from, to: text.length });
  return found;
}

/** The number of the line, from 1, that an offset lies on. */
export function lineAt(text: string, offset: number): number {
  return lines(text.slice(0, offset)).length;
}

/** The part of the text that a mistake is about, held inside the text; null for a mistake without a place. */
export function span(text: string, mistake: Pick<Mistake, "line" | "column" | "end">): Span | null {
  return mistake.line < 1 ? null : spanIn(text, lines(text), mistake);
}

/** The same for several mistakes, whose text is split once. */
export function spans(text: string, mistakes: readonly Mistake[]): (Span | null)[] {
  const split = lines(text);
  return mistakes.map((mistake) => (mistake.line < 1 ? null : spanIn(text, split, mistake)));
}

function spanIn(text: string, split: Span[], mistake: Pick<Mistake, "line" | "column" | "end">): Span {
  const line = split[mistake.line - 1];
  // The text may have become shorter since the mistake was found.
  if (line === undefined) return { from: text.length, to: text.length };
  const from = along(text, line, mistake.column - 1, line.from);
  return { from, to: along(text, line, Math.max(1, mistake.end - mistake.column), from) };
}

/** The offset so many code points after `from`, at most the end of the line. */
function along(text: string, line: Span, count: number, from: number): number {
  let offset = from;
  for (let passed = 0; passed < count && offset < line.to; passed++) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return Math.min(offset, line.to);
}
