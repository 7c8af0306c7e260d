import { afterEach, describe, expect, it } from "vitest";
import { cells, commaSeparated, worksheetPanel } from "../../src/panels/worksheet";
import { page, result } from "../result";

describe("cells", () => {
  it.each([
    ["", []],
    ["\n", []],
    ["a", [["a"]]],
    ["a,b", [["a", "b"]]],
    ["a,b\n", [["a", "b"]]],
    [
      "a,b\r\nc,d\r\n",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      "a,\n,b\n",
      [
        ["a", ""],
        ["", "b"],
      ],
    ],
    ["a,", [["a", ""]]],
    [",,", [["", "", ""]]],
    ["a\n\nb\n", [["a"], ["b"]]],
    ['"a,b",c', [["a,b", "c"]]],
    ['"a ""b""",c', [['a "b"', "c"]]],
    [
      '"a\nb","c\r\nd"\r\ne,f',
      [
        ["a\nb", "c\r\nd"],
        ["e", "f"],
      ],
    ],
    ['"",""', [["", ""]]],
    ['""""', [['"']]],
    [" a , b ", [[" a ", " b "]]],
    ["3×224×224,größe", [["3×224×224", "größe"]]],
  ])("of %j", (text, lines) => {
    expect(cells(text)).toEqual(lines);
  });
});

describe("commaSeparated", () => {
  it.each([
    [
      [
        ["a", "b"],
        ["c", ""],
      ],
      "a,b\nc,\n",
    ],
    [[["a,b", 'say "x"', "c\nd", "e\rf"]], '"a,b","say ""x""","c\nd","e\rf"\n'],
    [[[" a", "b ", "3×4"]], " a,b ,3×4\n"],
  ])("of %j", (lines, text) => {
    expect(commaSeparated(lines)).toBe(text);
  });

  it("is read again as the same cells, whatever is in them", () => {
    let state = 11;
    const random = (below: number) => (state = (state * 48271) % 2147483647) % below;
    const letters = ["a", ",", '"', "\n", "\r", "\r\n", " ", "×", "🦊", '""', "1"];
    for (let round = 0; round < 2_000; round += 1) {
      const width = 2 + random(4);
      const lines = Array.from({ length: random(5) }, () =>
        Array.from({ length: width }, () =>
          Array.from({ length: random(5) }, () => letters[random(letters.length)]).join(""),
        ),
      );
      const text = commaSeparated(lines);
      if (lines.length) expect(cells(text)).toEqual(lines);
      // The last line may end without a break, and lines may end as the standard has it where no cell has a break.
      if (lines.length) expect(cells(text.slice(0, -1))).toEqual(lines);
      if (!lines.flat().some((cell) => /[\r\n]/.test(cell)))
        expect(cells(text.replaceAll("\n", "\r\n"))).toEqual(lines);
    }
  });
});

