import { describe, expect, it, vi } from "vitest";
import { packed } from "../src/link";
import { plain } from "../src/files";
import type { Network } from "../src/protocol";
import { follow, type Visit } from "../src/visit";
import { begin } from "./workers";

describe("a link", () => {
  const bundled = (name: string) => JSON.stringify({ name: `specs/${name}.yaml`, text: `name: ${name}`, variant: "" });

  function visited() {
    const entered: string[] = [];
    const shown: string[] = [];
    const page: Visit = {
      seen: () => ({ networks: [], bundled: [], panel: "table", layer: null }),
      enter: ([first]: readonly [Network, ...Network[]]) => {
        entered.push(first.text ?? "");
        return Promise.resolve();
      },
      show: (panel) => shown.push(panel),
      say: vi.fn(),
      complain: vi.fn(),
    };
    return { page, entered, shown };
  }

  it("that came while an older one waited for the engine is the one that stays", async () => {
    const { made, last } = begin();
    const { page, entered, shown } = visited();
    const older = follow("#net=alexnet&panel=charts", made, page);
    const text = { networks: [plain("my.yaml", "name: my")], bundled: [null], panel: "memory", layer: null };
    expect(await follow(`#${await packed(text)}`, made, page)).toBe(true);
    last().ready();
    last().tell({ sort: "answers", answers: [{ ok: true, text: bundled("alexnet") }] });
    expect(await older).toBe(true);
    expect([entered, shown]).toEqual([["name: my"], ["memory"]]);
  });

  it("to a bundled network has its text from the engine", async () => {
    const { made, last } = begin();
    const { page, entered, shown } = visited();
    last().ready();
    const followed = follow("#net=alexnet&panel=charts", made, page);
    await vi.waitFor(() => {
      expect(last().asked).toEqual([["bundled"]]);
    });
    last().tell({ sort: "answers", answers: [{ ok: true, text: bundled("alexnet") }] });
    expect(await followed).toBe(true);
    expect([entered, shown]).toEqual([["name: alexnet"], ["charts"]]);
  });
});
