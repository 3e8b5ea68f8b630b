"use strict";
/* A table that sorts, filters, and draws only the rows in sight. Text reaches the page through
   textContent alone, so that no id or formula is ever read as HTML. */

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const MARGIN_ROWS = 12;
const PRINTED_ROWS = 100;
const NARROW = matchMedia("(max-width: 44rem)");

/* A list draws rows as it scrolls, so that Tab from link to link would never leave it: Tab passes its rows,
   which arrow keys and Enter reach. */
addEventListener("keydown", (event) => {
  if (event.key !== "Tab") return;
  const bodies = [...document.querySelectorAll(".grid tbody")];
  for (const body of bodies) body.inert = true;
  setTimeout(() => { for (const body of bodies) body.inert = false; });
}, true);

/* Puts the texts of packed columns back in their rows (`reports.html.inline.packed`). */
function unpack(table) {
  for (const [place, texts] of Object.entries(table.texts)) {
    for (const row of table.rows) row[place] = texts[row[place]];
  }
}

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/* "YBa2Cu3O6.97" with its numbers set low; everything else stays as it is. */
function formula(text) {
  return String(text).split(/((?<=[A-Za-z)\]])\d+(?:\.\d+)?)/).map(
    (part, place) => (place % 2 ? element("sub", { textContent: part }) : part)).flatMap(
    (part, place) => (place > 1 && place % 2 === 0 && /^[A-Z([]/.test(part) ? [element("wbr"), part] : [part]));
}

/* A label with the index of T_c set low. */
function label(text) {
  return text.split(/(?<=T)_(c)/).map((part, place) => (place % 2 ? element("sub", { textContent: part }) : part));
}

function number(value, column) {
  return value === null ? "" : value.toFixed(column.digits);
}

/* Text of a cell, as it is filtered, shown on hover and printed. */
function cellText(value, column) {
  if (value === null || value === undefined) return "";
  if (column.kind === "number") return number(value, column);
  if (column.kind === "range") {
    return value.every((end) => end === null) ? "" : value.map((end) => number(end, column)).join("–");
  }
  return value;
}

function cellNodes(value, column) {
  const text = cellText(value, column);
  if (text === "") return [];
  if (column.kind === "badge") return [element("span", { className: "badge", textContent: text })];
  return column.kind === "formula" && text.length < 200 ? formula(text) : [text];
}

class RowTable {
  constructor(root, data, open, { search = null, reasons = null } = {}) {
    this.data = data;
    this.open = open;
    this.search = search;
    this.reasons = reasons;
    this.changed = () => {};
    this.kept = [];
    this.rest = root.querySelector(".rest");
    this.file = root.dataset.file;
    this.spoken = root.querySelector(".spoken");
    this.at = Object.fromEntries(data.columns.map((column, place) => [column.key, place]));
    this.bars = "temperatures" in this.at ? new Bars(data, this.at) : null;
    this.chosen = new Set(data.columns.filter((column) => column.shown).map((column) => column.key));
    this.keep = [];
    this.choose_columns();
    this.unfolded = new Set();
    this.grouped = false;
    this.groups = new Map();
    this.box = root.querySelector(".scroll");
    this.table = root.querySelector("table");
    this.body = root.querySelector("tbody");
    this.status = root.querySelector(".status");
    this.printNote = root.querySelector(".printed");
    this.texts = null;
    this.order = data.rows.map((_, place) => place);
    this.sorting = { key: "rank", falling: false };
    this.active = -1;
    this.printing = false;
    this.rowHeight = 0;
    root.querySelector("input[type=search]").addEventListener("input", (event) => this.filter(event.target.value));
    this.table.tHead.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.sort(button.dataset.key);
    });
    this.box.addEventListener("scroll", () => this.come_in_sight(), { passive: true });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => {
      if (event.target.closest("a")) return;
      const row = event.target.closest("tr[data-place]");
      const fold = event.target.closest("button.fold");
      if (fold) this.fold(Number(row.dataset.place));
      else if (row && !String(window.getSelection())) this.choose(Number(row.dataset.place), true);
    });
    new ResizeObserver(() => this.come_in_sight()).observe(this.box);
    this.words = [];
    NARROW.addEventListener("change", () => { this.rowHeight = 0; this.draw(); });
    this.axis();
    this.update();
  }

  axis() {
    this.table.querySelector(".ticks")?.replaceChildren(...this.bars.ticks());
  }

  text(place, { column, place: at }) {
    return column.kind === "bars" ? this.bars.words(this.data.rows[place]) : DRAWN.has(column.kind) ? "" : cellText(this.data.rows[place][at], column);
  }

  filter(text) {
    this.words = text.split(/\s+/).filter(Boolean);
    this.update();
  }

  /* What the words ask of a row, by its place; a reason of rejection asks for its rows alone. */
  asked() {
    const [word] = this.words;
    const reason = this.reason();
    if (reason !== null) return [(place) => this.data.rows[place][this.at.reason ?? this.at.error_type] === word];
    if (!this.words.length) return [];
    this.texts ??= this.data.rows.map((_, place) => [...this.shown.map((one) => this.text(place, one)),
      ...(this.search?.names[place] ?? [])].join("\n").toLocaleLowerCase("en"));
    return this.words.map((one) => {
      const text = one.toLocaleLowerCase("en"), named = this.search?.test(one) ?? (() => false);
      return (place) => this.texts[place].includes(text) || named(place);
    });
  }

  /* The reason that the words name, and how many entries of the run have it; null if they name none. */
  reason() {
    const [word] = this.words;
    return this.words.length === 1 && this.reasons && Object.hasOwn(this.reasons, word)
      ? { word, count: this.reasons[word] } : null;
  }

  /* Sorting and columns, where they are not those of the beginning. */
  read() {
    const said = [];
    const { key, falling } = this.sorting;
    if (key in this.at && (key !== "rank" || falling)) said.push(["sort", (falling ? "-" : "") + key]);
    const first = this.data.columns.filter((column) => column.shown).map((column) => column.key);
    if (first.length !== this.chosen.size || !first.every((one) => this.chosen.has(one))) {
      said.push(["columns", [...this.chosen].join(".")]);
    }
    return said;
  }

  write(params) {
    const asked = (params.get("columns") ?? "").split(".").filter((key) => key in this.at && key !== "dossier");
    const first = this.data.columns.filter((column) => column.shown).map((column) => column.key);
    this.chosen = new Set(asked.length ? asked : first);
    const sort = params.get("sort") ?? "", key = sort.replace(/^-/, "");
    this.sorting = key in this.at ? { key, falling: sort.startsWith("-") } : { key: "rank", falling: false };
    this.head_row();
  }

  choose_columns() {
    this.shown = this.data.columns.flatMap((column, place) => (this.chosen.has(column.key) ? [{ column, place }] : []));
  }

  /* Draw the head anew after a column was chosen or left out. */
  columns(key, wanted) {
    if (wanted) this.chosen.add(key); else this.chosen.delete(key);
    this.head_row();
    this.update();
  }

  head_row() {
    this.choose_columns();
    this.texts = null;
    const cols = this.shown.map(({ column }) => element("col", { className: `${column.kind} ${column.key}` }));
    this.table.querySelector("colgroup").replaceChildren(...cols);
    const heads = this.shown.map(({ column }) => {
      const unit = column.unit ? [" ", element("span", { className: "unit", textContent: column.unit })] : [];
      const button = element("button", { type: "button", title: column.meaning }, ...label(column.label), ...unit);
      button.dataset.key = column.key;
      const inside = column.kind === "block" ? [element("span", { title: column.meaning, textContent: column.label })]
        : column.kind === "bars" ? [button, element("span", { className: "ticks", ariaHidden: "true" })] : [button];
      const head = element("th", { scope: "col", className: `${column.kind} ${column.key}` }, ...inside);
      if (column.key === this.sorting.key) head.setAttribute("aria-sort", this.sorting.falling ? "descending" : "ascending");
      return head;
    });
    this.table.tHead.rows[0].replaceChildren(...heads);
    this.axis();
    const more = this.data.columns.filter((column) => this.chosen.has(column.key) && !column.shown).length;
    this.table.style.minWidth = more ? `calc(112rem + ${more * 8}rem)` : "";
  }

  /* Tests that a row must pass beside the words. */
  restrict(tests) {
    this.keep = tests;
    this.update();
  }

  group(wanted) {
    this.grouped = wanted;
    this.update();
  }

  fold(line) {
    const key = this.key_of(this.order[line]);
    if (this.unfolded.has(key)) this.unfolded.delete(key); else this.unfolded.add(key);
    const top = this.box.scrollTop;
    this.update();
    this.active = line;
    this.box.scrollTop = top;
    this.draw();
  }

  key_of(place) {
    return this.data.rows[place][this.at.compound] || `\u0000${place}`;
  }

  /* One line for each compound, its first entry in the present order; the others follow when unfolded. */
  gather() {
    this.groups = new Map();
    for (const place of this.order) {
      const key = this.key_of(place);
      if (!this.groups.has(key)) this.groups.set(key, []);
      this.groups.get(key).push(place);
    }
    this.order = [...this.groups].flatMap(([key, places]) => (this.unfolded.has(key) ? places : [places[0]]));
  }

  /* First click: numbers of physics fall, ranks and words rise; second click turns it round. */
  sort(key) {
    const { column } = this.shown.find((one) => one.column.key === key);
    const physical = column.kind !== "text" && column.unit !== "";
    const falling = this.sorting.key === key ? !this.sorting.falling : physical;
    this.sorting = { key, falling };
    for (const heading of this.table.querySelectorAll("thead th")) {
      const mine = heading.firstElementChild?.dataset.key === key;
      if (mine) heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    this.update();
  }

  update() {
    const { rows } = this.data;
    this.order = rows.map((_, place) => place);
    const asked = this.asked();
    if (asked.length) this.order = this.order.filter((place) => asked.every((test) => test(place)));
    if (this.keep.length) this.order = this.order.filter((place) => this.keep.every((test) => test(rows[place])));
    const kept = this.order.length;
    const column = this.data.columns.find((one) => one.key === this.sorting.key);
    if (column) {
      const by = { column, place: this.at[column.key] };
      const value = (place) => {
        if (by.column.kind === "bars") return rows[place][this.at.tc_expected_k] ?? rows[place][this.at.tc_ceiling_k];
        const cell = rows[place][by.place];
        return by.column.kind === "range" ? cell[0] : cell;
      };
      const sign = this.sorting.falling ? -1 : 1;
      this.order.sort((one, other) => {
        const [a, b] = [value(one), value(other)];
        const emptyA = a === null || a === "", emptyB = b === null || b === "";
        if (emptyA || emptyB) return emptyA - emptyB || one - other;
        return sign * (typeof a === "number" ? a - b : collator.compare(a, b)) || one - other;
      });
    }
    const count = (value) => value.toLocaleString("en");
    this.kept = this.order;
    if (this.grouped) this.gather();
    this.say_rest(count);
    this.status.textContent = (kept === rows.length ? `${count(rows.length)} rows` : `${count(kept)} of ${count(rows.length)} rows`)
      + (this.grouped && this.groups.size < kept ? ` of ${count(this.groups.size)} compounds` : "");
    this.table.setAttribute("aria-rowcount", String(this.order.length + 1));
    this.active = -1;
    this.box.scrollTop = 0;
    this.draw();
    this.changed();
  }

  /* Where the rows are that this page does not carry, and how many. */
  say_rest(count) {
    const { rows, total } = this.data;
    if (!this.rest || rows.length >= total) return;
    const reason = this.reason();
    const missing = (reason?.count ?? total) - (reason ? this.order.length : rows.length);
    const column = "reason" in this.at ? "reason" : "error_type";
    let text = `The page lists ${count(rows.length)} of ${count(total)}; the other ${count(missing)} stand in `;
    let where = ` of this run, which holds all.`;
    if (reason && missing <= 0) [text, where] = [`All ${count(reason.count)} of ${reason.word} stand here; those of other reasons also in `, " of this run."];
    else if (reason) {
      text = `${count(reason.count)} entries have ${reason.word}: ${count(this.order.length)} stand here, the other ${count(missing)} in `;
      where = ` of this run, where ${column} is ${reason.word}.`;
    } else if (this.words.length) where = " of this run and were not searched.";
    this.rest.replaceChildren(text, element("code", { textContent: this.file }), where);
  }

  /* Lines from the first to the one after the last that are to be drawn. */
  in_sight() {
    const count = this.order.length;
    if (this.printing) return [0, Math.min(count, PRINTED_ROWS)];
    const first = Math.max(0, Math.floor(this.box.scrollTop / this.rowHeight) - MARGIN_ROWS);
    return [first, Math.min(count, first + Math.ceil(this.box.clientHeight / this.rowHeight) + 2 * MARGIN_ROWS)];
  }

  /* Draws anew where other lines came in sight; a row that is being clicked stays as it is. */
  come_in_sight() {
    if (!this.rowHeight || String(this.in_sight()) !== String(this.drawn)) this.draw();
  }

  draw() {
    const focused = this.body.contains(document.activeElement);
    const count = this.order.length;
    if (!this.rowHeight && count) {
      this.body.replaceChildren(this.row(0));
      this.rowHeight = this.body.firstElementChild.getBoundingClientRect().height;
    }
    if (!this.rowHeight && !this.printing) return;
    const [first, last] = this.drawn = this.in_sight();
    const rows = [];
    for (let line = first; line < last; line += 1) rows.push(this.row(line));
    if (first && !this.printing) rows.unshift(this.spacer(first));
    if (last < count && !this.printing) rows.push(this.spacer(count - last));
    if (!count) {
      const none = element("td", { colSpan: this.shown.length, className: "none", textContent: "No row passes these filters." });
      rows.push(element("tr", {}, none));
    }
    this.body.replaceChildren(...rows);
    if (focused) this.box.focus({ preventScroll: true });
  }

  spacer(rows) {
    const cell = element("td", { colSpan: this.shown.length });
    cell.style.height = `${rows * this.rowHeight}px`;
    return element("tr", { className: "spacer", ariaHidden: "true" }, cell);
  }

  row(line) {
    const place = this.order[line];
    const cells = this.shown.map(({ column, place: at }) => {
      const value = this.data.rows[place][at];
      const inside = column.kind === "bars" ? this.bars.nodes(this.data.rows[place])
        : column.kind === "block" ? blockNodes(this.data.drawings[value]) : cellNodes(value, column);
      const cell = element("td", { className: `${column.kind} ${column.key}`, title: this.text(place, { column, place: at }) }, ...inside);
      if (column.kind === "bars") cell.append(element("span", { className: "spoken", textContent: this.bars.words(this.data.rows[place]) }));
      if (column.key === "id" && this.at.dossier !== undefined) this.link(cell, this.data.rows[place][this.at.dossier]);
      if (column.key === "formula" && this.grouped) this.head(cell, place);
      if (column.key === "formula" && NARROW.matches && this.at.id !== undefined) this.id_below(cell, place);
      return cell;
    });
    const row = element("tr", { className: line === this.active ? "active" : "" }, ...cells);
    row.dataset.place = String(line);
    row.setAttribute("aria-rowindex", String(line + 2));
    return row;
  }

  /* On a phone the id stands below the formula, where it stays in sight. */
  id_below(cell, place) {
    const row = this.data.rows[place], below = element("span", { className: "id-below", textContent: row[this.at.id] });
    if (this.at.dossier !== undefined) this.link(below, row[this.at.dossier]);
    cell.append(below);
  }

  link(cell, path) {
    if (!path) return;
    const anchor = element("a", { href: path, title: "Open its dossier" });
    anchor.append(...cell.childNodes);
    cell.append(anchor);
  }

  /* The line of a compound with several entries: how many, and the spread of their ceilings. */
  head(cell, place) {
    const key = this.key_of(place), places = this.groups.get(key) || [];
    if (places.length < 2) return;
    if (places[0] !== place) { cell.prepend(element("span", { className: "branch", textContent: "└ " })); return; }
    const open = this.unfolded.has(key);
    const expected = places.map((one) => this.data.rows[one][this.at.tc_expected_k]).filter((value) => value !== null);
    const values = expected.length ? expected : places.map((one) => this.data.rows[one][this.at.tc_ceiling_k]);
    const spread = `${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)} K`;
    const button = element("button", { type: "button", className: "fold",
      title: `${places.length} entries of this compound, ${expected.length ? "expected T_c" : "ceilings"} ${spread}` });
    button.append(`${open ? "▾" : "▸"} ${places.length}`, element("span", { className: "spread", textContent: `: ${spread}` }));
    button.setAttribute("aria-expanded", String(open));
    cell.prepend(button, " ");
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / (this.rowHeight || 1)) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.target !== this.box || !this.order.length) return;
    if (event.key in steps) {
      const line = Math.min(this.order.length - 1, Math.max(0, this.active + steps[event.key]));
      this.choose(line, false);
      event.preventDefault();
    } else if ((event.key === "ArrowRight" || event.key === "ArrowLeft") && this.grouped && this.active >= 0) {
      const key = this.key_of(this.order[this.active]);
      if ((this.groups.get(key) || []).length > 1 && this.unfolded.has(key) === (event.key === "ArrowLeft")) {
        this.fold(this.order.findIndex((place) => this.key_of(place) === key));
        event.preventDefault();
      }
    } else if (event.key === "Enter" && this.active >= 0) {
      this.choose(this.active, true);
      event.preventDefault();
    }
  }

  choose(line, open) {
    this.active = line;
    const head = this.table.tHead.offsetHeight;
    const top = line * this.rowHeight, bottom = top + this.rowHeight;
    const seen = this.box.clientHeight - head;
    if (top < this.box.scrollTop) this.box.scrollTop = top;
    else if (bottom > this.box.scrollTop + seen) this.box.scrollTop = bottom - seen;
    this.draw();
    if (!open) this.speak(line);
    if (open) this.open(this.data, this.order[line]);
  }

  /* What the arrows came to, for those who hear the page. */
  speak(line) {
    const row = this.data.rows[this.order[line]], name = row[this.at.formula] || row[this.at.id];
    this.spoken.textContent = `Row ${line + 1} of ${this.order.length}: ${name}${this.bars ? `, ${this.bars.words(row)}` : ""}`;
  }

  print(printing) {
    this.printing = printing;
    const left = this.order.length - PRINTED_ROWS;
    this.printNote.textContent = left > 0 ? `Printed: the first ${PRINTED_ROWS} of ${this.order.length} rows.` : "";
    this.draw();
  }
}
