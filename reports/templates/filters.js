"use strict";
/* Filters of the ranked table by what its columns hold, the periodic table, the column chooser, and the
   grouping by compound. */

const ANY = "any", MUST = "must hold", NOT = "must not hold";
const NEXT_STATE = { [ANY]: MUST, [MUST]: NOT, [NOT]: ANY };
const UNNAMED = "-";
const SINCE = { new: "new", changed: "changed", joined: "of a source that joined" };

/* The periodic table: a state for each element that some candidate holds. */
class Periodic {
  constructor(root, elements, changed) {
    this.root = root;
    this.elements = elements;
    this.changed = changed;
    this.states = new Map();
    this.avoid = root.querySelector("[data-filter=avoid]");
    this.said = root.querySelector(".unknown");
    this.summary = root.querySelector(".periodic-said");
    this.buttons = [...root.querySelectorAll("[data-element]")];
    for (const button of this.buttons) {
      button.addEventListener("click", () => {
        const { element: symbol } = button.dataset;
        this.set(symbol, NEXT_STATE[this.states.get(symbol) ?? ANY]);
        this.show(true);
        this.changed();
      });
    }
    root.querySelector(".periodic").addEventListener("keydown", (event) => this.move(event));
    this.avoid.addEventListener("input", () => {
      const words = this.avoid.value.match(/\p{L}+/gu) || [];
      const unknown = words.filter((word) => !elementCalled(word, elements));
      for (const [symbol, state] of [...this.states]) if (state === NOT) this.states.delete(symbol);
      for (const word of words) if (elementCalled(word, elements)) this.set(elementCalled(word, elements), NOT);
      this.said.textContent = unknown.length ? `no element: ${unknown.join(", ")}` : "";
      this.show(false);
      this.changed();
    });
    this.show(true);
  }

  set(symbol, state) {
    if (state === ANY) this.states.delete(symbol); else this.states.set(symbol, state);
  }

  held(state) {
    return [...this.states].filter(([, one]) => one === state).map(([symbol]) => symbol).sort();
  }

  show(andField) {
    for (const button of this.buttons) {
      const state = this.states.get(button.dataset.element) ?? ANY;
      button.dataset.state = state;
      button.setAttribute("aria-label", `${button.dataset.name}: ${state}`);
    }
    const [must, not] = [this.held(MUST), this.held(NOT)];
    if (andField) this.avoid.value = not.join(" ");
    this.summary.textContent = [must.length ? `with ${must.join(", ")}` : "", not.length ? `without ${not.join(", ")}` : ""]
      .filter(Boolean).join("; ");
  }

  tests(at) {
    const [must, not] = [this.held(MUST), this.held(NOT)];
    if (!must.length && !not.length) return [];
    return [(row) => {
      const holds = row[at.elements].split(" – ");
      return must.every((one) => holds.includes(one)) && !not.some((one) => holds.includes(one));
    }];
  }

  /* Arrow keys go to the nearest element in their direction. */
  move(event) {
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [0, 0];
    const here = event.target.closest("[data-element]");
    if (!here || (!right && !down)) return;
    const place = (button) => [Number(button.dataset.x), Number(button.dataset.y)];
    const [x, y] = place(here);
    const away = (button) => {
      const [column, row] = place(button);
      const ahead = right * (column - x) + down * (row - y), aside = Math.abs(right ? row - y : column - x);
      return ahead > 0 ? ahead + 4 * aside : Infinity;
    };
    const nearest = this.buttons.reduce((best, one) => (away(one) < away(best) ? one : best), here);
    if (away(nearest) < Infinity) nearest.focus();
    event.preventDefault();
  }
}

