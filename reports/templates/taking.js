"use strict";
/* What is filtered, to take away: a CSV file of every column, or the columns in sight on the clipboard. */

/* So that no spreadsheet runs a text: as in the shortlist. */
function unarmed(text) {
  return /^[\s'"]*[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/* Names and cells of some columns; a range takes two, bars take the numbers that they stand for, pictures none. */
function takenRows(table, chosen) {
  const every = table.data.columns.map((column, place) => ({ column, place }));
  const barred = BARRED.filter((key) => key in table.at).map((key) => every[table.at[key]]);
  const columns = [...new Set(chosen.flatMap((one) => (one.column.kind === "bars" ? barred : [one.column.kind === "block" ? null : every[one.place]])))].filter(Boolean);
  const head = columns.flatMap(({ column }) => (column.kind === "range"
    ? [column.key, column.key.replace("_low_", "_high_")] : [column.key]));
  const rows = table.kept.map((place) => columns.flatMap(({ column, place: at }) => {
    const value = table.data.rows[place][at];
    if (column.kind === "range") return value.map((end) => end ?? "");
    return [typeof value === "string" ? unarmed(value) : value ?? ""];
  }));
  return [head, ...rows];
}

function csvText(lines) {
  const cell = (value) => (/[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
  return `\ufeff${lines.map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
}

async function copied(text) {
  if (navigator.clipboard) {
    try { await navigator.clipboard.writeText(text); return true; } catch (error) {
      if (error.name !== "NotAllowedError") throw error;
    }
  }
  const area = element("textarea", { value: text, className: "spoken" });
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

function addTaking(root, table) {
  const said = root.querySelector(".taken");
  const count = () => `${table.kept.length.toLocaleString("en")} ${table.kept.length === 1 ? "row" : "rows"}`;
  const every = table.data.columns.map((column, place) => ({ column, place }));
  root.querySelector("[data-take=csv]").addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([csvText(takenRows(table, every))], { type: "text/csv" }));
    const anchor = element("a", { href: url, download: `${root.dataset.table}.csv` });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    said.textContent = `${count()} as ${anchor.download}`;
  });
  const button = root.querySelector("[data-take=copy]");
  button.addEventListener("click", async () => {
    const flat = (value) => String(value).replace(/[\t\r\n]+/g, " ");
    const lines = takenRows(table, table.shown).map((line) => line.map(flat).join("\t"));
    const done = await copied(lines.join("\n"));
    button.focus();
    said.textContent = done ? `copied ${count()}` : "The browser lets nothing be copied; take the CSV.";
  });
}
