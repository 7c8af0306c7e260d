/** What the folder has ready before the engine is there. */

import type { Network, Question } from "./protocol";

/** What the folder has ready: the first result, and what is the same for every network. */
export interface Start {
  bundled: string;
  network: Network;
  answers: { question: Question; text: string }[];
  conventions: string[];
  dtypes: string[];
  programs: { name: string; suffix: string }[];
  families: Record<string, [string, string]>;
}

/** A file of the folder, read as JSON. */
export async function json(name: string): Promise<unknown> {
  return (await fetch(name)).json();
}

/** The first result, and the colours of families put where the style sheet takes them from. */
export async function started(): Promise<Start> {
  const start = (await json("start.json")) as Start;
  for (const [family, [light, dark]] of Object.entries(start.families)) {
    document.documentElement.style.setProperty(`--${family}-light`, light);
    document.documentElement.style.setProperty(`--${family}-dark`, dark);
  }
  return start;
}
