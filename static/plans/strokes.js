/* The tools that hand units over or draw a line: arrow, brush, rectangle, lasso, line. */
(function (Plans) {
  "use strict";

  const { t, geometry, LOOK } = Plans;
  const NEAR_BORDER = 8;    // css px beside a border that mean the border
  const DIRECTION = 10;     // css px a sweep goes before it has one
  const MOVED = 5;          // css px that make a click a drag

  function strokes(app) {
    const { state, ground, picking, painting } = app;
    const scale = picking.scale;
    const editable = () => state.isDraft;

    /* --- the arrow: choose units, choose a grid ------------------------------------------------------------------------- */

    let from = null;
    picking.add("select", {
      pans: true,
      hint: "点楼栋选中，按住 Shift 多选；点空地选网格；拖动平移",
      down: (event) => { from = event; },
      up: (event) => {
        if (!from || from.point.distanceTo(event.point) > MOVED) return;
        const unit = ground.at(event.at);
        if (unit && editable()) app.choose(toggled(unit, event.adds));
        else { if (!event.shift) app.choose([]); app.aim(unit ? unit[state.level] : gridAt(event.at)); }
      },
      hover: (event) => hover(event && ground.at(event.at)),
      cancel: () => { from = null; return false; },
    });
    function toggled(unit, add) {
      const units = state.whole([unit]), held = state.selected.has(unit);
      if (!add) return held && state.selected.size === units.size ? [] : units;
      return held ? [...state.selected].filter((other) => !units.has(other)) : [...state.selected, ...units];
    }
    function gridAt(at) {
      for (const grid of state.grids[state.level].values()) if (geometry.holds(grid.rings, at)) return grid.label;
      return undefined;
    }
    let over = null;
    function hover(unit) {
      if (unit === over) return;
      over = unit;
      app.hovered = unit ? state.whole([unit]) : null;
      app.tip(unit);
      painting.soon();
    }

    /* --- the brush ------------------------------------------------------------------------------------------------------ */

    let stroke = null, cursor = null;
    painting.marks.push((context, view) => { if (app.tool === "brush" && cursor) disc(context, view.point(cursor), app.brush / 2, stroke ? LOOK.target : LOOK.ink); });
    picking.add("brush", {
      hint: "按住左键扫过楼栋，归到目标网格；从边界上起笔，往哪边推就推哪边；[ ] 改粗细",
      down: (event) => { if (editable()) begin(event); },
      move: (event) => { cursor = event.at; if (stroke) paint(event); painting.soon(); },
      up: () => { const done = stroke; stroke = null; if (done) end(done); },
      hover: (event) => { cursor = event && event.at; if (event && !app.brushAims()) hover(ground.at(event.at)); painting.soon(); },
      cancel: () => { const was = stroke; stroke = null; state.stage("stroke", null); return !!was; },
      leave() { this.cancel(); cursor = null; hover(null); painting.soon(); },
    });
    function begin(event) {
      hover(null);
      const sides = app.erasing ? null : borderAt(event.at);
      stroke = { start: event, last: event.at, units: new Set(), refused: new Map(), to: undefined, sides };
      if (!sides) stroke.to = aim(event.at);
      if (stroke.to === undefined && !sides) { stroke = null; app.tell(t("先选目标网格：点右边的网格，或者从网格里、边界上起笔。")); return; }
      paint(event);
    }
    /** Whom the brush paints for: the eraser nobody, else the target, else the grid in which the stroke begins. */
    function aim(at) {
      if (app.erasing) return null;
      if (state.target !== undefined) return state.target;
      const label = gridAt(at);
      if (label) app.aim(label);
      return label;
    }
    /** The grids left and right of a border that runs near. */
    function borderAt(at) {
      const reach = NEAR_BORDER / scale();
      const found = [...state.grids[state.level].values()].filter((grid) => near(grid.box, at, reach) && grid.rings.some((ring) => geometry.away(ring, at) <= reach));
      return found.length === 2 ? found : null;
    }
    const near = (box, [x, y], reach) => x >= box[0] - reach && x <= box[2] + reach && y >= box[1] - reach && y <= box[3] + reach;
    /** The hand goes from the one that takes into the one that gives. */
    function direct(event) {
      const { start, sides } = stroke;
      if (start.point.distanceTo(event.point) < DIRECTION) return;
      const inner = sides.find((grid) => geometry.holds(grid.rings, event.at));
      const taker = sides.find((grid) => grid !== inner);
      if (!inner || !taker) return;
      stroke.to = taker.label;
      stroke.only = inner.label;
      app.tell(t("{n}往外推", state.name(taker.label)));
    }
    function paint(event) {
      if (stroke.sides && stroke.to === undefined) direct(event);
      if (stroke.to === undefined) return;
      const radius = app.brush / 2 / scale(), steps = Math.ceil(geometry.apart(stroke.last, event.at) / Math.max(radius, 2)) || 1;
      for (let i = 1; i <= steps; i += 1) dab(mix(stroke.last, event.at, i / steps), radius);
      stroke.last = event.at;
    }
    const mix = ([ax, ay], [bx, by], part) => [ax + (bx - ax) * part, ay + (by - ay) * part];
    function dab(at, radius) {
      const before = stroke.units.size;
      const fresh = ground.under(at, radius).filter((unit) => !stroke.units.has(unit) && unit[state.level] !== stroke.to && (!stroke.only || unit[state.level] === stroke.only));
      // Twice over, since a unit may border on one that comes later in the same dab.
      for (let turn = 0; turn < 2; turn += 1) for (const unit of fresh) if (!stroke.units.has(unit)) take(unit);
      if (stroke.units.size === before) return;
      state.stage("stroke", stroke.units, stroke.to);
      app.foresee({ op: "assign", level: state.level, units: ids(stroke.units), to: stroke.to });
    }
    function take(unit) {
      const units = state.whole([unit]), why = app.refusal(units, stroke.to, stroke.units);
      if (why) { stroke.refused.set(unit, why); return; }
      for (const other of units) { stroke.units.add(other); stroke.refused.delete(other); }
    }
    function end(done) {
      if (!done.units.size) {
        state.stage("stroke", null);
        const [refused] = done.refused;
        if (refused) app.explain(refused[0], refused[1], done.to);
        return;
      }
      app.hand(done.units, done.to);
      state.stage("stroke", null);
    }
    const ids = (units) => [...units].map((unit) => unit.id);

    /* --- rectangle and lasso: choose -------------------------------------------------------------------------------------- */

    let frame = null;
    const choosing = (name, hint, outline) => picking.add(name, {
      hint,
      down: (event) => { if (editable()) frame = [event]; },
      move: (event) => { if (frame) { frame.push(event); painting.soon(); } },
      up: (event) => {
        const done = frame;
        frame = null;
        painting.soon();
        if (!done) return;
        if (done.length < 2 || done[0].point.distanceTo(event.point) <= MOVED && done.length < 6) { const unit = ground.at(event.at); app.choose(unit ? toggled(unit, event.adds) : []); return; }
        const found = state.whole(ground.within(outline(done.map(({ at }) => at))));
        app.choose(event.adds ? [...state.selected, ...found] : found);
        if (!found.size) app.tell(t("圈里没有楼栋。"));
      },
      hover: (event) => hover(event && ground.at(event.at)),
      cancel: () => { const was = frame; frame = null; painting.soon(); return !!was; },
    });
    choosing("rect", "拖出方框选中楼栋；按住 Shift 添加", (line) => { const [[ax, ay], [bx, by]] = [line[0], line[line.length - 1]]; return [[ax, ay], [bx, ay], [bx, by], [ax, by]]; });
    choosing("lasso", "画一圈选中楼栋；按住 Shift 添加", (line) => line);
    painting.marks.push((context, view) => {
      if (!frame || frame.length < 2) return;
      const line = frame.map(({ at }) => view.point(at)), [first, last] = [line[0], line[line.length - 1]];
      const corners = app.tool === "rect" ? [first, [last[0], first[1]], last, [first[0], last[1]]] : line;
      trace(context, corners, true);
      context.fillStyle = "rgba(240,154,26,.16)";
      context.fill();
      dashed(context, LOOK.chosen);
    });

    /* --- a line: split a grid, or draw a stretch of border anew ------------------------------------------------------------- */

    let line = null, tip = null, dragged = false;
    const lines = (name, hint, done) => picking.add(name, {
      hint,
      down: (event) => { if (!editable()) return; dragged = false; line = [...(line || []), event.at]; painting.soon(); },
      move: (event) => {
        if (!line) return;
        const k = scale();
        if (geometry.apart(line[line.length - 1], event.at) * k > 6) { line.push(event.at); dragged = true; painting.soon(); }
      },
      up: () => { if (dragged && line && line.length > 2) picking.tools[name].finish(); },
      hover: (event) => { tip = event && event.at; if (line) painting.soon(); },
      finish: () => {
        const drawn = line && thinned(line, 1.2 / scale());
        line = null;
        painting.soon();
        if (drawn && drawn.length > 1) done(drawn);
      },
      cancel: () => { const was = line; line = null; painting.soon(); return !!was; },
    });
    const thinned = (points, tolerance) => L.LineUtil.simplify(points.filter((at, i) => !i || geometry.apart(at, points[i - 1]) > 0.01).map(([x, y]) => L.point(x, y)), tolerance).map(({ x, y }) => [x, y]);
    const places = (points) => points.map((at) => ground.place(at));
    lines("split", "画一条线把网格分成两半：拖着画，或逐点点击、双击结束", (drawn) => {
      const label = crossed(drawn);
      if (!label) { app.tell(t("线没有穿过网格。")); return; }
      app.act({ op: "split", level: state.level, grid: label, line: places(drawn) }, t("把{n}分成两半", state.name(label)), label);
    });
    lines("redraw", "重画一段边界：从边界上起笔，画到同一条边界上", (drawn) => {
      const label = state.target || owner(drawn);
      if (!label) { app.tell(t("请从边界上起笔，画到同一条边界上。")); return; }
      app.act({ op: "reshape", level: state.level, grid: label, line: places(drawn) }, t("重画{n}的一段边界", state.name(label)), label);
    });
    painting.marks.push((context, view) => {
      if (!line) return;
      const points = [...line, ...(tip && !dragged ? [tip] : [])].map((at) => view.point(at));
      trace(context, points, false);
      dashed(context, LOOK.nobody);
      for (const [x, y] of points) disc(context, [x, y], 3, LOOK.nobody);
    });
    /** The grid in which most of a line runs; the target when the line meets it. */
    function crossed(drawn) {
      const count = new Map();
      for (let i = 1; i < drawn.length; i += 1)
        for (let part = 0; part <= 1; part += 0.1) {
          const label = gridAt(mix(drawn[i - 1], drawn[i], part));
          if (label) count.set(label, (count.get(label) || 0) + 1);
        }
      if (state.target && count.has(state.target)) return state.target;
      return ([...count].sort((a, b) => b[1] - a[1])[0] || [])[0];
    }
    /** The grid on whose border a line begins and ends, and out of which it goes. */
    function owner(drawn) {
      const reach = NEAR_BORDER / scale(), ends = [drawn[0], drawn[drawn.length - 1]], half = drawn[Math.floor(drawn.length / 2)];
      const found = [...state.grids[state.level].values()].filter((grid) => ends.every((at) => grid.rings.some((ring) => geometry.away(ring, at) <= reach)));
      const outside = found.filter((grid) => !geometry.holds(grid.rings, half));
      return (outside[0] || found[0] || {}).label;
    }

  }

  /* --- drawing ------------------------------------------------------------------------------------------------------------- */

  function disc(context, [x, y], radius, ink) {
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.strokeStyle = "rgba(255,255,255,.9)";
    context.lineWidth = 4;
    context.stroke();
    context.strokeStyle = ink;
    context.lineWidth = 1.8;
    context.stroke();
  }
  function trace(context, points, closed) {
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    if (closed) context.closePath();
  }
  function dashed(context, ink) {
    context.strokeStyle = "rgba(255,255,255,.9)";
    context.lineWidth = 4;
    context.stroke();
    context.strokeStyle = ink;
    context.lineWidth = 2;
    context.setLineDash([7, 4]);
    context.stroke();
    context.setLineDash([]);
  }

  Plans.strokes = strokes;
  Plans.pens = { disc, trace, dashed };
})(window.Plans);
