import { describe, expect, it } from "vitest";
import { disarm } from "../src/harmless";

function disarmed(markup: string): HTMLElement {
  const root = document.createElement("div");
  root.innerHTML = markup;
  disarm(root);
  return root;
}

describe("disarm", () => {
  it.each(["script", "iframe", "object", "embed", "link", "meta", "base", "form", "template"])(
    "takes %s out",
    (tag) => {
      expect(disarmed(`<p>a<${tag}></${tag}></p>`).querySelector(tag)).toBeNull();
    },
  );

  it("takes out listeners of the element itself and of all in it", () => {
    const root = document.createElement("div");
    root.setAttribute("onclick", "x()");
    root.innerHTML = '<p onmouseover="x()" class="on"><b ONFOCUS="x()" title="on">a</b></p>';
    disarm(root);
    expect(root.outerHTML).toBe('<div><p class="on"><b title="on">a</b></p></div>');
  });

  it.each([
    "javascript:x()",
    " javascript:x()",
    "JavaScript:x()",
    "java\tscript:x()",
    "\u0001javascript:x()",
    "data:text/html,<script>x()</script>",
    "vbscript:x",
    "//elsewhere.example",
  ])("takes out the address %j", (address) => {
    const root = document.createElement("div");
    const link = root.appendChild(document.createElement("a"));
    link.setAttribute("href", address);
    link.setAttribute("class", "kept");
    disarm(root);
    expect(root.innerHTML).toBe('<a class="kept"></a>');
  });

  it.each(["https://arxiv.org/abs/1409.1556", "#row-3", "mailto:a@b.example"])("leaves the address %s", (address) => {
    expect(disarmed(`<a href="${address}">a</a>`).querySelector("a")?.getAttribute("href")).toBe(address);
  });

  it("leaves what is of no harm", () => {
    const markup =
      '<table class="n"><tbody><tr><th scope="row">conv</th><td style="color: red">1</td></tr></tbody></table>';
    expect(disarmed(markup).innerHTML).toBe(markup);
  });
});
