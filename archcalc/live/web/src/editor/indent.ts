/** How far the next line of a spec is indented. */

import { indentService } from "@codemirror/language";
import type { Extension } from "@codemirror/state";

/** The column at which the line after this one begins: what belongs below it, or else what stands beside it. */
export function after(line: string): number {
  const indent = line.search(/\S|$/);
  const rest = line
    .slice(indent)
    .replace(/\s+#.*$/, "")
    .trimEnd();
  const item = /^-\s+/.exec(rest)?.[0].length ?? 0;
  // A loop's `do` stands below its `for`.
  if (/^-\s+for:\s/.test(rest)) return indent + item;
  const count = (signs: RegExp) => rest.match(signs)?.length ?? 0;
  const opened = rest.endsWith(":") || count(/[{[]/g) > count(/[}\]]/g);
  return opened ? indent + item + 2 : indent;
}

/** Indents the line that Enter begins; lines that are there already stay as they are. */
export const indentation: Extension = indentService.of((context, position) => {
  if (context.simulatedBreak === null) return null;
  return after(context.lineAt(position, -1).text);
});
