/** The reader's own work, kept in this browser, so that a page that is loaded anew has it again. */

const NAME = "archcalc-draft";

/** Keep what a link would say; nothing where the browser keeps nothing. */
export function keepDraft(said: string | null): void {
  try {
    if (said === null) localStorage.removeItem(NAME);
    else localStorage.setItem(NAME, said);
  } catch {
    // A page that may keep nothing does all else.
  }
}

/** What was kept, or nothing. */
export function draft(): string {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return "";
  }
}
