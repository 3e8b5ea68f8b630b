"use strict";
/* T_c against ξ. Colour and shape say the family, open marks are ceilings, filled marks are measured. */

const SHAPES = ["circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon", "hexagon", "star"];
const CROWD = 800;
const FAINT = 0.25;
const PRINTED_WIDTH = 680;
const DASHES = ["solid", "dash", "dot", "dashdot"];

/* plotly reads a small HTML dialect in its texts; data must not. */
function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function hover({ point, x, y, low, high }, word, rows) {
  const ends = low === null || high === null ? "" : ` (${low.toFixed(0)}–${high.toFixed(0)} K)`;
  const lines = [`<b>${plain(point.formula)}</b>`, plain(point.row >= 0 ? rows.of(point.row).source : "reference library"), plain(point.name), plain(point.family),
    `ξ ${x.toFixed(3)} Å, ${word} ${y.toFixed(1)} K${ends}`];
  if (point.note) lines.push(plain(point.note));
  if (point.row >= 0) lines.push(`<i>select for its ${rows.of(point.row).dossier ? "dossier" : "details"}</i>`);
  return lines.join("<br>");
}

function theme() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(name).trim();
  return {
    ink: read("--ink"), soft: read("--soft"), line: read("--line"), paper: read("--paper"), band: read("--band"),
    font: getComputedStyle(document.body).fontFamily,
    families: Array.from({ length: 8 }, (_, place) => read(`--family-${place}`)),
  };
}

function curveTraces(chart, colours) {
  return chart.curves.flatMap((curve, place) => {
    const label = `λ = ${curve.lambda_k_ang2.toFixed(0)} K·Å² (${plain(curve.families.join(", "))})`;
    const edge = { x: curve.xi_ang, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false };
    return [
      { ...edge, y: curve.tc_low_k },
      { ...edge, y: curve.tc_high_k, fill: "tonexty", fillcolor: colours.band },
      { x: curve.xi_ang, y: curve.tc_k, mode: "lines", hoverinfo: "skip", name: label,
        line: { color: colours.soft, width: 1.6, dash: DASHES[place % DASHES.length] } },
    ];
  });
}

/* What a candidate shows: its ceiling on the curve, or what to expect with its interval. */
function shownOf(points, rows, mode) {
  if (mode !== "expected") return points.map((point) => ({ point, x: point.xi_ang, y: point.tc_k, low: null, high: null }));
  return points.flatMap((point) => {
    const row = rows.of(point.row);
    return row.expected === null ? [] : [{ point, x: point.used_ang, y: row.expected, low: row.low, high: row.high }];
  });
}

function pointTraces(chart, colours, rows, mode) {
  const traces = [];
  const add = (family, place, shown, filled) => {
    if (!shown.length) return;
    const crowded = shown.length > CROWD;
    const colour = colours.families[place % colours.families.length];
    const shape = SHAPES[place % SHAPES.length];
    const word = filled ? "measured" : mode;
    traces.push({
      x: shown.map((one) => one.x),
      y: shown.map((one) => one.y),
      customdata: shown.map((one) => one.point.row),
      hovertext: shown.map((one) => hover(one, word, rows)),
      hoverinfo: "text", mode: "markers", type: "scatter",
      name: plain(`${family}, ${word}`),
      meta: filled || mode !== "expected" ? undefined : { low: shown.map((one) => one.low), high: shown.map((one) => one.high) },
      marker: { symbol: filled ? shape : `${shape}-open`, color: colour, opacity: shown.map((one) => (one.point.suspect ? FAINT : crowded ? 0.55 : 1)),
        size: crowded ? 5 : (filled ? 9 : 8),
        line: { width: filled ? 0.8 : 1.4, color: filled ? colours.paper : colour } },
    });
  };
  for (const filled of [false, true]) {
    const points = filled ? chart.measured : chart.candidates;
    chart.families.forEach((family, place) => {
      const some = points.filter((one) => one.family === family);
      add(family, place, shownOf(some, rows, filled ? "measured" : mode), filled);
    });
  }
  return traces;
}

