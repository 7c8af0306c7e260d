/** The worker: Pyodide, and in it archcalc as the folder holds it. */

import { drop, keep, kept, type Key } from "./kept";
import type { Answer, Mistake, Question } from "./protocol";

export type ToWorker =
  | { sort: "questions"; questions: Question[] }
  | { sort: "file"; path: string; file: File }
  | { sort: "taken"; path: string };
export type FromWorker =
  { sort: "ready"; said: string } | { sort: "failed"; said: string } | { sort: "answers"; answers: Answer[] };

interface Compiled {
  compiled(folder: string): { toJs(): Uint8Array<ArrayBuffer>; destroy(): void };
}
interface Answers {
  answered(question: string): { toJs(): [string, string]; destroy(): void };
}
interface Python {
  version: string;
  makeMemorySnapshot(): Uint8Array<ArrayBuffer>;
  unpackArchive(archive: ArrayBuffer | Uint8Array, format: string, options: { extractDir: string }): void;
  runPython(code: string): unknown;
  pyimport(name: string): unknown;
  FS: {
    mkdirTree(path: string): void;
    writeFile(path: string, data: Uint8Array, options: { canOwn: boolean }): void;
    unlink(path: string): void;
  };
}
interface Pyodide {
  loadPyodide: (options: { indexURL: string; _makeSnapshot?: boolean; _loadSnapshot?: Uint8Array }) => Promise<Python>;
}
interface Parts {
  pyodide: string;
  archives: { name: string; format: string; sha256: string; lazy: boolean }[];
}

const ENGINE = new URL("../engine/", self.location.href).href;
// Below it lie the reader's files; it is the engine's working folder, so that messages name a file as the reader does.
const FILES = "/files";
const SITE = "/engine";

const tell = (message: FromWorker) => {
  self.postMessage(message);
};

async function fetched(name: string): Promise<Response> {
  const response = await fetch(ENGINE + name);
  if (!response.ok) throw new Error(`${name}: ${response.status} ${response.statusText}`);
  return response;
}

interface Engine {
  python: Python;
  parts: Parts;
  answers: Answers;
  /** What is worth keeping for the next visit, each with its key; bytes that are null are still to be made. */
  keeping: [Key, Uint8Array<ArrayBuffer> | null][];
}

/** Python, from a picture of its memory where one is kept: it takes two seconds to start, and a picture a quarter of one. */
async function begun(key: Key): Promise<{ python: Python; taken: Uint8Array<ArrayBuffer> | null }> {
  const before = kept(key);
  const { loadPyodide } = (await import(/* @vite-ignore */ `${ENGINE}pyodide.mjs`)) as Pyodide;
  const snapshot = await before;
  if (snapshot) {
    try {
      return { python: await loadPyodide({ indexURL: ENGINE, _loadSnapshot: snapshot }), taken: null };
    } catch {
      await drop(key.sort);
    }
  }
  const python = await loadPyodide({ indexURL: ENGINE, _makeSnapshot: true });
  return { python, taken: snapshot ? null : python.makeMemorySnapshot() };
}

async function started(): Promise<Engine> {
  const parts = (await (await fetched("parts.json")).json()) as Parts;
  const now = parts.archives.filter((one) => !one.lazy);
  const compiled: Key = { sort: "compiled", of: now.map(({ sha256 }) => sha256).join("-") };
  const snapshot: Key = { sort: "snapshot", of: parts.pyodide };
  // Everything is on its way while Python starts.
  const archives = Promise.all(
    now.map(async (one) => ({ ...one, data: await (await fetched(one.name)).arrayBuffer() })),
  );
  const before = kept(compiled);
  const { python, taken } = await begun(snapshot);
  for (const { data, format } of await archives) python.unpackArchive(data, format, { extractDir: SITE });
  const modules = await before;
  if (modules) python.unpackArchive(modules, "zip", { extractDir: SITE });
  python.FS.mkdirTree(FILES);
  python.runPython(`
    import importlib, os, sys
    sys.path.insert(0, "${SITE}")
    sys.dont_write_bytecode = ${modules ? "True" : "False"}
    os.chdir("${FILES}")
    importlib.invalidate_caches()
  `);
  const answers = python.pyimport("archcalc.live.answers") as Answers;
  python.runPython("import archcalc.live.counts");
  const keeping: Engine["keeping"] = [];
  if (taken) keeping.push([snapshot, taken]);
  if (!modules) keeping.push([compiled, null]);
  return { python, parts, answers, keeping };
}

