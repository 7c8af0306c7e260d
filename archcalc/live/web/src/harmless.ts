/** Markup without anything that could run or load, wherever its text has come from. */

// An animation could set the address of a link later. By local name, since XML has prefixes.
const ACTIVE = new Set(
  (
    "script iframe frame object embed link meta base form template foreignobject " +
    "animate set animatemotion animatetransform"
  ).split(" "),
);
// A reference within the page, or an address that opens a page of its own; an address that is code has another scheme.
const PLAIN = /^(?:#|https?:|mailto:)/i;
const ADDRESSES = new Set(["href", "src", "srcdoc", "action", "formaction", "data"]);

/** Take out of an element, and of all in it, what could run: scripts, listeners, frames, and addresses that are code. */
export function disarm(root: Element): void {
  for (const element of [root, ...root.querySelectorAll("*")]) {
    if (element !== root && ACTIVE.has(element.localName.toLowerCase())) element.remove();
    for (const { name, value } of [...element.attributes]) {
      const local = name.toLowerCase().replace(/^.*:/, "");
      if (local.startsWith("on") || (ADDRESSES.has(local) && !PLAIN.test(value))) element.removeAttribute(name);
    }
  }
}
