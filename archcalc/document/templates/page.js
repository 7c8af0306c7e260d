"use strict";
(() => {
  const number = (cell) => {
    const text = cell.dataset.value ?? cell.textContent.trim().replaceAll(",", "").replace("−", "-");
    return text === "" ? NaN : Number(text);
  };

  // Numbers by value, texts by letter; what has neither goes last whichever way the rest goes.
  const order = (a, b, sign) => {
    const [x, y] = [number(a), number(b)];
    const [s, t] = [a.textContent.trim(), b.textContent.trim()];
    if (s === "" || t === "") return (s === "") - (t === "");
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return sign * (Number.isNaN(x) ? s.localeCompare(t, "en", { numeric: true }) : x - y);
  };

  for (const table of document.querySelectorAll("table")) {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies];
    const layers = rows.filter((body) => !body.matches(".block"));
    heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
      const next = { none: "ascending", ascending: "descending", descending: "none" }[head.ariaSort];
      for (const other of heads) other.ariaSort = "none";
      head.ariaSort = next;
      const sign = next === "descending" ? -1 : 1;
      const cell = (body) => body.rows[0].cells[column];
      // A sum stands nowhere among single layers.
      table.classList.toggle("sorted", next !== "none");
      const sorted = next === "none" ? rows : [...layers].sort((a, b) => order(cell(a), cell(b), sign));
      sorted.forEach((body) => table.insertBefore(body, table.tFoot));
    }));
  }

  for (const button of document.querySelectorAll("button.open")) {
    button.addEventListener("click", () => {
      const closed = button.ariaExpanded === "false";
      button.ariaExpanded = String(closed);
      document.getElementById(button.getAttribute("aria-controls")).hidden = !closed;
    });
  }

  // The rows between a closed block and the next one that is no deeper are hidden.
  const depth = (body) => Number(body.dataset.depth ?? 0);
  const arrange = (table) => {
    let closed = Infinity;
    for (const body of table.tBodies) {
      if (depth(body) <= closed) closed = Infinity;
      body.classList.toggle("closed", closed !== Infinity);
      if (closed === Infinity && body.querySelector("button.fold")?.ariaExpanded === "false") closed = depth(body);
    }
  };
  for (const button of document.querySelectorAll("button.fold")) {
    button.addEventListener("click", () => {
      button.ariaExpanded = String(button.ariaExpanded === "false");
      arrange(button.closest("table"));
    });
  }
  for (const button of document.querySelectorAll("button.all")) {
    button.addEventListener("click", () => {
      const table = document.getElementById(button.dataset.table);
      const close = button.textContent.startsWith("Close");
      for (const fold of table.querySelectorAll("button.fold")) fold.ariaExpanded = String(!close);
      button.textContent = close ? "Open all blocks" : "Close all blocks";
      arrange(table);
    });
  }
  // A link to a row opens the blocks around it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target?.matches("tbody.closed")) return;
    let inside = depth(target);
    for (let body = target.previousElementSibling; body && inside > 0; body = body.previousElementSibling) {
      const fold = body.querySelector("button.fold");
      if (fold && depth(body) < inside) {
        fold.ariaExpanded = "true";
        inside = depth(body);
      }
    }
    arrange(target.parentElement);
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", reveal);

  // A worksheet as it is filled in, under the names that its columns have in a CSV file: what `archcalc grade` reads.
  const quoted = (text) => /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  // A spreadsheet takes text that starts with one of these for a formula; a number, or a sign alone, is none.
  const harmless = (text) => (/^[=+\-@]/.test(text) && !/^[+-]?[\d.,]*$/.test(text) ? `'${text}` : text);
  const said = (cell) => {
    const blank = cell.querySelector("input");
    return harmless(blank ? blank.value.trim() : (cell.dataset.value ?? cell.textContent.trim()));
  };
  let saved = true;
  document.addEventListener("input", () => { saved = false; });
  addEventListener("beforeunload", (event) => { if (!saved) event.preventDefault(); });
  for (const button of document.querySelectorAll("button.save")) {
    button.addEventListener("click", () => {
      const table = document.getElementById(button.dataset.table);
      const lines = [[...table.tHead.rows[0].cells].map((head) => head.dataset.alone)];
      for (const row of table.querySelectorAll("tbody > tr:not(.working), tfoot > tr")) lines.push([...row.cells].map(said));
      const text = lines.map((line) => line.map(quoted).join(",")).join("\n") + "\n";
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = `${document.title.replace(/[^\p{L}\p{N}]+/gu, "_")}.csv`;
      saved = true;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }

  // The working of the cell under the pointer, which is in the page already, in the row below its own.
  const tip = document.getElementById("tip");
  let shown = null;
  const hide = () => {
    shown?.removeAttribute("aria-describedby");
    shown = null;
    tip.hidden = true;
  };
  const show = (cell) => {
    const lines = [...(cell.parentElement.nextElementSibling?.querySelectorAll("[data-keys]") ?? [])]
      .filter((line) => line.dataset.keys.split(" ").includes(cell.dataset.key));
    if (lines.length === 0) return;
    const list = document.createElement("dl");
    list.append(...lines.map((line) => line.cloneNode(true)));
    tip.replaceChildren(list);
    tip.hidden = false;
    cell.setAttribute("aria-describedby", "tip");
    shown = cell;
    const [box, own] = [cell.getBoundingClientRect(), tip.getBoundingClientRect()];
    const below = box.bottom + own.height < innerHeight || box.top < own.height;
    tip.style.top = `${below ? box.bottom : box.top - own.height}px`;
    tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - own.width - 8))}px`;
  };
  document.addEventListener("mouseover", (event) => {
    const cell = event.target.closest?.("table.worked tbody td[data-key]");
    if (cell === shown || tip.contains(event.target)) return;
    hide();
    if (cell) show(cell);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", hide, true);

  // A row and the node of the diagram that stands for it light up together.
  const linked = (element) => {
    const node = element.closest?.("a.node");
    const row = element.closest?.("tbody");
    const name = row?.querySelector("th.name a");
    const other = node ? node.getAttribute("href") : name?.getAttribute("href");
    return other?.startsWith("#") ? document.getElementById(other.slice(1)) : null;
  };
  for (const [kind, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
    document.addEventListener(kind, (event) => linked(event.target)?.classList.toggle("on", on));
  }
})();
