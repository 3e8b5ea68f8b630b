"use strict";
/* Filters of the ranked table by what its columns hold, the column chooser, and the grouping by compound. */

function addFilters(root, table) {
  const { data, at } = table;
  const field = (name) => root.querySelector(`[data-filter="${name}"]`);
  const values = (key) => [...new Set(data.rows.map((row) => row[at[key]]))].filter((value) => value !== null && value !== "").sort();
  const option = (text) => element("option", { value: text, textContent: text });
  for (const [name, key] of [["family", "family"], ["metal", "metal"], ["support", "support_word"]]) {
    const some = key in at ? values(key) : [];
    field(name).append(...some.map(option));
    field(name).closest("label").hidden = some.length < 2;
  }
  const hull = data.rows.some((row) => row[at.e_above_hull_ev] !== null);
  field("hull").closest("label").hidden = !hull;
  field("origin").closest("label").hidden = values("theoretical").length < 2;
  field("extrapolation").closest("label").hidden = !values("extrapolation").length;
  field("suspect").closest("label").hidden = !("geometry_suspect" in at && values("geometry_suspect").length);
  field("known").closest("label").hidden = !values("known").length;

  const apply = () => {
    const tests = [];
    const equal = (name, key) => { const wanted = field(name).value; if (wanted) tests.push((row) => row[at[key]] === wanted); };
    const filled = (name, key) => { const wanted = field(name).value; if (wanted) tests.push((row) => (row[at[key]] !== "") === (wanted === "yes")); };
    equal("family", "family"); equal("metal", "metal"); equal("origin", "theoretical"); equal("support", "support_word");
    filled("suspect", "geometry_suspect"); filled("extrapolation", "extrapolation"); filled("known", "known");
    const avoid = field("avoid").value.match(/[A-Za-z]{1,2}/g) || [];
    const symbols = new Set(avoid.map((symbol) => symbol[0].toUpperCase() + symbol.slice(1).toLowerCase()));
    if (symbols.size) tests.push((row) => !row[at.elements].split(" – ").some((symbol) => symbols.has(symbol)));
    const most = field("hull").value.trim();
    if (most !== "" && Number.isFinite(Number(most))) {
      tests.push((row) => row[at.e_above_hull_ev] !== null && row[at.e_above_hull_ev] <= Number(most));
    }
    table.restrict(tests);
  };
  for (const control of root.querySelectorAll("[data-filter]")) control.addEventListener("input", apply);

  const group = root.querySelector("[data-group]");
  const compounds = data.rows.map((row) => row[at.compound]).filter((value) => value);
  const shared = new Set(compounds).size < compounds.length;
  group.closest("label").hidden = !shared;
  group.checked = shared;
  group.addEventListener("change", () => table.group(group.checked));
  if (shared) table.group(true);

  const chooser = root.querySelector(".chooser .choices");
  for (const column of data.columns) {
    if (column.key === "dossier") continue;
    const box = element("input", { type: "checkbox", checked: column.shown });
    box.addEventListener("change", () => table.columns(column.key, box.checked));
    chooser.append(element("label", { title: column.meaning }, box, " ", ...label(column.label)));
  }
}
