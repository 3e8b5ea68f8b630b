"use strict";
/* The structure in three dimensions, and the CIF as a file. x runs along an edge of the net, y along the
   normal of the sheet, so that the first view stands on the sheet. */

{
  const data = JSON.parse(document.getElementById("data").textContent);

  /* Colours of atoms: those of 3Dmol, but cations of the spacers kept apart. */
  const radius = (atom) => (atom.metal ? 0.42 : { O: 0.3, F: 0.3, N: 0.3, C: 0.3, H: 0.22 }[atom.element] || 0.5);
  const hex = (value) => `#${value.toString(16).padStart(6, "0")}`;
  const PAINT = { O: 0xe0302b, F: 0x7dbb3a, Cl: 0x3fa34d, Cu: 0xc4713b, Ni: 0x4f8f5c, Fe: 0xd0722c, As: 0x9a6cc4, Se: 0xd8a028,
    P: 0xe58a1f, S: 0xd9c32e, Te: 0xb07a1e, Ba: 0x2f8f4e, Sr: 0x6bbf59, Ca: 0x7a8ea3, La: 0x4aa8c0, Y: 0x5fb6c7, Hg: 0x8f8fa8,
    Tl: 0x8a5a44, Bi: 0x8d55a5, Pb: 0x565964, K: 0x7f4fb8, Na: 0x9566cf, Li: 0xb184d8, Mg: 0x69a84f };
  const paint = (element) => PAINT[element] ?? window.$3Dmol?.elementColors.Jmol[element] ?? 0x8899aa;
  for (const ball of document.querySelectorAll(".ball")) ball.style.background = hex(paint(ball.dataset.element));

  const style = () => getComputedStyle(document.documentElement);
  const read = (name) => style().getPropertyValue(name).trim();

  class Crystal {
    constructor(node, scene) {
      this.node = node;
      this.scene = scene;
      this.hidden = new Set();
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
      for (const [element, x, y, z] of cage.apexes) said(`${element} apex`, x, y, z, { x: 12, y: 0 });
      const middle = cage.corners.reduce((sum, corner) => sum.map((value, axis) => value + corner[axis] / cage.corners.length), [0, 0, 0]);
      this.viewer.addLabel(cage.letter, { position: { x: middle[0], y: middle[1], z: middle[2] }, fontSize: 20, fontColor: colour,
        backgroundColor: read("--paper"), backgroundOpacity: 0.6, inFront: true, alignment: "center",
        screenOffset: { x: -26 * (place + 1), y: 0 } });
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
    button.addEventListener("click", () => save(data[button.dataset.cif], "chemical/x-cif", button.dataset.file));
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
      for (const [first, ...run] of one.runs) run.forEach((height, place) => { heights[first + place] = height; });
      const lines = heights.map((height, place) => `${(one.first_deg + place * one.step_deg).toFixed(2)} ${height}\n`);
      save(lines.join(""), "text/plain", `${button.dataset.file}-${one.name}.xy`);
    });
  }
}
