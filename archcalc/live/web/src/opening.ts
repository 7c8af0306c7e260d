/** The networks that come into the editor: bundled ones by their list, files by the chooser or by a drop. */

import { html, part } from "./dom";
import type { Engine } from "./engine";
import { bundledText, opened, plain } from "./files";
import { picker, type Bundled } from "./networks";
import type { Network } from "./protocol";

// What somebody begins with who has nothing yet.
const NEW = `name: net
input: {channels: 3, height: 32, width: 32}
layers:
  - conv2d: {out: 16, kernel: 3, padding: 1}
  - relu
  - maxpool2d: {kernel: 2}
  - flatten
  - linear: {out: 10}
`;

export interface Opening {
  /** Put a network into the editor, with its name if it is bundled. */
  enter: (network: Network, bundled: string | null) => void;
  /** Put a network beside the one in the editor. */
  compare: (network: Network) => void;
  /** Open the panel that compares. */
  show: () => void;
  say: (text: string) => void;
  /** Say why something could not be opened, in the words of the command line. */
  complain: (said: string) => void;
}

/** The button of the bundled networks. */
export function networksButton(listed: Promise<readonly Bundled[]>, engine: Engine, page: Opening): void {
  let dialog: HTMLDialogElement | null = null;
  part("networks", HTMLButtonElement).addEventListener("click", () => {
    void listed.then((known) => {
      dialog ??= document.body.appendChild(
        picker(
          known,
          (name) => {
            void enterBundled(name, engine, page);
          },
          () => {
            page.enter(plain("net.yaml", NEW), null);
          },
        ),
      );
      dialog.showModal();
      const search = dialog.querySelector("input");
      search?.focus();
      // The last search is there to be gone on with or to be typed over.
      search?.select();
    });
  });
}

async function enterBundled(name: string, engine: Engine, page: Opening): Promise<void> {
  const found = await bundledText(name, engine);
  if (found.network) page.enter(found.network, name);
  else page.complain(found.said);
}

/** The button that opens files, and the page as a place to drop them. */
export function filesButton(engine: Engine, page: Opening): void {
  let number = 0;

  async function take(files: readonly File[]) {
    for (const [at, file] of files.entries()) {
      page.say(`Reading ${file.name} …`);
      number += 1;
      const found = await opened(file, engine, number);
      page.say(found.network ? found.said : "");
      if (!found.network) page.complain(found.said);
      else if (at === 0) page.enter(found.network, null);
      else page.compare(found.network);
    }
    if (files.length > 1) page.show();
  }

  const chooser = html("input", { type: "file", multiple: true, hidden: true, "aria-label": "Files to open" });
  document.body.append(chooser);
  chooser.addEventListener("change", () => {
    void take([...(chooser.files ?? [])]).then(() => {
      chooser.value = "";
    });
  });
  part("open", HTMLButtonElement).addEventListener("click", () => {
    chooser.click();
  });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  // Before the editor hears of it, which would put the file's text where the pointer is.
  document.addEventListener(
    "drop",
    (event) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      event.stopPropagation();
      void take(files);
    },
    { capture: true },
  );
}
