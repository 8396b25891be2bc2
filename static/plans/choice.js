/* What is chosen, and where it shall go: the bar at the foot of the map. Everything a brush does can be done here too. */
(function (Plans) {
  "use strict";

  const { t, make, number } = Plans;

  function choice(app) {
    const { state } = app;
    const words = make("p", { class: "chosen" });
    const where = make("select", { "aria-label": t("归到哪个网格"), onchange: () => stage() });
    const then = make("p", { class: "then", "aria-live": "polite" });
    const go = make("button", { type: "button", class: "go", text: t("归过去"), title: t("回车"), onclick: () => hand() });
    const fresh = make("button", { type: "button", text: t("新建网格"), onclick: () => draw() });
    const out = make("button", { type: "button", text: t("移出网格"), title: "E", onclick: () => { app.hand(state.selected, null); app.choose([]); } });
    const none = make("button", { type: "button", text: t("取消选择"), title: "Esc", onclick: () => app.choose([]) });
    const bar = make("section", { class: "choice", "aria-label": t("已选的楼栋"), hidden: true }, words, make("label", {}, make("span", { text: t("归到") }), where), go, fresh, out, none, then);
    document.getElementById("over-top").append(bar);

    where.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); hand(); } });
    const destination = () => (where.value === "" ? undefined : where.value);

    function fill() {
      const held = destination() || state.target;
      where.replaceChildren(make("option", { value: "", text: t("选一个网格…") }));
      const parents = new Set([...state.selected].map((unit) => unit.grid));
      for (const grid of state.listed()) {
        if (state.level === "segment" && grid.parent && !parents.has(grid.parent)) continue;
        const households = t("{n} 户", number(grid.measures.households));
        where.append(make("option", { value: grid.label, text: `${state.name(grid.label)}（${households}${grid.locked ? ` · ${t("已锁定")}` : ""}）`, disabled: grid.locked, selected: grid.label === held }));
      }
      fresh.textContent = state.level === "grid" ? t("新建网格") : t("新建楼段");
    }
    function show() {
      const { selected } = state;
      bar.hidden = !selected.size || !state.isDraft;
      if (bar.hidden) { where.value = ""; state.stage("choice", null); app.foresee(null); return; }
      const sums = state.measures.slice(0, 2).map(({ key, label }) => `${number(state.weight(selected, key))} ${label}`);
      words.textContent = t("已选 {n}", `${state.count(selected)} · ${sums.join(" ")}`);
      fill();
      stage();
    }
    /** Show what would be: in the numbers, and in a sentence here. */
    function stage() {
      const to = destination();
      go.disabled = to === undefined;
      if (to === undefined || bar.hidden) { state.stage("choice", null); app.foresee(null); then.textContent = ""; return; }
      state.stage("choice", new Set(state.selected), to);
      const why = app.refusal(state.selected, to);
      app.foresee(why && why.code === "detached" ? null : { op: "assign", level: state.level, units: [...state.selected].map(({ id }) => id), to });
      consequence();
      if (why) then.textContent = why.sentence;
    }
    function consequence() {
      const to = destination();
      if (bar.hidden || to === undefined || !state.grid(to)) return;
      const labels = new Set([to, ...[...state.selected].map((unit) => unit[state.level])]);
      then.textContent = [...labels].filter((label) => state.grid(label)).slice(0, 4).map((label) => {
        const before = state.grid(label).measures.households, now = state.figures(label).households;
        const verdict = state.level === "grid" ? { small: ` ▼ ${t("偏少")}`, large: ` ▲ ${t("偏多")}`, good: "" }[state.verdict(now)] : "";
        return t("{n}：{before} → {now} 户", state.name(label), { before: number(before), now: number(now) }) + verdict;
      }).join("；");
    }
    function hand() {
      const to = destination();
      if (to === undefined) { where.focus(); return; }
      const why = app.refusal(state.selected, to);
      if (why) { app.explain([...state.selected][0], why, to); return; }
      app.hand(state.selected, to);
      app.choose([]);
      app.fire("handed");
    }
    function draw() {
      const words = t("用 {n}新建一个网格", state.count(state.selected));
      app.act({ op: "draw", level: state.level, units: [...state.selected].map(({ id }) => id) }, words, null);
      app.choose([]);
    }
    state.on("selected level", show);
    state.on("changed", () => { if (!bar.hidden) show(); });
    state.on("target", () => { if (!bar.hidden) { fill(); stage(); } });
    state.on("staged", consequence);
    show();
    return { hand, draw, focus: () => { if (!bar.hidden) where.focus(); } };
  }

  Plans.choice = choice;
})(window.Plans);
