"use strict";
/* A table that sorts, filters, and draws only the rows in sight. Text reaches the page through
   textContent alone, so that no id or formula is ever read as HTML. */

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const MARGIN_ROWS = 12;
const PRINTED_ROWS = 100;

function element(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

/* "YBa2Cu3O6.97" with its numbers set low; everything else stays as it is. */
function formula(text) {
  return String(text).split(/((?<=[A-Za-z)\]])\d+(?:\.\d+)?)/).map(
    (part, place) => (place % 2 ? element("sub", { textContent: part }) : part));
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
  constructor(root, data, open) {
    this.data = data;
    this.open = open;
    this.shown = data.columns.flatMap((column, place) => (column.shown ? [{ column, place }] : []));
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
    root.querySelector("input").addEventListener("input", (event) => this.filter(event.target.value));
    for (const button of root.querySelectorAll("thead button")) {
      button.addEventListener("click", () => this.sort(button.dataset.key));
    }
    this.box.addEventListener("scroll", () => this.draw(), { passive: true });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.body.addEventListener("click", (event) => {
      const row = event.target.closest("tr[data-place]");
      if (row && !String(window.getSelection())) this.choose(Number(row.dataset.place), true);
    });
    new ResizeObserver(() => this.draw()).observe(this.box);
    this.words = [];
    this.update();
  }

  filter(text) {
    this.words = text.toLocaleLowerCase("en").split(/\s+/).filter(Boolean);
    this.texts ??= this.data.rows.map((row) => this.shown
      .map(({ column, place }) => cellText(row[place], column)).join("\n").toLocaleLowerCase("en"));
    this.update();
  }

  /* First click: numbers of physics fall, ranks and words rise; second click turns it round. */
  sort(key) {
    const { column } = this.shown.find((one) => one.column.key === key);
    const physical = (column.kind === "number" || column.kind === "range") && column.unit !== "";
    const falling = this.sorting.key === key ? !this.sorting.falling : physical;
    this.sorting = { key, falling };
    for (const heading of this.table.querySelectorAll("thead th")) {
      const mine = heading.firstElementChild.dataset.key === key;
      if (mine) heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else heading.removeAttribute("aria-sort");
    }
    this.update();
  }

  update() {
    const { rows } = this.data;
    this.order = rows.map((_, place) => place);
    if (this.words.length) {
      this.order = this.order.filter((place) => this.words.every((word) => this.texts[place].includes(word)));
    }
    const by = this.shown.find(({ column }) => column.key === this.sorting.key);
    if (by) {
      const value = (place) => {
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
    this.status.textContent = this.order.length === rows.length
      ? `${count(rows.length)} rows` : `${count(this.order.length)} of ${count(rows.length)} rows`;
    this.table.setAttribute("aria-rowcount", String(this.order.length + 1));
    this.active = -1;
    this.box.scrollTop = 0;
    this.draw();
  }

  draw() {
    const count = this.order.length;
    if (!this.rowHeight && count) {
      this.body.replaceChildren(this.row(0));
      this.rowHeight = this.body.firstElementChild.getBoundingClientRect().height;
    }
    let first = 0, last = Math.min(count, PRINTED_ROWS);
    if (!this.printing) {
      if (!this.rowHeight) return;
      first = Math.max(0, Math.floor(this.box.scrollTop / this.rowHeight) - MARGIN_ROWS);
      last = Math.min(count, first + Math.ceil(this.box.clientHeight / this.rowHeight) + 2 * MARGIN_ROWS);
    }
    const rows = [];
    for (let line = first; line < last; line += 1) rows.push(this.row(line));
    if (first && !this.printing) rows.unshift(this.spacer(first));
    if (last < count && !this.printing) rows.push(this.spacer(count - last));
    if (!count) {
      const none = element("td", { colSpan: this.shown.length, className: "none", textContent: "No row holds all of these words." });
      rows.push(element("tr", {}, none));
    }
    this.body.replaceChildren(...rows);
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
      return element("td", { className: `${column.kind} ${column.key}`, title: cellText(value, column) }, ...cellNodes(value, column));
    });
    const row = element("tr", { className: line === this.active ? "active" : "" }, ...cells);
    row.dataset.place = String(line);
    row.setAttribute("aria-rowindex", String(line + 2));
    return row;
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.box.clientHeight / (this.rowHeight || 1)) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.target !== this.box || !this.order.length) return;
    if (event.key in steps) {
      const line = Math.min(this.order.length - 1, Math.max(0, this.active + steps[event.key]));
      this.choose(line, false);
      event.preventDefault();
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
    if (open) this.open(this.data, this.order[line]);
  }

  print(printing) {
    this.printing = printing;
    const left = this.order.length - PRINTED_ROWS;
    this.printNote.textContent = left > 0 ? `Printed: the first ${PRINTED_ROWS} of ${this.order.length} rows.` : "";
    this.draw();
  }
}
