/** What can stand at the cursor, as completions. */

import type { Completion, CompletionResult, CompletionSource } from "@codemirror/autocomplete";
import { draw, ofBlock, ofKind, ofSetting, signature, type Card } from "./card";
import { blocks, layers, type Block } from "./names";
import { place, type Place } from "./place";
import { below, nests, sentence, type Kind, type Setting, type Vocabulary } from "./schema";
import { tree, type Tree } from "./tree";

// The settings that name earlier layers.
const NAMING = ["from", "share"];

/** A source of completions; nothing is offered before the vocabulary is there, or where `known` gives null. */
export function source(known: () => Vocabulary | null): CompletionSource {
  return (context) => {
    const vocabulary = known();
    return vocabulary && complete(context.state.doc.toString(), context.pos, context.explicit, vocabulary);
  };
}

/** The completions at an offset; unasked for, there are fewer, since a list in the way is worse than none. */
export function complete(text: string, offset: number, asked: boolean, known: Vocabulary): CompletionResult | null {
  const at = place(text, offset, (kind, setting) => nests(known, kind, setting));
  if (at === null || at.quoted) return null;
  const typed = text.slice(at.from, offset);
  const inviting = (at.is === "setting" && at.flow) || at.is === "value" || at.is === "text";
  if (!asked && typed === "" && !inviting) return null;
  const found = offers(at, typed, text, known);
  // With the whole word there, Enter is for the next line.
  const there = found.some((one) => one.label === typed && one.displayLabel === undefined);
  if (found.length === 0 || (!asked && there)) return null;
  const options = found.map((one, index) => ({ ...one, sortText: String(index).padStart(4, "0") }));
  return { from: at.from, to: /^[\w.-]*$/.test(at.word) ? at.to : offset, options };
}

function offers(at: Place, typed: string, text: string, known: Vocabulary): Completion[] {
  const root = tree(text);
  const named = (within: string | null, before: number) => layers(text, root, within, before).map(ofName);
  switch (at.is) {
    case "kind":
      return [...kinds(at.given, known, root), ...(at.given.length ? [] : elsewhere(typed.toLowerCase(), known))];
    case "setting":
      return settings(at.kind, known, root)
        .filter((one) => !at.given.includes(one.label))
        .map((one) => keyed(one, at.colon));
    case "value": {
      const kind = known.kinds.get(at.kind);
      const setting = settingOf(at.kind, at.setting, known);
      const branch = kind?.branches === true && (setting === null || at.setting === "");
      if (branch || NAMING.includes(at.setting)) return named(at.block, at.from);
      return worded(setting);
    }
    case "key": {
      const keys = below(known.spec, at.path)?.keys ?? [];
      return keys.filter((key) => !at.given.includes(key.name)).map((key) => keyed(ofKey(key, "property"), at.colon));
    }
    case "text":
      return at.path[0] === "outputs" ? named(null, text.length) : worded(below(known.spec, at.path));
  }
}

function kinds(given: string[], known: Vocabulary, root: Tree | null): Completion[] {
  const loop = known.loop.filter((one) => !given.includes(one.name)).map((one) => keyed(ofKey(one, "keyword"), false));
  // An item has one key, but for a loop, which has two.
  if (given.length > 0) return known.loop.some((one) => given.includes(one.name)) ? loop : [];
  const own = blocks(root).map((one) => ({
    ...offer(one.name, "function", () => ofBlock(one)),
    detail: signature(one).slice(one.name.length),
    boost: 1,
  }));
  return [...own, ...[...known.kinds.values()].map(offered), ...loop.filter((one) => one.label === "for")];
}

function offered(kind: Kind): Completion {
  return offer(kind.name, "class", () => ({ ...ofKind(kind), paragraphs: [sentence(kind.description)] }));
}

/** The kinds that go by another name elsewhere which begins with what is typed. */
function elsewhere(typed: string, known: Vocabulary): Completion[] {
  if (typed.length < 2) return [];
  return [...known.kinds.values()].flatMap((kind) => {
    const name = kind.name.startsWith(typed) ? undefined : kind.called.find((one) => one.startsWith(typed));
    if (name === undefined) return [];
    const own = { displayLabel: kind.name, apply: kind.name, detail: `elsewhere ${name}` };
    return [{ ...offered(kind), label: name, ...own, boost: -1 }];
  });
}

function settings(name: string, known: Vocabulary, root: Tree | null): Completion[] {
  const kind = known.kinds.get(name);
  const common = new Set(known.common.map((one) => one.name));
  const own = kind === undefined ? parameters(name, root) : ownSettings(kind, common);
  return [...own, ...known.common.map((one) => ({ ...ofKey(one, "property"), boost: checked(one) ? -2 : -1 }))];
}

function ownSettings(kind: Kind, common: Set<string>): Completion[] {
  const own = kind.settings
    .filter((one) => !common.has(one.name))
    .map((one) => ({ ...ofKey(one, "property"), boost: one.required ? 1 : 0 }));
  // Branches of a loop are given by two keys, of which the schema tells one.
  return kind.branches ? [...own, offer("do", "keyword", () => ({ name: "do", type: "", paragraphs: [] }))] : own;
}

/** A block's parameters; those without a default stand first. */
function parameters(name: string, root: Tree | null): Completion[] {
  const block: Block | undefined = blocks(root).find((one) => one.name === name);
  return (block?.parameters ?? []).map((one) => ({
    label: one.name,
    type: "variable",
    detail: one.standard === null ? "" : `by default ${one.standard}`,
    boost: one.standard === null ? 1 : 0,
  }));
}

/** The setting of a kind or of a block's call; with the name "" what stands in the place of settings. */
export function settingOf(kind: string, name: string, known: Vocabulary): Setting | null {
  const found = known.kinds.get(kind);
  if (name === "") return found?.bare ?? null;
  return (found?.settings ?? known.common).find((one) => one.name === name) ?? null;
}

/** Whether a setting is an assertion only. */
function checked(setting: Setting): boolean {
  return setting.description.startsWith("checked:");
}

function worded(setting: Setting | null): Completion[] {
  return (setting?.values ?? []).map((value) => ({ label: value, type: "enum" }));
}

function ofName(name: string): Completion {
  return { label: name, type: "constant" };
}

function ofKey(setting: Setting, type: string): Completion {
  return { ...offer(setting.name, type, () => ofSetting(setting)), detail: setting.type };
}

function offer(label: string, type: string, card: () => Card): Completion {
  return { label, type, info: () => draw(card()) };
}

/** A completion that brings its colon, unless it is there. */
function keyed(one: Completion, colon: boolean): Completion {
  return colon ? one : { ...one, apply: `${one.label}: ` };
}
