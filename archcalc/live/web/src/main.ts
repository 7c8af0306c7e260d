/** The page: a text is counted as it is typed, and whatever is chosen in one place is lit in all. */

import "./style.css";

import { html, part } from "./dom";
import { draft, keepDraft } from "./draft";
import { editor } from "./editor/editor";
import { engine } from "./engine";
import { plain } from "./files";
import { halves } from "./halves";
import { learn } from "./learn";
import { packed } from "./link";
import { menu } from "./menu";
import type { Bundled } from "./networks";
import { newest } from "./newest";
import { exact } from "./numbers";
import { filesButton, networksButton } from "./opening";
import { chartPanel } from "./panels/charts";
import { comparePanel } from "./panels/compare";
import { diagramPanel } from "./panels/diagram";
import { fieldPanel } from "./panels/fields";
import { printed } from "./panels/printed";
import type { Page, Panel, Result } from "./panels/panel";
import { worksheetPanel } from "./panels/worksheet";
import type { Answer, Aside, Mistake, Network, Question, Table } from "./protocol";
import { settings } from "./settings";
import { json, started } from "./start";
import { statusLine } from "./status";
import { tablePanel } from "./table";
import { tabs } from "./tabs";
import { entitle, variantsIn } from "./title";
import { summarise } from "./totals";
import { address, follow, linkButton, type Visit } from "./visit";

const query = new URLSearchParams(location.search);
const embedded = query.has("embed");
document.documentElement.classList.toggle("embedded", embedded);
// Whoever embeds the page may want a shorter limit than a reader who waits.
// No limit that is none: a page that waited for ever could be stopped by hand alone.
const limit = Math.min(Math.max(Number(query.get("seconds")) || 30, 0.1), 3_600);

// So long after a change, what is there is kept: nobody types for the sake of the draft.
const DRAFT = 400;

const start = await started();

const root = document.documentElement;
const mistakes = part("mistakes", HTMLPreElement);
const right = part("right", HTMLElement);

/** A network in the editor, with its name if it is bundled and as it came. */
interface Entered {
  network: Network;
  bundled: string | null;
}

let network: Network = start.network;
// The name of the bundled network in the editor, as long as its text is as it came.
let bundled: string | null = start.bundled;
let result: Result | null = null;
// All layers that are lit, of which the chosen one is the first: a line of the text may stand for several.
let lights: readonly string[] = [];
const chosen = () => lights[0] ?? null;

const { say, told } = statusLine(() => {
  running.stop();
});
const running = engine(limit, told);

