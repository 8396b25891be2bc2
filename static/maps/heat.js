/* Requests by hexagon (or grid) on a canvas over the net: five steps of one hue, a hatch where a figure is withheld.

   The figures are GeoJSON of our own API; what is withheld there has no figure to draw, however far one zooms in. */
(function () {
  "use strict";

  const STEPS = ["#fde3cb", "#fbbd85", "#ef8d4b", "#cf5a1a", "#8a3206"];   // light to dark; static/cases/hotspots.css has them too
  const INK = ["#3d2a1a", "#3d2a1a", "#2b1604", "#ffffff", "#ffffff"];
  const LOOK = { below: "rgba(255,255,255,.55)", edge: "rgba(90,50,20,.55)", hot: "#3b0d02", hatch: "#6c6a64" };
  const WRITE_FROM = 46;   // px of a cell's width, from which its figure fits in

  const Layer = L.Layer.extend({
    /** `options`: measure; alpha; written: whether each has its figure on it. */
    initialize: function (options) { L.setOptions(this, { alpha: 0.72, measure: "count", written: true, ...options }); this.features = []; },
    onAdd: function (map) {
      const pane = map.getPane("heat") || map.createPane("heat");
      pane.style.zIndex = 420;   // over the net's tiles, under its names
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", pane);
      this.canvas.setAttribute("aria-hidden", "true");
      this.draw();
    },
    onRemove: function () { this.canvas.remove(); },
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
      Object.assign(this.canvas, { width: wide * ratio, height: high * ratio });
      Object.assign(this.canvas.style, { width: `${wide}px`, height: `${high}px` });
      L.DomUtil.setPosition(this.canvas, origin);
      const context = this.canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      const seen = this.features.map((feature) => this._placed(feature, origin)).filter((one) => one.x1 > 0 && one.y1 > 0 && one.x0 < wide && one.y0 < high);
      for (const one of seen) this._fill(context, one);
      for (const one of seen) if (one.feature.properties.hot) stroke(context, one.path, LOOK.hot, 2.4);
      for (const one of seen) if (one.feature === this.chosen) { stroke(context, one.path, "#fff", 6); stroke(context, one.path, "#1a4fd0", 3); }
      for (const one of seen) this._write(context, one);
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
      if (!this.options.written || !properties.shown || !step || x1 - x0 < WRITE_FROM || value === null) return;
      Object.assign(context, { font: "600 13px system-ui, sans-serif", textAlign: "center", textBaseline: "middle", fillStyle: INK[step - 1] });
      context.fillText(figure(this.options.measure, value), (x0 + x1) / 2, (y0 + y1) / 2);
    },
  });

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
