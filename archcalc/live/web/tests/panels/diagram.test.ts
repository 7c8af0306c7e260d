import { afterEach, describe, expect, it, vi } from "vitest";
import { svg } from "../../src/dom";
import { diagramPanel, layersOf, picture } from "../../src/panels/diagram";
import type { Page } from "../../src/panels/panel";
import type { Answer } from "../../src/protocol";
import { result } from "../result";

const SVG = 'xmlns="http://www.w3.org/2000/svg"';

afterEach(() => {
  document.body.replaceChildren();
});

describe("layersOf", () => {
  it.each([
    [null, []],
    ["", []],
    ["conv1", ["conv1"]],
    ["conv1 relu1  pool1 ", ["conv1", "relu1", "pool1"]],
    ["stage%201/conv%25 b", ["stage 1/conv%", "b"]],
    ["gr%C3%B6%C3%9Fe %F0%9F%A6%8A", ["größe", "🦊"]],
    ["100% %zz %E2%82", ["100%", "%zz", "%E2%82"]],
  ])("of %j", (rows, names) => {
    expect(layersOf(svg("g", { "data-rows": rows }))).toEqual(names);
  });
});

describe("picture", () => {
  it("is an element of this page with all that is drawn", () => {
    const made = picture(
      `<svg ${SVG} viewBox="0 0 4 2"><title>a &lt; b</title><g class="node"><rect width="1"/></g></svg>`,
    );
    expect(made?.ownerDocument).toBe(document);
    expect(made?.getAttribute("viewBox")).toBe("0 0 4 2");
    expect(made?.querySelector("title")?.textContent).toBe("a < b");
    expect(made?.querySelector("g.node > rect")?.getAttribute("width")).toBe("1");
  });

  it("has nothing in it that could run", () => {
    const made = picture(
      `<svg ${SVG} xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:s="http://www.w3.org/2000/svg" onload="x()">
        <script>x()</script><s:script>x()</s:script>
        <foreignObject><p xmlns="http://www.w3.org/1999/xhtml">x</p></foreignObject>
        <a href="javascript:x()" id="plain"><text onclick="x()" onMouseOver="x()" x="1">a</text></a>
        <a xlink:href="javascript:x()" id="linked"><text>b</text></a>
        <a id="animated"><animate attributeName="href" values="javascript:x()"/><set attributeName="onclick" to="x()"/></a>
      </svg>`,
    );
    expect(made).not.toBeNull();
    const elements = made ? [made, ...made.querySelectorAll("*")] : [];
    expect(elements.map(({ localName }) => localName)).toEqual(["svg", "a", "text", "a", "text", "a"]);
    const names = elements.flatMap((one) => one.getAttributeNames());
    expect(names.filter((name) => !name.startsWith("xmlns"))).toEqual(["id", "x", "id", "id"]);
  });

  it.each(["", "no picture", "<html></html>", "<p>a</p>", `<g ${SVG}/>`])("is none of %j", (text) => {
    expect(picture(text)).toBeNull();
  });
});

describe("the panel", () => {
  const drawing = `<svg ${SVG} viewBox="0 0 200 100" height="100"><g class="node" data-rows="conv1 relu1"><title>conv1 …</title>
    <rect width="1"/></g><g class="node" data-rows="fc"><title>fc</title></g></svg>`;

  function open(answer: Answer | null) {
    const page = { ask: vi.fn(() => Promise.resolve(answer)), choose: vi.fn(), chosen: () => null } satisfies Page;
    const panel = diagramPanel(page);
    document.body.append(panel.element);
    const nodes = () => [...panel.element.querySelectorAll<SVGElement>(".node")];
    return { page, panel, nodes };
  }

  it("makes a button of each box, which chooses its first layer", async () => {
    const { page, panel, nodes } = open({ ok: true, text: drawing });
    await panel.show(result());
    const said = nodes().map((node) => ["role", "tabindex", "aria-label"].map((name) => node.getAttribute(name)));
    expect(said).toEqual([
      ["button", "0", "conv1 …"],
      ["button", "0", "fc"],
    ]);
    nodes()[0]
      ?.querySelector("rect")
      ?.dispatchEvent(new Event("click", { bubbles: true }));
    nodes()[1]?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    nodes()[1]?.dispatchEvent(new KeyboardEvent("keydown", { key: "x", bubbles: true }));
    expect(page.choose.mock.calls).toEqual([["conv1"], ["fc"]]);
  });

  it("lights the box that a layer is in", async () => {
    const { panel, nodes } = open({ ok: true, text: drawing });
    panel.light(new Set(["relu1"]));
    await panel.show(result());
    expect(nodes().map((node) => node.classList.contains("lit"))).toEqual([true, false]);
    panel.light(new Set(["fc"]));
    expect(nodes().map((node) => node.classList.contains("lit"))).toEqual([false, true]);
  });

  it("says what the engine says in place of a diagram", async () => {
    const { panel } = open({ ok: false, said: "too <many> boxes", mistakes: [] });
    await panel.show(result());
    expect(panel.element.querySelector("[role=alert]")?.textContent).toBe("too <many> boxes");
    expect(panel.drawn()).toBeNull();
  });

  it("keeps what it shows where a newer question took the place of its own", async () => {
    const { page, panel, nodes } = open({ ok: true, text: drawing });
    await panel.show(result());
    page.ask.mockResolvedValue(null);
    await panel.show(result());
    expect(nodes()).toHaveLength(2);
  });
});