const latest = newest(start.answers, running);
const asked = async (slot: string, question: Question) => (await latest(slot, question))?.[0] ?? null;
const page: Page = {
  ask: asked,
  choose,
  chosen,
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
let known: readonly Bundled[] = [];
const listed = json("networks.json").then((found) => {
  known = found as Bundled[];
  names.replaceChildren(...known.map(({ name }) => html("option", { value: name })));
  return known;
});
const isBundled = (name: string) => known.some((one) => one.name === name);
const names = html("datalist", { id: "names" });
document.body.append(names);
const compared = comparePanel(page, names, (name) => (isBundled(name) ? plain(name, null) : null));
const panels: [Panel, ...Panel[]] = [
  tablesPanel,
  diagram,
  charts,
  fieldPanel(page),
  ...printed(page, start.dtypes),
  compared,
  worksheetPanel(page),
];
const shownIn = new Map<Panel, Result>();
const switcher = tabs(part("tabs", HTMLDivElement), part("panels", HTMLDivElement), panels, refresh);

const edit = editor<Entered>(part("editor", HTMLDivElement), network.text ?? "", {
  changed: (text, back) => {
    if (back) {
      bundled = back.bundled;
      change(back.network);
    } else {
      bundled = null;
      const variant = variantsIn(text).includes(network.variant) ? network.variant : "";
      // Read as a bundled spec, a text could say that it is one.
      change({ text, file: null, variant, name: network.name.replace(/^specs\//, "") });
    }
    title();
  },
  line: (line) => {
    const rows = result?.aside.rows ?? [];
    light(result?.table.rows.filter((_, at) => rows[at]?.line === line).map((row) => row.name) ?? []);
  },
});
const knobs = settings(part("settings", HTMLDivElement), start.conventions, change);

function change(changes: Partial<Network>) {
  network = { ...network, ...changes };
  mistakes.classList.add("old");
  leave();
  void count();
}

let waiting: ReturnType<typeof setTimeout> | undefined;

/** The address no longer says what is on the page, and what is there is worth keeping. */
function leave() {
  if (location.hash) history.replaceState(null, "", `${location.pathname}${location.search}`);
  if (embedded) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    void packed(visit.seen()).then(keepDraft);
  }, DRAFT);
}

/** True of the network as it is now; while one is counted the text may change. */
const same = (counted: Network) => counted === network;

async function count() {
  const wanted = network;
  const of = [wanted];
  const answers = await latest("table", { ask: "table", of, with: { figures: false } }, { ask: "aside", of, with: {} });
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
  summarise(result.table);
  const there = new Set(result.table.rows.map((row) => row.name));
  lights = lights.filter((name) => there.has(name));
  refresh(switcher.open);
  root.dataset["counted"] = result.table.network;
}

function complain(failed: (Answer & { ok: false }) | null, of: Network) {
  mistakes.hidden = failed === null;
  mistakes.classList.remove("old");
  mistakes.textContent = failed?.said ?? "";
  const own = (mistake: Mistake) => mistake.file === "" || mistake.file === of.name;
  edit.mistakes((failed?.mistakes ?? []).filter(own));
}

function refresh(panel: Panel) {
  if (!result) return;
  if (shownIn.get(panel) === result) {
    // Another layer may have been chosen while it was covered.
    panel.light(lit());
    return;
  }
  const shown = result;
  shownIn.set(panel, shown);
  // What stands there until the answer comes may be of another network.
  panel.element.setAttribute("aria-busy", "true");
  void Promise.resolve(panel.show(shown)).then(() => {
    panel.light(lit());
    if (shownIn.get(panel) === shown) panel.element.removeAttribute("aria-busy");
  });
}

const lit = () => new Set(lights);

function choose(name: string | null) {
  const at = result?.table.rows.findIndex((row) => row.name === name) ?? -1;
  const line = result?.aside.rows[at]?.line ?? 0;
  edit.light(line ? [line] : [], true);
  // A link may name a layer that the network no longer has.
  light(name === null || at < 0 ? [] : [name]);
}

function light(layers: readonly string[]) {
  lights = layers;
  const set = lit();
  table.light(set, switcher.open === tablesPanel);
  if (switcher.open !== tablesPanel) switcher.open.light(set);
}

async function enter(next: Network, name: string | null) {
  const was = { network, bundled };
  network = next;
  bundled = name;
  lights = [];
  const came = { was, is: { network, bundled } };
  edit.replace(next.text ?? "", /\.ya?ml$/.test(next.name) ? "yaml" : "plain", came);
  // Of a family's file the network comes after what is said of its variants.
  edit.fold(["variants", "weights"]);
  title();
  await count();
}

function title() {
  entitle(network, (variant) => {
    bundled = isBundled(variant) && bundled !== null ? variant : null;
    change({ variant, set: {}, input: {} });
  });
}

const refuse = (said: string) => {
  complain({ ok: false, said, mistakes: [] }, network);
};
const opening = {
  enter: (next: Network, name: string | null) => {
    leave();
    void enter(next, name);
  },
  compare: compared.add,
  show: () => {
    switcher.choose("compare");
  },
  say,
  complain: refuse,
};
const visit: Visit = {
  seen: () => ({
    networks: [network, ...compared.others],
    bundled: [bundled, ...compared.others.map((one) => (one.text === null ? one.name : null))],
    panel: switcher.open.name,
    layer: chosen(),
  }),
  enter: async ([first, ...others], name) => {
    await listed;
    // Before the count, during which another link may come with others of its own.
    compared.others = others;
    await enter(first, name);
  },
  show: (panel, layer) => {
    // A page inside another has the panel that this one gave it, and no tabs to go on from there.
    if (!query.get("embed")) switcher.choose(panel);
    if (layer !== null) choose(layer);
  },
  say,
  complain: refuse,
};
networksButton(listed, running, opening);
filesButton(running, opening);
linkButton(visit);
window.addEventListener("hashchange", () => {
  void follow(location.hash, running, visit);
});

// Downloads, learn mode, the two halves of a narrow page.

menu({
  result: () => result,
  text: () => edit.text,
  ask: async (question) => (await running.ask(question))[0] ?? { ok: false, said: "", mistakes: [] },
  say,
  diagram,
  charts,
  programs: start.programs,
});

const learning = part("learn", HTMLInputElement);
learning.addEventListener("change", () => {
  working.on = learning.checked;
  root.classList.toggle("learning", learning.checked);
});

halves();

// The first result stands here at once; a link's comes when the engine is there.
switcher.choose(query.get("embed") ?? "table");
title();
void json("schema.json").then((schema) => {
  edit.learn(schema as Parameters<typeof edit.learn>[0]);
});
const kept = embedded || location.hash ? "" : draft();
const wanted = location.hash || kept;
if (/^#?(net|spec|.*&(net|spec))=/.test(wanted)) {
  const followed = await follow(wanted, running, visit);
  if (followed && kept) say("What you had here last is back.");
  if (!followed && kept) keepDraft(null);
  const said = followed ? "" : mistakes.textContent;
  if (!followed) await count();
  // What was wrong with the link stands above the network that is shown in its place.
  if (said) refuse(said);
} else void count();
if (embedded) {
  const whole = part("whole", HTMLAnchorElement);
  whole.hidden = false;
  whole.href = `${location.pathname}${location.hash}`;
  whole.addEventListener("pointerdown", () => {
    void address(visit).then((link) => {
      whole.href = link;
    });
  });
}
