/** The line that says what the engine is doing, and the button that stops it. */

import { part } from "./dom";
import type { Status } from "./engine";

export interface StatusLine {
  /** Say what the engine does. */
  told: (status: Status, said: string) => void;
  /** Say anything else, until the engine has something to say. */
  say: (text: string) => void;
}

// What takes no longer than this is over before anybody has read that it is being done.
const SOON = 700;

export function statusLine(stopped: () => void): StatusLine {
  const line = part("status", HTMLParagraphElement);
  const stop = part("stop", HTMLButtonElement);
  stop.addEventListener("click", stopped);
  let waited: ReturnType<typeof setTimeout> | undefined;
  let shown = "";

  function say(text: string) {
    if (line.textContent !== text) line.textContent = text;
  }

  return {
    say,
    told(status, said) {
      document.documentElement.dataset["engine"] = status;
      clearTimeout(waited);
      stop.hidden = true;
      if (status === "counting") {
        waited = setTimeout(() => {
          say((shown = "Counting …"));
          stop.hidden = false;
        }, SOON);
      } else if (status === "ready") {
        // What was said since of a link or of a file stays.
        if (line.textContent === shown) say("");
      } else {
        say((shown = status === "starting" ? "Starting the engine …" : said));
      }
    },
  };
}
