"use strict";
/* The structure in three dimensions, and the CIF as a file. x runs along an edge of the net, y along the
   normal of the sheet, so that the first view stands on the sheet. */

{
  const data = JSON.parse(document.getElementById("data").textContent);
  if (data.scene) data.scene.atoms = data.scene.atoms.map(([element, species, x, y, z, metal]) => ({ element, species, x, y, z, metal }));

  /* Colours of atoms: those of 3Dmol, but cations of the spacers kept apart. */
  const radius = (atom) => (atom.metal ? 0.42 : { O: 0.3, F: 0.3, N: 0.3, C: 0.3, H: 0.22 }[atom.element] || 0.5);
  const hex = (value) => `#${value.toString(16).padStart(6, "0")}`;
  const PAINT = { O: 0xe0302b, F: 0x7dbb3a, Cl: 0x3fa34d, Cu: 0xc4713b, Ni: 0x4f8f5c, Fe: 0xd0722c, As: 0x9a6cc4, Se: 0xd8a028,
    P: 0xe58a1f, S: 0xd9c32e, Te: 0xb07a1e, Ba: 0x2f8f4e, Sr: 0x6bbf59, Ca: 0x7a8ea3, La: 0x4aa8c0, Y: 0x5fb6c7, Hg: 0x8f8fa8,
    Tl: 0x8a5a44, Bi: 0x8d55a5, Pb: 0x565964, K: 0x7f4fb8, Na: 0x9566cf, Li: 0xb184d8, Mg: 0x69a84f };
  const own = (element) => PAINT[element] ?? window.$3Dmol?.elementColors.Jmol[element] ?? 0x8899aa;
  const channels = (value) => [16, 8, 0].map((shift) => ((value >> shift) & 255) / 255);
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };

  /* The colour mixed with black or white until it is as light as wanted. */
  function asLight(value, wanted) {
    const rgb = channels(value), end = luminance(rgb) > wanted ? 0 : 1;
    let low = 0, high = 1;
    const mixed = (share) => rgb.map((one) => one + share * (end - one));
    for (let step = 0; step < 20; step += 1) {
      const middle = (low + high) / 2;
      if ((luminance(mixed(middle)) > wanted) === (end === 1)) high = middle; else low = middle;
    }
    return mixed(high).reduce((sum, one) => sum * 256 + Math.round(255 * one), 0);
  }

  /* Elements of one picture keep their hues, and differ in lightness by equal steps. */
  const DARKEST = 0.05, LIGHTEST = 0.62;
  const painted = new Map();
  const shown = [...(data.scene?.elements ?? [])].sort((one, other) => luminance(channels(own(one))) - luminance(channels(own(other))));
  shown.forEach((element, place) => painted.set(element, shown.length === 1 ? own(element)
    : asLight(own(element), DARKEST * (LIGHTEST / DARKEST) ** (place / (shown.length - 1)))));
  const paint = (element) => painted.get(element) ?? own(element);
  for (const ball of document.querySelectorAll(".ball")) ball.style.background = hex(paint(ball.dataset.element));

  const style = () => getComputedStyle(document.documentElement);
  const read = (name) => style().getPropertyValue(name).trim();

  class Crystal {
    constructor(node, scene) {
      this.node = node;
      this.scene = scene;
      this.hidden = new Set();
      this.picked = [];
      this.measured = [];
      this.viewer = window.$3Dmol.createViewer(node, { backgroundColor: read("--paper"), antialias: true, disableFog: true });
      this.viewer.setProjection("orthographic");
      this.draw();
      this.look("along");
      node.dataset.ready = "true";
      node.addEventListener("keydown", (event) => this.key(event));
    }

    draw() {
      const { viewer, scene } = this;
      viewer.removeAllModels(); viewer.removeAllShapes(); viewer.removeAllLabels();
      this.picked = []; this.measured = [];
      viewer.setBackgroundColor(read("--paper"));
      const bonds = scene.atoms.map(() => []);
      for (const [one, other] of scene.bonds) { bonds[one].push(other); bonds[other].push(one); }
      const model = viewer.addModel();
      model.addAtoms(scene.atoms.map((atom, index) => ({ elem: atom.element, x: atom.x, y: atom.y, z: atom.z, serial: index,
        bonds: bonds[index], bondOrder: bonds[index].map(() => 1), hetflag: true, properties: { species: atom.species } })));
      for (const element of scene.elements) {
        const one = scene.atoms.find((atom) => atom.element === element);
        viewer.setStyle({ elem: element }, { sphere: { radius: radius(one), color: paint(element) }, stick: { radius: 0.09, color: read("--soft") } });
      }
      let shown = null;
      viewer.setHoverable({}, true,
        (atom) => { shown = viewer.addLabel(atom.properties.species, { position: atom, fontSize: 14, fontColor: read("--ink"), backgroundColor: read("--paper"), backgroundOpacity: 0.9 }); },
        () => { if (shown) viewer.removeLabel(shown); shown = null; });
      viewer.setClickable({}, true, (atom) => this.pick(atom));
      scene.cages.forEach((cage, place) => { if (!this.hidden.has(place)) this.cage(cage, place); });
      viewer.render();
    }

    cage(cage, place) {
      const colour = read(`--cage-${place % 4}`);
      const at = (corner) => ({ x: cage.corners[corner][0], y: cage.corners[corner][1], z: cage.corners[corner][2] });
      const vertexArr = [], normalArr = [], faceArr = [];
      for (const triangle of cage.triangles) {
        const corners = triangle.map(at);
        const [a, b, c] = corners;
        const u = { x: b.x - a.x, y: b.y - a.y, z: b.z - a.z }, v = { x: c.x - a.x, y: c.y - a.y, z: c.z - a.z };
        const n = { x: u.y * v.z - u.z * v.y, y: u.z * v.x - u.x * v.z, z: u.x * v.y - u.y * v.x };
        const size = Math.hypot(n.x, n.y, n.z) || 1;
        for (const corner of corners) {
          faceArr.push(vertexArr.length); vertexArr.push(corner);
          normalArr.push({ x: n.x / size, y: n.y / size, z: n.z / size });
        }
      }
      if (faceArr.length) this.viewer.addCustom({ vertexArr, normalArr, faceArr, color: colour, opacity: 0.5 });
      for (const [one, other] of cage.edges) {
        this.viewer.addCylinder({ start: at(one), end: at(other), radius: 0.045, color: colour, fromCap: 1, toCap: 1 });
      }
      const said = (text, x, y, z, offset) => this.viewer.addLabel(text, { position: { x, y, z }, fontSize: 15, fontColor: read("--ink"),
        backgroundColor: read("--paper"), backgroundOpacity: 0.75, inFront: true, alignment: "centerLeft", screenOffset: offset });
      this.height(cage, place, colour);
      for (const [element, x, y, z] of cage.apexes) said(`${element} apex`, x, y, z, { x: 12, y: 0 });
      const middle = cage.corners.reduce((sum, corner) => sum.map((value, axis) => value + corner[axis] / cage.corners.length), [0, 0, 0]);
      this.viewer.addLabel(cage.letter, { position: { x: middle[0], y: middle[1], z: middle[2] }, fontSize: 20, fontColor: colour,
        backgroundColor: read("--paper"), backgroundOpacity: 0.6, inFront: true, alignment: "center",
        screenOffset: { x: -26 * (place + 1), y: 0 } });
    }

    /* The height along the normal of the sheet, as an arrow with two heads beside the cage. */
    height(cage, place, colour) {
      const axis = (n) => cage.corners.map((corner) => corner[n]);
      const [low, high] = [Math.min(...axis(1)), Math.max(...axis(1))];
      const x = Math.max(...axis(0)) + 0.45 + 0.35 * place, z = axis(2).reduce((sum, one) => sum + one, 0) / cage.corners.length;
      const [from, to] = [{ x, y: low, z }, { x, y: high, z }];
      for (const [start, end] of [[from, to], [to, from]]) this.viewer.addArrow({ start, end, radius: 0.04, radiusRatio: 3, mid: 0.88, color: colour });
      for (const end of [from, to]) {
        this.viewer.addCylinder({ start: { x: x - 0.35, y: end.y, z }, end: { x: x + 0.2, y: end.y, z }, radius: 0.025, color: colour, fromCap: 1, toCap: 1 });
      }
      this.viewer.addLabel(`ξ(${cage.letter}) ${this.scene.xi_ang[place].toFixed(3)} Å`, { position: { x, y: (low + high) / 2, z }, fontSize: 15, fontColor: read("--ink"),
        backgroundColor: read("--paper"), backgroundOpacity: 0.85, inFront: true, alignment: "centerLeft", screenOffset: { x: 8, y: 0 } });
    }

    /* Two atoms, one after the other: a line between them, and its length. */
    pick(atom) {
      if (this.picked.length === 2) this.picked = [];
      this.picked.push(atom);
      for (const shape of this.measured) this.viewer.removeShape(shape);
      this.measured = this.picked.map(({ x, y, z }) => this.viewer.addSphere({ center: { x, y, z }, radius: 0.6, color: read("--ink"), opacity: 0.35 }));
      const said = document.getElementById("distance"), [one, other] = this.picked;
      if (other) {
        const apart = Math.hypot(one.x - other.x, one.y - other.y, one.z - other.z);
        this.measured.push(this.viewer.addCylinder({ start: one, end: other, radius: 0.06, color: read("--ink"), dashed: true, fromCap: 1, toCap: 1 }));
        said.textContent = `${one.properties.species} to ${other.properties.species}: ${apart.toFixed(3)} Å`;
      } else said.textContent = `${one.properties.species}: select a second atom.`;
      this.viewer.render();
    }

    look(view) {
      const { viewer } = this;
      viewer.setView([0, 0, 0, 0, 0, 0, 0, 1]);
      viewer.zoomTo();
      if (view === "down") viewer.rotate(90, "x");
      if (view === "along") { viewer.rotate(14, "y"); viewer.rotate(7, "x"); }
      if (view === "askew") { viewer.rotate(35, "y"); viewer.rotate(25, "x"); }
      this.fit();
      viewer.render();
      for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view));
    }

    /* As large as the frame allows, whatever its shape. */
    fit() {
      const { viewer, node, scene } = this;
      viewer.render();
      const places = viewer.modelToScreen(scene.atoms.map(({ x, y, z }) => ({ x, y, z })));
      const size = (axis) => Math.max(1, Math.max(...places.map((place) => place[axis])) - Math.min(...places.map((place) => place[axis])));
      viewer.zoom(0.8 * Math.min(node.clientWidth / size("x"), node.clientHeight / size("y")));
    }

    key(event) {
      const turns = { ArrowLeft: [-10, "y"], ArrowRight: [10, "y"], ArrowUp: [-10, "x"], ArrowDown: [10, "x"] };
      if (event.key in turns) this.viewer.rotate(...turns[event.key]);
      else if (event.key === "+" || event.key === "=") this.viewer.zoom(1.15);
      else if (event.key === "-") this.viewer.zoom(1 / 1.15);
      else return;
      event.preventDefault();
      this.viewer.render();
    }

  }

  const node = document.getElementById("view");
  if (node && !window.$3Dmol) {
    node.hidden = true;
    document.getElementById("no-view").hidden = false;
  } else if (node && data.scene) {
    const crystal = new Crystal(node, data.scene);
    for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => crystal.look(button.dataset.view));
    for (const box of document.querySelectorAll("[data-cage]")) {
      box.addEventListener("change", () => {
        if (box.checked) crystal.hidden.delete(Number(box.dataset.cage)); else crystal.hidden.add(Number(box.dataset.cage));
        crystal.draw();
      });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => crystal.draw());
    new ResizeObserver(() => { crystal.viewer.resize(); }).observe(node);
    const print = (printing) => {
      document.documentElement.classList.toggle("printing", printing);
      crystal.draw();
    };
    addEventListener("beforeprint", () => print(true));
    addEventListener("afterprint", () => print(false));
  }

  const save = (text, type, name) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = Object.assign(document.createElement("a"), { href: url, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };

  for (const button of document.querySelectorAll("[data-cif]")) {
    button.addEventListener("click", () => save(data[button.dataset.cif] ?? document.getElementById("cif-text").textContent, "chemical/x-cif", button.dataset.file));
  }

  /* The powder pattern of another radiation, and the profile as a file: one point a line, 2θ and height. */
  const radiations = document.querySelector(".radiations");
  if (radiations) {
    const picture = document.getElementById("pattern");
    const chosen = () => data.powder[Number(radiations.querySelector(":checked").value)];
    const texts = (group, all) => group.replaceChildren(...all.map(([x, y, text]) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", "text");
      made.setAttribute("x", x); made.setAttribute("y", y);
      made.textContent = text;
      return made;
    }));
    const draw = () => {
      const one = chosen(), ticks = picture.querySelector(".ticks");
      const under = ticks.firstElementChild.getAttribute("y");
      picture.querySelector(".sticks").setAttribute("d", one.path);
      texts(ticks, one.ticks.map(([x, text]) => [x, under, text]));
      texts(picture.querySelector(".labels"), one.labels);
      const marks = picture.querySelector(".marks-beside");
      texts(marks, one.marks.map(([x, letter]) => [x, marks.dataset.y, letter]));
      document.querySelectorAll(".beside .angles").forEach((cell, phase) => {
        [...cell.children].forEach((span, place) => { span.textContent = one.beside[phase][place]; });
      });
      document.querySelectorAll(".peaks tbody tr").forEach((row, place) => {
        [row.cells[0].textContent, row.cells[3].textContent] = one.rows[place];
      });
      document.getElementById("pattern-said").textContent = one.said;
    };
    radiations.disabled = false;
    radiations.addEventListener("change", draw);
    if (chosen() !== data.powder[0]) draw();
    const button = document.getElementById("xy");
    button.addEventListener("click", () => {
      const one = chosen(), heights = new Array(one.count).fill(0);
      for (const run of one.runs) {
        const [first, digits] = run.split(" ");
        for (let at = 0; at < digits.length; at += 2) heights[Number(first) + at / 2] = parseInt(digits.slice(at, at + 2), 36);
      }
      const lines = heights.map((height, place) => `${(one.first_deg + place * one.step_deg).toFixed(2)} ${height}\n`);
      save(lines.join(""), "text/plain", `${button.dataset.file}-${one.name}.xy`);
    });
  }
}
