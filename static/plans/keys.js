/* The keys, and the sheet that tells them. They are silent while somebody types. */
(function (Plans) {
  "use strict";

  const { t, make, typing } = Plans;
  const SHEET = [
    ["工具", [["V", "选择"], ["B", "画笔"], ["[ ]", "画笔细、粗"], ["E", "移出网格；没有选中时是橡皮"], ["R", "框选"], ["S", "套索"], ["D", "拖边界"], ["W", "重画一段边界"], ["X", "分割线"]]],
    ["网格", [["K", "平分目标网格"], ["M", "合并"], ["N", "用选中的新建网格"], ["G", "并入邻格"], ["L", "锁定、解锁目标网格"], ["Shift+L", "全部锁定、解锁"], ["F2", "改名"], ["1 2", "看网格、看楼段"]]],
    ["改动", [["Ctrl+Z", "撤销"], ["Ctrl+Y", "重做"], ["Enter", "把选中的归过去；在地图上：在中心点一下"], ["Shift+Enter", "结束画线"], ["Delete", "删去边界顶点"], [", .", "上一个、下一个边界顶点"], ["← ↑ → ↓", "挪顶点半米，按 Shift 五米；在地图上：移动地图"]]],
    ["看", [["I", "影响预览"], ["T", "送审…"], ["空格", "按住平移"], ["+ −", "放大、缩小"], ["0", "看全部"], ["/", "找楼栋"], ["P", "看第一个问题"], ["Esc", "退一步：取消画线、选择、目标"], ["?", "这张表"]]],
  ];

  function keys(app) {
    const { state, picking } = app;
    let box = null;
    function sheet() {
      if (box) { box.close(); return; }
      const columns = SHEET.map(([words, rows]) => make("section", {}, make("h3", { text: t(words) }), make("dl", {}, ...rows.flatMap(([key, what]) => [make("dt", {}, make("kbd", { text: t(key) })), make("dd", { text: t(what) })]))));
      box = make("dialog", { class: "sheet keys", "aria-label": t("快捷键") }, make("h2", { text: t("快捷键") }), make("div", { class: "columns" }, ...columns), make("p", { class: "soft small", text: t("每样拖动都有不拖的办法：名单里勾选再归到网格，顶点用方向键挪。") }), make("button", { type: "button", class: "button", text: t("知道了"), onclick: () => box.close() }));
      box.addEventListener("close", () => { box.remove(); box = null; });
      document.body.append(box);
      box.showModal();
    }

    const inMap = (event) => event.target === app.map.getContainer() || event.target === document.body;
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const plain = {
      v: () => picking.use("select"), b: () => { app.bar.erase(false); picking.use("brush"); }, r: () => picking.use("rect"), s: () => picking.use("lasso"), d: () => picking.use("border"), w: () => picking.use("redraw"), x: () => picking.use("split"),
      e: () => { if (state.selected.size) { app.hand(state.selected, null); app.choose([]); } else app.bar.erase(!app.erasing); },
      k: () => app.bar.acts.divide(), m: () => app.bar.acts.merge(), n: () => app.bar.acts.draw(), g: () => app.bar.acts.dissolve(), l: () => app.bar.acts.lock(), f2: () => app.numbers.rename(state.target),
      "[": () => app.bar.thick(app.brush - 8), "]": () => app.bar.thick(app.brush + 8),
      "1": () => state.show("grid"), "2": () => state.show("segment"),
      ",": () => vertex(-1), ".": () => vertex(1), delete: () => app.borders.remove(),
    };
    const looking = { "0": () => app.bar.all(), "/": () => app.twin.search(), p: () => { const first = document.querySelector(".faults .look"); if (first) { first.focus(); first.click(); } }, "?": () => sheet(), i: () => app.bar.links.impact.click(), t: () => app.bar.links.submit.click(), "1": plain["1"], "2": plain["2"] };
    function vertex(step) { if (app.tool !== "border") picking.use("border"); app.borders.next(step); }

    /** One thing ends with each Esc: the drawing, the bubble, what is chosen, the tool, the target. */
    function escape() {
      const one = picking.current().cancel() || app.faults.unpin();
      if (one) return;
      if (state.selected.size) app.choose([]);
      else if (app.tool !== "select") picking.use("select");
      else if (state.target !== undefined) app.aim(undefined);
    }

    document.addEventListener("keydown", (event) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const key = event.key.toLowerCase();
      if (typing(event.target)) { if (key === "escape") event.target.blur(); return; }
      if ((event.ctrlKey || event.metaKey) && !event.altKey) {
        if (key === "z" && !event.shiftKey && state.isDraft) { event.preventDefault(); app.undo(); }
        else if ((key === "y" || (key === "z" && event.shiftKey)) && state.isDraft) { event.preventDefault(); app.redo(); }
        return;
      }
      if (event.altKey || event.metaKey) return;
      if (key === "escape") { escape(); return; }
      if (state.isDraft && event.shiftKey && key === "l") { event.preventDefault(); app.numbers.lockAll(); return; }
      const run = (state.isDraft && plain[key]) || looking[key];
      if (run && !(event.shiftKey && key.length === 1 && /[a-z]/.test(key))) { event.preventDefault(); run(); return; }
      if (key === "enter" && state.selected.size && event.target === document.body) { event.preventDefault(); app.choice.hand(); }
    });
    // Leaflet moves the map by arrow keys; with a vertex in hand they are the vertex's. Heard before Leaflet hears them.
    document.addEventListener("keydown", (event) => {
      const step = arrows[event.key];
      if (!step || app.tool !== "border" || !app.borders.isPicked() || !inMap(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      app.borders.nudge(...step, event.shiftKey);
    }, true);
    return { sheet };
  }

  Plans.keys = keys;
})(window.Plans);
