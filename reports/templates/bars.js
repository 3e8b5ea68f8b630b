"use strict";
/* What a row of the list draws: its temperatures on one axis, and the picture of its block. */

const BARRED = ["tc_expected_k", "tc_low_k", "tc_best_k", "tc_best_low_k", "tc_ceiling_k", "tc_ceiling_low_k"];
const DRAWN = new Set(["bars", "block"]);
const AXIS_STEP_K = 20;
const MOST_TICKS = 5;

/* Temperatures of the rows on one axis: what they are, where it ends, and how a row shows them. */
class Bars {
  constructor(data, at) {
    this.at = at;
    const tops = data.rows.flatMap((row) => BARRED.flatMap((key) => row[at[key]] ?? [])).filter((value) => value !== null);
    this.end = AXIS_STEP_K * Math.ceil((1.02 * tops.reduce((most, value) => Math.max(most, value), 1)) / AXIS_STEP_K);
  }

  of(row) {
    const [expected, ends, best, bestEnds, ceiling, ceilingEnds] = BARRED.map((key) => row[this.at[key]] ?? null);
    return { expected, ends, best, bestEnds, ceiling, ceilingEnds };
  }

  words(row) {
    const { expected, ends, best, bestEnds, ceiling } = this.of(row);
    const range = (pair) => (pair && pair[0] !== null && pair[1] !== null ? `, ${pair[0].toFixed(0)} to ${pair[1].toFixed(0)} K` : "");
    return [expected === null ? "no estimate" : `expected ${expected.toFixed(0)} K${range(ends)}`,
      best === null ? "" : `at the best doping ${best.toFixed(0)} K${range(bestEnds)}`,
      ceiling === null ? "" : `ceiling ${ceiling.toFixed(0)} K`].filter(Boolean).join("; ");
  }

  nodes(row) {
    const { expected, ends, best, bestEnds, ceiling } = this.of(row);
    const per = (value) => `${Math.min(100, Math.max(0, (100 * value) / this.end)).toFixed(2)}%`;
    const mark = (className, value) => { const one = element("i", { className }); one.style.left = per(value); return one; };
    const span = (className, pair) => {
      if (!pair || pair[0] === null || pair[1] === null) return [];
      const one = mark(className, pair[0]);
      one.style.width = per(pair[1] - Math.max(0, pair[0]));
      return [one];
    };
    const marks = [...span("span", ends), ...span("thin", bestEnds),
      ...(ceiling === null ? [] : [mark("top", ceiling)]),
      ...(best === null || best === expected ? [] : [mark("ring", best)]), ...(expected === null ? [] : [mark("dot", expected)])];
    const figures = element("span", { className: "figures" },
      element("b", { textContent: expected === null ? "–" : `${expected.toFixed(0)} K` }),
      element("span", { className: "unit", textContent: ceiling === null ? "" : ` ceiling ${ceiling.toFixed(0)} K` }));
    const drawn = element("span", { className: "on-axis" }, ...marks);
    drawn.setAttribute("aria-hidden", "true");
    return [element("span", { className: "bars-in" }, figures, drawn)];
  }

  ticks() {
    const step = AXIS_STEP_K * Math.ceil(this.end / AXIS_STEP_K / MOST_TICKS);
    return Array.from({ length: Math.floor(this.end / step) + 1 }, (_, place) => {
      const one = element("span", { textContent: String(place * step) });
      one.style.left = `${(100 * place * step) / this.end}%`;
      return one;
    });
  }
}

/* The picture of a block, from its paths. */
function blockNodes(drawing) {
  if (!drawing) return [];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 48 30");
  svg.setAttribute("class", "block");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, path] of [["cage", drawing.cages], ["net", drawing.sheets], ["ion", drawing.ions]]) {
    const one = document.createElementNS("http://www.w3.org/2000/svg", "path");
    one.setAttribute("class", name);
    one.setAttribute("d", path);
    svg.append(one);
  }
  return [svg];
}
