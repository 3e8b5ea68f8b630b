"use strict";
/* The details of one row: every column that the row carries, and its phases. */

/* A word that unfolds its meaning, in the one popover that all of them share. */
function wordButton(text, meaning) {
  const button = element("button", { type: "button", className: "word" }, ...label(text));
  const shared = document.getElementById("meaning");
  button.popoverTargetElement = shared;
  button.addEventListener("click", () => { shared.textContent = meaning; });
  return button;
}

function detailsTable(columns, rows) {
  const head = columns.map((column) => {
    const unit = column.unit ? [" ", element("span", { className: "unit", textContent: column.unit })] : [];
    return element("th", { scope: "col", className: column.kind }, wordButton(column.label, column.meaning), ...unit);
  });
  const body = rows.map((row) => element("tr", {}, ...columns.map(
    (column, place) => element("td", { className: column.kind }, ...cellNodes(row[place], column)))));
  const table = element("table", { className: "plain" },
    element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  const box = element("div", { className: "box", tabIndex: 0 }, table);
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Phases");
  return box;
}

/* Focus goes back to where it was; a row that was drawn anew since hands it to its list. */
function returnFocus(dialog) {
  const before = document.activeElement;
  const list = before.closest?.(".scroll");
  dialog.addEventListener("close", () => {
    // Where the browser has given it back already, or a key has led on since, it stays.
    if (document.activeElement !== document.body) return;
    const to = before.isConnected ? before : list;
    if (to) to.focus({ preventScroll: true });
  }, { once: true });
}

function openDetails(data, place) {
  const dialog = document.getElementById("details");
  const row = data.rows[place];
  const at = (key) => row[data.columns.findIndex((column) => column.key === key)];
  const list = element("dl", { className: "facts" });
  data.columns.forEach((column, index) => {
    const text = cellText(row[index], column);
    if (text === "" || column.key === "dossier" || DRAWN.has(column.kind)) return;
    const value = element("dd", {}, ...(column.kind === "formula" ? cellNodes(row[index], column) : [text]));
    if (column.unit) value.append(" ", element("span", { className: "unit", textContent: column.unit }));
    list.append(element("dt", {}, wordButton(column.label, column.meaning)), value);
  });
  const content = dialog.querySelector(".content");
  const phases = row[data.columns.length];
  content.replaceChildren();
  const path = data.columns.some((column) => column.key === "dossier") ? at("dossier") : null;
  if (path) {
    content.append(element("p", { className: "open" }, element("a", { href: path, textContent: "Open its dossier: structure in 3D, doping, hazards, CIF" })));
  } else if (path === "") {
    const quoted = `'${String(at("id")).replaceAll("'", "'\\''")}'`;
    content.append(element("p", { className: "note" }, "Its dossier: ", element("code", { className: "opaque", textContent: `polywell explain ${quoted} --page FOLDER` })));
  }
  if (phases && phases.length) {
    content.append(element("h3", { textContent: phases.length === 1 ? "Its one cage" : `Its ${phases.length} distinct cages` }),
      detailsTable(data.phase_columns, phases));
  }
  content.append(element("h3", { textContent: "The row" }), list);
  document.getElementById("details-title").replaceChildren(...formula(at("formula") || at("id")));
  returnFocus(dialog);
  dialog.showModal();
  dialog.scrollTop = 0;
}
