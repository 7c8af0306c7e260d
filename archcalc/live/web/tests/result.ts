/** A result for panels, and pages that answer what a test says. */

import { plain } from "../src/files";
import type { Page, Result } from "../src/panels/panel";
import type { Answer, Count, Question, Row } from "../src/protocol";

/** The result of a network with rows of these names. */
export function result(...names: string[]): Result {
  const rows = names.map((name) => ({ name }) as Row);
  return {
    network: plain("net.yaml", names.join()),
    table: {
      network: "net",
      title: "",
      source: "",
      notes: [],
      batch: 1,
      convention: "macs",
      unit: "MACs",
      depth: 1,
      rows,
      totals: Object.assign<Record<string, Count>, { uncovered: string[] }>({}, { uncovered: [] }),
    },
    aside: { rows: [], params: [], inputs: [], whole: true },
  };
}

/** A page whose engine answers by the name of a question, and what it was asked and told. */
export function page(answers: Record<string, Answer | string | null>) {
  const asked: Question[] = [];
  const chosen: (string | null)[] = [];
  const made: Page = {
    ask(_slot, question) {
      asked.push(question);
      const answer = answers[question.ask] ?? null;
      return Promise.resolve(typeof answer === "string" ? { ok: true, text: answer } : answer);
    },
    choose: (name) => {
      chosen.push(name);
    },
    chosen: () => chosen.at(-1) ?? null,
  };
  return { page: made, asked, chosen, answers };
}