/* How many candidates of each family have which ξ: bars on the same axis, below. */
function barTraces(chart, colours) {
  const { edges_ang: edges, counts } = chart.distribution;
  const middle = edges.slice(1).map((edge, place) => (edge + edges[place]) / 2);
  return counts.map(([family, of]) => ({
    type: "bar", x: middle, y: of, yaxis: "y2", showlegend: false, name: plain(family), hoverinfo: "text", textposition: "none",
    width: edges.length > 1 ? 0.92 * (edges[1] - edges[0]) : 0.1,
    hovertext: of.map((count, place) => `${plain(family)}: ${count} with ξ from ${edges[place].toFixed(2)} to ${edges[place + 1].toFixed(2)} Å`),
    marker: { color: colours.families[Math.max(0, chart.families.indexOf(family)) % colours.families.length] },
  }));
}

function layout(colours, width, bars, printing) {
  const axis = { gridcolor: colours.line, linecolor: colours.soft, zeroline: false, ticks: "outside",
    tickcolor: colours.soft, showline: true, automargin: true };
  const narrow = width < 620;
  return {
    xaxis: { ...axis, title: { text: "Height of the cage ξ (Å)" }, ...(bars ? { anchor: "y2" } : {}) },
    yaxis: { ...axis, title: { text: narrow ? "T<sub>c</sub> (K)" : "Critical temperature T<sub>c</sub> (K)" }, rangemode: "tozero", domain: bars ? [0.24, 1] : [0, 1] },
    ...(bars ? { yaxis2: { ...axis, title: { text: narrow ? "" : "Candidates" }, rangemode: "tozero", domain: [0, 0.16], nticks: 3, fixedrange: true }, barmode: "stack" } : {}),
    font: { family: colours.font, size: narrow ? 12 : 13, color: colours.ink },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    ...(printing ? { width: PRINTED_WIDTH } : {}), height: printing ? 440 : narrow ? 620 : 600, margin: { l: 56, r: 12, t: 12, b: 48 },
    hoverlabel: { bgcolor: colours.paper, bordercolor: colours.soft, align: "left",
      font: { family: colours.font, size: 13, color: colours.ink } },
    hovermode: "closest", dragmode: narrow ? false : "zoom",
    legend: narrow
      ? { orientation: "h", x: 0, y: -0.18, yanchor: "top", traceorder: "normal", font: { size: 11 } }
      : { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal" },
  };
}

function drawChart(node, chart, rows, mode, choose) {
  const printing = document.documentElement.classList.contains("printing");
  const colours = theme();
  const config = { responsive: true, displaylogo: false, displayModeBar: "hover", plotlyServerURL: "", showSendToCloud: false,
    modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"],
    toImageButtonOptions: { format: "svg", filename: "tc_against_xi" } };
  const ranges = { x: [], y: [], mode: "markers", type: "scatter", name: "range", hoverinfo: "skip", showlegend: false,
    marker: { size: 1, color: colours.ink }, error_y: { type: "data", symmetric: false, color: colours.ink, thickness: 2, width: 5, array: [], arrayminus: [] } };
  const traces = [...curveTraces(chart, colours), ...pointTraces(chart, colours, rows, mode), ...barTraces(chart, colours), ranges];
  Plotly.react(node, traces, layout(colours, printing ? PRINTED_WIDTH : node.clientWidth, chart.distribution.counts.length > 0, printing), config);
  node.removeAllListeners("plotly_click");
  node.removeAllListeners("plotly_hover");
  node.removeAllListeners("plotly_unhover");
  const range = (points, up, down) => Plotly.restyle(node, { x: [points.map((one) => one.x)], y: [points.map((one) => one.y)],
    "error_y.array": [up], "error_y.arrayminus": [down] }, [traces.length - 1]);
  node.on("plotly_hover", (event) => {
    const [point] = event.points.filter((one) => one.data.meta);
    const low = point?.data.meta.low[point.pointNumber] ?? null, high = point?.data.meta.high[point.pointNumber] ?? null;
    if (low !== null && high !== null) range([point], [high - point.y], [point.y - low]);
  });
  node.on("plotly_unhover", () => { if (node.data.at(-1).x.length) range([], [], []); });
  node.on("plotly_click", (event) => {
    const [place] = event.points.map((point) => point.customdata).filter((row) => row >= 0);
    if (place !== undefined) choose(place);
  });
}