function addFilters(root, table, elements, since) {
  const { data, at } = table;
  const field = (name) => root.querySelector(`[data-filter="${name}"]`);
  const hide = (name, hidden) => { field(name).closest("label").hidden = hidden; };
  const cells = (key) => (key in at ? data.rows.map((row) => row[at[key]]) : []);
  const values = (key) => [...new Set(cells(key))].filter((value) => value !== null && value !== "").sort(collator.compare);
  const option = (text) => element("option", { value: text, textContent: text });
  const CHOICES = [["family", "family"], ["metal", "metal"], ["support", "support_word"], ["spacer", "spacer"], ["sheets", "sheets_per_block"]];
  for (const [name, key] of CHOICES) {
    const some = values(key), silent = cells(key).some((value) => value === "");
    field(name).append(...some.map(option));
    if (silent) field(name).append(element("option", { value: UNNAMED, textContent: "unnamed" }));
    hide(name, some.length + silent < 2);
  }
  hide("hull", !data.rows.some((row) => row[at.e_above_hull_ev] !== null));
  const given = (key) => cells(key).some((value) => value !== null && value !== "");
  hide("origin", values("theoretical").length < 2);
  hide("extrapolation", !given("extrapolation"));
  hide("suspect", !given("geometry_suspect"));
  hide("known", !given("known"));
  hide("above", !given("tc_expected_k"));
  const placesOf = new Map(Object.entries(since).map(([kind, places]) => [kind, new Set(places.map((place) => data.rows[place]))]));
  for (const [kind, text] of Object.entries(SINCE)) {
    if (placesOf.has(kind)) field("since").append(element("option", { value: kind, textContent: text }));
  }
  hide("since", !placesOf.size);

  const apply = () => {
    const tests = [];
    const equal = (name, key) => {
      const wanted = field(name).value;
      if (wanted) tests.push((row) => row[at[key]] === (wanted === UNNAMED ? "" : wanted));
    };
    const filled = (name, key) => { const wanted = field(name).value; if (wanted) tests.push((row) => (row[at[key]] !== "") === (wanted === "yes")); };
    for (const [name, key] of CHOICES) equal(name, key);
    equal("origin", "theoretical");
    filled("suspect", "geometry_suspect"); filled("extrapolation", "extrapolation"); filled("known", "known");
    tests.push(...periodic.tests(at));
    const most = field("hull").value.trim();
    if (most !== "" && Number.isFinite(Number(most))) {
      tests.push((row) => row[at.e_above_hull_ev] !== null && row[at.e_above_hull_ev] <= Number(most));
    }
    const wanted = placesOf.get(field("since").value);
    if (wanted) tests.push((row) => wanted.has(row));
    const above = field("above").value;
    if (above) {
      tests.push((row) => row[at.tc_expected_k] !== null && row[at.tc_ceiling_k] !== null
        && (row[at.tc_expected_k] > row[at.tc_ceiling_k]) === (above === "yes"));
    }
    table.restrict(tests);
  };
  const periodic = new Periodic(root, elements, apply);
  const plain = [...root.querySelectorAll("[data-filter]")].filter((one) => one.dataset.filter !== "avoid");
  for (const control of plain) control.addEventListener("input", apply);

  root.querySelector(".filter-fold").open = !NARROW.matches;
  const group = root.querySelector("[data-group]");
  const compounds = data.rows.map((row) => row[at.compound]).filter((value) => value);
  const shared = new Set(compounds).size < compounds.length;
  group.closest("label").hidden = !shared;
  group.checked = shared;
  group.addEventListener("change", () => table.group(group.checked));
  if (shared) table.group(true);

  const boxes = new Map();
  const chooser = root.querySelector(".chooser .choices");
  for (const column of data.columns) {
    if (column.key === "dossier") continue;
    const box = element("input", { type: "checkbox", checked: column.shown });
    box.addEventListener("change", () => table.columns(column.key, box.checked));
    boxes.set(column.key, box);
    chooser.append(element("label", { title: column.meaning }, box, " ", ...label(column.label)));
  }

  const view = {
    read() {
      const said = plain.map((one) => [one.dataset.filter, one.value.trim()]);
      said.push(["must", periodic.held(MUST).join(".")], ["not", periodic.held(NOT).join(".")]);
      if (shared && !group.checked) said.push(["lines", "entries"]);
      return said.filter(([, value]) => value !== "");
    },
    write(params) {
      const lost = [];
      for (const one of plain) {
        const wanted = params.get(one.dataset.filter) ?? "";
        one.value = wanted;
        if (one.value !== wanted) { one.value = ""; lost.push(`${one.dataset.filter} ${wanted}`); }
      }
      periodic.states.clear();
      for (const [key, state] of [["must", MUST], ["not", NOT]]) {
        for (const word of (params.get(key) ?? "").split(".").filter(Boolean)) {
          const symbol = elementCalled(word, elements);
          if (symbol) periodic.set(symbol, state); else lost.push(`element ${word}`);
        }
      }
      periodic.show(true);
      periodic.said.textContent = lost.length ? `The address asks for what this list does not have: ${lost.join(", ")}` : "";
      group.checked = shared && params.get("lines") !== "entries";
      table.grouped = group.checked;
      for (const [key, box] of boxes) box.checked = table.chosen.has(key);
      apply();
    },
  };
  root.querySelector("[data-clear]").addEventListener("click", () => {
    const search = root.querySelector("input[type=search]");
    search.value = "";
    table.words = [];
    const lines = new URLSearchParams(shared && !group.checked ? { lines: "entries" } : {});
    view.write(lines);
  });
  return view;
}
