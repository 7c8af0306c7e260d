/** The page: a text is counted as it is typed, and whatever is chosen in one place is lit in all. */

import "./style.css";

import { html, part } from "./dom";
import { answered, png, save, standalone, type Download } from "./downloads";
import { editor } from "./editor/editor";
import { engine, type Status } from "./engine";
import { bundledText, opened, plain } from "./files";
import { learn } from "./learn";
import { packed, unpacked, type Seen } from "./link";
import { picker, type Bundled } from "./networks";
import { exact, full, short } from "./numbers";
import { chartPanel } from "./panels/charts";
import { comparePanel } from "./panels/compare";
import { diagramPanel } from "./panels/diagram";
import { fieldPanel } from "./panels/fields";
import { pagePanel } from "./panels/pages";
import type { Page, Panel, Result } from "./panels/panel";
import { worksheetPanel } from "./panels/worksheet";
import type { Answer, Aside, Mistake, Network, Question, Table } from "./protocol";
import { settings } from "./settings";
import { tablePanel } from "./table";
import { tabs } from "./tabs";

/** What the folder has ready: the first result, and what is the same for every network. */
interface Start {
  bundled: string;
  network: Network;
  answers: { question: Question; text: string }[];
  conventions: string[];
  dtypes: string[];
  programs: { name: string; suffix: string }[];
  families: Record<string, [string, string]>;
}

const query = new URLSearchParams(location.search);
const embedded = query.has("embed");
document.documentElement.classList.toggle("embedded", embedded);
// The panel that is open where no link names one.
const landing = query.get("embed") || query.get("panel") || "table";
// Whoever embeds the page may want a shorter limit than a reader who waits.
const limit = Number(query.get("seconds")) || 30;

const json = async (name: string): Promise<unknown> => (await fetch(name)).json();
const start = (await json("start.json")) as Start;

const root = document.documentElement;
for (const [family, [light, dark]] of Object.entries(start.families)) {
  root.style.setProperty(`--${family}-light`, light);
  root.style.setProperty(`--${family}-dark`, dark);
}

const status = part("status", HTMLParagraphElement);
const stop = part("stop", HTMLButtonElement);
const mistakes = part("mistakes", HTMLPreElement);
const totals = part("totals", HTMLDListElement);
const right = part("right", HTMLElement);

let network: Network = start.network;
// The name of the bundled network in the editor, as long as its text is as it came.
let bundled: string | null = start.bundled;
let result: Result | null = null;
let chosen: string | null = null;
// All layers that are lit, of which the chosen one is the first: a line of the text may stand for several.
let lights: readonly string[] = [];
// The layer of a link, until its network is counted.
let linked: string | null = null;
let opening = 0;

// What was ready before the engine was, by question.
const ready = new Map(start.answers.map(({ question, text }) => [JSON.stringify(question), text]));

const told = (state: Status, said: string) => {
  root.dataset["engine"] = state;
  stop.hidden = true;
  const words = { starting: "Starting the engine …", ready: "", counting: "", stopped: said, failed: said };
  if (state === "counting")
    waited = setTimeout(() => {
      say("Counting …");
      stop.hidden = false;
    }, 700);
  else {
    clearTimeout(waited);
    if (state !== "ready" || busy) say(words[state]);
  }
  busy = state === "starting" || state === "counting";
};
let waited: ReturnType<typeof setTimeout> | undefined;
let busy = true;

function say(text: string) {
  if (status.textContent !== text) status.textContent = text;
}

const running = engine(limit, told);
stop.addEventListener("click", () => {
  running.stop();
});

async function newest(slot: string, ...questions: Question[]): Promise<Answer[] | null> {
  const known = questions.map((question) => ready.get(JSON.stringify(question)));
  if (known.every((text) => text !== undefined)) return known.map((text) => ({ ok: true, text }));
  return running.latest(slot, ...questions);
}

const asked = async (slot: string, question: Question) => (await newest(slot, question))?.[0] ?? null;
const page: Page = {
  ask: asked,
  choose,
  chosen: () => chosen,
};

