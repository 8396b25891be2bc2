/* Three sheets over the map: the table as it is, what moves with the hand, and names with their numbers.

   The first and the last are drawn anew where something changed, and only there. The one between is drawn at each move
   of the hand: what is chosen, what would change hands, the tool's own marks. */
(function (Plans) {
  "use strict";

  const { geometry } = Plans;
  const FONT = "system-ui, -apple-system, 'PingFang SC', 'HarmonyOS Sans SC', MiSans, 'Microsoft YaHei', 'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif";
  const LOOK = { ink: "#2c3440", border: "#3b4757", unit: "#6b6356", chosen: "#d96c00", target: "#0b5a48", nobody: "#b3261e", halo: "rgba(255,255,255,.94)" };
  const SIGN = { small: "▼", large: "▲", good: "" };
  const LABELLED = 900;   // titles of buildings in one view, more would be soup

  /** A canvas that moves and zooms with the map, in pixels of `Ground`. `draw(context, view)` paints it. */
  const Sheet = L.Renderer.extend({
    options: { padding: 0.2 },
    initialize: function (ground, draw, options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.ground = ground;
      this._draw = draw;
    },
    _initContainer: function () {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
    },
    _destroyContainer: function () { this._container.remove(); delete this._container; },
    _update: function () {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const ratio = window.devicePixelRatio || 1, size = this._bounds.getSize(), canvas = this._container;
      L.DomUtil.setPosition(canvas, this._bounds.min);
      const [width, height] = [size.x * ratio, size.y * ratio].map(Math.round);
      if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
      const k = 2 ** (this._map.getZoom() - geometry.ZOOM), corner = this._map.getPixelOrigin().add(this._bounds.min);
      const dx = this.ground.origin[0] * k - corner.x, dy = this.ground.origin[1] * k - corner.y;
      this.view = { k, ratio, dx, dy, size, box: [-dx / k, -dy / k, (size.x - dx) / k, (size.y - dy) / k], zoom: this._map.getZoom() };
      this.redraw();
    },
    /** Draw anew: all, or only what lies in some boxes. */
    redraw: function (boxes, beside = 6) {
      if (!this._map || !this.view) return;
      const context = this._container.getContext("2d"), { k, ratio, dx, dy, box } = this.view;
      context.save();
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      let part = box;
      if (boxes) {
        const margin = beside / k, [left, top, right, bottom] = geometry.joined(boxes);
        part = [left - margin, top - margin, right + margin, bottom + margin];
        context.beginPath();
        context.rect(part[0] * k + dx, part[1] * k + dy, (part[2] - part[0]) * k, (part[3] - part[1]) * k);
        context.clip();
      }
      context.clearRect(0, 0, this.view.size.x, this.view.size.y);
      this._draw(context, { ...this.view, box: part, shift: () => context.setTransform(k * ratio, 0, 0, k * ratio, dx * ratio, dy * ratio), flat: () => context.setTransform(ratio, 0, 0, ratio, 0, 0), point: ([x, y]) => [x * k + dx, y * k + dy] });
      context.restore();
    },
    /** Draw anew with the next picture; many calls before it are one. */
    soon: function () {
      if (this._frame) return;
      this._frame = requestAnimationFrame(() => { this._frame = null; this.redraw(); });
    },
  });

  function painting(app) {
    const { state, map } = app;
    const marks = [];   // the tools' own drawers: (context, view)
    const cells = new Map();
    const units = unitPaths(state);

    const lower = new Sheet(state.ground, (context, view) => {
      const at = { context, view, state };
      view.shift();
      fills(at);
      unitsOf(at, units);
      borders(at);
      view.flat();
      if (view.zoom >= 17) titles(at, state.ground.near(view.box));
    }).addTo(map);
    map.createPane("hand").style.zIndex = 460;   // above the map's own names, below popups
    const middle = new Sheet(state.ground, (context, view) => names({ context, view, state }), { pane: "hand" }).addTo(map);
    const upper = new Sheet(state.ground, (context, view) => {
      const at = { context, view, state, cells };
      view.shift();
      aimed(at);
      staged(at);
      chosen(at, app);
      view.flat();
      if (view.zoom >= 17) titles(at, [...state.staged.keys(), ...state.selected]);
      for (const mark of marks) mark(context, view);
    }, { pane: "overlayPane" }).addTo(map);

    const all = () => { units.forget(); for (const sheet of [lower, middle, upper]) sheet.redraw(); };
    const spots = (labels) => [...labels].map((label) => state.grid(label)).filter(Boolean).map((grid) => grid.box);
    const renamed = (boxes) => { if (boxes.length) middle.redraw(boxes, 40); };
    state.on("level", all);
    state.on("changed", ({ labels, boxes }) => { units.forget(labels); if (boxes.length) lower.redraw(boxes); renamed([...boxes, ...spots(labels)]); upper.soon(); });
    state.on("staged", ({ labels }) => { renamed(spots(labels)); upper.soon(); });
    state.on("selected target", () => upper.soon());
    return { soon: () => upper.soon(), all, marks, cells };
  }

  /* --- below ---------------------------------------------------------------------------------------------------------- */

  const pastel = (grid) => window.Net.PASTEL[(grid.colour || 0) % window.Net.PASTEL.length];
  const seen = (grid, view) => geometry.overlaps(grid.box, view.box);

  function fills({ context, view, state }) {
    for (const grid of state.grids[state.level].values()) {
      if (!seen(grid, view)) continue;
      context.globalAlpha = 0.62;
      context.fillStyle = pastel(grid);
      context.fill(grid.path, "evenodd");
      if (grid.locked) { context.globalAlpha = 0.5; context.fillStyle = hatch(context, view, "#5c6878"); context.fill(grid.path, "evenodd"); }
    }
    context.globalAlpha = 1;
  }
  /** Slanting lines, six css pixels apart at each zoom. */
  function hatch(context, view, ink) {
    const tile = document.createElement("canvas"), size = 8;
    tile.width = tile.height = size;
    const pen = tile.getContext("2d");
    Object.assign(pen, { strokeStyle: ink, lineWidth: 1.2 });
    pen.beginPath();
    for (const shift of [-size, 0, size]) { pen.moveTo(shift, size); pen.lineTo(shift + size, 0); }
    pen.stroke();
    const pattern = context.createPattern(tile, "repeat");
    pattern.setTransform(new DOMMatrix().scale(1 / view.k));
    return pattern;
  }

  /** One path for all units of a label, kept until the label's members change. */
  function unitPaths(state) {
    let kept = new Map();
    const gather = () => {
      const groups = new Map();
      for (const unit of state.units.values()) {
        const label = unit[state.level];
        if (kept.has(label)) continue;
        if (!groups.has(label)) groups.set(label, []);
        groups.get(label).push(unit);
      }
      for (const [label, units] of groups) {
        const path = new Path2D();
        for (const unit of units) path.addPath(unit.path);
        kept.set(label, { path, box: geometry.joined(units.map((unit) => unit.box)) });
      }
      return kept;
    };
    return { gather, forget: (labels) => { if (labels) for (const label of labels) kept.delete(label); else kept = new Map(); } };
  }
  function unitsOf({ context, view, state }, units) {
    for (const [label, { path, box }] of units.gather()) {
      if (!geometry.overlaps(box, view.box)) continue;
      const nobody = label === null || label === undefined;
      const far = view.zoom < 15.5 && !nobody;   // too small for an outline
      context.fillStyle = far ? "rgba(107,99,86,.5)" : "rgba(255,253,248,.86)";
      context.fill(path, "evenodd");
      if (far) continue;
      if (nobody) { context.fillStyle = hatch(context, view, LOOK.nobody); context.fill(path, "evenodd"); }
      context.strokeStyle = nobody ? LOOK.nobody : LOOK.unit;
      context.lineWidth = (nobody ? 2 : view.zoom < 16 ? 0.5 : 0.9) / view.k;
      context.stroke(path);
    }
  }
  function borders({ context, view, state }) {
    context.lineJoin = "round";
    const stroke = (level, width, ink) => {
      for (const grid of state.grids[level].values()) {
        if (!seen(grid, view)) continue;
        context.strokeStyle = ink;
        context.lineWidth = width / view.k;
        context.stroke(grid.path);
      }
    };
    if (state.level === "segment") stroke("segment", 1.6, "#5c6878");
    stroke("grid", state.level === "segment" ? 3.2 : 2.2, LOOK.border);
  }
  function titles({ context, view, state }, found) {
    const told = new Set();
    Object.assign(context, { font: `600 ${view.zoom < 18 ? 10.5 : 12}px ${FONT}`, textAlign: "center", textBaseline: "middle", lineJoin: "round", strokeStyle: "rgba(255,255,255,.9)", lineWidth: 2.5, fillStyle: "#4b433a" });
    const rows = [];
    const whole = state.level === "grid" || view.zoom < 18.5;   // nearer, each door of a building has its number
    for (const unit of found) {
      const id = whole ? unit.building : unit.id;
      if (told.has(id) || rows.length > LABELLED) continue;
      told.add(id);
      const units = whole ? state.buildings.get(unit.building) : [unit], text = short(unit, whole);
      const [left, , right] = geometry.joined(units.map((each) => each.box));
      if (text.length * 8 > (right - left) * view.k * 2) continue;   // wider than its building and a half: soup
      rows.push([text, whole ? centre(units) : unit.at]);
    }
    for (const [text, at] of rows) {
      const [x, y] = view.point(at);
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
  }
  const KIND = /号楼|栋|楼/;   // "11号楼 4门" is 11-4门 on the map
  function short(unit, whole) {
    const building = (unit.building_title || unit.title).replace(/^.*\s/, "");
    return whole ? building : `${building.replace(KIND, "")}-${unit.title.replace(/^.*\s/, "")}`;
  }
  function centre(units) {
    const [left, top, right, bottom] = geometry.joined(units.map((unit) => unit.box));
    return units.length === 1 ? units[0].at : [(left + right) / 2, (top + bottom) / 2];
  }

  /* --- above ---------------------------------------------------------------------------------------------------------- */

  function aimed({ context, view, state }) {
    const grid = state.target && state.grid(state.target);
    if (!grid) return;
    context.lineJoin = "round";
    for (const [ink, width] of [["#fff", 7], [LOOK.target, 4]]) {
      context.strokeStyle = ink;
      context.lineWidth = width / view.k;
      context.stroke(grid.path);
    }
  }
  function staged({ context, view, state, cells }) {
    for (const [unit, label] of state.staged) {
      if (!geometry.overlaps(unit.box, view.box)) continue;
      const grid = label && state.grid(label), cell = cells.get(unit.id);
      context.globalAlpha = 0.85;
      context.fillStyle = grid ? pastel(grid) : "#fff";
      if (cell) context.fill(cell.path, "evenodd");
      context.globalAlpha = 1;
      context.fill(unit.path, "evenodd");
      if (!grid) { context.fillStyle = hatch(context, view, LOOK.nobody); context.fill(unit.path, "evenodd"); }
      context.strokeStyle = grid ? LOOK.target : LOOK.nobody;
      context.lineWidth = 2.4 / view.k;
      context.stroke(unit.path);
    }
  }
  function chosen({ context, view, state }, app) {
    const outline = (unit, ink, width, fill) => {
      if (fill) { context.fillStyle = fill; context.fill(unit.path, "evenodd"); }
      context.strokeStyle = ink;
      context.lineWidth = width / view.k;
      context.stroke(unit.path);
    };
    for (const unit of state.selected) if (geometry.overlaps(unit.box, view.box)) outline(unit, LOOK.chosen, 3, state.staged.has(unit) ? null : "rgba(240,154,26,.42)");
    for (const unit of app.hovered || []) outline(unit, LOOK.ink, 2.2);
  }
  function names({ context, view, state }) {
    if (view.zoom < 12) return;
    const size = view.zoom < 15 ? 12 : 14.5, least = state.grids[state.level].size > 60 ? 60 : 34;
    Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round", strokeStyle: LOOK.halo, lineWidth: 4 });
    const line = (text, font, ink, x, y) => {
      Object.assign(context, { font, fillStyle: ink });
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    };
    for (const grid of state.grids[state.level].values()) {
      if (!grid.spot || !seen(grid, view) || (grid.box[2] - grid.box[0]) * view.k < least) continue;
      const { households } = state.figures(grid.label), verdict = state.level === "grid" ? state.verdict(households) : "good";
      const [x, y] = view.point(clear(grid, view, state, size));
      const sign = SIGN[verdict] && `${SIGN[verdict]} `;
      if (grid.locked) padlock(context, x, y - size * 1.9);
      line(grid.name || grid.label, `700 ${size}px ${FONT}`, LOOK.ink, x, y - size * 0.6);
      line(sign + Plans.t("{n} 户", Plans.number(households)), `600 ${size - 1}px ${FONT}`, verdict === "good" ? LOOK.ink : "#9a1d17", x, y + size * 0.65);
    }
  }
  function padlock(context, x, y) {
    context.save();
    context.lineWidth = 2;
    context.strokeStyle = LOOK.ink;
    context.fillStyle = LOOK.ink;
    context.beginPath();
    context.arc(x, y - 1, 3.6, Math.PI, 0);
    context.stroke();
    context.fillRect(x - 6, y - 1, 12, 8);
    context.restore();
  }
  // Where a name may go beside its best place, in heights of it: it should not lie on a building that has its own title.
  const BESIDE = Array.from({ length: 17 * 17 }, (_, i) => [((i % 17) - 8) * 1.6, (Math.floor(i / 17) - 8) * 0.9]).sort((a, b) => Math.hypot(...a) - Math.hypot(...b));
  function clear(grid, view, state, size) {
    if (view.zoom < 17) return grid.spot;
    const key = `${view.zoom} ${grid.spot}`;
    if (grid.clear && grid.clear.key === key) return grid.clear.at;
    const wide = (grid.name || grid.label).length * size * 0.5 + 4, high = size * 1.35;
    const at = BESIDE.map(([dx, dy]) => [grid.spot[0] + (dx * size) / view.k, grid.spot[1] + (dy * size) / view.k]).find(([x, y]) => {
      const box = [x - wide / view.k, y - high / view.k, x + wide / view.k, y + high / view.k];
      return geometry.holds(grid.rings, [box[0], y]) && geometry.holds(grid.rings, [box[2], y]) && !state.ground.near(box).size;
    }) || grid.spot;
    grid.clear = { key, at };
    return at;
  }

  Plans.painting = painting;
  Plans.LOOK = LOOK;
  Plans.pastel = pastel;
})(window.Plans);
