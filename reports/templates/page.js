"use strict";
/* Joins the data of the page to its tables and its chart. */

{
  const data = JSON.parse(document.getElementById("data").textContent);
  for (const name of ["ranked", "rejected", "failed"]) unpack(data[name]);
  const tables = [];
  const begin = (root) => {
    const { table: name } = root.dataset, folded = root.closest("details");
    if (folded) folded.open = true;
    if (root.dataset.ready) return;
    root.dataset.ready = "true";
    const holds = data.ranked.columns.findIndex((column) => column.key === "elements");
    const elementsOf = (place) => data.ranked.rows[place][holds].split(" – ");
    const knows = name === "ranked" ? { search: new Search(data.names, data.elements, elementsOf) } : { reasons: data.reasons[name] };
    const table = new RowTable(root, data[name], openDetails, knows);
    tables.push(table);
    const filters = root.querySelector(".filters") ? addFilters(root, table, data.elements, data.since) : null;
    addTaking(root, table);
    views.add(root, table, filters);
  };
  const views = new Views(begin);
  for (const root of document.querySelectorAll(".table")) {
    const folded = root.closest("details");
    if (!folded) begin(root);
    else folded.addEventListener("toggle", () => { if (folded.open) begin(root); });
  }
  views.restore();
  performance.mark("tables");

  const node = document.getElementById("chart");
  const at = Object.fromEntries(data.ranked.columns.map((column, place) => [column.key, place]));
  const rows = {
    of(place) {
      const row = data.ranked.rows[place];
      const [low, high] = row[at.tc_low_k] ?? [null, null];
      return { expected: row[at.tc_expected_k] ?? null, low, high, dossier: row[at.dossier], source: row[at.source] };
    },
  };
  const choose = (place) => {
    const { dossier } = rows.of(place);
    if (dossier) location.assign(dossier); else openDetails(data.ranked, place);
  };
  const mode = () => document.querySelector("input[name=shows]:checked")?.value ?? "ceiling";
  // The library of the chart comes last in the page, so that the tables need not wait for it.
  let drawable = false;
  const draw = () => { if (drawable) drawChart(node, data.chart, rows, mode(), choose); };
  const drawFirst = () => { drawable = true; requestAnimationFrame(() => { setTimeout(draw, 0); }); };
  for (const radio of document.querySelectorAll("input[name=shows]")) radio.addEventListener("change", draw);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", drawFirst); else drawFirst();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("(max-width: 44rem)").addEventListener("change", draw);

  for (const link of document.querySelectorAll("[data-row]")) {
    link.addEventListener("click", (event) => { event.preventDefault(); openDetails(data.ranked, Number(link.dataset.row)); });
  }
  for (const link of document.querySelectorAll("[data-list]")) {
    link.addEventListener("click", () => {
      const list = document.getElementById(link.dataset.list);
      if (!list) return;
      const root = list.querySelector(".table");
      begin(root);
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
