/** Where in a spec the cursor stands. */

import { tree, type Mapping, type Pair, type Tree, type Word } from "./tree";

/** What is known of a kind's settings: whether layers can stand in one, or, for a name of "", in what the kind itself has. */
export type Nests = (kind: string, setting: string) => boolean;

/** The word at the cursor, and in which block, if in any. */
interface At {
  from: number;
  /** The end of the word, which may lie behind the cursor. */
  to: number;
  word: string;
  quoted: boolean;
  /** Whether a key's colon follows. */
  colon: boolean;
  /** Whether braces or brackets hold the word. */
  flow: boolean;
  /** The key under `blocks` that the word stands below, such as "stage(n, out)". */
  block: string | null;
}

/** What the word is: a kind of layer, a setting of one, a setting's value, or a key or a value of the rest. */
type Meant =
  | { is: "kind"; given: string[] }
  | { is: "setting"; kind: string; given: string[] }
  /** The setting is "" where the kind's value stands bare. */
  | { is: "value"; kind: string; setting: string }
  | { is: "key"; path: string[]; given: string[] }
  | { is: "text"; path: string[] };

export type Place = At & Meant;

// A sign for private use: it makes a word of an empty place, and no spec has it.
const MARK = "\uE000";

/** The place of an offset in a spec's text; null in a comment, and where nothing of a spec can stand. */
export function place(text: string, offset: number, nests: Nests): Place | null {
  const marked = text.slice(0, offset) + MARK + text.slice(offset);
  const root = tree(marked);
  if (root === null) return null;
  const steps = find(root, offset);
  const last = steps?.at(-1);
  if (steps === null || last === undefined) return null;
  const { word } = last;
  const lone = word.text.replace(MARK, "");
  if (/[\n\r]/.test(lone)) return null;
  const meant = sense(steps, nests);
  if (meant === null) return null;
  const at: At = {
    from: word.from,
    to: word.to - 1,
    word: lone,
    quoted: word.quoted,
    colon: last.pair?.key === word && last.pair.colon,
    flow: last.flow,
    block: steps[0]?.pair?.key.text === "blocks" ? (steps[1]?.pair?.key.text ?? null) : null,
  };
  return { ...at, ...meant };
}

/** A step from the root to the word: into a pair of a mapping, or into an entry of a list. */
interface Step {
  mapping: Mapping | null;
  pair: Pair | null;
  flow: boolean;
  /** The word searched for. */
  word: Word;
}

function find(node: Tree, offset: number): Step[] | null {
  const covers = (one: Tree | null): one is Word => one?.type === "word" && one.from <= offset && offset < one.to;
  if (node.type === "word") return null;
  if (node.type === "list") {
    for (const entry of node.entries) {
      const below = covers(entry) ? [] : find(entry, offset);
      if (below === null) continue;
      const word = below.at(-1)?.word ?? (entry as Word);
      return [{ mapping: null, pair: null, flow: node.flow, word }, ...below];
    }
    return null;
  }
  for (const pair of node.pairs) {
    const step = { mapping: node, pair, flow: node.flow };
    if (covers(pair.key)) return [{ ...step, word: pair.key }];
    if (pair.value === null) continue;
    if (covers(pair.value)) return [{ ...step, word: pair.value }];
    const below = find(pair.value, offset);
    const word = below?.at(-1)?.word;
    if (below !== null && word !== undefined) return [{ ...step, word }, ...below];
  }
  return null;
}

function sense(steps: Step[], nests: Nests): Meant | null {
  const first = steps[0];
  if (first?.pair == null) return null;
  if (steps.length === 1 && isKey(first)) return { is: "key", path: [], given: others(first) };
  const section = first.pair.key.text;
  if (section === "layers") return items(steps.slice(1), nests);
  if (section === "blocks") {
    const block = steps[1];
    return block === undefined || isKey(block) ? null : items(steps.slice(2), nests);
  }
  return rest(steps);
}

/** A place below a key that holds no layers: the keys that lead there. */
function rest(steps: Step[]): Meant | null {
  const last = steps.at(-1);
  const keys = steps.map((step) => step.pair?.key.text ?? "-");
  if (last === undefined) return null;
  return isKey(last) ? { is: "key", path: keys.slice(0, -1), given: others(last) } : { is: "text", path: keys };
}

/** A place below a list of items. */
function items(steps: Step[], nests: Nests): Meant | null {
  const [entry, ...below] = steps;
  if (entry === undefined) return null;
  // Without a dash the one item may stand by itself, as after `else`.
  return entry.mapping === null ? item(below, nests) : item(steps, nests);
}

function item(steps: Step[], nests: Nests): Meant | null {
  const [step, ...below] = steps;
  if (step === undefined) return { is: "kind", given: [] };
  if (step.pair === null) return null;
  if (isKey(step)) return { is: "kind", given: others(step) };
  const kind = step.pair.key.text;
  if (kind === "for") return null;
  if (kind !== "do") return settings(kind, below, nests);
  return below.length === 0 ? { is: "kind", given: [] } : items(below, nests);
}

/** A place in what stands after a kind's colon. */
function settings(kind: string, steps: Step[], nests: Nests): Meant | null {
  const [step, ...below] = steps;
  if (step === undefined) return { is: "value", kind, setting: "" };
  if (step.pair === null) {
    // A kind's own list has sizes, or else branches without names.
    if (below.length === 0) return { is: "value", kind, setting: "" };
    return nests(kind, "") ? items(below, nests) : null;
  }
  if (isKey(step)) return { is: "setting", kind, given: others(step) };
  const setting = step.pair.key.text;
  const single = setting === "else" || (setting === "do" && !nests(kind, ""));
  if (below.length === 0) return single ? { is: "kind", given: [] } : { is: "value", kind, setting };
  if (single || nests(kind, setting)) return items(below, nests);
  // The entries of a list, such as the layers of `from`, are as one would be by itself.
  return below.length === 1 && below[0]?.pair === null ? { is: "value", kind, setting } : null;
}

function isKey(step: Step): boolean {
  return step.pair?.key === step.word;
}

/** The keys beside a step's own. */
function others(step: Step): string[] {
  return (step.mapping?.pairs ?? []).filter((pair) => pair !== step.pair).map((pair) => pair.key.text);
}