describe("the panel", () => {
  const SHEET = 'name,layer,settings,output,activations,params,macs\nfc,linear,"a,b",,,,\ntotal,,,,,,\n';
  const one = (row: string, column: string, exact: string, verdict = "unanswered") =>
    `{"row": "${row}", "column": "${column}", "verdict": "${verdict}", "exact": ${exact}, "slips": [], "carried": []}`;
  const graded = (...found: string[]) => `{"cells": [${found.join()}]}`;
  const settled = () => new Promise((done) => setTimeout(done));

  async function open(grade: string, worksheet = SHEET) {
    const made = page({ worksheet, grade });
    const panel = worksheetPanel(made.page);
    document.body.append(panel.element);
    await panel.show(result("fc"));
    const inputs = () => [...panel.element.querySelectorAll("input")].map((input) => input.getAttribute("aria-label"));
    const input = (label: string) => {
      const found = panel.element.querySelector<HTMLInputElement>(`input[aria-label="${label}"]`);
      if (!found) throw new Error(`no ${label}`);
      return found;
    };
    const press = async (text: string) => {
      [...panel.element.querySelectorAll("button")].find((button) => button.textContent === text)?.click();
      await settled();
    };
    return { ...made, panel, inputs, input, press };
  }

  afterEach(() => {
    document.body.replaceChildren();
  });

  it("has a blank for what is asked, and none for the output of a total", async () => {
    const { inputs } = await open(graded());
    expect(inputs()).toEqual([
      "output of fc",
      "activations of fc",
      "params of fc",
      "macs of fc",
      "activations of total",
      "params of total",
      "macs of total",
    ]);
  });

  it("shows no column that is empty in all rows, and sends it all the same", async () => {
    const { asked, panel, input, press } = await open(graded(), "name,reads,layer,params,macs\nfc,,linear,,\n");
    const titles = [...panel.element.querySelectorAll("thead th")].map((title) => title.textContent);
    expect(titles).toEqual(["name", "layer", "params", "MACs"]);
    input("macs of fc").value = "8";
    await press("Mark");
    expect(asked.at(-1)?.with["csv"]).toBe("name,reads,layer,params,macs\nfc,,linear,,8\n");
  });

  it("sends what was filled in to be marked, and shows the marks", async () => {
    const { asked, panel, input, press } = await open(
      graded(one("fc", "params", "12", "right"), one("fc", "macs", "20", "wrong")),
    );
    input("params of fc").value = " 1,2 ";
    input("macs of fc").value = "7";
    await press("Mark");
    expect(asked.at(-1)?.with["csv"]).toBe(
      'name,layer,settings,output,activations,params,macs\nfc,linear,"a,b",,,"1,2",7\ntotal,,,,,,\n',
    );
    expect(panel.element.querySelector("[role=status]")?.textContent).toBe("1 of 2 right");
    expect(input("params of fc").parentElement?.className).toBe("right");
    expect(input("macs of fc").parentElement?.textContent).toBe("wrong: no slip found");
  });

  it("fills in answers to the last digit, however large", async () => {
    const found = graded(one("fc", "output", "[3, 4]"), one("fc", "macs", "12345678901234567891"));
    const { input, press } = await open(found);
    await press("Fill in the answers");
    expect(input("output of fc").value).toBe("3×4");
    expect(input("macs of fc").value).toBe("12345678901234567891");
  });

  it("keeps what was filled in as long as the blanks are the same", async () => {
    const { answers, panel, input } = await open(graded());
    input("params of fc").value = "7";
    await panel.show(result("fc"));
    expect(input("params of fc").value).toBe("7");
    answers["worksheet"] = SHEET.replace("linear", "linear2");
    await panel.show(result("fc"));
    expect(input("params of fc").value).toBe("");
  });

  it("is marked again where the network has changed and the blanks have not", async () => {
    const { answers, asked, panel, input, press } = await open(graded(one("fc", "params", "12", "right")));
    await panel.show(result("fc"));
    expect(asked.map(({ ask }) => ask)).not.toContain("grade");
    await press("Mark");
    expect(input("params of fc").parentElement?.className).toBe("right");
    answers["grade"] = graded(one("fc", "params", "13", "wrong"));
    await panel.show(result("fc"));
    expect(input("params of fc").parentElement?.className).toBe("wrong");
    expect(panel.element.querySelector("[role=status]")?.textContent).toBe("0 of 1 right");
  });

  it("comes back after a complaint", async () => {
    const { answers, panel, inputs } = await open(graded());
    answers["worksheet"] = { ok: false, said: "letters", mistakes: [] };
    await panel.show(result("fc"));
    expect(panel.element.querySelector("[role=alert]")?.textContent).toBe("letters");
    answers["worksheet"] = SHEET;
    await panel.show(result("fc"));
    expect(panel.element.querySelector("[role=alert]")).toBeNull();
    expect(inputs()).toHaveLength(7);
  });
});
