import { afterEach, describe, expect, it } from "vitest";
import { plain } from "../../src/files";
import { comparePanel } from "../../src/panels/compare";
import { page, result } from "../result";

async function open() {
  const made = page({ comparison: "<p>side by side</p>" });
  const names = document.createElement("datalist");
  const panel = comparePanel(made.page, names, (name) => (name === "vgg16" ? plain(name, null) : null));
  document.body.append(panel.element);
  const shown = result("conv");
  await panel.show(shown);
  const settled = () => new Promise((done) => setTimeout(done));
  const content = () => panel.element.querySelector(".content")?.textContent;
  const chips = () => [...panel.element.querySelectorAll(".chips li")].map((one) => one.firstChild?.textContent);
  const compare = async (name: string) => {
    const [input, form] = [panel.element.querySelector("input"), panel.element.querySelector("form")];
    if (input) input.value = name;
    form?.dispatchEvent(new Event("submit", { cancelable: true }));
    await settled();
    return input?.value;
  };
  return { ...made, panel, shown, content, chips, compare, settled };
}

afterEach(() => {
  document.body.replaceChildren();
});

describe("the panel", () => {
  it("asks nothing before there is another network", async () => {
    const { asked, content } = await open();
    expect([asked, content()]).toEqual([[], ""]);
  });

  it("compares with a bundled network, the one in the editor first", async () => {
    const { asked, shown, content, chips, compare } = await open();
    expect(await compare(" vgg16 ")).toBe("");
    expect(asked).toEqual([{ ask: "comparison", of: [shown.network, plain("vgg16", null)], with: {} }]);
    expect([content(), chips()]).toEqual(["side by side", ["vgg16 "]]);
  });

  it("says that no network has a name, which stays to be mended", async () => {
    const { asked, panel, compare } = await open();
    expect(await compare("vgg61")).toBe("vgg61");
    expect(panel.element.querySelector("[role=status]")?.textContent).toBe("no bundled network is called 'vgg61'");
    expect(asked).toEqual([]);
  });

  it("keeps the network in the editor as it is now", async () => {
    const { panel, asked, shown, settled } = await open();
    const keep = [...panel.element.querySelectorAll("button")].find((one) => one.textContent.startsWith("Keep"));
    keep?.click();
    await settled();
    const changed = { ...shown, network: { ...shown.network, text: "changed" } };
    await panel.show(changed);
    expect(asked.at(-1)?.of.map(({ text }) => text)).toEqual(["changed", "conv"]);
  });

  it("takes out the one that is pressed, of two alike", async () => {
    const { panel, content, chips, settled } = await open();
    for (const variant of ["a", "b", "a"]) panel.add(plain("net.yaml", "", variant));
    await settled();
    panel.element.querySelectorAll<HTMLButtonElement>(".chips button")[0]?.click();
    await settled();
    expect([panel.others.map(({ variant }) => variant), chips()]).toEqual([
      ["b", "a"],
      ["b ", "a "],
    ]);
    for (let left = 2; left; left -= 1) panel.element.querySelector<HTMLButtonElement>(".chips button")?.click();
    await settled();
    expect(content()).toBe("");
  });
});
