import { afterEach, describe, expect, it, vi } from "vitest";
import { svg } from "../src/dom";
import { save, standalone } from "../src/downloads";

/** A text read again as a picture. */
function read(text: string): Element {
  return new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
}

afterEach(() => {
  document.body.replaceChildren();
  document.head.replaceChildren();
  vi.restoreAllMocks();
});

describe("standalone", () => {
  const drawing = () => {
    const made = svg(
      "svg",
      { viewBox: "-10 -20 442 627", style: "width: 10px", class: "chart" },
      svg("g", {}, svg("rect", { class: "bar", width: 5, height: 5 })),
      svg("text", { class: "title" }, "a < b & c"),
    );
    document.body.append(made);
    return made;
  };

  it("is a picture of the size of its box, that says what it is", () => {
    const text = standalone(drawing());
    expect(text.match(/xmlns="http:\/\/www\.w3\.org\/2000\/svg"/g)).toHaveLength(1);
    const root = read(text);
    expect(["width", "height", "viewBox"].map((name) => root.getAttribute(name))).toEqual([
      "442",
      "627",
      "-10 -20 442 627",
    ]);
    expect(root.getAttribute("style")).toBeNull();
    expect(root.querySelector("text")?.textContent).toBe("a < b & c");
  });

  it("takes the colours of the page along, and leaves the page as it is", () => {
    const style = document.createElement("style");
    style.textContent = ".bar { fill: rgb(1, 2, 3); } .title { font-weight: 700; }";
    document.head.append(style);
    const made = drawing();
    const before = made.outerHTML;
    const root = read(standalone(made));
    expect(root.querySelector("rect")?.getAttribute("style")).toContain("fill: rgb(1, 2, 3)");
    expect(root.querySelector("text")?.getAttribute("style")).toContain("font-weight: 700");
    expect(made.outerHTML).toBe(before);
  });

  it("leaves a picture with a style of its own as it is", () => {
    const made = drawing();
    made.prepend(svg("style", {}, ".bar { fill: red }"));
    const root = read(standalone(made));
    expect(root.querySelector("rect")?.hasAttribute("style")).toBe(false);
    expect(root.querySelector("style")?.textContent).toBe(".bar { fill: red }");
  });
});

describe("save", () => {
  it("gives a file to the browser and leaves nothing on the page", async () => {
    vi.useFakeTimers();
    const blobs: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      blobs.push(blob as Blob);
      return "blob:1";
    });
    const revoked = vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => undefined);
    const clicked = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (
      this: HTMLAnchorElement,
    ) {
      expect([this.download, this.getAttribute("href"), this.isConnected]).toEqual(["net.csv", "blob:1", true]);
    });
    save("net.csv", "größe");
    expect(clicked).toHaveBeenCalledOnce();
    expect(document.body.childElementCount).toBe(0);
    expect(revoked).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(revoked.mock.calls).toEqual([["blob:1"]]);
    vi.useRealTimers();
    expect(await blobs[0]?.text()).toBe("größe");
  });
});