const working = learn(asked);
const tables = html("div");
const table = tablePanel(tables, {
  chosen: choose,
  cell: (row, column, at) => {
    working.point(row, column, at);
  },
});
const tablesPanel: Panel = {
  name: "table",
  title: "Table",
  element: tables,
  show: (found) => {
    table.show(found.table, found.aside);
  },
  light: (names) => {
    table.light(names, true);
  },
};
const diagram = diagramPanel(page);
const charts = chartPanel(page);
const names = html("datalist", { id: "names" });
document.body.append(names);
const compared = comparePanel(page, names, (name) => (isBundled(name) ? plain(name, null) : null));
// The usual one first.
const dtypes = ["fp32", ...start.dtypes.filter((name) => name !== "fp32")].map((name): [string, string] => [
  name,
  name,
]);
const memory = [
  {
    option: "train",
    label: "for",
    values: [
      ["", "inference"],
      ["true", "training"],
    ] as [string, string][],
  },
  { option: "dtype", label: "in", values: dtypes },
];
const formulas = "Every number of the layer that is lit, or of all: formula, numbers, value.";
const panels: [Panel, ...Panel[]] = [
  tablesPanel,
  diagram,
  charts,
  fieldPanel(page),
  pagePanel(page, "formulas", "Formulas", "formulas", formulas, [], true),
  pagePanel(
    page,
    "memory",
    "Memory",
    "memory",
    "What is held while the network runs, layer by layer, and the most at once.",
    memory,
  ),
  pagePanel(page, "figures", "Figures", "figures", "Published figures beside the exact ones."),
  pagePanel(page, "conventions", "Conventions", "conventions", "The same network as other tools and papers count it."),
  compared,
  worksheetPanel(page),
];
const shownIn = new Map<Panel, Result>();
const switcher = tabs(part("tabs", HTMLDivElement), part("panels", HTMLDivElement), panels, refresh);

