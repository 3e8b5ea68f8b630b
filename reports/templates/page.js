"use strict";
/* Joins the data of the page to its tables and its chart. */

{
  const data = JSON.parse(document.getElementById("data").textContent);
  const tables = [];
  const begin = (root) => {
    const table = new RowTable(root, data[root.dataset.table], openDetails);
    tables.push(table);
    if (root.querySelector(".filters")) addFilters(root, table);
    root.dataset.ready = "true";
  };
  for (const root of document.querySelectorAll(".table")) {
    const folded = root.closest("details");
    if (!folded) begin(root);
    else folded.addEventListener("toggle", () => { if (folded.open && !root.dataset.ready) begin(root); });
  }

  const node = document.getElementById("chart");
  const at = Object.fromEntries(data.ranked.columns.map((column, place) => [column.key, place]));
  const rows = {
    of(place) {
      const row = data.ranked.rows[place];
      const [low, high] = row[at.tc_low_k] ?? [null, null];
      return { expected: row[at.tc_expected_k] ?? null, low, high, dossier: row[at.dossier] };
    },
  };
  const choose = (place) => {
    const { dossier } = rows.of(place);
    if (dossier) location.assign(dossier); else openDetails(data.ranked, place);
  };
  const mode = () => document.querySelector("input[name=shows]:checked")?.value ?? "ceiling";
  const draw = () => drawChart(node, data.chart, rows, mode(), choose);
  for (const radio of document.querySelectorAll("input[name=shows]")) radio.addEventListener("change", draw);
  requestAnimationFrame(() => { setTimeout(draw, 0); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("(max-width: 44rem)").addEventListener("change", draw);

  for (const link of document.querySelectorAll("[data-row]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); openDetails(data.ranked, Number(link.dataset.row)); });
  }
  for (const link of document.querySelectorAll("[data-list]")) {
    link.addEventListener("click", () => {
      const list = document.getElementById(link.dataset.list);
      if (!list) return;
      list.open = true;
      const root = list.querySelector(".table");
      if (!root.dataset.ready) begin(root);
      const field = root.querySelector("input[type=search]");
      field.value = link.dataset.words;
      field.dispatchEvent(new Event("input"));
    });
  }

  const dialog = document.getElementById("details");
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

  const print = (printing) => {
    document.documentElement.classList.toggle("printing", printing);
    for (const table of tables) table.print(printing);
    draw();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
}