const engine = started();

// What the next questions are likely to need, loaded when nothing is asked; the importers read whatever is pasted.
const LATER = "import archcalc.live.texts, archcalc.live.pages; archcalc.importers.importer_of(b'', '')";

// Archives that wait until they are needed, fetched when nothing is asked: by then there may be no network.
const ahead = new Map<string, ArrayBuffer>();

async function settle(): Promise<void> {
  const { python, parts, keeping } = await engine;
  python.runPython(LATER);
  for (const [key, bytes] of keeping.splice(0)) await keep(key, bytes ?? modules(python));
  // Last, since it fails where there is no network any more.
  for (const { name, lazy } of parts.archives) if (lazy) ahead.set(name, await (await fetched(name)).arrayBuffer());
}

function modules(python: Python): Uint8Array<ArrayBuffer> {
  const archive = (python.pyimport("archcalc.live.compiled") as Compiled).compiled(SITE);
  const bytes = archive.toJs();
  archive.destroy();
  return bytes;
}

async function load(name: string): Promise<void> {
  const { python, parts } = await engine;
  const archive = parts.archives.find((one) => one.name === `${name}.zip`);
  if (!archive) throw new Error(`the folder has no ${name}.zip`);
  python.unpackArchive(ahead.get(archive.name) ?? (await (await fetched(archive.name)).arrayBuffer()), archive.format, {
    extractDir: SITE,
  });
  ahead.delete(archive.name);
  python.runPython("import importlib; importlib.invalidate_caches()");
}

const needed = new Set<string>();

async function answer(question: Question): Promise<Answer> {
  const { answers } = await engine;
  const given = answers.answered(JSON.stringify(question));
  const [sort, text] = given.toJs();
  given.destroy();
  if (sort === "text") return { ok: true, text };
  if (sort === "needs" && !needed.has(text)) {
    try {
      await load(text);
    } catch {
      return {
        ok: false,
        said: `formulas with letters need ${text}, which could not be loaded; is there a network?`,
        mistakes: [],
      };
    }
    // Only now: what could not be loaded is worth another try.
    needed.add(text);
    return answer(question);
  }
  if (sort === "needs") return { ok: false, said: `${text} could not be loaded`, mistakes: [] };
  return { ok: false, ...(JSON.parse(text) as { said: string; mistakes: Mistake[] }) };
}

async function put(path: string, file: File): Promise<void> {
  const { python } = await engine;
  python.FS.mkdirTree(`${FILES}/${path}`.replace(/\/[^/]*$/, ""));
  python.FS.writeFile(`${FILES}/${path}`, new Uint8Array(await file.arrayBuffer()), { canOwn: true });
}

// Messages are handled one after another: a question about a file waits until the file is there.
let before: Promise<unknown> = engine.then(
  ({ python }) => {
    tell({ sort: "ready", said: `Pyodide ${python.version}` });
    setTimeout(() => {
      before = before.then(settle).catch(() => undefined);
    }, 1_500);
  },
  (error: unknown) => {
    tell({ sort: "failed", said: `the engine could not be loaded: ${String(error)}` });
  },
);

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  before = before.then(async () => {
    if (data.sort === "file") {
      await put(data.path, data.file);
      return;
    }
    if (data.sort === "taken") {
      (await engine).python.FS.unlink(`${FILES}/${data.path}`);
      return;
    }
    const answers: Answer[] = [];
    for (const question of data.questions) {
      try {
        answers.push(await answer(question));
      } catch (error) {
        answers.push({ ok: false, said: `the engine failed: ${String(error).slice(-300)}`, mistakes: [] });
      }
    }
    tell({ sort: "answers", answers });
  });
  // A file that could not be put there ends no more than a question about it.
  before = before.catch(() => undefined);
};
