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
  const draw = () => drawChart(node, data.chart, (place) => openDetails(data.ranked, place));
  requestAnimationFrame(() => { setTimeout(draw, 0); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("(max-width: 44rem)").addEventListener("change", draw);

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
