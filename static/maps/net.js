/* The net on a canvas: reads vector tiles, draws them, places their names. Leaflet moves the map; nothing else is used.

   Tiles are painted once, on a canvas each, and then only moved: that is what holds 50 frames a second without a GPU.
   Names and the chosen place lie on one canvas above them, a third wider than the window, laid out anew when the view
   rests or leaves it. All text comes out of tiles and goes to `fillText`, so no name can ever become script.
   Plain script for Chrome 87 and later; no modules, so that an exported map opens from a disk. */
(function () {
  "use strict";

  const EXTENT = 4096;      // units a tile is wide
  const TILE = 512;         // css px a tile is drawn wide: the map's zoom is the tile's and one
  const BUDGET = 7;         // ms a frame may spend on painting
  const FONT = "system-ui, -apple-system, 'PingFang SC', 'HarmonyOS Sans SC', MiSans, 'Microsoft YaHei', " +
    "'Noto Sans CJK SC', 'Source Han Sans SC', sans-serif";

  /* --- the look ---------------------------------------------------------------------------------------------------- */

  const PASTEL = ["#8ec1e6", "#f6bd84", "#a6cf8e", "#dba4cc", "#f2d86f", "#8fd0c4", "#bfb0e4", "#e9a79c"];
  const LOOK = {
    paper: "#fdfcf9", ink: "#2c3440", halo: "rgba(255,255,255,.92)",
    grid: "#3b4757", segment: "#5c6878", community: "#7a2e5d", compound: "#a5762c", jade: "#0b5a48",
    water: "#bdd7e7", waterInk: "#4c7f9f", green: "#cfe3bd", greenInk: "#55803a", square: "#efe6d2",
    road: "#ffffff", arterial: "#fff4cf", casing: "#bfb5a4", path: "#b3a58d", roadInk: "#655a47",
    wall: "#8d8172", rail: "#a39e97", number: "#4b433a", stairwell: "#a99b88",
    chosen: "#f09a1a", chosenInk: "#9a4d00",
  };
  const BUILDING = {
    residential: ["#e9dfce", "#9c8d76"], mixed: ["#eed9c0", "#a98d69"], commercial: ["#f0d3b8", "#b08a63"],
    public: ["#e9cfcb", "#a9807a"], industrial: ["#dcdad6", "#8e8b86"], other: ["#e6e0d6", "#9d9486"],
  };
  const ROAD_METRES = { arterial: 20, street: 11, alley: 5.5, path: 2 };    // width on the ground
  const ROAD_LEAST = { arterial: 2.6, street: 1.6, alley: 1, path: 0.8 };   // css px
  // Pictograms on a 16 x 16 field, white on a disc.
  const SIGNS = {
    service_center: ["#b3261e", "M4.6 13V3.2h1.2V4h5.6l-1.3 2.2 1.3 2.3H5.8V13z"],
    neighborhood_center: ["#b3541e", "M8 3l5.5 4.8H12V13H9.3V9.6H6.7V13H4V7.800H2.500z"],
    health: ["#c2313f", "M6.6 3.400h2.800v3.200h3.200v2.800H9.400v3.200H6.600V9.400H3.400V6.600h3.200z"],
    elderly_care: ["#8e4a9e", "M8 13L3.600 8.600a2.700 2.700 0 0 1 0-3.800 2.700 2.700 0 0 1 3.800 0l.6.6.6-.6a2.700 2.700 0 0 1 3.800 0 2.700 2.700 0 0 1 0 3.800z"],
    child_care: ["#c2568c", "M8 2.800a2 2 0 1 1 0 4 2 2 0 0 1 0-4zM5 13c0-3.200 1.200-5.200 3-5.200s3 2 3 5.200z"],
    school: ["#3f62b0", "M8 3.400l6 2.800-6 2.800-6-2.800zM4.600 8.500L8 10.100l3.400-1.600v2.600L8 12.800l-3.400-1.700z"],
    canteen: ["#b06a12", "M3 8h10a5 5 0 0 1-3 4.300v.7H6v-.7A5 5 0 0 1 3 8zm2.600-1V3.400h1V7zm2 0V3h1v4zm2 0V3.400h1V7z"],
    market: ["#94701a", "M3.400 6.400h9.200L11.700 13H4.300zM5.600 6c0-1.700 1-2.900 2.400-2.900s2.400 1.200 2.400 2.900H9.300c0-1-.5-1.800-1.300-1.800S6.700 5 6.700 6z"],
    police: ["#1f4e9a", "M8 2.800l4.700 1.600c.2 4.200-1.100 7.200-4.700 8.900-3.600-1.700-4.900-4.700-4.700-8.900z"],
    culture: ["#6a55a8", "M6.200 3.800l6-1.100v7.600a1.800 1.600 0 1 1-1.200-1.500V5.300L7.400 6v5.700a1.800 1.600 0 1 1-1.200-1.500z"],
    deliberation: ["#0b6b58", "M3 3.600h10v6.400H8.600L5.400 12.800V10H3z"],
    other: ["#5d6670", "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"],
  };
  /* What stands where, from which zoom of the map, and in which order places are taken: lower rank first. */
  const NAMES = [
    { layer: "subdistrict_labels", level: "subdistricts", from: 8, to: 12.9, rank: 1, size: 17, weight: 700, ink: "#6b4a63", spread: 3 },
    { layer: "community_labels", level: "communities", from: 10, to: 16.9, rank: 0, size: (z) => (z < 13 ? 14 : 18), weight: 700, ink: LOOK.community, spread: 2 },
    { layer: "grid_labels", level: "grids", from: 13, to: 20, rank: 2, size: (z) => (z < 15 ? 12.5 : z < 17 ? 14.5 : 16), weight: 700, ink: LOOK.ink, held: "grids" },
    { layer: "compound_labels", level: "compounds", from: 15, to: 20, rank: 4, size: (z) => (z < 17 ? 12 : 13.5), weight: 600, ink: "#7a5312" },
    { layer: "segment_labels", level: "segments", from: 17, to: 20, rank: 8, size: 12, weight: 500, ink: "#46536a", faint: true },
  ];

  function ramp(value) { return typeof value === "function" ? value : () => value; }

  /* --- reading a tile (Mapbox Vector Tile 2, protocol buffers) ------------------------------------------------------- */

  class Reader {
    constructor(bytes) { this.bytes = bytes; this.at = 0; this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength); }
    varint() {
      let value = 0, factor = 1, byte;
      do { byte = this.bytes[this.at++]; value += (byte & 0x7f) * factor; factor *= 128; } while (byte >= 0x80);
      return value;
    }
    chunk() { const length = this.varint(), from = this.at; this.at += length; return this.bytes.subarray(from, this.at); }
    text() { return UTF8.decode(this.chunk()); }
    numbers() { const reader = new Reader(this.chunk()), found = []; while (!reader.ended()) found.push(reader.varint()); return found; }
    double() { this.at += 8; return this.view.getFloat64(this.at - 8, true); }
    float() { this.at += 4; return this.view.getFloat32(this.at - 4, true); }
    skip(wire) {
      if (wire === 0) this.varint();
      else if (wire === 1) this.at += 8;
      else if (wire === 2) this.chunk();
      else this.at += 4;
    }
    ended() { return this.at >= this.bytes.length; }
    fields(take) { while (!this.ended()) { const tag = this.varint(); take(tag >>> 3, tag & 7) || this.skip(tag & 7); } }
  }
  const UTF8 = new TextDecoder();
  const zigzag = (n) => (n % 2 ? -(n + 1) / 2 : n / 2);

  /** A tile's layers: {name: [{type, props, rings}]}; a ring is [x0, y0, x1, y1, ...] in units of the tile. */
  function decode(buffer) {
    const layers = {}, reader = new Reader(new Uint8Array(buffer));
    reader.fields((field) => {
      if (field !== 3) return false;
      const layer = readLayer(new Reader(reader.chunk()));
      layers[layer.name] = layer.features;
      return true;
    });
    return layers;
  }

  function readLayer(reader) {
    const keys = [], values = [], raw = [];
    let name = "";
    reader.fields((field) => {
      if (field === 1) name = reader.text();
      else if (field === 2) raw.push(reader.chunk());
      else if (field === 3) keys.push(reader.text());
      else if (field === 4) values.push(readValue(new Reader(reader.chunk())));
      else return false;
      return true;
    });
    return { name, features: raw.map((bytes) => readFeature(new Reader(bytes), keys, values)) };
  }

  function readValue(reader) {
    let value = null;
    reader.fields((field) => {
      if (field === 1) value = reader.text();
      else if (field === 2) value = reader.float();
      else if (field === 3) value = reader.double();
      else if (field === 4 || field === 5) value = reader.varint();
      else if (field === 6) value = zigzag(reader.varint());
      else if (field === 7) value = reader.varint() !== 0;
      else return false;
      return true;
    });
    return value;
  }

  function readFeature(reader, keys, values) {
    const feature = { type: 0, props: {}, rings: [] };
    reader.fields((field) => {
      if (field === 2) {
        const tags = reader.numbers();
        for (let i = 0; i < tags.length; i += 2) feature.props[keys[tags[i]]] = values[tags[i + 1]];
      } else if (field === 3) feature.type = reader.varint();
      else if (field === 4) feature.rings = readGeometry(new Reader(reader.chunk()));
      else return false;
      return true;
    });
    return feature;
  }

  function readGeometry(reader) {
    const rings = [];
    let ring = null, x = 0, y = 0;
    while (!reader.ended()) {
      const command = reader.varint(), id = command & 7;
      if (id === 7) continue;   // closes the ring: painting does so anyway
      for (let count = command >>> 3; count > 0; count--) {
        x += zigzag(reader.varint());
        y += zigzag(reader.varint());
        if (id === 1) rings.push(ring = []);
        ring.push(x, y);
      }
    }
    return rings;
  }

  /* --- geometry of features ------------------------------------------------------------------------------------------ */

  function holds(feature, x, y) {
    let inside = false;
    for (const ring of feature.rings) {
      for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
        const above = ring[i + 1] > y;
        if (above !== ring[j + 1] > y && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) inside = !inside;
      }
    }
    return inside;
  }

  /** Where a building's number stands: the middle of its widest stretch on three lines across, never outside of it. */
  function inside(feature) {
    let west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
    for (const ring of feature.rings) {
      for (let i = 0; i < ring.length; i += 2) {
        west = Math.min(west, ring[i]); east = Math.max(east, ring[i]);
        north = Math.min(north, ring[i + 1]); south = Math.max(south, ring[i + 1]);
      }
    }
    let best = { x: (west + east) / 2, y: (north + south) / 2, wide: 0 };
    for (const share of [0.5, 0.3, 0.7]) {
      const y = north + (south - north) * share + 0.01;
      for (const [from, to] of crossings(feature.rings, y)) {
        if (to - from > best.wide * (share === 0.5 ? 1 : 1.35)) best = { x: (from + to) / 2, y, wide: to - from };
      }
    }
    return Object.assign(best, { width: east - west, height: south - north });
  }

  function crossings(rings, y) {
    const at = [];
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
        if (ring[i + 1] > y !== ring[j + 1] > y) at.push(ring[i] + ((y - ring[i + 1]) / (ring[j + 1] - ring[i + 1])) * (ring[j] - ring[i]));
      }
    }
    at.sort((a, b) => a - b);
    const pairs = [];
    for (let i = 0; i + 1 < at.length; i += 2) pairs.push([at[i], at[i + 1]]);
    return pairs;
  }

  /* --- painting a tile ------------------------------------------------------------------------------------------------ */

  /** Pen over one tile: `k` and `dx`, `dy` bring units of the tile to css px of the canvas. */
  class Brush {
    constructor(context, frame, zoom, metresPerPixel) { Object.assign(this, { context, zoom, metresPerPixel }, frame); }
    trace(features, close) {
      const { context, k, dx, dy } = this;
      context.beginPath();
      for (const feature of features) {
        for (const ring of feature.rings) {
          context.moveTo(ring[0] * k + dx, ring[1] * k + dy);
          for (let i = 2; i < ring.length; i += 2) context.lineTo(ring[i] * k + dx, ring[i + 1] * k + dy);
          if (close) context.closePath();
        }
      }
    }
    fill(features, colour, alpha = 1) {
      if (!features.length) return;
      this.trace(features, true);
      this.context.globalAlpha = alpha;
      this.context.fillStyle = colour;
      this.context.fill();
      this.context.globalAlpha = 1;
    }
    stroke(features, colour, width, { alpha = 1, dash = [], close = false, cap = "round" } = {}) {
      if (!features.length) return;
      this.trace(features, close);
      Object.assign(this.context, { globalAlpha: alpha, strokeStyle: colour, lineWidth: width, lineJoin: "round", lineCap: cap });
      this.context.setLineDash(dash);
      this.context.stroke();
      this.context.setLineDash([]);
      this.context.globalAlpha = 1;
    }
  }

  function byProperty(features, key, fallback) {
    const groups = new Map();
    for (const feature of features || []) {
      const value = feature.props[key] === undefined ? fallback : feature.props[key];
      if (!groups.has(value)) groups.set(value, []);
      groups.get(value).push(feature);
    }
    return groups;
  }
  const ofKind = (features, kind) => (features || []).filter((feature) => feature.props.kind === kind);

  function roadWidth(kind, brush) { return Math.max(ROAD_LEAST[kind] || 1, (ROAD_METRES[kind] || 4) / brush.metresPerPixel); }

  /* One step a layer, from the ground up; each may run in a frame of its own. */
  const STEPS = [
    ["grids", (brush, layers) => {
      for (const [colour, features] of byProperty(layers.grids, "colour", 0)) brush.fill(features, PASTEL[colour % PASTEL.length], 0.36);
    }],
    ["landcover", (brush, layers) => {
      brush.fill(ofKind(layers.landcover, "square"), LOOK.square, 0.9);
      brush.fill(ofKind(layers.landcover, "green"), LOOK.green, 0.9);
      brush.fill(ofKind(layers.landcover, "water"), LOOK.water);
      brush.stroke(ofKind(layers.landcover, "water"), LOOK.waterInk, 0.8, { alpha: 0.45, close: true });
      brush.stroke(ofKind(layers.barriers, "river"), LOOK.water, Math.max(2, 7 / brush.metresPerPixel));
    }],
    ["roads", (brush, layers) => {
      const kinds = byProperty(layers.roads, "kind", "path");
      for (const kind of ["alley", "street", "arterial"]) {
        const least = kind === "alley" && brush.zoom < 16 ? 0.7 : 1.4;
        if (kinds.has(kind)) brush.stroke(kinds.get(kind), LOOK.casing, roadWidth(kind, brush) + least);
      }
      if (kinds.has("path")) brush.stroke(kinds.get("path"), LOOK.path, Math.min(1.6, roadWidth("path", brush)), { dash: [4, 3], cap: "butt" });
      for (const kind of ["alley", "street", "arterial"]) {
        if (kinds.has(kind)) brush.stroke(kinds.get(kind), kind === "arterial" ? LOOK.arterial : LOOK.road, roadWidth(kind, brush));
      }
    }],
    ["barriers", (brush, layers) => {
      const wide = brush.zoom < 15 ? 1.6 : 2.6;
      brush.stroke(ofKind(layers.barriers, "railway"), LOOK.rail, wide, { cap: "butt" });
      brush.stroke(ofKind(layers.barriers, "railway"), "#fff", wide - 1, { dash: [9, 9], cap: "butt" });
    }],
    ["buildings", (brush, layers) => {
      for (const [kind, features] of byProperty(layers.buildings, "kind", "other")) brush.fill(features, (BUILDING[kind] || BUILDING.other)[0]);
    }],
    ["stairwells", (brush, layers) => {
      if (brush.zoom >= 16.5) brush.stroke(layers.stairwells || [], LOOK.stairwell, brush.zoom < 18 ? 0.6 : 1, { close: true });
    }],
    ["buildings", (brush, layers) => {
      const width = brush.zoom < 16 ? 0.5 : brush.zoom < 18 ? 0.9 : 1.3;
      for (const [kind, features] of byProperty(layers.buildings, "kind", "other")) {
        brush.stroke(features, (BUILDING[kind] || BUILDING.other)[1], width, { close: true });
      }
    }],
    ["compounds", (brush, layers) => {
      brush.stroke(layers.compounds || [], LOOK.compound, brush.zoom < 16 ? 0.9 : 1.3, { alpha: 0.8, dash: [5, 3], close: true, cap: "butt" });
      brush.stroke(ofKind(layers.barriers, "wall"), LOOK.wall, 1.3, { alpha: 0.8 });
    }],
    ["segments", (brush, layers) => {
      if (brush.zoom < 16) return;
      brush.stroke(layers.segments || [], "#fff", 2.6, { alpha: 0.7, close: true });
      brush.stroke(layers.segments || [], LOOK.segment, brush.zoom < 17 ? 0.8 : 1.1, { alpha: 0.85, close: true });
    }],
    ["grids", (brush, layers) => {
      if (brush.hatched) hatch(brush, (layers.grids || []).filter((grid) => brush.hatched.has(grid.props.code)));
      const width = brush.zoom < 14 ? 1.2 : 2;
      brush.stroke(layers.grids || [], "#fff", width + 2.4, { alpha: 0.75, close: true });
      brush.stroke(layers.grids || [], LOOK.grid, width, { close: true });
    }],
    ["communities", (brush, layers) => {
      brush.stroke(layers.communities || [], LOOK.community, brush.zoom < 14 ? 5 : 9, { alpha: 0.2, close: true });
      brush.stroke(layers.communities || [], LOOK.community, brush.zoom < 14 ? 1.3 : 2.2, { close: true });
    }],
    ["subdistricts", (brush, layers) => {
      if (brush.zoom < 14) brush.stroke(layers.subdistricts || [], "#5b2a4f", 2.2, { close: true });
    }],
  ];

  function hatch(brush, features) {
    if (!features.length) return;
    brush.trace(features, true);
    brush.context.save();
    brush.context.clip();
    brush.context.beginPath();
    for (let x = -TILE; x < TILE * 2; x += 9) { brush.context.moveTo(x, 0); brush.context.lineTo(x + TILE, TILE); }
    Object.assign(brush.context, { strokeStyle: LOOK.grid, lineWidth: 1, globalAlpha: 0.45 });
    brush.context.stroke();
    brush.context.restore();
  }

  /* --- names: gathered once a tile, laid out once a view ---------------------------------------------------------------- */

  const CHINESE = /[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff5e]/, LATIN = /[A-Za-z\u00c0-\u024f]/;
  const NAMELESS = /^未命名/;   // what an import calls a compound that has no name
  const belongs = (x, y) => x >= 0 && x < EXTENT && y >= 0 && y < EXTENT;   // else it is the neighbour tile's

  function names(layers) {
    const found = [];
    for (const style of NAMES) {
      for (const { props, rings } of layers[style.layer] || []) {
        if (props.name && !NAMELESS.test(props.name) && belongs(rings[0][0], rings[0][1])) found.push({ style, kind: "name", rank: style.rank, text: props.name, code: props.code, x: rings[0][0], y: rings[0][1] });
      }
    }
    for (const { props, rings } of layers.facilities || []) {
      if (belongs(rings[0][0], rings[0][1])) found.push({ kind: "facility", rank: 3, text: props.name, sign: props.kind, code: props.name, x: rings[0][0], y: rings[0][1] });
    }
    for (const feature of layers.roads || []) {
      if (feature.props.name) for (const line of feature.rings) found.push({ kind: "road", rank: 5, text: feature.props.name, road: feature.props.kind, line });
    }
    for (const feature of layers.landcover || []) {
      if (!feature.props.name) continue;
      const at = inside(feature);
      if (belongs(at.x, at.y)) found.push({ kind: "ground", rank: 6, text: feature.props.name, ground: feature.props.kind, ...at });
    }
    for (const feature of layers.buildings || []) houseName(feature, found);
    for (const feature of layers.stairwells || []) {
      const at = inside(feature);
      if (belongs(at.x, at.y)) found.push({ kind: "stairwell", rank: 9, text: feature.props.number, name: feature.props.name, code: feature.props.code, ...at });
    }
    return found;
  }

  function houseName({ props, rings }, found) {
    const text = props.number || props.name;
    if (!text) return;
    const at = inside({ rings });
    if (belongs(at.x, at.y)) found.push({ kind: "building", rank: 7, text, name: props.name, number: props.number, code: props.code, ...at });
  }

  /** Boxes that are taken, in cells of 64 px. */
  class Taken {
    constructor() { this.cells = new Map(); }
    *near([west, north, east, south]) {
      for (let x = west >> 6; x <= east >> 6; x++) for (let y = north >> 6; y <= south >> 6; y++) yield `${x},${y}`;
    }
    free(box) {
      for (const key of this.near(box)) {
        for (const other of this.cells.get(key) || []) {
          if (box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]) return false;
        }
      }
      return true;
    }
    take(box) {
      for (const key of this.near(box)) {
        if (!this.cells.has(key)) this.cells.set(key, []);
        this.cells.get(key).push(box);
      }
    }
    claim(boxes) {
      if (!boxes.every((box) => this.free(box))) return false;
      boxes.forEach((box) => this.take(box));
      return true;
    }
  }

  // What a line is not broken in: a Latin word, a bracket and its neighbour, what a service calls itself.
  const WORDS = /(?:党群|便民)?服务中心|卫生服务站|日间照料中心|邻里(?:中心|议事厅)|长者食堂|警务室|人民政府|[（(「“]?(?:[A-Za-z0-9\u00c0-\u024f.'’]+[_\-\s]?|[^])[）)」”，。、：；！？]*/g;
  const ems = (text) => [...text].reduce((sum, letter) => sum + (CHINESE.test(letter) ? 1 : 0.55), 0);

  /** A name in lines of about six characters, three at most, broken between words only. */
  function lines(text) {
    const count = Math.min(3, Math.ceil(ems(text) / 6)), rows = [""];
    for (const word of text.match(WORDS) || []) {
      const last = rows[rows.length - 1];
      if (last && rows.length < count && ems(last) + ems(word) / 2 > ems(text) / count) rows.push(word);
      else rows[rows.length - 1] += word;
    }
    return rows.map((row) => row.trim());
  }

  /** Ways to write a grid's name, each needing less room: 第二十一网格, 第二十一 above 网格, 21. */
  function shorter(text) {
    const plain = /^第(.+)网格$/.exec(text);
    return plain ? [[text], [text.slice(0, -2), "网格"], [digits(plain[1])]] : [lines(text)];
  }
  /** 二十一 as 21, up to 99: a lone 一 is taken for a line of the map. */
  function digits(text) {
    const found = /^(?:([二三四五六七八九])?(十))?([一二三四五六七八九])?$/.exec(text), value = (letter) => "零一二三四五六七八九".indexOf(letter);
    if (!found) return text;
    const [, tens, ten, ones] = found;
    return String((ten ? 10 * (tens ? value(tens) : 1) : 0) + (ones ? value(ones) : 0));
  }

  class Lettering {
    constructor(context, zoom, shows, room) { Object.assign(this, { context, zoom, shows, room, taken: new Taken(), repeated: [], once: new Set(), widths: new Map() }); }

    font(size, weight) { this.context.font = `${weight} ${size}px ${FONT}`; }
    width(text) {
      const key = this.context.font + text;
      if (!this.widths.has(key)) this.widths.set(key, this.context.measureText(text).width);
      return this.widths.get(key);
    }
    write(text, x, y, ink, halo = 3.4) {
      const { context } = this;
      Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: halo, strokeStyle: LOOK.halo, fillStyle: ink });
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
    block(rows, x, y, size, ink, pad = 3, halo = 3.4) {
      const wide = Math.max(...rows.map((row) => this.width(row))) / 2 + pad, high = (rows.length * size * 1.2) / 2 + pad / 2;
      if (!this.taken.claim([[x - wide, y - high, x + wide, y + high]])) return false;
      rows.forEach((row, i) => this.write(row, x, y + (i - (rows.length - 1) / 2) * size * 1.2, ink, halo));
      return true;
    }

    name(item, x, y) {
      const { style } = item;
      if (this.zoom < style.from || this.zoom > style.to || !this.shows(style.level)) return;
      const size = ramp(style.size)(this.zoom);
      this.font(size, style.weight);
      const pad = style.rank < 3 ? 5 : 3;
      if (style.held) {
        const put = (rows) => (/^[0-9]+$/.test(rows[0]) ? this.badge(rows[0], x, y, size, style.ink) : this.block(rows, x, y, size, style.ink, pad));
        shorter(item.text).some((rows) => this.held(item, rows, x, y, size) && put(rows));
        return;
      }
      const rows = lines(item.text).map((row) => (style.spread && !LATIN.test(item.text) ? [...row].join("\u200a") : row));
      this.block(rows, x, y, size, style.ink, pad);
    }
    /** A number on a disc: bare, it would be taken for a house's. */
    badge(text, x, y, size, ink) {
      const r = Math.max(size * 0.72, this.width(text) / 2 + 3), { context } = this;
      if (!this.taken.claim([[x - r, y - r, x + r, y + r]])) return false;
      context.beginPath();
      context.arc(x, y, r, 0, Math.PI * 2);
      Object.assign(context, { fillStyle: ink, strokeStyle: "#fff", lineWidth: 1.5, textAlign: "center", textBaseline: "middle" });
      context.fill();
      context.stroke();
      context.fillStyle = "#fff";
      context.fillText(text, x, y);
      return true;
    }
    /** Whether a place is wide enough for its own name: a name that lies over the neighbour too names the wrong one. */
    held(item, rows, x, y, size) {
      const slack = 4, up = (rows.length * size * 1.2) / 2 - slack;
      const half = Math.max(...rows.map((row) => this.width(row))) / 2 - slack;
      return [y - up, y, y + up].every((level) => this.room(item, x, level).some(([west, east]) => west <= x - half && east >= x + half));
    }

    facility(item, x, y) {
      if (this.zoom < 15.5 || !this.shows("facilities")) return;
      const r = this.zoom < 17 ? 8 : 10;
      if (!this.taken.claim([[x - r - 1, y - r - 1, x + r + 1, y + r + 1]])) return;
      sign(this.context, item.sign, x, y, r);
      if (this.zoom < 17) return;
      this.font(12, 600);
      const rows = lines(item.text), ink = (SIGNS[item.sign] || SIGNS.other)[0];
      const high = rows.length * 14, wide = Math.max(...rows.map((row) => this.width(row)));
      this.block(rows, x, y + r + 3 + high / 2, 12, ink, 2) || this.block(rows, x + r + 4 + wide / 2, y, 12, ink, 2) ||
        this.block(rows, x - r - 4 - wide / 2, y, 12, ink, 2);
    }

    ground(item, x, y, k) {
      if (this.zoom < 14.5 || !this.shows("landcover")) return;
      this.font(12, 500);
      if (this.width(item.text) > item.width * k * 1.3) return;
      if (this.repeats(item.text, { x, y }, 420)) return;
      const ink = item.ground === "water" ? LOOK.waterInk : item.ground === "green" ? LOOK.greenInk : "#7b6c4e";
      if (this.block(lines(item.text), x, y, 12, ink)) this.repeated.push({ text: item.text, x, y });
    }
    /** Whether the same name stands near: roads and water come in a piece a tile. */
    repeats(text, { x, y }, apart) {
      return this.repeated.some((other) => other.text === text && Math.hypot(other.x - x, other.y - y) < apart);
    }

    building(item, x, y, k) {
      if (this.zoom < 15.5 || !this.shows("buildings")) return;
      const size = this.zoom < 17 ? 11 : this.zoom < 18.5 ? 12 : 14;
      this.font(size, 600);
      const fits = (text) => this.width(text) <= Math.max(item.wide, item.width * 0.7) * k - 2;
      const full = item.name || `${item.number}号楼`;
      const text = this.zoom >= 17 && fits(full) ? full : item.number || item.name;
      if (this.zoom < 17.5 && (!fits(text) || item.height * k < size * 0.75)) return;
      const rows = this.zoom >= 18 || text.length > 8 ? lines(text) : [text], step = Math.min(size * 1.5, item.height * k * 0.3);
      [0, step, -step].some((shift) => this.block(rows, x, y + shift, size, LOOK.number, 1, 2));
    }

    stairwell(item, x, y, k) {
      if (this.zoom < 18.5 || !this.shows("stairwells")) return;
      this.font(11.5, 500);
      const full = item.name || `${item.text}单元`;
      const text = this.width(full) <= item.width * k ? full : item.text;
      const step = Math.min(16, item.height * k * 0.3);
      [0, step, -step].some((shift) => this.block([text], x, y + shift, 11.5, "#7a5a35", 1, 2));
    }

    /** A road's name, its characters spread along the line; they stand upright where the road runs down the sheet. */
    road(item, place) {
      const from = { arterial: 14.5, street: 15.5, alley: 16.5, path: 17.5 }[item.road] || 17;
      if (this.zoom < from || !this.shows("roads")) return;
      const size = item.road === "arterial" ? (this.zoom < 16 ? 12 : 13.5) : 12;
      const points = [];
      for (let i = 0; i < item.line.length; i += 2) points.push(place(item.line[i], item.line[i + 1]));
      const letters = CHINESE.test(item.text) ? [...item.text] : [item.text];
      this.font(size, 600);
      const widths = letters.map((letter) => this.width(letter));
      const found = along(points, widths, size);
      if (!found || this.repeats(item.text, found, 340)) return;
      const boxes = found.spots.map(({ x, y, wide }) => (letters.length > 1 ? square(x, y, size * 0.62) : [x - wide / 2, y - wide / 3, x + wide / 2, y + wide / 3]));
      if (!this.taken.claim(boxes)) return;
      this.repeated.push({ text: item.text, x: found.x, y: found.y });
      letters.forEach((letter, i) => this.turned(letter, found.spots[i], letters.length > 1));
    }
    turned(letter, { x, y, angle }, upright) {
      const { context } = this;
      context.save();
      context.translate(x, y);
      context.rotate(upright && Math.abs(angle) > Math.PI / 4 ? angle - Math.sign(angle) * (Math.PI / 2) : angle);
      this.write(letter, 0, 0, LOOK.roadInk, 3);
      context.restore();
    }
  }

  const square = (x, y, half) => [x - half, y - half, x + half, y + half];

  /** Spots for letters in the middle of a line of [x, y], read from the left or, on steep lines, from the top. */
  function along(points, widths, size) {
    const first = points[0], last = points[points.length - 1];
    const steep = Math.abs(last[1] - first[1]) > Math.abs(last[0] - first[0]);
    if (steep ? last[1] < first[1] : last[0] < first[0]) points = points.slice().reverse();
    const ends = [0];
    for (let i = 1; i < points.length; i++) ends.push(ends[i - 1] + Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]));
    const length = ends[ends.length - 1], solid = widths.reduce((sum, width) => sum + width, 0);
    if (length < solid + size * 1.5) return null;
    const gap = widths.length < 2 ? 0 : Math.min(size * 1.6, Math.max(1.5, (length * 0.6 - solid) / (widths.length - 1)));
    let at = (length - solid - gap * (widths.length - 1)) / 2;
    const spots = [];
    for (const width of widths) {
      const spot = onLine(points, ends, at + width / 2);
      spots.push({ ...spot, wide: width });
      at += width + gap;
    }
    for (let i = 1; i < spots.length; i++) if (Math.cos(spots[i].angle - spots[i - 1].angle) < 0.8) return null;   // too bent to read
    const middle = spots[spots.length >> 1];
    return { spots, x: middle.x, y: middle.y };
  }

  function onLine(points, ends, distance) {
    let i = 1;
    while (i < points.length - 1 && ends[i] < distance) i++;
    const [x0, y0] = points[i - 1], [x1, y1] = points[i], share = (distance - ends[i - 1]) / (ends[i] - ends[i - 1] || 1);
    return { x: x0 + (x1 - x0) * share, y: y0 + (y1 - y0) * share, angle: Math.atan2(y1 - y0, x1 - x0) };
  }

  function sign(context, kind, x, y, r) {
    const [colour, path] = SIGNS[kind] || SIGNS.other;
    context.save();
    context.translate(x, y);
    context.beginPath();
    context.arc(0, 0, r, 0, Math.PI * 2);
    Object.assign(context, { fillStyle: colour, strokeStyle: "#fff", lineWidth: 1.6 });
    context.fill();
    context.stroke();
    context.scale((r * 1.5) / 16, (r * 1.5) / 16);
    context.translate(-8, -8);
    context.fillStyle = "#fff";
    context.fill(new Path2D(path));
    context.restore();
  }

  /* --- the Leaflet layer -------------------------------------------------------------------------------------------------- */

  const jobs = [];
  let running = false;

  /** Runs jobs one after the other, a few milliseconds a frame. */
  function enqueue(job) {
    jobs.push(job);
    if (!running) { running = true; requestAnimationFrame(work); }
  }
  function work() {
    const until = performance.now() + BUDGET;
    while (jobs.length && performance.now() < until) jobs.shift()();
    running = jobs.length > 0;
    if (running) requestAnimationFrame(work);
  }

  const Layer = L.GridLayer.extend({
    options: { tileSize: TILE, minZoom: 4, maxZoom: 20, keepBuffer: 1, updateWhenZooming: false, hidden: [], native: 19, pane: "tilePane" },

    /** `options.tiles(z, x, y, signal)` promises the bytes of a tile; z is the tile's own zoom. */
    initialize: function (options) {
      L.GridLayer.prototype.initialize.call(this, options);
      this.hidden = new Set(this.options.hidden);
      this.hatched = new Set(this.options.hatched || []);
      this.painted = new Map();
      this.chosen = null;
      this.on("tileunload", (event) => this._forget(event.coords));
    },
    onAdd: function (map) {
      this.names = new Names(this);
      map.getContainer().style.background = LOOK.paper;
      L.GridLayer.prototype.onAdd.call(this, map);
      this.names.addTo(map);
      return this;
    },
    onRemove: function (map) {
      this.names.remove();
      L.GridLayer.prototype.onRemove.call(this, map);
    },
    shows: function (level) { return !this.hidden.has(level); },
    show: function (level, yes) {
      if (yes) this.hidden.delete(level); else this.hidden.add(level);
      for (const tile of this.painted.values()) if (tile.layers) this._paint(tile, () => undefined);
      this.names.update();
    },
    /** Marks places by code, {grid, building, stairwell, ...}, and the point that was asked about. */
    choose: function (places, latlng) { this.chosen = places && { places, latlng }; this.names.update(); },
    /** Asks for all tiles again, as after a publication. */
    renew: function () {
      this._removeAllTiles();   // not redraw(): between two zooms it asks for tiles of no whole zoom
      this._update();
    },

    createTile: function (coords, done) {
      const canvas = document.createElement("canvas"), ratio = window.devicePixelRatio || 1;
      canvas.width = canvas.height = TILE * ratio;
      const tile = { coords, canvas, ratio, stop: new AbortController(), layers: null };
      this.painted.set(this._tileCoordsToKey(coords), tile);
      this._fetch(tile).then(
        (buffer) => enqueue(() => this._decode(tile, buffer, done)),
        (error) => { if (!tile.stop.signal.aborted) done(error, canvas); }
      );
      return canvas;
    },
    _fetch: function (tile) {
      const over = Math.max(0, tile.coords.z - 1 - this.options.native), size = 2 ** over;
      const { x, y } = tile.coords, z = tile.coords.z - 1 - over;
      const k = (TILE / EXTENT) * size;
      tile.frame = { k, dx: -(x % size) * TILE, dy: -(y % size) * TILE };
      return this.options.tiles(z, Math.floor(x / size), Math.floor(y / size), tile.stop.signal);
    },
    _decode: function (tile, buffer, done) {
      if (tile.stop.signal.aborted) return;
      tile.layers = buffer && buffer.byteLength ? decode(buffer) : {};
      tile.names = names(tile.layers);
      this._paint(tile, () => { done(null, tile.canvas); this.names.update(); });
    },
    _paint: function (tile, finished) {
      const context = tile.canvas.getContext("2d"), zoom = tile.coords.z;
      const y = (tile.coords.y + 0.5) * TILE;
      const latitude = this._map ? this._map.unproject([0, y], zoom).lat : 0;
      const metres = (40075016.7 * Math.cos((latitude * Math.PI) / 180)) / (256 * 2 ** zoom);
      const brush = new Brush(context, tile.frame, zoom, metres);
      brush.hatched = this.hatched.size ? this.hatched : null;
      enqueue(() => {
        context.setTransform(tile.ratio, 0, 0, tile.ratio, 0, 0);
        context.clearRect(0, 0, TILE, TILE);
      });
      for (const [level, step] of STEPS) enqueue(() => { if (this.shows(level) && !tile.stop.signal.aborted) step(brush, tile.layers); });
      enqueue(finished);
    },
    _forget: function (coords) {
      const key = this._tileCoordsToKey(coords), tile = this.painted.get(key);
      if (tile) tile.stop.abort();
      this.painted.delete(key);
    },
    /** Features of the view's own zoom that hold a place: [[layer, properties], ...]. */
    at: function (latlng) {
      const zoom = this._tileZoom, point = this._map.project(latlng, zoom).divideBy(TILE);
      const tile = this.painted.get(`${Math.floor(point.x)}:${Math.floor(point.y)}:${zoom}`);
      if (!tile || !tile.layers) return [];
      const { k, dx, dy } = tile.frame;
      const x = ((point.x % 1) * TILE - dx) / k, y = ((point.y % 1) * TILE - dy) / k;
      const found = [];
      for (const name of Object.keys(tile.layers)) {
        for (const feature of tile.layers[name]) if (feature.type === 3 && holds(feature, x, y)) found.push([name, feature.props]);
      }
      return found;
    },
  });

  /** Where a place lies on a line across the canvas: [[from, to], ...], pieced together from the tiles side by side. */
  function stretches(tiles, layer, code, y) {
    const row = tiles.filter((one) => y >= one.y && y < one.y + one.side).sort((a, b) => a.x - b.x), found = [];
    for (const { tile, x, frame: { k, dx, dy }, y: top, side } of row) {
      const features = (tile.layers[layer] || []).filter(({ props }) => props.code === code);
      for (const { rings } of features) {
        for (const pair of crossings(rings, (y - top - dy) / k + 0.01)) {
          const [from, to] = pair.map((u) => Math.min(x + side, Math.max(x, u * k + dx + x)));
          const last = found[found.length - 1];
          if (last && from - last[1] < 1) last[1] = Math.max(last[1], to); else if (to > from) found.push([from, to]);
        }
      }
    }
    if (found.length && found[0][0] <= row[0].x) found[0][0] = -Infinity;   // it goes on where no tile is yet
    const end = row.length && row[row.length - 1].x + row[row.length - 1].side;
    if (found.length && found[found.length - 1][1] >= end) found[found.length - 1][1] = Infinity;
    return found;
  }

  /** The canvas of names and of the chosen place, above all tiles. */
  const Names = L.Layer.extend({
    initialize: function (net) { this.net = net; this.wanted = false; },
    onAdd: function (map) {
      const pane = map.getPane("names") || map.createPane("names");
      pane.style.zIndex = 450;
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", pane);
      this.canvas.setAttribute("aria-hidden", "true");
      this.update();
    },
    onRemove: function () { this.canvas.remove(); },
    getEvents: function () { return { moveend: this.update, viewreset: this.update, resize: this.update, move: this._follow }; },
    update: function () {
      if (this.wanted || !this._map) return;
      this.wanted = true;
      requestAnimationFrame(() => { this.wanted = false; if (this._map && !this._map._animatingZoom) this.draw(); });
    },
    /** While the map is dragged: lay out anew only when the window is about to leave what is written. */
    _follow: function () {
      if (!this.origin || this._map._animatingZoom) return;
      const now = this._map.containerPointToLayerPoint([0, 0]), size = this._map.getSize();
      const moved = now.subtract(this.origin).subtract(this.pad);
      if (Math.abs(moved.x) > this.pad.x * 0.9 || Math.abs(moved.y) > this.pad.y * 0.9 || !size.equals(this.size)) this.update();
    },
    draw: function () {
      const map = this._map, ratio = window.devicePixelRatio || 1;
      this.size = map.getSize();
      this.pad = this.size.multiplyBy(0.3).floor();
      this.origin = map.containerPointToLayerPoint([0, 0]).subtract(this.pad);
      const wide = this.size.x + 2 * this.pad.x, high = this.size.y + 2 * this.pad.y;
      if (this.canvas.width !== wide * ratio || this.canvas.height !== high * ratio) {
        this.canvas.width = wide * ratio;
        this.canvas.height = high * ratio;
        this.canvas.style.width = `${wide}px`;
        this.canvas.style.height = `${high}px`;
      }
      L.DomUtil.setPosition(this.canvas, this.origin);
      const context = this.canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, wide, high);
      const tiles = this._tiles(wide, high);
      const room = (item, x, y) => stretches(tiles, item.style.held, item.code, y);
      const lettering = new Lettering(context, map.getZoom(), (level) => this.net.shows(level), room);
      if (this.net.chosen) this._mark(context, tiles, lettering);
      this._letter(lettering, tiles, wide, high);
      this.net.fire("lettered");
    },
    /** Tiles of the view's zoom that touch the canvas, each with its corner on it, its side and its frame there. */
    _tiles: function (wide, high) {
      const zoom = this.net._tileZoom, found = [];
      const shift = this._map.getPixelOrigin().add(this.origin);
      const scale = this._map.getZoomScale(this._map.getZoom(), zoom), side = TILE * scale;   // 1 but for a fitted view
      for (const tile of this.net.painted.values()) {
        if (!tile.layers || tile.coords.z !== zoom) continue;
        const x = tile.coords.x * side - shift.x, y = tile.coords.y * side - shift.y;
        const { k, dx, dy } = tile.frame;
        if (x < wide && y < high && x > -side && y > -side) found.push({ tile, x, y, side, frame: { k: k * scale, dx: dx * scale, dy: dy * scale } });
      }
      return found;
    },
    _letter: function (lettering, tiles, wide, high) {
      const queue = [];
      for (const { tile, x, y, frame: { k, dx, dy } } of tiles) {
        const place = (u, v) => [u * k + dx + x, v * k + dy + y];
        for (const item of tile.names) queue.push({ item, place, k });
      }
      queue.sort((a, b) => a.item.rank - b.item.rank || (a.item.code < b.item.code ? -1 : a.item.code > b.item.code ? 1 : 0));
      for (const { item, place, k } of queue) {
        if (item.kind === "road") { lettering.road(item, place); continue; }
        if (item.kind === "building" && lettering.once.has(item.code)) continue;   // on the seam of two tiles
        lettering.once.add(item.code);
        const [x, y] = place(item.x, item.y);
        if (x > -40 && y > -20 && x < wide + 40 && y < high + 20) lettering[item.kind](item, x, y, k);
      }
    },
    _mark: function (context, tiles, lettering) {
      const { places, latlng } = this.net.chosen;
      for (const { tile, x, y, side, frame } of tiles) {
        context.save();
        context.beginPath();
        context.rect(x, y, side, side);
        context.clip();
        context.translate(x, y);
        const brush = new Brush(context, frame, tile.coords.z, 1);
        const chosen = (layer, code) => (code ? (tile.layers[layer] || []).filter((feature) => feature.props.code === code) : []);
        const grid = chosen("grids", places.grid);
        brush.stroke(grid, "#fff", 8, { alpha: 0.9, close: true });
        brush.stroke(grid, LOOK.jade, 4, { close: true });
        brush.stroke(chosen("segments", places.segment), LOOK.jade, 2, { close: true, dash: [7, 4], cap: "butt" });
        brush.fill(chosen("buildings", places.building), LOOK.chosen, 0.45);
        brush.fill(chosen("stairwells", places.stairwell), LOOK.chosen, 0.85);
        brush.stroke(chosen("stairwells", places.stairwell), LOOK.chosenInk, 1.4, { close: true });
        brush.stroke(chosen("buildings", places.building), LOOK.chosenInk, 2.2, { close: true });
        context.restore();
      }
      if (latlng) this._pin(context, lettering, this._map.latLngToLayerPoint(latlng).subtract(this.origin));
    },
    _pin: function (context, lettering, { x, y }) {
      lettering.taken.take([x - 13, y - 36, x + 13, y + 2]);
      context.save();
      context.translate(x, y);
      Object.assign(context, { fillStyle: "#b3261e", strokeStyle: "#fff", lineWidth: 2, lineJoin: "round" });
      const pin = new Path2D("M0 0C-3-8-12-13-12-22a12 12 0 1 1 24 0C12-13 3-8 0 0z");
      context.fill(pin);
      context.stroke(pin);
      context.beginPath();
      context.arc(0, -22, 4.5, 0, Math.PI * 2);
      context.fillStyle = "#fff";
      context.fill();
      context.restore();
    },
  });

  /* --- where tiles come from ------------------------------------------------------------------------------------------------ */

  /** Tiles of a server. It names the version of the net that it drew; another one than ours means that all are old. */
  function served({ template, version, query, changed }) {
    let current = version;
    return async (z, x, y, signal) => {
      const asked = current;
      const path = template.replace("{v}", asked).replace("{z}", z).replace("{x}", x).replace("{y}", y);
      const answer = await fetch(path + query, { signal });
      if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
      const told = answer.headers.get("Net-Version");
      if (told && told !== asked && told !== current) { current = told; changed(told); }
      return answer.arrayBuffer();
    };
  }

  /** Tiles that the page brings along, in base64, keyed z/x/y. */
  function inlined(tiles) {
    return async (z, x, y) => {
      const text = tiles[`${z}/${x}/${y}`];
      return text ? Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer : null;
    };
  }

  /* --- samples for a legend -------------------------------------------------------------------------------------------------- */

  /** A small canvas that shows how a level is drawn. */
  function sample(level) {
    const canvas = document.createElement("canvas"), ratio = window.devicePixelRatio || 1, wide = 34, high = 20;
    canvas.width = wide * ratio;
    canvas.height = high * ratio;
    canvas.style.width = `${wide}px`;
    canvas.style.height = `${high}px`;
    canvas.setAttribute("aria-hidden", "true");
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    (SAMPLES[level] || (() => undefined))(context, new Brush(context, { k: 1, dx: 0, dy: 0 }, 17, 1));
    return canvas;
  }
  const box = (x, y, w, h) => [{ type: 3, props: {}, rings: [[x, y, x + w, y, x + w, y + h, x, y + h]] }];
  const line = (...ring) => [{ type: 2, props: {}, rings: [ring] }];
  const SAMPLES = {
    communities: (context, brush) => { brush.stroke(line(-5, 10, 40, 10), LOOK.community, 9, { alpha: 0.2 }); brush.stroke(line(-5, 10, 40, 10), LOOK.community, 2.2); },
    subdistricts: (context, brush) => brush.stroke(line(-5, 10, 40, 10), "#5b2a4f", 2.2),
    grids: (context, brush) => {
      brush.fill(box(0, 0, 17, 20), PASTEL[0], 0.45);
      brush.fill(box(17, 0, 17, 20), PASTEL[1], 0.45);
      brush.stroke(line(17, -3, 17, 23), LOOK.grid, 2);
      brush.stroke(box(1, 1, 32, 18), LOOK.grid, 2, { close: true });
    },
    segments: (context, brush) => { brush.fill(box(0, 0, 34, 20), PASTEL[0], 0.36); brush.stroke(line(-3, 14, 14, 8, 20, 12, 40, 5), LOOK.segment, 1.1); },
    compounds: (context, brush) => brush.stroke(box(3, 3, 28, 14), LOOK.compound, 1.3, { dash: [5, 3], close: true, cap: "butt" }),
    buildings: (context, brush) => { brush.fill(box(4, 4, 26, 12), BUILDING.residential[0]); brush.stroke(box(4, 4, 26, 12), BUILDING.residential[1], 1.2, { close: true }); },
    stairwells: (context, brush) => {
      SAMPLES.buildings(context, brush);
      brush.stroke([...line(12.7, 4, 12.7, 16), ...line(21.300, 4, 21.300, 16)], LOOK.stairwell, 1);
    },
    roads: (context, brush) => { brush.stroke(line(-5, 10, 40, 10), LOOK.casing, 9.4); brush.stroke(line(-5, 10, 40, 10), LOOK.road, 8); },
    landcover: (context, brush) => { brush.fill(box(0, 2, 17, 16), LOOK.green); brush.fill(box(17, 2, 17, 16), LOOK.water); },
    facilities: (context) => sign(context, "health", 17, 10, 8.5),
    vacant: (context, brush) => { brush.fill(box(1, 1, 32, 18), PASTEL[4], 0.36); context.beginPath(); context.rect(1, 1, 32, 18); context.clip(); hatch(brush, box(1, 1, 32, 18)); },
  };

  window.Net = { Layer, decode, served, inlined, sample, PASTEL };
})();
