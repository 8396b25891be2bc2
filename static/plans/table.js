/* The planner's table, put together: who tells whom. */
(function (Plans) {
  "use strict";

  const { t, make, announce, number, still, throttled } = Plans;
  const POLL = 4000;            // ms between two looks for what others did
  const LARGEST_LINKS = 6000;   // units up to which the browser works out who borders on whom

  class Table extends L.Evented {
    constructor(setting) {
      super();
      this.setting = setting;
      this.api = new Plans.Api(setting.api);
      this.state = new Plans.State();
      this.brush = 48;           // css px across
      this.erasing = false;
      this.hovered = null;
      this.outbox = new Plans.Outbox(this);
    }

    async open() {
      this.map = mapOf(this.setting);
      const table = await this.api.get("table/");
      this.state.load(table);
      this.ground = this.state.ground;
      this.painting = Plans.painting(this);
      this.picking = Plans.picking(this);
      Plans.strokes(this);
      for (const part of ["borders", "numbers", "faults", "twin", "notes", "choice", "keys", "bar"]) this[part] = Plans[part](this);
      this.picking.use("select");
      this.map.invalidateSize({ animate: false });
      if (!location.hash) this.flyTo(this._extent(), false);
      this._listen();
      this._restore();
      if (table.plan.saved_at) this.outbox.savedAt = table.plan.saved_at;
      this.outbox.now();
      window.ready = true;
      document.getElementById("map").dataset.ready = "true";
      if (this.state.isDraft) { setTimeout(() => this._learn(), 800); this._poll(); }
    }
    _listen() {
      this.outbox.on("told", (event) => this._told(event));
      this.outbox.on("refused", (event) => this._refused(event));
      this.outbox.on("overtaken", ({ entry }) => { this.state.stage(entry.key, null); this.faults.conflicts(); });
      this.outbox.on("state", () => this.bar.saved());
      document.addEventListener("visibilitychange", () => { if (!document.hidden && this.state.isDraft) this._poll(); });
    }
    /** Operations of before a reload that were not answered yet lie on the table again. */
    _restore() {
      for (const entry of this.outbox.queue) this._stage(entry);
      if (this.outbox.conflicts.length) this.faults.conflicts();
    }

    /* --- acting ---------------------------------------------------------------------------------------------------- */

    /** Hand units over: shown at once, written behind. */
    hand(units, to, more = {}) {
      const level = this.state.level, whole = this.state.whole(units);
      const words = t(to === null ? "把 {n}移出网格" : "把 {n}归到{to}", this.state.count(whole), { to: this.state.name(to) });
      this.act({ op: "assign", level, units: [...whole].map(({ id }) => id), to, ...more }, words, to, whole);
    }
    act(op, words, label, units) {
      if (!this.state.isDraft) { this.tell(t("这个方案现在只能看，不能改。")); return; }
      const entry = { op, words, label, level: op.level || "grid", units: units ? [...units].map(({ id }) => id) : null, to: op.op === "assign" ? op.to : undefined };
      this.foresee(null);
      this.outbox.push(entry);
      this._stage(this.outbox.queue[this.outbox.queue.length - 1] || entry);
    }
    _stage(entry) {
      if (!entry.units || entry.to === undefined) return;
      const units = new Set(entry.units.map((id) => this.state.units.get(id)).filter(Boolean));
      this.state.stage(entry.key, units, entry.to, entry.level);
    }
    undo() {
      const back = this.outbox.takeBack();
      if (back) { this.state.stage(back.key, null); this.tell(t("已撤销：{n}", back.words)); return; }
      if (this.state.canUndo) this.outbox.push({ path: "undo/", words: t("撤销") });
      else this.tell(t("没有可以撤销的了。"));
    }
    redo() {
      if (this.state.canRedo) this.outbox.push({ path: "redo/", words: t("重做") });
      else this.tell(t("没有可以重做的了。"));
    }

    _told({ answer, entry }) {
      this.state.stage(entry.key, null);
      this._apply(answer);
      const words = (answer.operation && answer.operation.words) || entry.words;
      if (entry.path !== "operations/") this.tell(words);
      else if (entry.to) this.tell(this._moved(entry));
      else this.tell(t("已完成：{n}", entry.words));
      if (entry.op && ["split", "draw", "divide"].includes(entry.op.op)) this._greet(answer);
      this.fire("told", { entry, answer });
      if (entry.path !== "operations/" || !["assign", "lock", "unlock", "rename"].includes(entry.op.op)) this._learnAgain();
    }
    _apply(answer) {
      for (const { id, grid, segment } of answer.cells || []) if (this.painting.cells.has(id)) Object.assign(this.painting.cells.get(id), { grid, segment });
      this.state.apply(answer);
    }
    _moved(entry) {
      const { state } = this, units = entry.units.map((id) => state.units.get(id)).filter(Boolean);
      const grid = state.grid(entry.to, entry.level);
      const count = entry.level === "grid" ? t("{n} 栋", new Set(units.map((unit) => unit.building)).size) : t("{n} 个楼道", units.length);
      if (!grid) return t("已完成：{n}", entry.words);
      return t("已移动 {n}到{to}，现 {households} 户", count, { to: state.name(entry.to, entry.level), households: number(grid.measures.households) });
    }
    /** A grid that was just made is the one to go on with. */
    _greet(answer) {
      const fresh = (answer.grids || []).filter((grid) => grid.level === this.state.level && !grid.code && !grid.before);
      if (fresh.length) this.aim(fresh[fresh.length - 1].label);
    }
    _refused({ entry, error }) {
      this.state.stage(entry.key, null);
      this._poll();
      if (error.status === 409 && entry.op) { this.faults.conflicts(); announce(error.message); return; }
      this.faults.refused(error, entry);
    }

    /* --- what would be ---------------------------------------------------------------------------------------------- */

    /** Ask for the figures of an operation that is not made yet; null forgets the last. */
    foresee(op) {
      this.asked = op;
      if (this.asking) this.asking.abort();
      this.warn("");
      if (op) this._ask();
      else if (this.state.previewed) this.state.foresee(null);
    }
    async _askNow() {
      const op = this.asked;
      if (!op) return;
      this.asking = new AbortController();
      try {
        const answer = await this.api.post("operations/?preview=1", { version: this.state.version, op }, this.asking.signal);
        if (op !== this.asked) return;
        if (answer.refused) this.warn(answer.refused.detail);
        else this.state.foresee(new Map(answer.grids.filter((grid) => grid.level === this.state.level).map((grid) => [grid.label, grid.measures])));
      } catch (error) {
        if (error instanceof Plans.Refused && op === this.asked) this.warn(error.message);
      }
    }

    /* --- what a hand may not do, told before the server is asked ------------------------------------------------------ */

    /** Why these units cannot go to a grid; null when they may. `along` goes with them. */
    refusal(units, to, along = new Set()) {
      const { state } = this, level = state.level, taker = to && state.grid(to);
      if (taker && taker.locked) return { code: "locked", label: to, sentence: t("{n}已锁定，请先解锁。", state.name(to)) };
      for (const unit of units) {
        const giver = state.grid(unit[level]);
        if (giver && giver.locked) return { code: "locked", label: unit[level], sentence: t("{n}已锁定，请先解锁。", state.name(unit[level])) };
        if (level === "segment" && taker && taker.parent && unit.grid !== taker.parent) return { code: "other_parent", sentence: t("{n}不在同一个网格里，楼段不能跨网格。", unit.title) };
      }
      if (to && this.links && !this._borders(units, to, along)) return { code: "detached", sentence: t("{n}与{to}不相连。请从边界上的楼栋开始，或把中间的一起移交。", state.title([...units][0]), { to: state.name(to) }) };
      return null;
    }
    _borders(units, to, along) {
      const { links, state } = this, level = state.level;
      const takes = (id) => { const unit = state.units.get(id); return unit ? unit[level] === to || along.has(unit) || state.staged.get(unit) === to : false; };
      for (const unit of units) {
        const around = links.get(unit.id);
        if (!around) return true;   // no cell of its own: let the server say
        for (const id of around) {
          if (takes(id)) return true;
          if (!state.units.has(id) && [...(links.get(id) || [])].some(takes)) return true;   // over open ground
        }
      }
      return false;
    }
    /** The units that the givers of some units would be cut off from: all but the largest piece of what is left. */
    cutOff(units) {
      const { links, state } = this, level = state.level, found = new Set();
      if (!links) return found;
      for (const giver of new Set([...units].map((unit) => unit[level]).filter(Boolean))) {
        const left = new Set([...state.units.values()].filter((unit) => unit[level] === giver && !units.has(unit)).map(({ id }) => id));
        const pieces = [];
        while (left.size) pieces.push(this._piece(left, giver));
        for (const piece of pieces.sort((a, b) => b.length - a.length).slice(1)) for (const id of piece) found.add(state.units.get(id));
      }
      return state.whole(found);
    }
    /** Take one connected piece out of some units; open ground of the same grid connects them. */
    _piece(left, giver) {
      const [first] = left, open = [first], seen = new Set(open), piece = [];
      while (open.length) {
        const id = open.pop();
        if (left.delete(id)) piece.push(id);
        for (const next of this.links.get(id) || []) {
          const isGround = !this.state.units.has(next) && (this.painting.cells.get(next) || {})[this.state.level] === giver;
          if (!seen.has(next) && (left.has(next) || isGround)) { seen.add(next); open.push(next); }
        }
      }
      return piece;
    }
    /** Who borders on whom, out of the cells' common corners. Worked out while nothing else is to do. */
    async _learn() {
      if (this.state.units.size > LARGEST_LINKS) return;
      let table;
      try { table = await this.api.get("table/?cells=1"); } catch (error) { return; }
      const ends = new Map(), links = new Map(), { cells } = this.painting;
      cells.clear();
      for (const { id, shape, grid, segment } of table.cells) {
        const rings = this.ground.outline(shape);
        cells.set(id, { path: Plans.geometry.pathOf(rings), grid, segment });
        links.set(id, new Set());
        for (const polygon of shape.type === "Polygon" ? [shape.coordinates] : shape.coordinates) for (const ring of polygon) for (let i = 1; i < ring.length; i += 1) {
          const [a, b] = [String(ring[i - 1]), String(ring[i])], edge = a < b ? `${a} ${b}` : `${b} ${a}`;
          const other = ends.get(edge);
          if (other === undefined) ends.set(edge, id);
          else if (other !== id) { links.get(id).add(other); links.get(other).add(id); }
        }
      }
      this.links = links;
      this.painting.soon();
    }

    /* --- others ---------------------------------------------------------------------------------------------------------- */

    async _poll() {
      clearTimeout(this.timer);
      try {
        const answer = await this.api.get(`operations/?after=${this.state.version}`);
        if (!this.outbox.isSending && answer.version > this.state.version) this._others(answer);
        else if (answer.editors) { this.state.editors = answer.editors; this.state.fire("people"); }
        if (this.outbox.isSilent) this.outbox.now();
      } catch (error) {
        if (error instanceof Plans.Silent) this.outbox.isSilent = true;
        else if (error instanceof Plans.Refused && ["not_a_draft", "unknown_version"].includes(error.code)) { location.reload(); return; }
        if (error.isStranger) this.outbox.now();
        this.bar.saved();
      }
      if (!document.hidden) this.timer = setTimeout(() => this._poll(), POLL);
    }
    _others(answer) {
      this._apply(answer);
      const theirs = (answer.operations || []).filter(({ mine }) => !mine);
      const last = theirs[theirs.length - 1];
      if (last) this.tell(t("{n} 刚才：{words}", last.by, { words: last.words }));
      this.fire("others", { operations: answer.operations || [] });
      this._learnAgain();
    }

    /* --- small things -------------------------------------------------------------------------------------------------- */

    choose(units) { this.state.select(units); }
    aim(label) { this.state.aim(label); }
    brushAims() { return this.erasing || this.state.target !== undefined; }
    tell(words) { this.bar.say(words); announce(words); }
    warn(words) { if (this.bar) this.bar.warn(words); }
    tip(unit) { this.bar.tip(unit); }
    explain(unit, why, to) {
      this.faults.refused({ message: why.sentence, code: why.code, label: why.label, place: this.ground.place(unit.at) }, { op: { op: "assign", level: this.state.level, units: [...this.state.whole([unit])].map(({ id }) => id), to }, words: "" });
    }
    fly(place, zoom = 18) {
      const go = still() ? "setView" : "flyTo";
      this.map[go]([place[1], place[0]], Math.max(this.map.getZoom(), zoom), { duration: 0.5 });
    }
    _extent() { return Plans.geometry.joined([...this.state.grids.grid.values(), ...this.state.units.values()].map(({ box }) => box)); }
    flyTo(box, moves = !still()) {
      const [west, north] = this.ground.place([box[0], box[1]]), [east, south] = this.ground.place([box[2], box[3]]);
      this.map[moves ? "flyToBounds" : "fitBounds"]([[south, west], [north, east]], { padding: [30, 30], maxZoom: 18, duration: 0.5, animate: moves });
    }
  }
  Table.prototype._ask = throttled(150, function () { if (Plans.app.asked) Plans.app._askNow(); });
  Table.prototype._learnAgain = throttled(1500, function () { if (Plans.app.links) Plans.app._learn(); });

  /* --- the map under it ------------------------------------------------------------------------------------------------- */

  function mapOf({ extent, tiles, basemap }) {
    const map = L.map("map", { zoomControl: false, attributionControl: false, boxZoom: false, doubleClickZoom: false, minZoom: 11, maxZoom: 20, zoomSnap: 0.25, zoomDelta: 0.5, wheelPxPerZoomLevel: 100, fadeAnimation: false, zoomAnimation: !still() });
    const box = map.getContainer();
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", t("地图：方向键移动，加减号缩放，回车在中心点一下；楼栋名单在右边"));
    const [west, south, east, north] = extent || [73, 18, 135, 54];
    map.fitBounds([[south, west], [north, east]], { padding: [16, 16], animate: false });
    const hidden = ["communities", "grids", "segments", "buildings", "stairwells", "facilities", "compounds"];
    if (basemap) L.tileLayer(basemap, { maxNativeZoom: 18, maxZoom: 20, zIndex: 0 }).addTo(map);
    const served = window.Net.served({ ...tiles, query: "", changed: () => undefined });
    new window.Net.Layer({ tiles: served, hidden: basemap ? [...hidden, "roads", "landcover"] : hidden, native: 19 }).addTo(map);
    return map;
  }

  function failed(error) {
    const words = error instanceof Plans.Silent ? t("服务器没有回答。已经保存的都在，请稍后再打开。") : error.message;
    document.getElementById("panel").append(make("div", { class: "note", role: "alert" }, make("p", { text: words }), make("button", { type: "button", class: "button", text: t("再试一次"), onclick: () => location.reload() })));
    if (!(error instanceof Plans.Silent || error instanceof Plans.Refused)) throw error;
  }

  window.ready = false;
  Plans.app = new Table(JSON.parse(document.getElementById("setting").textContent));
  Plans.app.open().catch(failed);
})(window.Plans);