const edit = editor(part("editor", HTMLDivElement), network.text ?? "", {
  changed: (text) => {
    bundled = null;
    // Read as a bundled spec, a text could say that it is one.
    change({ text, file: null, name: network.name.replace(/^specs\//, "") });
  },
  line: (line) => {
    const rows = result?.aside.rows ?? [];
    light(result?.table.rows.filter((_, at) => rows[at]?.line === line).map((row) => row.name) ?? []);
  },
});
const knobs = settings(part("settings", HTMLDivElement), start.conventions, change);

function change(changes: Partial<Network>) {
  network = { ...network, ...changes };
  void count();
}

/** True of the network as it is now; while one is counted the text may change. */
const same = (counted: Network) => counted === network;

async function count() {
  const wanted = network;
  const of = [wanted];
  const answers = await newest("table", { ask: "table", of, with: { figures: false } }, { ask: "aside", of, with: {} });
  // What was counted of an older text is shown for as long as there is nothing newer.
  if (!answers || !same(wanted)) return;
  const [counted, aside] = answers;
  if (!counted || !aside) return;
  const failed = counted.ok ? (aside.ok ? null : aside) : counted;
  right.classList.toggle("stale", failed !== null);
  complain(failed, wanted);
  if (!counted.ok || !aside.ok) return;
  result = { network: wanted, table: exact(counted.text) as Table, aside: exact(aside.text) as Aside };
  working.forget(wanted);
  knobs.show(result.aside, wanted);
  summarise(result);
  const there = new Set(result.table.rows.map((row) => row.name));
  lights = lights.filter((name) => there.has(name));
  chosen = lights[0] ?? null;
  refresh(switcher.open);
  if (linked !== null && there.has(linked)) choose(linked);
  linked = null;
  root.dataset["counted"] = result.table.network;
}

function complain(failed: (Answer & { ok: false }) | null, of: Network) {
  mistakes.hidden = failed === null;
  mistakes.textContent = failed?.said ?? "";
  const own = (mistake: Mistake) => mistake.file === "" || mistake.file === of.name;
  edit.mistakes((failed?.mistakes ?? []).filter(own));
}

function summarise({ table: { title, network: name, totals: sums, depth, unit, convention } }: Result) {
  document.title = `${title || name} · archcalc`;
  const lower = sums.uncovered.length ? "≥ " : "";
  const shown: [string, string, string][] = [
    ["params", short(sums["params"] ?? null), full(sums["params"] ?? null)],
    ["MACs", short(sums["macs"] ?? null), full(sums["macs"] ?? null)],
    ...(convention === "macs"
      ? []
      : ([[`${unit}, ${convention}`, lower + short(sums["counted"] ?? null), full(sums["counted"] ?? null)]] as [
          string,
          string,
          string,
        ][])),
    ["activations", short(sums["activations"] ?? null), full(sums["activations"] ?? null)],
    ["depth", full(depth), ""],
  ];
  totals.replaceChildren(
    ...shown.map(([key, value, whole]) =>
      html(
        "div",
        {},
        html("dt", {}, key),
        html("dd", {}, value, whole && whole !== value ? html("small", {}, whole) : null),
      ),
    ),
  );
}

function refresh(panel: Panel) {
  if (!result) return;
  if (shownIn.get(panel) === result) {
    // Another layer may have been chosen while it was covered.
    panel.light(lit());
    return;
  }
  shownIn.set(panel, result);
  void Promise.resolve(panel.show(result)).then(() => {
    panel.light(lit());
  });
}

const lit = () => new Set(lights);

function choose(name: string | null) {
  const at = result?.table.rows.findIndex((row) => row.name === name) ?? -1;
  const line = result?.aside.rows[at]?.line ?? 0;
  edit.light(line ? [line] : [], true);
  light(name === null ? [] : [name]);
}

function light(layers: readonly string[]) {
  lights = layers;
  chosen = layers[0] ?? null;
  const set = lit();
  table.light(set, switcher.open === tablesPanel);
  if (switcher.open !== tablesPanel) switcher.open.light(set);
}

// Networks: bundled ones, files, links.

let known: Bundled[] = [];
const listed = json("networks.json").then((found) => {
  known = found as Bundled[];
  names.replaceChildren(...known.map(({ name }) => html("option", { value: name })));
});
const isBundled = (name: string) => known.some((one) => one.name === name);
let dialog: HTMLDialogElement | null = null;
part("networks", HTMLButtonElement).addEventListener("click", () => {
  void listed.then(() => {
    dialog ??= document.body.appendChild(
      picker(known, (name) => {
        void fromName(name);
      }),
    );
    dialog.showModal();
    dialog.querySelector("input")?.focus();
  });
});

function enter(next: Network, name: string | null) {
  network = next;
  bundled = name;
  lights = [];
  chosen = null;
  edit.replace(next.text ?? "", /\.ya?ml$/.test(next.name) ? "yaml" : "plain");
  entitle();
  void count();
}

async function fromName(name: string) {
  const found = await bundledText(name, running);
  if (found.network) enter(found.network, name);
  else say(found.said);
}

const VARIANTS = /^variants:\n((?:(?: .*)?\n)+)/m;

/** The line above the editor: the name of the text, and the variant that is meant where it has several. */
function entitle() {
  const found = [...(VARIANTS.exec(network.text ?? "")?.[1] ?? "").matchAll(/^ {2}([\w.-]+):/gm)].map(
    (one) => one[1] ?? "",
  );
  const select = html(
    "select",
    { "aria-label": "Variant" },
    ...found.map((name) => html("option", { selected: name === network.variant }, name)),
  );
  select.addEventListener("change", () => {
    bundled = isBundled(select.value) && bundled !== null ? select.value : null;
    change({ variant: select.value, set: {}, input: {} });
  });
  part("file", HTMLDivElement).replaceChildren(
    html("span", {}, network.name.replace(/^specs\//, "")),
    ...(found.length ? [select] : []),
  );
}

async function take(files: readonly File[]) {
  for (const [at, file] of files.entries()) {
    say(`Reading ${file.name} …`);
    opening += 1;
    const found = await opened(file, running, opening);
    say(found.said);
    if (!found.network) complain({ ok: false, said: found.said, mistakes: [] }, network);
    else if (at === 0) enter(found.network, null);
    else compared.add(found.network);
  }
  if (files.length > 1) switcher.choose("compare");
}

const choosing = html("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files to open" });
document.body.append(choosing);
choosing.addEventListener("change", () => {
  void take([...(choosing.files ?? [])]).then(() => {
    choosing.value = "";
  });
});
part("open", HTMLButtonElement).addEventListener("click", () => {
  choosing.click();
});
document.addEventListener("dragover", (event) => {
  if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
});
document.addEventListener(
  "drop",
  (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    void take(files);
  },
  { capture: true },
);

async function address(): Promise<string> {
  const networks = [network, ...compared.others];
  const seen: Seen = {
    networks,
    bundled: [bundled, ...compared.others.map((one) => (one.text === null ? one.name : null))],
    panel: switcher.open.name,
    layer: chosen,
  };
  return `${location.origin}${location.pathname}#${await packed(seen)}`;
}

part("share", HTMLButtonElement).addEventListener("click", () => {
  void address().then(async (link) => {
    history.replaceState(null, "", link);
    try {
      await navigator.clipboard.writeText(link);
      say("The link is copied; all that it says is in it.");
    } catch {
      say("The link is in the address bar; all that it says is in it.");
    }
  });
});

/** Go where a link leads. It gives null, or what keeps it from that, which is "" for a link that leads nowhere. */
async function follow(hash: string): Promise<string | null> {
  let seen: Seen | null = null;
  try {
    seen = await unpacked(hash);
  } catch (error) {
    return `the link is damaged: ${error instanceof Error ? error.message : "no spec in it"}`;
  }
  const [first, ...others] = seen?.networks ?? [];
  if (!seen || !first) return "";
  await listed;
  const name = seen.bundled[0] ?? null;
  let next = first;
  if (name !== null) {
    const found = await bundledText(name, running);
    if (!found.network) return found.said;
    next = { ...first, name: found.network.name, text: found.network.text, variant: found.network.variant };
  }
  compared.others = others;
  linked = seen.layer;
  enter(next, name);
  // Whoever embeds a panel means that one.
  switcher.choose((embedded ? null : seen.panel) ?? landing);
  return null;
}

async function lead() {
  const said = await follow(location.hash);
  if (said === null) return;
  if (!result) await count();
  if (said) complain({ ok: false, said, mistakes: [] }, network);
}

window.addEventListener("hashchange", () => {
  void lead();
});

// Downloads, learn mode, the two halves of a narrow page.

const stem = () => (result?.table.network ?? "net").replace(/[^\w.-]+/g, "_");
const asking = async (question: Question): Promise<Answer> =>
  (await running.ask(question))[0] ?? { ok: false, said: "", mistakes: [] };
const fromEngine = (suffix: string, title: string, ask: string, options: Record<string, unknown>): Download =>
  answered(suffix, title, () => (result ? { ask, of: [result.network], with: options } : null), asking, say);
const fromPicture = (
  panel: { drawn: () => SVGElement | null } & Panel,
  suffix: string,
  title: string,
  made: (drawing: SVGElement) => Promise<Blob | null> | string,
): Download => ({
  suffix,
  title,
  content: async () => {
    const drawing = panel.drawn();
    if (drawing) return made(drawing);
    // A panel that was never open has drawn nothing yet.
    if (!result) return null;
    await panel.show(result);
    const late = panel.drawn();
    return late ? made(late) : null;
  },
});
const downloads: Download[] = [
  { suffix: ".yaml", title: "Spec, as in the editor", content: () => Promise.resolve(edit.text) },
  fromEngine(".md", "Table, markdown", "export", { form: "markdown" }),
  fromEngine(".tex", "Table, LaTeX", "export", { form: "latex" }),
  fromEngine(".csv", "Table, CSV", "export", { form: "csv" }),
  fromEngine(".json", "Table, JSON", "table", {}),
  fromEngine(".html", "Report, HTML", "export", { form: "html" }),
  fromPicture(diagram, ".diagram.svg", "Diagram, SVG", standalone),
  fromPicture(diagram, ".diagram.png", "Diagram, PNG", png),
  fromEngine(".mmd", "Diagram, Mermaid", "diagram", { form: "mermaid" }),
  fromEngine(".tikz.tex", "Diagram, TikZ", "diagram", { form: "tikz" }),
  fromPicture(charts, ".charts.svg", "Charts, SVG", standalone),
  fromPicture(charts, ".charts.png", "Charts, PNG", png),
  ...start.programs.map(({ name, suffix }) =>
    // Several programs read files of the same ending, and one of them that of specs.
    fromEngine(`.${name}${suffix || ".txt"}`, `For ${name}`, "export", { to: name }),
  ),
];
const menu = part("downloads", HTMLDetailsElement);
menu.querySelector("ul")?.append(
  ...downloads.map(({ suffix, title, content }) => {
    const click = () => {
      menu.open = false;
      void content().then((found) => {
        if (found !== null) save(`${stem()}${suffix}`, found);
      });
    };
    return html("li", {}, html("button", { type: "button", click }, title));
  }),
);
menu.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary")?.focus();
});
document.addEventListener("click", (event) => {
  if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
});

const learning = part("learn", HTMLInputElement);
learning.addEventListener("change", () => {
  working.on = learning.checked;
  root.classList.toggle("learning", learning.checked);
});

const halves = [part("to-spec", HTMLButtonElement), part("to-results", HTMLButtonElement)];
halves.forEach((button, at) => {
  button.addEventListener("click", () => {
    root.classList.toggle("on-spec", at === 0);
    halves.forEach((one, place) => {
      one.setAttribute("aria-pressed", String(place === at));
    });
  });
});

// The first result stands here at once; a link's comes when the engine is there.
switcher.choose(landing);
entitle();
void lead();
void json("schema.json").then((schema) => {
  edit.learn(schema as Parameters<typeof edit.learn>[0]);
});
if (embedded) {
  const whole = part("whole", HTMLAnchorElement);
  whole.hidden = false;
  whole.addEventListener("pointerdown", () => {
    void address().then((link) => {
      whole.href = link;
    });
  });
  whole.href = `${location.pathname}${location.hash}`;
}
