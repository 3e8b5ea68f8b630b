"use strict";
/* T_c against ξ. Colour and shape say the family, open marks are ceilings, filled marks are measured. */

const SHAPES = ["circle", "square", "diamond", "triangle-up", "triangle-down", "pentagon", "hexagon", "star"];
const CROWD = 800;
const DASHES = ["solid", "dash", "dot", "dashdot"];

/* plotly reads a small HTML dialect in its texts; data must not. */
function plain(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function hover(point, word) {
  const lines = [`<b>${plain(point.formula)}</b>`, plain(point.name), plain(point.family),
    `ξ ${point.xi_ang.toFixed(3)} Å, ${word} ${point.tc_k.toFixed(1)} K`];
  if (point.note) lines.push(plain(point.note));
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

function pointTraces(chart, colours) {
  const traces = [];
  const add = (family, place, points, filled) => {
    if (!points.length) return;
    const crowded = points.length > CROWD;
    const colour = colours.families[place % colours.families.length];
    const shape = SHAPES[place % SHAPES.length];
    traces.push({
      x: points.map((point) => point.xi_ang),
      y: points.map((point) => point.tc_k),
      customdata: points.map((point) => point.row),
      hovertext: points.map((point) => hover(point, filled ? "measured" : "ceiling")),
      hoverinfo: "text", mode: "markers", type: "scatter",
      name: plain(`${family}, ${filled ? "measured" : "ceiling"}`),
      marker: { symbol: filled ? shape : `${shape}-open`, color: colour, opacity: crowded ? 0.55 : 1,
        size: crowded ? 5 : (filled ? 9 : 8),
        line: { width: filled ? 0.8 : 1.4, color: filled ? colours.paper : colour } },
    });
  };
  for (const filled of [false, true]) {
    const points = filled ? chart.measured : chart.candidates;
    chart.families.forEach((family, place) => add(family, place, points.filter((one) => one.family === family), filled));
  }
  return traces;
}

function layout(colours, width) {
  const axis = { gridcolor: colours.line, linecolor: colours.soft, zeroline: false, ticks: "outside",
    tickcolor: colours.soft, showline: true, automargin: true };
  const narrow = width < 620;
  return {
    xaxis: { ...axis, title: { text: "Height of the cage ξ (Å)" } },
    yaxis: { ...axis, title: { text: narrow ? "T<sub>c</sub> (K)" : "Critical temperature T<sub>c</sub> (K)" }, rangemode: "tozero" },
    font: { family: colours.font, size: narrow ? 12 : 13, color: colours.ink },
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    height: narrow ? 560 : 520, margin: { l: 56, r: 12, t: 12, b: 48 },
    hoverlabel: { bgcolor: colours.paper, bordercolor: colours.soft, align: "left",
      font: { family: colours.font, size: 13, color: colours.ink } },
    hovermode: "closest", dragmode: narrow ? false : "zoom",
    legend: narrow
      ? { orientation: "h", x: 0, y: -0.18, yanchor: "top", traceorder: "normal", font: { size: 11 } }
      : { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", traceorder: "normal" },
  };
}

function drawChart(node, chart, choose) {
  const colours = theme();
  const config = { responsive: true, displaylogo: false, displayModeBar: "hover",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    toImageButtonOptions: { format: "svg", filename: "tc_against_xi" } };
  const traces = [...curveTraces(chart, colours), ...pointTraces(chart, colours)];
  Plotly.react(node, traces, layout(colours, node.clientWidth), config);
  node.removeAllListeners("plotly_click");
  node.on("plotly_click", (event) => {
    const [place] = event.points.map((point) => point.customdata).filter((row) => row >= 0);
    if (place !== undefined) choose(place);
  });
}
