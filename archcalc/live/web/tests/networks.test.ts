import { afterEach, describe, expect, it, vi } from "vitest";
import { matching, picker, type Bundled } from "../src/networks";

const one = (name: string, family: string, title = "", task = "classification"): Bundled => ({
  name,
  title,
  family,
  task,
  params: 1_000_000,
  macs: 0,
});
const LIST = [
  one("alexnet", "alexnet", "AlexNet"),
  one("vgg16c", "vgg", "VGG-16, configuration C"),
  one("vgg16", "vgg", "VGG-16"),
  one("inception_resnet_v2", "inception", "Inception-ResNet"),
  one("resnet50", "resnet", "ResNet-50"),
  one("ssd300", "ssd", "SSD300 on VGG16", "detection"),
];
const names = (text: string) => matching(LIST, text).map(({ name }) => name);

describe("matching", () => {
  it.each([
    ["", ["alexnet", "vgg16c", "vgg16", "inception_resnet_v2", "resnet50", "ssd300"]],
    ["  \t", ["alexnet", "vgg16c", "vgg16", "inception_resnet_v2", "resnet50", "ssd300"]],
    ["vgg", ["vgg16c", "vgg16", "ssd300"]],
    ["vgg16", ["vgg16", "vgg16c", "ssd300"]],
    ["VGG16", ["vgg16", "vgg16c", "ssd300"]],
    ["resnet", ["resnet50", "inception_resnet_v2"]],
    ["resnet inception", ["inception_resnet_v2"]],
    ["detection vgg", ["ssd300"]],
    ["configuration", ["vgg16c"]],
    ["300 vgg detection", ["ssd300"]],
    ["nothing", []],
    // Signs alone ask for nothing.
    [".*", ["alexnet", "vgg16c", "vgg16", "inception_resnet_v2", "resnet50", "ssd300"]],
    ["ResNet-50", ["resnet50"]],
    ["res_net 50", ["resnet50"]],
    ["vgg 16", ["vgg16", "vgg16c", "ssd300"]],
  ])("finds for %j", (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it("leaves the list as it was", () => {
    const before = [...LIST];
    names("resnet");
    expect(LIST).toEqual(before);
  });
});

describe("the picker", () => {
  function open() {
    const [chosen, fresh] = [vi.fn(), vi.fn()];
    const dialog = document.body.appendChild(picker(LIST, chosen, fresh));
    const search = dialog.querySelector("input");
    if (!search) throw new Error("no search");
    const press = (element: Element, key: string) =>
      element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    const type = (text: string) => {
      search.value = text;
      search.dispatchEvent(new Event("input"));
    };
    return { chosen, fresh, dialog, search, press, type };
  }
  const focused = () => document.activeElement?.getAttribute("data-name") ?? document.activeElement?.localName;

  afterEach(() => {
    document.body.replaceChildren();
  });

  it("begins a new spec", () => {
    const { dialog, chosen, fresh } = open();
    dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-new]")?.click();
    expect([dialog.open, fresh.mock.calls.length, chosen.mock.calls.length]).toEqual([false, 1, 0]);
  });

  it("lists what is found under its families", () => {
    const { dialog, type } = open();
    type("vgg");
    expect([...dialog.querySelectorAll("li")].map((item) => item.textContent)).toEqual([
      "vgg",
      "vgg16c VGG-16, configuration C1.00 M params",
      "vgg16 VGG-161.00 M params",
      "ssd",
      "ssd300 SSD300 on VGG161.00 M params",
    ]);
    expect(dialog.querySelector("[role=status]")?.textContent).toBe("3 of 6 networks");
  });

  it("takes the first for the enter key", () => {
    const { chosen, search, press, type } = open();
    type("vgg16");
    press(search, "Enter");
    expect(chosen.mock.calls).toEqual([["vgg16"]]);
    type("nothing");
    press(search, "Enter");
    expect(chosen).toHaveBeenCalledTimes(1);
  });

  it("is walked by arrows, and left at both ends for the search", () => {
    const { search, press, type } = open();
    type("vgg16");
    const walked = ["ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"].map((key, at) => {
      press(at ? (document.activeElement ?? search) : search, key);
      return focused();
    });
    // From the search an arrow up goes nowhere.
    expect(walked).toEqual(["vgg16", "vgg16c", "ssd300", "input", "input"]);
  });
});
