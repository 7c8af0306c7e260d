import { afterEach, describe, expect, it, vi } from "vitest";
import { draft, keepDraft } from "../src/draft";

describe("the draft", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    localStorage.clear();
  });

  it("is what was kept last, and nothing before and after", () => {
    expect(draft()).toBe("");
    keepDraft("net=vgg16");
    keepDraft("spec=abc&layer=x");
    expect(draft()).toBe("spec=abc&layer=x");
    keepDraft(null);
    expect(draft()).toBe("");
  });

  it("is nothing where a browser keeps nothing", () => {
    const refuse = () => {
      throw new Error("denied");
    };
    vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
    keepDraft("net=vgg16");
    expect(draft()).toBe("");
  });
});
