/* Who gets the pointer: the tool in hand, or the map under it. One finger or button draws, space or a second finger pans. */
(function (Plans) {
  "use strict";

  const { t, typing } = Plans;

  function picking(app) {
    const { map, state, ground } = app;
    const box = map.getContainer(), tools = {};
    let current = null, pressed = null, panning = false;
    const fingers = new Set();

    const eventOf = (original) => {
      const { left, top } = box.getBoundingClientRect();
      const point = L.point(original.clientX - left, original.clientY - top);
      const coarse = original.pointerType !== "mouse";   // a finger: it has no Shift, and hides what it touches
      return { original, point, at: localOf(point), shift: original.shiftKey, coarse, adds: original.shiftKey || coarse, alt: original.altKey };
    };
    function localOf(point) {
      const world = map.getPixelOrigin().add(map.containerPointToLayerPoint(point)), k = scale();
      return [world.x / k - ground.origin[0], world.y / k - ground.origin[1]];
    }
    /** Css px a pixel of `Ground` is wide. */
    function scale() { return 2 ** (map.getZoom() - Plans.geometry.ZOOM); }

    function use(name) {
      if (current) current.leave();
      current = tools[name];
      app.tool = name;
      box.dataset.tool = name;
      grip();
      current.enter();
      app.fire("tool");
    }
    /** Dragging pans with the arrow in hand, or with space held; a drawing tool keeps the hand. */
    function grip() {
      const pans = panning || !current || current.pans;
      map.dragging[pans ? "enable" : "disable"]();
      box.classList.toggle("pans", panning);
    }
    function pan(yes) { if (panning !== yes) { panning = yes; grip(); } }

    box.addEventListener("pointerdown", (original) => {
      fingers.add(original.pointerId);
      if (original.button !== 0 || panning || original.target.closest(".leaflet-control, button, input")) return;
      if (fingers.size > 1) { stop(); pan(true); return; }
      pressed = original.pointerId;
      app.faults.unpin();
      if (!current.pans) try { box.setPointerCapture(pressed); } catch (error) { /* the pointer is gone already */ }
      current.down(eventOf(original));
    });
    box.addEventListener("pointermove", (original) => {
      const event = eventOf(original);
      if (pressed === original.pointerId) current.move(event);
      else if (!panning) current.hover(event);
    });
    box.addEventListener("pointerup", (original) => { lift(original); if (pressed === original.pointerId) { pressed = null; current.up(eventOf(original)); } });
    box.addEventListener("pointercancel", (original) => { lift(original); stop(); });
    box.addEventListener("pointerleave", () => { if (pressed === null) current.hover(null); });
    box.addEventListener("dblclick", () => { if (current.finish) current.finish(); });
    function lift({ pointerId }) { fingers.delete(pointerId); if (!fingers.size && !space) pan(false); }
    function stop() { pressed = null; current.cancel(); }

    let space = false;
    window.addEventListener("keydown", (event) => {
      if (event.code !== "Space" || typing(event.target) || event.target.closest("button, summary, input, a, dialog")) return;
      event.preventDefault();
      space = true;
      pan(true);
    });
    window.addEventListener("keyup", (event) => { if (event.code === "Space") { space = false; pan(false); } });
    window.addEventListener("blur", () => { space = false; fingers.clear(); pan(false); });

    /** Enter on the map does what a click in its middle would. */
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== box) return;
      const point = map.getSize().divideBy(2), made = { original: event, point, at: localOf(point), shift: event.shiftKey, coarse: false, adds: event.shiftKey, alt: false };
      event.preventDefault();
      if (event.shiftKey && current.finish) { current.finish(); return; }
      current.down(made);
      current.up(made);
    });

    const idle = { pans: false, enter() {}, leave() { this.cancel(); }, down() {}, move() {}, up() {}, hover() {}, cancel() { return false; } };
    const add = (name, tool) => { tools[name] = Object.assign(Object.create(idle), { name }, tool); };
    /** A line of help for the tool in hand. */
    const hint = () => (state.isDraft ? current && t(current.hint || "") : "");
    return { add, use, scale, hint, tools, localOf, current: () => current };
  }

  Plans.picking = picking;
})(window.Plans);
