/** What a spec may hold, read from its JSON Schema. */

/** The parts of a JSON Schema that are read here. */
export interface Schema {
  description?: string;
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  items?: Schema;
  required?: string[];
  default?: unknown;
  /** What a kind is called elsewhere. */
  "x-called"?: string[];
  $ref?: string;
  $defs?: Record<string, Schema>;
}

/** A key with what may stand as its value. */
export interface Setting {
  name: string;
  /** The type in words, such as "a whole number of at least 1". */
  type: string;
  /** The words that a value can be. */
  values: string[];
  /** What the schema says of the setting, its paragraphs between empty lines. */
  description: string;
  /** The default as YAML, or null if the schema has none. */
  standard: string | null;
  required: boolean;
  /** Whether layers can stand in the value. */
  layers: boolean;
  /** The keys that the value can have. */
  keys: Setting[];
  /** What stands under keys of the reader's own, or null. */
  others: Setting | null;
  /** What the entries of a list are, or null. */
  entry: Setting | null;
}

/** A kind of layer; `bare` is what may stand in the place of its settings, or null. */
export interface Kind {
  name: string;
  /** Its names elsewhere. */
  called: string[];
  description: string;
  settings: Setting[];
  bare: Setting | null;
  /** Whether keys of the reader's own are branches. */
  branches: boolean;
}

/** All that can be offered in a spec. */
export interface Vocabulary {
  kinds: Map<string, Kind>;
  /** The settings that every kind, and so every call of a block, has. */
  common: Setting[];
  /** The keys of a loop, an item of its own. */
  loop: Setting[];
  spec: Setting;
}

const ITEM = "#/$defs/item";
// It is said of nearly every setting, and says nothing about what is meant.
const EXPRESSION = "an expression, or the name of a value";
const WORDS: Record<string, string> = {
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  string: "text",
  array: "a list",
  object: "a mapping",
  null: "nothing",
};

/** The vocabulary of a spec's JSON Schema. */
export function vocabulary(schema: Schema): Vocabulary {
  const definitions = schema.$defs ?? {};
  const forms = definitions["item"]?.anyOf ?? [];
  const loop = forms.find((form) => form.required?.includes("for"));
  const names = new Set<string>();
  for (const form of forms) {
    for (const name of form.enum ?? []) if (typeof name === "string") names.add(name);
    if (form !== loop) for (const name of Object.keys(form.properties ?? {})) names.add(name);
  }
  const kinds = new Map<string, Kind>();
  for (const name of [...names].sort()) kinds.set(name, kind(name, definitions[name] ?? {}));
  return {
    kinds,
    common: common([...kinds.values()]),
    loop: properties(loop ?? {}),
    spec: setting("", schema, false),
  };
}

/** What stands at a path of keys below a spec, "-" being an entry of a list; null if the schema has no such place. */
export function below(spec: Setting, path: readonly string[]): Setting | null {
  let at: Setting | null = spec;
  for (const key of path) {
    if (at === null) return null;
    at = key === "-" ? at.entry : (at.keys.find((one) => one.name === key) ?? at.others);
  }
  return at;
}

/** Whether layers can stand in a setting of a kind; for a name of "", in what the kind itself has. */
export function nests(known: Vocabulary, name: string, of: string): boolean {
  const found = known.kinds.get(name);
  if (found === undefined) return false;
  return of === "" ? found.branches : (found.settings.find((one) => one.name === of)?.layers ?? found.branches);
}

/** The first sentence of a description. */
export function sentence(description: string): string {
  const [first = ""] = description.split("\n\n");
  // "et al. 2015" ends no sentence.
  return /^.*?\.(?=\s+[A-Z`])/.exec(first)?.[0] ?? first;
}

function kind(name: string, schema: Schema): Kind {
  const forms = schema.properties === undefined ? (schema.anyOf ?? []) : [schema];
  const settings = forms.find((form) => form.properties !== undefined) ?? {};
  const bare = forms.filter((form) => form !== settings && form.type !== "null");
  const free = typeof settings.additionalProperties === "object" && holdsLayers(settings.additionalProperties);
  return {
    name,
    called: schema["x-called"] ?? [],
    description: paragraphs(schema.description),
    settings: properties(settings),
    bare: bare.length > 0 ? setting("", { anyOf: bare }, false) : null,
    branches: free,
  };
}

function properties(schema: Schema): Setting[] {
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([name, one]) => setting(name, one, required.has(name)));
}

function setting(name: string, schema: Schema, required: boolean): Setting {
  const forms = alternatives(schema);
  const free = forms.map((form) => form.additionalProperties).find((one) => typeof one === "object");
  const entry = forms.find((form) => form.items?.$ref === undefined && form.items !== undefined)?.items;
  return {
    name,
    type: words(schema),
    values: [...new Set(forms.flatMap(values))],
    description: paragraphs(schema.description),
    standard: schema.default === undefined ? null : JSON.stringify(schema.default),
    required,
    layers: holdsLayers(schema),
    keys: forms.flatMap(properties),
    others: free === undefined ? null : setting("", free, false),
    entry: entry === undefined ? null : setting("", entry, false),
  };
}

/** The settings, as the first kind has them, that all kinds have. */
function common(kinds: Kind[]): Setting[] {
  const [first, ...rest] = kinds.map((one) => one.settings);
  const names = rest.map((settings) => new Set(settings.map((one) => one.name)));
  return (first ?? []).filter((one) => names.every((known) => known.has(one.name)));
}

/** A schema's alternatives at any depth, but for what is said of every setting. */
function alternatives(schema: Schema): Schema[] {
  return (schema.anyOf?.flatMap(alternatives) ?? [schema]).filter((form) => form.description !== EXPRESSION);
}

function values(form: Schema): string[] {
  if (form.type === "boolean") return ["true", "false"];
  return (form.enum ?? []).filter((one) => typeof one === "string");
}

/** The type of a setting in words; of an alternative within one the description is its type. */
function words(schema: Schema, within = false): string {
  if (within && schema.description !== undefined) return schema.description;
  if (schema.anyOf !== undefined) {
    const forms = schema.anyOf.filter((form) => form.description !== EXPRESSION && !isAnyList(form));
    return either(forms.map((form) => words(form, true)));
  }
  if (schema.$ref === ITEM) return "a layer";
  if (schema.enum !== undefined) return either(schema.enum.map(String));
  if (schema.type === "array" && schema.items !== undefined) {
    return schema.items.$ref === ITEM ? "a list of layers" : `a list, each entry ${words(schema.items, true)}`;
  }
  return either([schema.type ?? []].flat().map((type) => WORDS[type] ?? type));
}

/** Whether a form only says that a list may hold expressions. */
function isAnyList(form: Schema): boolean {
  return form.type === "array" && form.items !== undefined && Object.keys(form.items).length === 0;
}

function either(parts: string[]): string {
  // What may be nothing is left out then, which goes without saying.
  const known = [...new Set(parts)].filter((part) => part !== "" && part !== WORDS["null"]);
  const last = known.pop() ?? "";
  return known.length === 0 ? last : `${known.join(", ")} or ${last}`;
}

function holdsLayers(schema: Schema): boolean {
  return schema.$ref === ITEM || schema.items?.$ref === ITEM || (schema.anyOf?.some(holdsLayers) ?? false);
}

/** A docstring as paragraphs, without its indentation and line breaks. */
function paragraphs(text = ""): string {
  const parts = text.split(/\n\s*\n/).map((part) => part.trim().replace(/\s*\n\s*/g, " "));
  return parts.join("\n\n");
}
