/** What the page and the engine say to each other. Every number in an answer was counted by archcalc. */

/** A network as the reader left it: a text or a file of the engine's, with what was set. */
export interface Network {
  /** The name that messages give it, such as "net.yaml". */
  name: string;
  /** What the editor holds; null for a file, which is at the path `file`. */
  text: string | null;
  file: string | null;
  /** The network that is meant in a text of several. */
  variant: string;
  /** Values of params by name. */
  set: Record<string, string>;
  /** Other sizes of inputs by their names, such as ["3", "320", "320"]; one that is empty is as written. */
  input: Record<string, string[]>;
  batch: string;
  convention: string;
}

/** One question: the name of an answer of the engine's, the networks, and the options of that answer. */
export interface Question {
  ask: string;
  of: Network[];
  with: Record<string, unknown>;
}

/** A mistake in a text; `line` and the columns count from 1, `end` is exclusive, and `line` is 0 where it has no place. */
export interface Mistake {
  fact: string;
  notes: string[];
  /** The name of the text that it is in, or empty. */
  file: string;
  line: number;
  column: number;
  end: number;
}

/** The answer to a question: a text, or what the command line says, with its parts. */
export type Answer = { ok: true; text: string } | { ok: false; said: string; mistakes: Mistake[] };

/** A size or a count in the engine's JSON: exact, as a formula where there are letters, null where it is unknown. */
export type Count = number | string | null;

export interface Row {
  name: string;
  layer: string;
  settings: string;
  from: string[];
  inputs: Count[][];
  output: Count[];
  /** The names of the axes of the output. */
  axes: (string | null)[];
  params: Count;
  weights: Count;
  biases: Count;
  macs: Count;
  flops: Count;
  activations: Count;
  counted: Count;
  in_place: boolean;
  note: string;
}

/** The JSON of `archcalc table`. */
export interface Table {
  network: string;
  title: string;
  source: string;
  notes: string[];
  batch: Count;
  convention: string;
  unit: string;
  depth: Count;
  rows: Row[];
  totals: Record<string, Count> & { uncovered: string[] };
}

/** What the table's JSON leaves out: the line of each row, and what can be set. */
export interface Aside {
  rows: { line: number; blocks: string[]; family: string }[];
  params: { name: string; value: string }[];
  inputs: { name: string; shape: Count[]; axes: (string | null)[]; tied: boolean[] }[];
  whole: boolean;
}
