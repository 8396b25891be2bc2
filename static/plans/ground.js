/* Where the units of a plan lie, in pixels of zoom 18 round a corner of the community, and who lies where.

   Everything that is drawn or hit is kept in these pixels: a view is then one factor and one shift, and a canvas path is
   made once, not at each zoom. A bucket index finds what lies under a stroke among 20,000 units. */
(function (Plans) {
  "use strict";

  const ZOOM = 18, WORLD = 256 * 2 ** ZOOM, BUCKET = 64;   // px of zoom 18, 0.6 m each; a bucket is about 35 m wide

  const worldX = (lon) => ((lon + 180) / 360) * WORLD;
  const worldY = (lat) => (0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI)) * WORLD;

  class Ground {
    constructor([west, , , north]) {
      this.origin = [worldX(west), worldY(north)];
      this.units = [];
      this.buckets = new Map();
    }
    /** Pixels of a place. */
    local([lon, lat]) { return [worldX(lon) - this.origin[0], worldY(lat) - this.origin[1]]; }
    /** The place of pixels, to the 1e-7 degrees that are stored. */
    place([x, y]) {
      const lon = ((x + this.origin[0]) / WORLD) * 360 - 180;
      const lat = (Math.atan(Math.exp((0.5 - (y + this.origin[1]) / WORLD) * 2 * Math.PI)) * 360) / Math.PI - 90;
      return [Math.round(lon * 1e7) / 1e7, Math.round(lat * 1e7) / 1e7];
    }
    rings(polygon) { return polygon.map((ring) => ring.map((at) => this.local(at))); }
    /** Rings of a GeoJSON geometry, in pixels. */
    outline(shape) {
      if (!shape) return [];
      const polygons = shape.type === "MultiPolygon" ? shape.coordinates : shape.type === "Polygon" ? [shape.coordinates] : [];
      return polygons.flatMap((polygon) => this.rings(polygon));
    }

    add(unit) {
      unit.rings = this.rings(unit.footprint || []);
      unit.box = boxOf(unit.rings);
      unit.at = unit.rings.length ? middle(unit.rings[0]) : [0, 0];
      unit.path = pathOf(unit.rings);
      unit.footprint = null;   // the pixels say it all
      this.units.push(unit);
      for (const key of keys(unit.box)) {
        if (!this.buckets.has(key)) this.buckets.set(key, []);
        this.buckets.get(key).push(unit);
      }
    }
    near(box) {
      const found = new Set();
      for (const key of keys(box)) for (const unit of this.buckets.get(key) || []) if (overlaps(unit.box, box)) found.add(unit);
      return found;
    }
    at(point) {
      for (const unit of this.near([...point, ...point])) if (holds(unit.rings, point)) return unit;
      return null;
    }
    /** Units of which a disc covers some. */
    under([x, y], radius) {
      const touched = [...this.near([x - radius, y - radius, x + radius, y + radius])];
      return touched.filter((unit) => holds(unit.rings, [x, y]) || unit.rings.some((ring) => away(ring, [x, y]) <= radius));
    }
    /** Units with their middle in a closed line. */
    within(ring) {
      return [...this.near(boxOf([ring]))].filter((unit) => holds([ring], unit.at));
    }
  }

  function* keys([left, top, right, bottom]) {
    for (let x = Math.floor(left / BUCKET); x <= Math.floor(right / BUCKET); x += 1)
      for (let y = Math.floor(top / BUCKET); y <= Math.floor(bottom / BUCKET); y += 1) yield x * 65536 + y;
  }
  const overlaps = (a, b) => a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];
  function boxOf(rings) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of rings) for (const [x, y] of ring) {
      box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y); box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y);
    }
    return box;
  }
  function joined(boxes) {
    return boxes.reduce((all, box) => [Math.min(all[0], box[0]), Math.min(all[1], box[1]), Math.max(all[2], box[2]), Math.max(all[3], box[3])], [Infinity, Infinity, -Infinity, -Infinity]);
  }
  /** Even-odd: holes count. */
  function holds(rings, [x, y]) {
    let inside = false;
    for (const ring of rings) {
      for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
        const [ax, ay] = ring[i], [bx, by] = ring[j];
        if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
      }
    }
    return inside;
  }
  /** The point of a stretch that is nearest to another. */
  function nearest([ax, ay], [bx, by], [x, y]) {
    const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
    const t = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
    return [ax + t * dx, ay + t * dy];
  }
  const apart = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
  function away(line, point) {
    let least = Infinity;
    for (let i = 1; i < line.length; i += 1) least = Math.min(least, apart(nearest(line[i - 1], line[i], point), point));
    return least;
  }
  /** Centre of area of a ring; the mean of its corners where it has none. */
  function middle(ring) {
    let area = 0, x = 0, y = 0;
    const [ox, oy] = ring[0];
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const cross = (ring[j][0] - ox) * (ring[i][1] - oy) - (ring[i][0] - ox) * (ring[j][1] - oy);
      area += cross;
      x += cross * (ring[j][0] + ring[i][0] - 2 * ox);
      y += cross * (ring[j][1] + ring[i][1] - 2 * oy);
    }
    return area ? [ox + x / (3 * area), oy + y / (3 * area)] : [ox, oy];
  }
  function pathOf(rings) {
    const path = new Path2D();
    for (const ring of rings) {
      ring.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
      path.closePath();
    }
    return path;
  }

  Plans.Ground = Ground;
  Plans.geometry = { boxOf, joined, overlaps, holds, nearest, apart, away, middle, pathOf, ZOOM };
})(window.Plans);
