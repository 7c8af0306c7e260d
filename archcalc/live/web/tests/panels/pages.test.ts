import { afterEach, describe, expect, it } from "vitest";
import { inserted, pagePanel } from "../../src/panels/pages";
import { page, result } from "../result";

afterEach(() => {
  document.body.replaceChildren();
});

function insert(text: string, ...names: string[]) {
  const into = document.body.appendChild(document.createElement("div"));
  into.textContent = "what was before";
  const { page: made, chosen } = page({});
  inserted(into, text, made, new Set(names));
  return { into, chosen };
}

describe("inserted", () => {
  it("is the page's own elements in place of what was there", () => {
    const { into } = insert("<style>.n { color: red }</style><p class='n'>a &lt; <b>b</b></p>text");
    expect(into.innerHTML).toContain('<p class="n">a &lt; <b>b</b></p>text');
    expect(into.textContent).not.toContain("before");
  });

  it("has nothing in it that could run", () => {
    const { into } = insert(
      `<script>x()</script><iframe srcdoc="<script>x()</script>"></iframe><p onclick="x()">a</p>
       <img src="x" onerror="x()"><a href="javascript:x()">b</a><a href="https://arxiv.org/">c</a>
       <svg onload="x()"><a xlink:href="javascript:x()"><text>d</text></a></svg>
       <math><mi href="javascript:x()">e</mi></math><button formaction="javascript:x()">f</button>`,
    );
    expect(into.querySelectorAll("script, iframe")).toHaveLength(0);
    expect([...into.querySelectorAll("*")].flatMap((one) => one.getAttributeNames())).toEqual(["href"]);
    expect(into.querySelector("[href]")?.getAttribute("href")).toBe("https://arxiv.org/");
    expect(into.textContent.replace(/\s+/g, "")).toBe("abcdef");
  });

  it("chooses a layer by the row with its name", () => {
    const { into, chosen } = insert(
      `<table><thead><tr><th>conv</th></tr></thead><tbody>
        <tr><th> conv </th><td>1</td></tr><tr><td>a/b</td><td>conv</td></tr><tr><th>total</th><td>2</td></tr>
       </tbody><tfoot><tr><th>conv</th></tr></tfoot></table>`,
      "conv",
      "a/b",
    );
    for (const cell of into.querySelectorAll<HTMLElement>("th, td")) cell.click();
    expect(chosen).toEqual(["conv", "conv", "a/b", "a/b"]);
    const layers = [...into.querySelectorAll<HTMLElement>("[data-layer]")].map((one) => one.dataset["layer"]);
    expect(layers).toEqual(["conv", "a/b"]);
  });

  it("chooses a layer by the keyboard too, of which the first row is the one stop", () => {
    const { into, chosen } = insert("<table><tbody><tr><td>a</td></tr><tr><td>b</td></tr></tbody></table>", "a", "b");
    document.body.append(into);
    const [a, b] = into.querySelectorAll<HTMLElement>("tr");
    expect([a?.tabIndex, b?.tabIndex]).toEqual([0, -1]);
    const press = (key: string) => document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key }));
    a?.focus();
    press("ArrowDown");
    expect(document.activeElement).toBe(b);
    press("ArrowDown");
    press("Enter");
    press("ArrowUp");
    expect(document.activeElement).toBe(a);
    expect(chosen).toEqual(["b"]);
  });
});

describe("a panel of a page", () => {
  const rows = "<table><tbody><tr><th>conv</th></tr><tr><th>fc</th></tr></tbody></table>";
  const choices = [
    {
      option: "train",
      label: "for",
      values: [
        ["", "inference"],
        ["true", "training"],
      ] as [string, string][],
    },
  ];
  const lit = (element: HTMLElement) => [...element.querySelectorAll(".lit")].map((one) => one.textContent);

  it("asks with what is chosen above it", async () => {
    const { page: made, asked } = page({ memory: rows });
    const panel = pagePanel(made, "memory", "Memory", "memory", "about", choices);
    const shown = result("conv", "fc");
    await panel.show(shown);
    const select = panel.element.querySelector("select");
    if (select) select.value = "true";
    select?.dispatchEvent(new Event("change"));
    expect(asked).toEqual([
      { ask: "memory", of: [shown.network], with: {} },
      { ask: "memory", of: [shown.network], with: { train: true } },
    ]);
  });

  it("lights the row of the layer that is chosen", async () => {
    const { page: made, asked } = page({ figures: rows });
    const panel = pagePanel(made, "figures", "Figures", "figures", "about");
    await panel.show(result("conv", "fc"));
    expect(lit(panel.element)).toEqual([]);
    panel.element.querySelectorAll("tr")[1]?.click();
    panel.light(new Set(["fc"]));
    expect(lit(panel.element)).toEqual(["fc"]);
    expect(asked).toHaveLength(1);
  });

  it("of a layer is asked for anew with each", async () => {
    const { page: made, asked } = page({ formulas: rows });
    const panel = pagePanel(made, "formulas", "Formulas", "formulas", "about", [], true);
    await panel.show(result("conv", "fc"));
    made.choose("fc");
    panel.light(new Set(["fc"]));
    expect(asked.map((one) => one.with)).toEqual([{}, { layer: "fc" }]);
    // The same layer is no reason to ask.
    panel.light(new Set(["fc"]));
    expect(asked).toHaveLength(2);
  });

  it("says what the engine says in place of it", async () => {
    const { page: made } = page({ figures: { ok: false, said: "no <figures>", mistakes: [] } });
    const panel = pagePanel(made, "figures", "Figures", "figures", "about");
    await panel.show(result());
    expect(panel.element.querySelector("[role=alert]")?.textContent).toBe("no <figures>");
  });
});
