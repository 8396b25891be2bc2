/* The grids with their numbers: as a figure, as a bar against the plan's band, as a word with a sign. They follow the hand. */
(function (Plans) {
  "use strict";

  const { t, make, icon, number, signed } = Plans;
  const VERDICTS = { small: ["▼", "偏少 {n}"], large: ["▲", "偏多 {n}"], good: ["✓", "合适"] };

  function numbers(app) {
    const { state } = app;
    const total = make("p", { class: "total" });
    const list = make("ul", { class: "grids", "aria-label": t("网格和它们的数字") });
    const detail = make("section", { class: "detail", "aria-label": t("目标网格"), hidden: true });
    const band = make("p", { class: "band soft" });
    const all = make("button", { type: "button", class: "small-button", onclick: () => lockAll() });
    const home = app.panel = panel(app);
    home.page("numbers", t("网格"), make("div", { class: "sum" }, total, make("div", { class: "row" }, band, all)), detail, list);
    const rows = new Map();

    function row(grid) {
      const name = make("span", { class: "name" });
      const figure = make("strong", { class: "num" }), change = make("span", { class: "num change" }), verdict = make("span", { class: "verdict" });
      const fill = make("i", { class: "fill" }), range = make("i", { class: "range" }), before = make("i", { class: "before" });
      const swatch = make("i", { class: "swatch" });
      const pick = make("button", { type: "button", class: "pick", onclick: () => app.aim(state.target === grid.label ? undefined : grid.label), ondblclick: () => app.flyTo(state.grid(grid.label).box) },
        swatch, make("span", { class: "head" }, name, make("span", { class: "figure" }, figure, change)), make("span", { class: "bar", "aria-hidden": "true" }, range, fill, before), verdict);
      const lock = make("button", { type: "button", class: "lock", onclick: () => toggle(grid.label) });
      const element = make("li", {}, pick, state.isDraft ? lock : null);
      return { element, pick, name, figure, change, verdict, fill, range, before, swatch, lock };
    }
    function paint(label, part) {
      const grid = state.grid(label), figures = state.figures(label), key = "households";
      const now = figures[key], was = grid.before ? grid.before[key] : null;
      const verdict = state.verdict(now), [sign, words] = VERDICTS[verdict];
      const off = verdict === "small" ? state.plan.target_min - now : now - state.plan.target_max;
      part.name.textContent = state.name(label);
      part.figure.textContent = t("{n} 户", number(now));
      part.change.textContent = was !== null && was !== now ? signed(now - was) : "";
      const judged = state.level === "grid";
      part.verdict.textContent = judged ? `${sign} ${t(words, number(off))}` : "";
      part.element.dataset.verdict = judged ? verdict : "";
      part.element.classList.toggle("target", state.target === label);
      part.element.classList.toggle("moving", state.staged.size > 0 && now !== grid.measures[key]);
      part.pick.setAttribute("aria-pressed", state.target === label);
      part.swatch.style.background = Plans.pastel(grid);
      part.lock.replaceChildren(icon(grid.locked ? "lock" : "unlock"));
      part.lock.setAttribute("aria-pressed", !!grid.locked);
      part.lock.setAttribute("aria-label", t(grid.locked ? "解锁{n}" : "锁定{n}", state.name(label)));
      part.lock.title = t(grid.locked ? "已锁定，点一下解锁" : "锁定：任何工具都改不了它");
      const most = judged ? Math.max(state.plan.target_max * 1.5, top) : top || 1, share = (value) => `${Math.min(100, (value / most) * 100)}%`;
      part.fill.style.width = share(now);
      part.range.hidden = !judged;
      part.range.style.left = share(state.plan.target_min);
      part.range.style.width = share(state.plan.target_max - state.plan.target_min);
      part.before.style.left = share(was === null ? now : was);
      part.before.hidden = was === null || was === now;
    }
    let top = 0;
    function show() {
      const grids = state.listed();
      top = Math.max(0, ...grids.map(({ measures }) => measures.households));
      rows.clear();
      for (const grid of grids) { rows.set(grid.label, row(grid)); paint(grid.label, rows.get(grid.label)); }
      list.replaceChildren(...[...rows.values()].map(({ element }) => element));
      summary(grids);
      tell();
    }
    function changed({ labels }) {
      const grids = state.listed(), focused = list.contains(document.activeElement) && [...rows].find(([, part]) => part.element.contains(document.activeElement));
      const most = Math.max(0, ...grids.map(({ measures }) => measures.households));
      if (most !== top || grids.length !== rows.size || grids.some(({ label }, i) => [...rows.keys()][i] !== label)) {
        const isLock = focused && document.activeElement === focused[1].lock;
        show();
        if (focused && rows.has(focused[0])) rows.get(focused[0])[isLock ? "lock" : "pick"].focus();
      } else { refresh({ labels }); summary(grids); }
    }
    /** Paint the rows of some labels anew. */
    function refresh({ labels }) {
      for (const label of labels) if (rows.has(label) && state.grid(label)) paint(label, rows.get(label));
      tell();
    }
    let aimed;
    function target() { refresh({ labels: [aimed, state.target] }); aimed = state.target; }
    function summary(grids) {
      const judged = grids.map(({ label }) => state.verdict(state.figures(label).households));
      const count = (verdict) => judged.filter((one) => one === verdict).length;
      const nobody = [...state.units.values()].filter((unit) => !unit[state.level]);
      const kind = state.level === "grid" ? t("{n} 个网格", grids.length) : t("{n} 个楼段", grids.length);
      const parts = [kind];
      if (state.level === "grid") parts.push(`✓ ${count("good")}`, `▲ ${count("large")}`, `▼ ${count("small")}`);
      parts.push(nobody.length ? t("未分配 {n}", state.count(nobody)) : t("全部已分配"));
      total.textContent = parts.join(" · ");
      band.textContent = state.level === "grid" ? t("每格 {n} 户为宜", `${number(state.plan.target_min)}–${number(state.plan.target_max)}`) : t("楼段不能跨网格");
      all.hidden = !state.isDraft || !grids.length;
      all.textContent = t(grids.every(({ locked }) => locked) ? "全部解锁" : "全部锁定");
    }

    /* --- the target, with all of its figures and what can be done with it --------------------------------------------- */

    const FIGURES = [["people", "人"], ["alone", "独居"], ["stairwells", "楼道"], ["cases", "未办结事项"]];
    function tell() {
      const grid = state.target && state.grid(state.target);
      detail.hidden = !grid;
      if (!grid) { shown = null; return; }
      if (shown !== grid.label) { shown = grid.label; frame(grid); }
      const figures = state.figures(grid.label);
      const said = FIGURES.filter(([key]) => figures[key] !== undefined).map(([key, words]) => [t(words), number(figures[key]), figures[key] !== null && grid.before && typeof grid.before[key] === "number" ? Math.round(figures[key]) - grid.before[key] : 0]);
      said.push([t("面积"), t("{n} 公顷", (figures.area_m2 / 10000).toFixed(2)), 0]);
      said.push([t("紧凑度"), figures.compactness.toFixed(2), 0]);
      facts.replaceChildren(...[...said.map(([words, value, change]) => make("div", {}, make("dt", { text: words }), make("dd", { class: "num" }, value, change ? make("small", { text: ` ${signed(change)}` }) : null))), explained]);
      who.textContent = state.level !== "grid" ? "" : grid.worker && grid.worker.length ? t("网格员：{n}", grid.worker.join("、")) : t("▲ 还没有网格员");
      const { households } = figures, was = grid.before ? grid.before.households : households;
      heading.textContent = `${state.name(grid.label)} · ${t("{n} 户", number(households))}${households === was ? "" : ` ${signed(households - was)}`}`;
      locking.textContent = t(grid.locked ? "解锁" : "锁定");
    }
    let shown = null, facts, who, heading, locking;
    const how = make("details", { class: "how" }, make("summary", { text: t("怎么算的") }), make("p", { text: t("户是登记的户数。人和独居的人数只按 8 户以上的一片楼道统计，再按户数分摊，不足 8 户的不显示。紧凑度是 4π×面积÷周长²：圆是 1，越狭长越小，正方形是 0.79。") }));
    const explained = make("div", { class: "explained" }, make("dt", { class: "sr", text: t("怎么算的") }), make("dd", {}, how));
    function frame(grid) {
      const { label } = grid, button = (words, press, title) => make("button", { type: "button", class: "small-button", text: t(words), title, onclick: press });
      heading = make("h3", {});
      facts = make("dl", { class: "facts" });
      who = make("p", { class: "soft small" });
      locking = button("锁定", () => toggle(label), "L");
      detail.replaceChildren(
        make("div", { class: "row" }, heading, button("去看", () => app.flyTo(state.grid(label).box)), make("button", { type: "button", class: "small-button plain", "aria-label": t("不再作为目标"), onclick: () => app.aim(undefined) }, icon("close"))),
        facts, who, state.isDraft ? make("div", { class: "acts" }, locking, button("改名", () => rename(label)), button("平分…", () => divide(label), "K"), button("合并…", () => merge(label), "M"), button("并入邻格", () => dissolve(label))) : null);
    }
    function toggle(label) {
      const grid = state.grid(label), op = grid.locked ? "unlock" : "lock";
      app.act({ op, level: state.level, grids: [label] }, t(op === "lock" ? "锁定{n}" : "解锁{n}", state.name(label)), label);
    }
    function lockAll() {
      const grids = state.listed(), op = grids.every(({ locked }) => locked) ? "unlock" : "lock";
      app.act({ op, level: state.level, grids: grids.filter(({ locked }) => !!locked === (op === "unlock")).map(({ label }) => label) }, t(op === "lock" ? "全部锁定" : "全部解锁"), null);
    }
    /** A small form in the place of the buttons: one thing asked, Enter does it, Esc leaves it. */
    function ask(label, field, words, done) {
      if (app.state.target !== label) app.aim(label);
      home.open("numbers");
      const form = make("form", { class: "ask", onsubmit: (event) => { event.preventDefault(); form.remove(); done(); } },
        make("label", {}, make("span", { text: words }), field), make("button", { class: "small-button main", text: t("确定") }), make("button", { type: "button", class: "small-button", text: t("取消"), onclick: () => form.remove() }));
      form.addEventListener("keydown", (event) => {
        if (event.key === "Escape") { event.stopPropagation(); form.remove(); }
        if (event.key === "Enter" && event.target.tagName === "SELECT") { event.preventDefault(); form.requestSubmit(); }
      });
      for (const other of detail.querySelectorAll(".ask")) other.remove();
      detail.append(form);
      field.focus();
      if (field.select) field.select();
    }
    function rename(label) {
      const field = make("input", { value: state.grid(label).name, maxlength: 40, required: true });
      ask(label, field, t("新名称"), () => app.act({ op: "rename", level: state.level, grid: label, name: field.value.trim() }, t("把{n}改名", state.name(label)), label));
    }
    function divide(label) {
      const field = make("input", { type: "number", min: 2, max: 12, value: suggested(label), required: true });
      ask(label, field, t("分成几份（按户数均分）"), () => app.act({ op: "divide", level: state.level, grid: label, parts: Number(field.value) }, t("把{n}均分", state.name(label)), label));
    }
    const suggested = (label) => Math.max(2, Math.min(12, Math.round(state.grid(label).measures.households / ((state.plan.target_min + state.plan.target_max) / 2))));
    function merge(label) {
      const field = make("select", {}, ...state.listed().filter((grid) => grid.label !== label && (state.level === "grid" || grid.parent === state.grid(label).parent)).map((grid) => make("option", { value: grid.label, text: state.name(grid.label) })));
      ask(label, field, t("把哪个网格并进来"), () => app.act({ op: "merge", level: state.level, grids: [label, field.value], into: label }, t("把{n}并入{to}", state.name(field.value), { to: state.name(label) }), label));
    }
    function dissolve(label) {
      app.act({ op: "dissolve", level: state.level, grid: label }, t("撤销{n}，楼栋并入邻格", state.name(label)), label);
    }

    state.on("level", show);
    state.on("changed", changed);
    state.on("staged", refresh);
    state.on("target", target);
    show();
    const needed = (run) => (label) => { if (label && state.grid(label)) run(label); else app.tell(t("先选一个网格：点右边的网格，或地图上的空地。")); };
    return { toggle: needed(toggle), divide: needed(divide), merge: needed(merge), dissolve: needed(dissolve), rename: needed(rename), lockAll };
  }

  /** The right column: pages under tabs, and below them what is always in sight. */
  function panel() {
    const aside = document.getElementById("panel"), tabs = make("div", { class: "tabs", role: "tablist", "aria-label": t("面板") });
    const body = make("div", { class: "pages" }), foot = make("div", { class: "always" }), pages = new Map();
    aside.append(tabs, body, foot);
    function page(name, words, ...parts) {
      const tab = make("button", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `page-${name}`, text: words, onclick: () => open(name) });
      const home = make("div", { role: "tabpanel", class: "page", id: `page-${name}`, "aria-labelledby": `tab-${name}` }, ...parts);
      pages.set(name, { tab, home, open: new Set() });
      tabs.append(tab);
      body.append(home);
      if (pages.size === 1) open(name); else quiet(name);
      return { onOpen: (run) => pages.get(name).open.add(run), home };
    }
    function quiet(name) {
      const { tab, home } = pages.get(name);
      home.hidden = true;
      tab.setAttribute("aria-selected", false);
      tab.tabIndex = -1;
    }
    function open(name) {
      for (const other of pages.keys()) if (other !== name) quiet(other);
      const { tab, home, open: runs } = pages.get(name);
      home.hidden = false;
      tab.setAttribute("aria-selected", true);
      tab.tabIndex = 0;
      for (const run of runs) run();
    }
    tabs.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key], names = [...pages.keys()];
      if (!step) return;
      const at = names.findIndex((name) => pages.get(name).tab === document.activeElement);
      const next = names[(at + step + names.length) % names.length];
      open(next);
      pages.get(next).tab.focus();
    });
    return { page, open, foot, isOpen: (name) => !pages.get(name).home.hidden };
  }

  Plans.numbers = numbers;
})(window.Plans);
