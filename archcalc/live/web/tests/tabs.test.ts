import { afterEach, describe, expect, it, vi } from "vitest";
import type { Panel } from "../src/panels/panel";
import { tabs } from "../src/tabs";

const panel = (name: string): Panel => ({
  name,
  title: name.toUpperCase(),
  element: document.createElement("div"),
  show: () => undefined,
  light: () => undefined,
});

function open() {
  const list = document.body.appendChild(document.createElement("div"));
  const into = document.body.appendChild(document.createElement("div"));
  const opened = vi.fn<(panel: Panel) => void>();
  const panels: [Panel, ...Panel[]] = [panel("a"), panel("b"), panel("c")];
  const made = tabs(list, into, panels, opened);
  made.choose("a");
  const press = (key: string, held: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...held });
    (list.querySelector("[aria-selected=true]") ?? list).dispatchEvent(event);
    return event.defaultPrevented;
  };
  const buttons = [...list.querySelectorAll("button")];
  const selected = () => buttons.filter((one) => one.getAttribute("aria-selected") === "true").map((one) => one.id);
  return { made, panels, opened, press, buttons, selected };
}

afterEach(() => {
  document.body.replaceChildren();
});

describe("tabs", () => {
  it("show one panel, and say so", () => {
    const { made, panels, buttons, selected } = open();
    made.choose("b");
    expect(made.open).toBe(panels[1]);
    expect(panels.map(({ element }) => element.hidden)).toEqual([true, false, true]);
    expect(selected()).toEqual(["tab-b"]);
    expect(buttons.map((one) => one.getAttribute("aria-selected"))).toEqual(["false", "true", "false"]);
    expect(buttons.map((one) => one.tabIndex)).toEqual([-1, 0, -1]);
  });

  it("and their panels name each other", () => {
    const { panels, buttons } = open();
    expect(buttons.map((one) => [one.getAttribute("role"), one.textContent])).toEqual([
      ["tab", "A"],
      ["tab", "B"],
      ["tab", "C"],
    ]);
    panels.forEach(({ element }, at) => {
      expect(element.getAttribute("role")).toBe("tabpanel");
      expect(element.getAttribute("aria-labelledby")).toBe(buttons[at]?.id);
      expect(buttons[at]?.getAttribute("aria-controls")).toBe(element.id);
      expect(document.getElementById(element.id)).toBe(element);
    });
  });

  it.each([
    ["a", "ArrowRight", "b"],
    ["c", "ArrowRight", "a"],
    ["b", "ArrowLeft", "a"],
    ["a", "ArrowLeft", "c"],
    ["b", "Home", "a"],
    ["b", "End", "c"],
    ["a", "Home", "a"],
  ])("from %s by %s go to %s", (from, key, to) => {
    const { made, press, selected } = open();
    made.choose(from);
    expect(press(key)).toBe(true);
    expect(made.open.name).toBe(to);
    expect(selected()).toEqual([`tab-${to}`]);
    expect(document.activeElement?.id).toBe(`tab-${to}`);
  });

  it.each(["Enter", "ArrowDown", "x", "Tab"])("leave %s to the browser", (key) => {
    const { made, press } = open();
    expect(press(key)).toBe(false);
    expect(made.open.name).toBe("a");
  });

  it.each([{ altKey: true }, { ctrlKey: true }, { metaKey: true }])("leave arrows with %o to the browser", (held) => {
    const { made, press } = open();
    expect(press("ArrowLeft", held)).toBe(false);
    expect(made.open.name).toBe("a");
  });

  it("are opened by a click, and tell of it", () => {
    const { made, panels, buttons, opened } = open();
    opened.mockClear();
    buttons[2]?.click();
    expect(made.open).toBe(panels[2]);
    expect(opened.mock.calls).toEqual([[panels[2]]]);
  });

  it("open the first for a name that none has", () => {
    const { made } = open();
    made.choose("c");
    made.choose("<nothing>");
    expect(made.open.name).toBe("a");
  });
});
