/** Numbers as they are read and shown: exact, however large. */

import type { Count } from "./protocol";

const DIGITS = /^-?\d+$/;
// The texts and the numbers of a JSON text.
const TOKENS = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** A JSON text in which whole numbers past 2⁵³ stay exact, as texts of digits. */
export function exact(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  // Not every browser tells a reviver how a number was written.
  const kept = text.replace(TOKENS, (token) =>
    DIGITS.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token,
  );
  return JSON.parse(kept);
}

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Digits in groups of three. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A formula as people write it: 27·C² for 27*C**2. */
function written(formula: string): string {
  return formula
    .replace(/\*\*(\d+)/g, (_, power: string) => power.replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? digit))
    .replaceAll("*", "·")
    .replace(/(?<![\w.])\d+(?![\w.])/g, grouped);
}

/** A count with all its digits in groups of three; a formula as people write it; a question mark for an unknown one. */
export function full(count: Count): string {
  if (count === null) return "?";
  if (typeof count === "number" && !Number.isInteger(count)) return String(count);
  const text = String(count);
  return DIGITS.test(text) ? grouped(text) : written(text);
}

/** A total as it is shown: marked where it is a lower bound, since something in it is not counted. */
export function bounded(total: string, uncovered: readonly string[]): string {
  return uncovered.length ? `≥ ${total}` : total;
}

const UNITS = ["", " K", " M", " G", " T", " P", " E"];

/** A count of three digits and a unit, such as 138 M; as it is if it is short or a formula. */
export function short(count: Count): string {
  const value = Number(count);
  if (count === null || !Number.isFinite(value) || Math.abs(value) < 10_000) return full(count);
  // Rounded before the unit is chosen: 999,999 is 1.00 M and not 1000 K.
  const [digits = "", power = ""] = value.toExponential(2).split("e");
  const thousands = Math.min(UNITS.length - 1, Math.floor(Number(power) / 3));
  const before = Number(power) - 3 * thousands;
  const scaled = Number(digits) * 10 ** before;
  return `${scaled.toFixed(Math.max(0, 2 - before))}${UNITS[thousands] ?? ""}`;
}

/** A count as a number to draw, 0 where it is none. */
export function drawn(count: Count): number {
  const value = Number(count ?? 0);
  return Number.isFinite(value) ? value : 0;
}

/** A shape as people write it, such as 3×224×224. */
export function shape(sizes: readonly Count[]): string {
  const one = (size: Count) =>
    typeof size === "string" && /[^\w]/.test(size) ? `(${written(size)})` : String(size ?? "?");
  return sizes.map(one).join("×");
}
