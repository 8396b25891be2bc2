/* Requests by hexagon (or grid) on a canvas over the net: five steps of one hue, a hatch where a figure is withheld.

   The figures are GeoJSON of our own API; what is withheld there has no figure to draw, however far one zooms in. */
(function () {
  "use strict";

  const STEPS = ["#fde3cb", "#fbbd85", "#ef8d4b", "#cf5a1a", "#8a3206"];   // light to dark; static/figures/hotspots.css has them too
  const LOOK = { below: "rgba(255,255,255,.55)", edge: "rgba(90,50,20,.55)", hot: "#3b0d02", hatch: "#6c6a64" };
  const WRITE_FROM = 46;   // px of a cell's width, from which its figure fits in

  const Layer = L.Layer.extend({
    /** `options`: measure; alpha; written: whether each has its figure on it. */
    initialize: function (options) { L.setOptions(this, { alpha: 0.72, measure: "count", written: true, ...options }); this.features = []; },
    onAdd: function (map) {
      this.canvas = canvasIn(map, "heat", 420);      // over the net's tiles, under its names
      this.figures = canvasIn(map, "figures", 460);   // over the names: a figure must not be taken for a house's number
      this.draw();
    },
    onRemove: function () { this.canvas.remove(); this.figures.remove(); },
    getEvents: function () { return { moveend: this.draw, viewreset: this.draw, resize: this.draw }; },
    /** A FeatureCollection of the API. */
    take: function (found, measure) {
      this.options.measure = measure || this.options.measure;
      this.options.steps = found.legend[this.options.measure] || [];
      this.features = found.features.filter(({ geometry }) => geometry);
      for (const feature of this.features) feature.rings = ringsOf(feature.geometry);
      if (this._map) this.draw();
      return this;
    },
    /** The feature under a place. */
    at: function (latlng) { return this.features.find(({ rings }) => holds(rings, latlng.lng, latlng.lat)); },
    choose: function (feature) { this.chosen = feature; this.draw(); },

    draw: function () {
      if (!this._map) return;
      const map = this._map, ratio = window.devicePixelRatio || 1, size = map.getSize(), pad = size.multiplyBy(0.3).floor();
      const origin = map.containerPointToLayerPoint([0, 0]).subtract(pad);
      const wide = size.x + 2 * pad.x, high = size.y + 2 * pad.y;
      const [context, above] = [this.canvas, this.figures].map((canvas) => cleared(canvas, origin, wide, high, ratio));
      const seen = this.features.map((feature) => this._placed(feature, origin)).filter((one) => one.x1 > 0 && one.y1 > 0 && one.x0 < wide && one.y0 < high);
      for (const one of seen) this._fill(context, one);
      for (const one of seen) if (one.feature.properties.hot) stroke(context, one.path, LOOK.hot, 2.4);
      for (const one of seen) if (one.feature === this.chosen) { stroke(context, one.path, "#fff", 6); stroke(context, one.path, "#1a4fd0", 3); }
      for (const one of seen) this._write(above, one);
    },
    _placed: function (feature, origin) {
      const path = new Path2D(), one = { feature, path, x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
      for (const ring of feature.rings) {
        ring.forEach(([lon, lat], i) => {
          const { x, y } = this._map.latLngToLayerPoint([lat, lon]).subtract(origin);
          if (i) path.lineTo(x, y); else path.moveTo(x, y);
          one.x0 = Math.min(one.x0, x); one.x1 = Math.max(one.x1, x); one.y0 = Math.min(one.y0, y); one.y1 = Math.max(one.y1, y);
        });
        path.closePath();
      }
      return one;
    },
    _step: function (properties) {
      const value = properties[this.options.measure];
      return value === null || value === undefined ? 0 : this.options.steps.filter((low) => Math.round(value * 10) / 10 >= low).length;
    },
    _fill: function (context, { feature: { properties }, path, x0, y0, x1, y1 }) {
      if (!properties.shown) { hatch(context, path, x0, y0, x1, y1); return; }
      const step = this._step(properties);
      context.globalAlpha = step ? this.options.alpha : 1;
      context.fillStyle = step ? STEPS[step - 1] : LOOK.below;
      context.fill(path, "evenodd");
      context.globalAlpha = 1;
      stroke(context, path, LOOK.edge, 0.8);
    },
    _write: function (context, { feature: { properties }, x0, y0, x1, y1 }) {
      const value = properties[this.options.measure], step = this._step(properties);
      if (!this.options.written || !properties.shown || step < (this.options.measure === "z" ? 2 : 1) || x1 - x0 < WRITE_FROM || value === null) return;
      const words = figure(this.options.measure, value), x = (x0 + x1) / 2, y = (y0 + y1) / 2;
      Object.assign(context, { font: "700 13px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
      const half = context.measureText(words).width / 2 + 5;
      Object.assign(context, { fillStyle: "rgba(255,255,255,.94)", strokeStyle: "#8a3206", lineWidth: 1 });
      context.beginPath();
      context.rect(x - half, y - 10, 2 * half, 19);
      context.fill();
      context.stroke();
      context.fillStyle = "#3b0d02";
      context.fillText(words, x, y);
    },
  });

  function canvasIn(map, name, height) {
    const pane = map.getPane(name) || map.createPane(name), canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", pane);
    pane.style.zIndex = height;
    pane.style.pointerEvents = "none";
    canvas.setAttribute("aria-hidden", "true");
    return canvas;
  }
  function cleared(canvas, origin, wide, high, ratio) {
    Object.assign(canvas, { width: wide * ratio, height: high * ratio });
    Object.assign(canvas.style, { width: `${wide}px`, height: `${high}px` });
    L.DomUtil.setPosition(canvas, origin);
    const context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    return context;
  }
  function figure(measure, value) {
    if (measure === "count") return String(value);
    return measure === "density" ? String(Math.round(value)) : (Math.round(value * 10) / 10).toFixed(1);
  }
  const ringsOf = ({ type, coordinates }) => (type === "Polygon" ? coordinates : coordinates.flat());

  function holds(rings, x, y) {
    let inside = false;
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i++) {
        const [x0, y0] = ring[i], [x1, y1] = ring[j];
        if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
      }
    }
    return inside;
  }
  function stroke(context, path, colour, width) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width, lineJoin: "round" });
    context.stroke(path);
  }
  function hatch(context, path, x0, y0, x1, y1) {
    context.save();
    context.clip(path, "evenodd");
    context.fillStyle = "rgba(255,255,255,.6)";
    context.fillRect(x0, y0, x1 - x0, y1 - y0);
    context.beginPath();
    const step = 7, high = y1 - y0;
    for (let x = Math.floor((x0 - high) / step) * step; x < x1; x += step) { context.moveTo(x, y1); context.lineTo(x + high, y0); }
    Object.assign(context, { strokeStyle: LOOK.hatch, lineWidth: 1, globalAlpha: 0.75 });
    context.stroke();
    context.restore();
    stroke(context, path, "rgba(90,88,82,.6)", 0.7);
  }

  window.Heat = { Layer, STEPS, figure };
})();
