/* The borders between grids by hand: take hold of a vertex or of the line, let go near a road, a wall or another corner.

   Both neighbours follow, since a border is one line. What the mouse drags the arrow keys move, too. */
(function (Plans) {
  "use strict";

  const { t, make, icon, geometry, LOOK, pens } = Plans;
  const GRIP = 9;        // css px round a vertex that take hold of it
  const FINGERTIP = 24;  // the same under a finger
  const SNAP = 10;       // css px from which a road, wall or corner draws a vertex
  const STEP = 0.9;      // px of zoom 18 an arrow key moves: half a metre; with Shift five
  const REST = 700;      // ms after the last arrow key until the step is written
  const ZOOM_MIN = 15;

  function borders(app) {
    const { state, ground, map, picking, painting } = app;
    const scale = picking.scale;
    let arcs = [], roads = null, held = null, over = null, snapped = null;
    let picked = null, other = null, nudged = null, timer = null;   // by keys: {arc, i}, the far end of a stretch

    const box = nudgeBox();
    picking.add("border", {
      hint: "拖顶点或边界线，靠近路、墙会吸附；点顶点后用方向键挪；按 Shift 再点一个顶点选一段，沿路走；Delete 删顶点",
      enter: () => { fetchArcs(); fetchRoads(); map.on("moveend", fetchArcs); box.hidden = !state.isDraft; },
      leave() { this.cancel(); map.off("moveend", fetchArcs); pick(null); box.hidden = true; over = null; painting.soon(); },
      down: (event) => { if (state.isDraft) grab(event); },
      move: (event) => { if (held) drag(event); },
      up: (event) => { if (held) drop(event); },
      hover: (event) => { const found = event && find(event.at); if (found !== over) { over = found; painting.soon(); } },
      cancel: () => { const was = held || (picked && !held); held = null; snapped = null; nudged = null; pick(null); painting.soon(); return !!was; },
    });
    app.on("told others", () => { if (app.tool === "border") fetchArcs(); });
    state.on("level", () => { pick(null); arcs = []; if (app.tool === "border") fetchArcs(); });

    /* --- what there is to take hold of -------------------------------------------------------------------------------- */

    async function fetchArcs() {
      if (map.getZoom() < ZOOM_MIN) { arcs = []; painting.soon(); app.warn(t("请放大地图，再改边界。")); return; }
      app.warn("");
      const view = map.getBounds().pad(0.3);
      try {
        const answer = await app.api.get(`arcs/?in_bbox=${[view.getWest(), view.getSouth(), view.getEast(), view.getNorth()].map((degrees) => degrees.toFixed(7)).join(",")}`);
        const kept = picked && picked.arc.line[picked.i];
        arcs = (answer.arcs).filter((arc) => arc.level === state.level && arc.left && arc.right).map((arc) => ({ ...arc, points: arc.line.map((place) => ground.local(place)) }));
        if (kept) pick(vertexAt(kept));
      } catch (error) {
        if (!(error instanceof Plans.Silent || error instanceof Plans.Refused)) throw error;
      }
      painting.soon();
    }
    async function fetchRoads() {
      if (roads) return;
      roads = [];
      try {
        const answer = await app.api.get("lines/");
        roads = (answer.lines).map((road) => { const points = road.line.map((place) => ground.local(place)); return { ...road, points, box: geometry.boxOf([points]) }; });
      } catch (error) { roads = null; }
    }
    function find(at, grip = GRIP) {
      const reach = grip / scale();
      let best = null, least = reach;
      for (const arc of arcs) arc.points.forEach((point, i) => { const far = geometry.apart(point, at); if (far < least) { least = far; best = { arc, i }; } });
      if (best) return best;
      for (const arc of arcs) for (let i = 1; i < arc.points.length; i += 1) {
        const foot = geometry.nearest(arc.points[i - 1], arc.points[i], at), far = geometry.apart(foot, at);
        if (far < least) { least = far; best = { arc, between: i, foot }; }
      }
      return best;
    }
    const isEnd = ({ arc, i }) => i === 0 || i === arc.points.length - 1;
    function vertexAt([lon, lat]) {
      for (const arc of arcs) { const i = arc.line.findIndex(([x, y]) => Math.abs(x - lon) < 1e-8 && Math.abs(y - lat) < 1e-8); if (i >= 0) return { arc, i }; }
      return null;
    }

    /* --- by hand -------------------------------------------------------------------------------------------------------- */

    function grab(event) {
      const found = find(event.at, event.coarse ? FINGERTIP : GRIP);
      if (!found) { pick(null); return; }
      const locked = [found.arc.left, found.arc.right].find((label) => state.grid(label) && state.grid(label).locked);
      if (locked) { app.faults.refused({ code: "locked", label: locked, message: t("{n}已锁定，请先解锁。", state.name(locked)), place: ground.place(event.at) }, { op: { op: "move" } }); return; }
      if (event.shift && picked && found.i !== undefined) { other = found; tellPick(); painting.soon(); return; }
      held = { ...found, start: event, beside: event.coarse ? beside(found, event.at) : [0, 0], to: null };
    }
    /** How far the hand is off what it holds: under a finger that stays so, and one sees where it goes. */
    function beside({ arc, i, foot }, [x, y]) { const [vx, vy] = foot || arc.points[i]; return [vx - x, vy - y]; }
    function drag(event) {
      if (!held.to && held.start.point.distanceTo(event.point) < 3) return;
      const at = [event.at[0] + held.beside[0], event.at[1] + held.beside[1]];
      snapped = snap(at, held);
      held.to = snapped ? snapped.at : at;
      app.warn(snapped && snapped.name ? t("贴到{n}", snapped.name) : "");
      painting.soon();
    }
    function drop() {
      const { arc, i, foot, to } = held;
      held = null;
      snapped = null;
      app.warn("");
      if (!to) { if (i !== undefined) pick({ arc, i }); painting.soon(); return; }
      const words = t("移动{n}与{to}的边界", state.name(arc.left), { to: state.name(arc.right) });
      if (i !== undefined) app.act({ op: "move", level: state.level, moves: [[arc.line[i], ground.place(to)]] }, words, arc.left);
      else app.act({ op: "insert", level: state.level, at: ground.place(foot), onto: ground.place(to) }, words, arc.left);
      painting.soon();
    }
    /** The corner, or else the point of a line, within ten pixels: of roads, walls and other borders. */
    function snap(at, own) {
      const reach = SNAP / scale(), near = (found, name) => ({ at: found, name });
      let best = null, least = reach;
      const lines = [...(roads || []).filter((road) => geometry.overlaps(road.box, [at[0] - reach, at[1] - reach, at[0] + reach, at[1] + reach])), ...arcs];
      const nameOf = (line) => line.name || (line.kind ? t(KINDS[line.kind] || "路") : t("相邻边界"));
      for (const line of lines) line.points.forEach((point, i) => {
        if (line === own.arc && (i === own.i || Math.abs(i - (own.i === undefined ? own.between : own.i)) <= 1)) return;
        const far = geometry.apart(point, at);
        if (far < least) { least = far; best = near(point, nameOf(line)); }
      });
      if (best) return best;
      for (const line of lines) if (line !== own.arc) for (let i = 1; i < line.points.length; i += 1) {
        const foot = geometry.nearest(line.points[i - 1], line.points[i], at), far = geometry.apart(foot, at);
        if (far < least) { least = far; best = near(foot, nameOf(line)); }
      }
      return best;
    }
    const KINDS = { wall: "围墙", river: "河", railway: "铁路", alley: "巷", street: "路", arterial: "大路", path: "小路" };

    /* --- by keys: choose a vertex, move it -------------------------------------------------------------------------------- */

    function pick(found) { flush(); picked = found; other = null; tellPick(); painting.soon(); }
    function next(step) {
      const all = arcs.flatMap((arc) => arc.points.map((point, i) => ({ arc, i })));
      if (!all.length) { app.tell(t("这里看不到网格之间的边界，请移动或放大地图。")); return; }
      const centre = picking.localOf(map.getSize().divideBy(2));
      const nearest = () => all.reduce((best, one) => (geometry.apart(one.arc.points[one.i], centre) < geometry.apart(best.arc.points[best.i], centre) ? one : best));
      const at = picked ? all.findIndex(({ arc, i }) => arc === picked.arc && i === picked.i) : -1;
      pick(at < 0 ? nearest() : all[(at + step + all.length) % all.length]);
      const place = ground.place(picked.arc.points[picked.i]);
      map.panInside([place[1], place[0]], { padding: [80, 80], animate: false });
    }
    function nudge(dx, dy, far) {
      if (!picked) { next(1); return; }
      const step = STEP * (far ? 10 : 1), point = picked.arc.points[picked.i];
      nudged = nudged || { place: picked.arc.line[picked.i] };
      picked.arc.points[picked.i] = [point[0] + dx * step, point[1] + dy * step];
      clearTimeout(timer);
      timer = setTimeout(flush, REST);
      painting.soon();
    }
    function flush() {
      clearTimeout(timer);
      if (!nudged || !picked) { nudged = null; return; }
      const { arc, i } = picked, from = nudged.place, to = ground.place(arc.points[i]);
      nudged = null;
      arc.line[i] = to;
      app.act({ op: "move", level: state.level, moves: [[from, to]] }, t("移动{n}与{to}的边界", state.name(arc.left), { to: state.name(arc.right) }), arc.left);
    }
    app.outbox.on("refused", ({ entry }) => { if (entry.op && ["move", "insert", "delete", "snap"].includes(entry.op.op) && app.tool === "border") fetchArcs(); });
    function remove() {
      if (!picked) return;
      const { arc, i } = picked;
      app.act({ op: "delete", level: state.level, places: [arc.line[i]] }, t("删去{n}与{to}的边界上的一个顶点", state.name(arc.left), { to: state.name(arc.right) }), arc.left);
      pick(null);
    }
    /** The road or wall that runs nearest to a stretch, so that the stretch may run along it. */
    function alongRoad() {
      if (!picked || !other || picked.arc !== other.arc || picked.i === other.i) { app.tell(t("先选一个顶点，再按住 Shift 选同一条边界上的另一个。")); return; }
      const { arc } = picked, [first, last] = [picked.i, other.i].sort((a, b) => a - b), stretch = arc.points.slice(first, last + 1);
      const score = (road) => Math.max(...stretch.map((point) => geometry.away(road.points, point)));
      const best = (roads || []).map((road) => [score(road), road]).sort((a, b) => a[0] - b[0])[0];
      if (!best || best[0] > 120) { app.tell(t("这一段附近没有路或墙。")); return; }
      const road = best[1];
      app.act({ op: "snap", level: state.level, grid: arc.left, start: arc.line[first], end: arc.line[last], along: road.line }, t("让边界沿{n}走", road.name || t(KINDS[road.kind] || "路")), arc.left);
      pick(null);
    }
    function nudgeBox() {
      const press = (name, words, run) => make("button", { type: "button", class: "small-button", "aria-label": t(words), title: t(words), onclick: run }, icon(name));
      const word = (text, words, run) => make("button", { type: "button", class: "small-button", text: t(text), title: t(words), onclick: run });
      const told = make("p", { class: "soft small" });
      const element = make("section", { class: "nudge", hidden: true, "aria-label": t("挪动边界顶点") }, told,
        make("div", { class: "row" }, word("上一个", "上一个顶点", () => next(-1)), word("下一个", "下一个顶点", () => next(1)), press("left", "往西挪", () => nudge(-1, 0)), press("right", "往东挪", () => nudge(1, 0)), press("up", "往北挪", () => nudge(0, -1)), press("down", "往南挪", () => nudge(0, 1)),
          word("删去", "删去顶点", remove), word("沿路走", "让选中的一段边界沿最近的路或墙走", alongRoad)));
      element.told = told;
      document.getElementById("over-top").append(element);
      return element;
    }
    function tellPick() {
      if (!box) return;
      const sides = picked && { to: state.name(picked.arc.right) };
      box.told.textContent = !picked ? t("没有选中的顶点：, 和 . 依次选。") : other ? t("已选一段边界，可以沿路走。") : t("已选{n}与{to}之间的顶点，方向键挪半米，按 Shift 挪五米。", state.name(picked.arc.left), sides);
    }

    painting.marks.push((context, view) => {
      if (app.tool !== "border") return;
      const small = arcs.length > 400 || view.zoom < 16.5;
      for (const arc of arcs) for (let i = 0; i < arc.points.length; i += 1) {
        const end = isEnd({ arc, i });
        if (small && !end) continue;
        square(context, view.point(arc.points[i]), end ? 4 : 3, "#fff", LOOK.target);
      }
      if (over && !held) square(context, view.point(over.foot || over.arc.points[over.i]), 6, LOOK.chosen, "#fff");
      for (const one of [picked, other]) if (one) square(context, view.point(one.arc.points[one.i]), 7, LOOK.chosen, LOOK.ink);
      if (picked && other && picked.arc === other.arc) {
        const [first, last] = [picked.i, other.i].sort((a, b) => a - b);
        pens.trace(context, picked.arc.points.slice(first, last + 1).map(view.point), false);
        pens.dashed(context, LOOK.chosen);
      }
      if (held && held.to) ghost(context, view);
    });
    function ghost(context, view) {
      const { arc, i, between, to } = held, at = i === undefined ? between : i;
      const before = arc.points[at - 1], after = arc.points[i === undefined ? between : i + 1];
      pens.trace(context, [before, to, after].filter(Boolean).map(view.point), false);
      pens.dashed(context, LOOK.chosen);
      square(context, view.point(to), 6, LOOK.chosen, "#fff");
      if (snapped) pens.disc(context, view.point(snapped.at), SNAP, LOOK.target);
    }
    function square(context, [x, y], half, fill, ink) {
      context.fillStyle = fill;
      context.strokeStyle = ink;
      context.lineWidth = 1.6;
      context.fillRect(x - half, y - half, 2 * half, 2 * half);
      context.strokeRect(x - half, y - half, 2 * half, 2 * half);
    }

    return { next, nudge, remove, isPicked: () => !!picked };
  }

  Plans.borders = borders;
})(window.Plans);
