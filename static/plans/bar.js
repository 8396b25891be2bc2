/* The bar over the table that says what lies on it, the tools at its side, and the line at the foot of the map. */
(function (Plans) {
  "use strict";

  const { t, make, icon, clock } = Plans;
  const byId = (id) => document.getElementById(id);
  // Name, words, key. What has no tool of the pointer is done at once, to the target or to what is chosen.
  const TOOLS = [["select", "选择", "V"], ["brush", "画笔", "B"], ["rect", "框选", "R"], ["lasso", "套索", "S"], ["border", "拖边界", "D"], ["redraw", "重画", "W"], ["split", "分割线", "X"]];
  const ACTS = [["divide", "平分", "K"], ["merge", "合并", "M"], ["draw", "新建", "N"], ["dissolve", "并入邻格", "G"], ["lock", "锁定", "L"]];

  function bar(app) {
    const { state, map, picking } = app;

    /* --- tools ------------------------------------------------------------------------------------------------------------ */

    const tools = new Map();
    const tool = (name, words, key, press) => {
      const button = make("button", { type: "button", title: `${t(words)}（${key}）`, "aria-keyshortcuts": key, onclick: press }, icon(name), make("span", { text: t(words) }), make("kbd", { text: key, "aria-hidden": "true" }));
      tools.set(name, button);
      return button;
    };
    const acts = {
      divide: () => app.numbers.divide(state.target), merge: () => app.numbers.merge(state.target), dissolve: () => app.numbers.dissolve(state.target),
      draw: () => (state.selected.size ? app.choice.draw() : app.tell(t("先选中要放进新网格的楼栋。"))),
      lock: () => app.numbers.toggle(state.target || ([...state.selected][0] || {})[state.level]),
      undo: () => app.undo(), redo: () => app.redo(), help: () => app.keys.sheet(),
    };
    const size = make("input", { type: "range", min: 12, max: 160, step: 4, value: app.brush, "aria-label": t("画笔粗细"), oninput: () => thick(Number(size.value)) });
    const thinner = make("button", { type: "button", "aria-label": t("细一点"), title: "[", text: "−", onclick: () => thick(app.brush - 8) });
    const thicker = make("button", { type: "button", "aria-label": t("粗一点"), title: "]", text: "+", onclick: () => thick(app.brush + 8) });
    const eraser = make("button", { type: "button", class: "eraser", title: t("橡皮：扫过的楼栋变成未分配（E）"), onclick: () => erase(!app.erasing) }, icon("erase"), make("span", { text: t("橡皮") }));
    const brushBox = make("div", { class: "brush-box", role: "group", "aria-label": t("画笔") }, make("span", { text: t("粗细") }), thinner, size, thicker, eraser, make("span", { class: "brush-aim" }));
    if (state.isDraft) byId("tools").append(
      make("div", { role: "toolbar", "aria-label": t("工具"), "aria-orientation": "vertical" }, ...TOOLS.map(([name, words, key]) => tool(name, words, key, () => picking.use(name))),
        make("hr"), ...ACTS.map(([name, words, key]) => tool(name, words, key, acts[name])), make("hr"), tool("undo", "撤销", "Ctrl+Z", acts.undo), tool("redo", "重做", "Ctrl+Y", acts.redo), tool("help", "快捷键", "?", acts.help)));
    byId("tools").addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key], all = [...tools.values()], at = all.indexOf(document.activeElement);
      if (step && at >= 0) { event.preventDefault(); all[(at + step + all.length) % all.length].focus(); }
    });
    byId("tools").addEventListener("focusin", (event) => stop(event.target));
    /** The toolbar is one stop of Tab; arrows go on inside. */
    function stop(at) { for (const button of tools.values()) button.tabIndex = button === at ? 0 : -1; }
    byId("over-top").prepend(brushBox);

    function thick(value) {
      app.brush = Math.max(12, Math.min(160, value));
      size.value = app.brush;
      app.painting.soon();
    }
    function erase(yes) {
      app.erasing = yes;
      if (yes && app.tool !== "brush") picking.use("brush");
      eraser.setAttribute("aria-pressed", yes);
      aims();
      hinted();
    }
    function aims() {
      brushBox.querySelector(".brush-aim").textContent = app.erasing ? t("扫过的变成未分配") : state.target ? t("画给{n}", state.name(state.target)) : t("画给起笔的网格");
    }

    /* --- the draft bar ------------------------------------------------------------------------------------------------------ */

    const levels = make("div", { class: "levels", role: "group", "aria-label": t("看哪一级") }, ...[["grid", "网格"], ["segment", "楼段"]].map(([level, words]) => make("button", { type: "button", "data-level": level, text: t(words), onclick: () => state.show(level) })));
    const impact = make("a", { class: "bar-link", href: `/plans/${state.plan.id}/impact/`, text: t("影响预览"), title: "I", "aria-keyshortcuts": "I" });
    const submit = make("a", { class: state.isDraft ? "bar-button main" : "bar-link", href: `/plans/${state.plan.id}/review/`, text: t(state.isDraft ? "送审…" : "审核与公布"), title: "T", "aria-keyshortcuts": "T", onclick: (event) => leave(event) });
    const files = make("a", { class: "bar-link rare", href: `/plans/${state.plan.id}/import/`, text: t("导入导出") });
    byId("actions").append(levels, files, impact, submit);
    /** Not to the review with something unsaved in hand. */
    function leave(event) {
      if (!app.outbox.waiting) return;
      event.preventDefault();
      app.tell(t("还有没存好的改动，请等到“已保存”再送。"));
    }
    if (state.plan.base) byId("base").textContent = ` · ${t("依据第 {n} 号方案", state.plan.base.number)}`;
    if (state.isDraft) {
      const edit = make("button", { type: "button", class: "bar-button plain", "aria-label": t("改标题和理由"), title: t("改标题和理由"), onclick: () => about() }, icon("rename"));
      document.querySelector(".naming h1").append(edit);
    }

    function saved() {
      const line = byId("saved"), words = state.isDraft ? app.outbox.words() : "";
      if (line.textContent !== words) line.textContent = words;
      line.classList.toggle("waiting", app.outbox.waiting > 0);
      line.classList.toggle("silent", app.outbox.isSilent);
    }
    function people() {
      byId("editors").replaceChildren(...(state.editors || []).map(({ name, at, label }) => {
        const where = label && state.grid(label, "grid") ? t("{n} 正在改{to}", name, { to: state.name(label, "grid") }) : t("{n} 也开着这份草稿", name);
        return make("li", { title: `${where} ${clock(at)}` }, make("span", { class: "avatar", "aria-hidden": "true", text: name.slice(0, 1) }), make("span", { class: "sr", text: where }));
      }));
    }
    function turns() {
      for (const [name, can] of [["undo", state.canUndo || app.outbox.waiting], ["redo", state.canRedo]]) if (tools.has(name)) tools.get(name).setAttribute("aria-disabled", !can);
      const hard = (state.problems || []).filter((problem) => problem.hard).length;
      submit.classList.toggle("held", hard > 0);
      submit.title = hard ? t("还有 {n} 个必须改的问题", hard) : "T";
    }

    /* --- two small forms ------------------------------------------------------------------------------------------------------- */

    function dialog(words, ...parts) {
      const box = make("dialog", { class: "sheet", "aria-label": words }, make("h2", { text: words }), ...parts);
      box.addEventListener("close", () => box.remove());
      document.body.append(box);
      box.showModal();
      return box;
    }
    function about() {
      const title = make("input", { value: state.plan.title || "", maxlength: 80, required: true }), reason = make("textarea", { rows: 4, maxlength: 2000 });
      reason.value = state.plan.reason || "";
      const least = make("input", { type: "number", min: 1, max: 5000, value: state.plan.target_min, required: true }), most = make("input", { type: "number", min: 1, max: 5000, value: state.plan.target_max, required: true });
      const fault = make("p", { class: "errors", role: "alert", hidden: true });
      const field = (text, input) => make("label", { class: "field" }, make("span", { text }), input);
      const form = make("form", { class: "stack", onsubmit: (event) => { event.preventDefault(); keep(); } }, field(t("标题"), title), field(t("调整理由"), reason),
        make("div", { class: "row" }, field(t("每格至少几户"), least), field(t("每格至多几户"), most)), fault, make("div", { class: "actions" }, make("button", { class: "button main", text: t("存下") }), make("button", { type: "button", class: "button", text: t("取消"), onclick: () => box.close() })));
      const box = dialog(t("草稿的标题和理由"), form);
      async function keep() {
        try {
          const changed = { title: title.value.trim(), reason: reason.value.trim(), target_min: Number(least.value), target_max: Number(most.value) };
          Object.assign(state.plan, await app.api.patch("", changed));
          byId("title").textContent = state.plan.title;
          state.fire("changed", { labels: [...state.grids[state.level].keys()], boxes: [] });
          box.close();
          app.tell(t("标题和理由已存下。"));
        } catch (error) { said(fault, error); }
      }
    }
    function said(fault, error) {
      if (!(error instanceof Plans.Silent || error instanceof Plans.Refused)) throw error;
      fault.textContent = error.message || t("没有网络，请稍后再试。");
      fault.hidden = false;
    }
    /* --- the foot of the map ------------------------------------------------------------------------------------------------------ */

    const line = make("p", { class: "line" }), warning = make("p", { class: "warning" }), tip = make("p", { class: "tip" });
    const corner = make("div", { class: "corner" }, ...[["more", "放大", () => map.zoomIn(0.5)], ["less", "缩小", () => map.zoomOut(0.5)], ["fit", "看全部", () => all()]].map(([name, words, press]) => make("button", { type: "button", "aria-label": t(words), title: t(words), onclick: press }, icon(name))));
    byId("over").append(make("div", { class: "lines" }, tip, warning, line), corner);
    function all() { app.flyTo(app._extent()); }
    function hinted() {
      line.classList.remove("news");
      line.textContent = app.erasing && app.tool === "brush" ? t("橡皮：按住左键扫过，楼栋变成未分配") : picking.hint();
      line.hidden = !line.textContent;
    }
    let fading = null;
    function say(words) {
      line.textContent = words;
      line.hidden = false;
      line.classList.add("news");
      clearTimeout(fading);
      fading = setTimeout(hinted, 6000);
    }
    function used() {
      for (const [name] of TOOLS) if (tools.has(name)) tools.get(name).setAttribute("aria-pressed", app.tool === name);
      if (tools.has(app.tool)) stop(tools.get(app.tool));
      brushBox.hidden = app.tool !== "brush";
      if (app.tool !== "brush" && app.erasing) erase(false);
      aims();
      hinted();
    }
    function hovering(unit) {
      tip.hidden = !unit;
      if (!unit) return;
      const units = state.whole([unit]), sums = state.measures.slice(0, 3).map(({ key, label }) => `${Plans.number(state.weight(units, key))} ${label}`);
      tip.textContent = `${state.title(unit)} · ${sums.join(" ")} · ${state.name(unit[state.level])}`;
    }
    function shown() { for (const button of levels.children) button.setAttribute("aria-pressed", button.dataset.level === state.level); }

    app.on("tool", used);
    state.on("target", aims);
    state.on("level", () => { shown(); remember(); });
    state.on("people", people);
    state.on("version problems", turns);
    function remember() {
      const { lat, lng } = map.getCenter();
      history_(`#${map.getZoom().toFixed(2).replace(/\.?0+$/, "")}/${lat.toFixed(5)}/${lng.toFixed(5)}${state.level === "segment" ? "/segment" : ""}`);
    }
    function history_(hash) { window.history.replaceState(null, "", hash); }
    function recall() {
      const [zoom, lat, lng, level] = location.hash.slice(1).split("/");
      if (Number(zoom) && Number(lat) && Number(lng)) map.setView([Number(lat), Number(lng)], Number(zoom), { animate: false });
      if (level === "segment") state.show("segment");
    }
    recall();
    map.on("moveend", remember);
    hovering(null);
    warning.hidden = true;
    shown(); people(); turns(); saved();
    return { saved, say, tip: hovering, warn: (words) => { warning.textContent = words; warning.hidden = !words; }, thick, erase, acts, all, links: { impact, submit } };
  }

  Plans.bar = bar;
})(window.Plans);
