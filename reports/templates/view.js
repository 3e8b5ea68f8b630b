"use strict";
/* Words, filters, sorting and columns of the tables in the address, behind the # that no server is sent. */

const SETTLED_MS = 150;

class Views {
  constructor(begin) {
    this.begin = begin;
    this.tables = new Map();
    this.restoring = false;
    this.waiting = 0;
    addEventListener("hashchange", () => this.restore());
    document.addEventListener("click", (event) => {
      const link = event.target.closest?.("a[href*='?']");
      const to = link?.getAttribute("href") ?? "";
      if (to.startsWith("#") && to === location.hash) this.restore();
    });
  }

  add(root, table, filters) {
    this.tables.set(root.dataset.table, { root, table, filters });
    table.changed = () => this.later();
  }

  later() {
    if (this.restoring) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.write(), SETTLED_MS);
  }

  write() {
    const parts = [];
    for (const [name, { root, table, filters }] of this.tables) {
      const said = new URLSearchParams();
      const words = root.querySelector("input[type=search]").value.trim();
      if (words) said.set("search", words);
      for (const [key, value] of filters ? filters.read() : []) said.set(key, value);
      for (const [key, value] of table.read()) said.set(key, value);
      if (String(said)) parts.push(`${name}?${said}`);
    }
    if (parts.length) history.replaceState(null, "", `#${parts.join(";")}`);
    else if (location.hash.includes("?")) history.replaceState(null, "", location.pathname + location.search);
  }

  /* Show what the address says; what it does not name is as at first. */
  restore() {
    if (!location.hash.includes("?")) return;
    clearTimeout(this.waiting);
    const said = new Map(location.hash.slice(1).split(";").map((part) => {
      const at = part.indexOf("?");
      return at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
    }));
    this.restoring = true;
    for (const name of said.keys()) {
      const root = document.querySelector(`.table[data-table="${CSS.escape(name)}"]`);
      if (root) this.begin(root);
    }
    for (const [name, { root, table, filters }] of this.tables) {
      const params = new URLSearchParams(said.get(name) ?? "");
      const field = root.querySelector("input[type=search]");
      field.value = params.get("search") ?? "";
      table.write(params);
      filters?.write(params);
      table.filter(field.value);
    }
    this.restoring = false;
    document.getElementById([...said.keys()][0])?.scrollIntoView();
  }
}
