/* What the table shows: the plan as the server last told it, and on top what the hand is about to do (`staged`).

   Events: "loaded"; "changed" with the labels whose ground or members changed; "staged", "selected", "target", "level",
   "problems", "people", "version". */
(function (Plans) {
  "use strict";

  class State extends L.Evented {
    constructor() {
      super();
      this.level = "grid";
      this.target = undefined;        // a label, null for 未分配, undefined for none
      this.selected = new Set();      // units
      this.stages = new Map();        // who stages -> {level, units, label}
      this.staged = new Map();        // unit -> label, of this level
      this.moved = new Map();         // label -> what that gives or takes, by measure
      this.previewed = null;          // measures by label that the server worked out for what is staged
      this.loaded = false;
    }

    load(table) {
      Object.assign(this, { plan: table.plan, measures: table.measures, version: table.plan.version, may: table.may || {} });
      this.ground = new Plans.Ground(extentOf(table));
      this.units = new Map();
      this.buildings = new Map();
      for (const unit of table.units) this._take(unit);
      this.grids = { grid: new Map(), segment: new Map() };
      for (const grid of table.grids) this._set(grid);
      this.loaded = true;
      this._tell(table);
      this.fire("loaded");
    }
    _take(unit) {
      this.units.set(unit.id, unit);
      if (!this.buildings.has(unit.building)) this.buildings.set(unit.building, []);
      this.buildings.get(unit.building).push(unit);
      this.ground.add(unit);
    }
    _set(grid) {
      grid.rings = this.ground.outline(grid.shape);
      grid.box = Plans.geometry.boxOf(grid.rings);
      grid.path = Plans.geometry.pathOf(grid.rings);
      grid.spot = grid.label_point ? this.ground.local(grid.label_point) : null;
      grid.shape = null;
      this.grids[grid.level].set(grid.label, grid);
    }

    /** Take over what an operation changed, ours or another's. */
    apply(answer) {
      const touched = new Set();
      for (const [id, labels] of Object.entries(answer.units || {})) {
        const unit = this.units.get(id);
        if (!unit) continue;
        for (const level of ["grid", "segment"]) touched.add(unit[level]).add(labels[level]);
        Object.assign(unit, { grid: labels.grid, segment: labels.segment });
      }
      this.moved = this._sums();
      for (const [level, label] of answer.gone || []) { this.grids[level].delete(label); touched.add(label); }
      const boxes = [];
      for (const grid of answer.grids || []) {
        const before = this.grids[grid.level].get(grid.label);
        if (before) boxes.push(before.box);
        this._set(grid);
        boxes.push(this.grids[grid.level].get(grid.label).box);
        touched.add(grid.label);
      }
      if (this.target && !this.grid(this.target)) this.aim(undefined);
      this._tell(answer);
      this.fire("changed", { labels: touched, boxes });
    }
    _tell(answer) {
      if (answer.version !== undefined) this.version = answer.version;
      for (const [ours, theirs] of [["canUndo", "can_undo"], ["canRedo", "can_redo"], ["problems", "problems"], ["editors", "editors"]])
        if (answer[theirs] !== undefined) this[ours] = answer[theirs];
      this.fire("version");
      if (answer.problems) this.fire("problems");
      if (answer.editors) this.fire("people");
    }

    /* --- asking ----------------------------------------------------------------------------------------------------- */

    get isDraft() { return this.plan.status === "draft" && this.may.edit !== false; }
    grid(label, level = this.level) { return this.grids[level].get(label); }
    listed(level = this.level) { return [...this.grids[level].values()].sort((a, b) => (a.code || a.name || a.label).localeCompare(b.code || b.name || b.label, "zh-CN", { numeric: true })); }
    name(label, level = this.level) {
      if (label === null || label === undefined) return Plans.t("未分配");
      const grid = this.grid(label, level);
      if (!grid) return label;
      const parent = level === "segment" && grid.parent && this.grid(grid.parent, "grid");
      return parent && !grid.name.startsWith(parent.name) ? `${parent.name} ${grid.name}` : grid.name || label;
    }
    labelOf(unit) { return this.staged.has(unit) ? this.staged.get(unit) : unit[this.level]; }
    /** Units with all that must go with them: at the level of grids the whole building. */
    whole(units) {
      if (this.level !== "grid") return new Set(units);
      const found = new Set();
      for (const unit of units) for (const other of this.buildings.get(unit.building)) found.add(other);
      return found;
    }
    /** How many people count it as: buildings at the level of grids, stairwells one level down. */
    count(units) {
      if (this.level !== "grid") return Plans.t("{n} 个楼道", [...units].length);
      return Plans.t("{n} 栋", new Set([...units].map((unit) => unit.building)).size);
    }
    title(unit) { return this.level === "grid" ? unit.building_title || unit.title : unit.title; }
    /** What units sum up to; null for people of fewer households than are told (law 10). */
    weight(units, key) {
      let sum = 0;
      for (const unit of units) sum += weigh(unit, key);
      return PEOPLE.includes(key) && this.weight(units, "households") < FEWEST ? null : sum;
    }

    /** The figures of a grid as they would be with what is staged. */
    figures(label) {
      const grid = this.grid(label), sums = { ...(grid ? grid.measures : {}) };
      for (const [key, more] of Object.entries(this.moved.get(label) || {})) if (typeof sums[key] === "number") sums[key] += more;
      if (sums.households < FEWEST) for (const key of PEOPLE) sums[key] = null;
      // The sums follow the hand here; shape and cases come from the server a moment later.
      const { area_m2: area, compactness, pieces, cases } = (this.previewed && this.previewed.get(label)) || {};
      if (area !== undefined) Object.assign(sums, { area_m2: area, compactness, pieces }, cases === undefined ? {} : { cases });
      return sums;
    }
    /** Whether a number of households is below, within or above the plan's band. */
    verdict(households) {
      const { target_min: least, target_max: most } = this.plan;
      return households < least ? "small" : households > most ? "large" : "good";
    }

    /* --- what the hand does ------------------------------------------------------------------------------------------- */

    stage(who, units, label, level = this.level) {
      if (units && units.size) this.stages.set(who, { units, label, level });
      else this.stages.delete(who);
      this._restage();
    }
    _restage() {
      this.staged = new Map();
      for (const { units, label, level } of this.stages.values())
        if (level === this.level) for (const unit of units) this.staged.set(unit, label);
      if (!this.staged.size) this.previewed = null;
      const before = this.moved;
      this.moved = this._sums();
      this.fire("staged", { labels: new Set([...before.keys(), ...this.moved.keys()]) });
    }
    _sums() {
      const sums = new Map(), keys = this.measures ? this.measures.map(({ key }) => key) : [];
      const add = (label, unit, sign) => {
        if (!sums.has(label)) sums.set(label, {});
        const own = sums.get(label);
        for (const key of keys) own[key] = (own[key] || 0) + sign * weigh(unit, key);
      };
      for (const [unit, to] of this.staged) if (unit[this.level] !== to) { add(unit[this.level], unit, -1); add(to, unit, 1); }
      return sums;
    }
    foresee(measures) {
      const before = this.previewed;
      this.previewed = measures;
      this.fire("staged", { labels: new Set([...(before || new Map()).keys(), ...(measures || new Map()).keys()]) });
    }
    select(units) { this.selected = new Set(units); this.fire("selected"); }
    aim(label) { this.target = label; this.fire("target"); }
    show(level) {
      this.level = level;
      this.target = undefined;
      this.selected = new Set();
      this._restage();
      this.fire("level");
      this.fire("selected");
    }
  }

  const FEWEST = 8, PEOPLE = ["people", "alone"];   // as grids/headcount.py has it
  function weigh(unit, key) { return key === "stairwells" || key === "units" ? 1 : (unit.weights && unit.weights[key]) || 0; }

  function extentOf({ units, grids }) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    const take = ([x, y]) => { box[0] = Math.min(box[0], x); box[1] = Math.min(box[1], y); box[2] = Math.max(box[2], x); box[3] = Math.max(box[3], y); };
    for (const { shape } of grids) for (const polygon of shape ? (shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates) : []) polygon[0].forEach(take);
    for (const { footprint } of units) for (const ring of footprint || []) ring.forEach(take);
    return box;
  }

  Plans.State = State;
})(window.Plans);
