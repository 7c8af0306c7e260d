/** The two halves of a narrow page, of which one is shown at a time. */

import { part } from "./dom";

/** The buttons that change between them. */
export function halves(): void {
  const buttons = [part("to-spec", HTMLButtonElement), part("to-results", HTMLButtonElement)];
  buttons.forEach((button, at) => {
    button.addEventListener("click", () => {
      document.documentElement.classList.toggle("on-spec", at === 0);
      buttons.forEach((one, place) => {
        one.setAttribute("aria-pressed", String(place === at));
      });
    });
  });
}
