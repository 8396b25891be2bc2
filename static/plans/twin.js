/* The map in words: every building or stairwell with its grid, to choose by keys and hand over. */
(function (Plans) {
  "use strict";

  const { t, make, number } = Plans;
  const MOST = 300;   // rows shown at once; a filter finds the others

  function twin(app) {
    const { state } = app;
    const which = make("select", { "aria-label": t("只看哪个网格"), onchange: () => show() });
    const search = make("input", { type: "search", placeholder: t("找楼栋、楼道"), "aria-label": t("找楼栋、楼道"), oninput: Plans.throttled(120, () => show()) });
    const body = make("tbody", {}), caption = make("caption", {}), rest = make("p", { class: "soft small" });
    const head = make("tr", {}, ...["选", "楼栋", "网格", "户", "人"].map((words, i) => make("th", { scope: "col", class: i > 2 ? "num" : null, text: t(words) })));
    const table = make("table", { class: "units" }, caption, make("thead", {}, head), body);
    const help = make("p", { class: "soft small", text: t("空格选中，方向键移动，回车去选网格。") });
    const page = app.panel.page("twin", t("名单"), make("div", { class: "filters" }, which, search), help, make("div", { class: "rows" }, table), rest);
    page.onOpen(() => show());
    const boxes = new Map(), owners = new Map();   // first unit of a row -> its checkbox, and what tells whose it is

    function choices() {
      const held = which.value;
      which.replaceChildren(make("option", { value: "*", text: t("全部网格") }), make("option", { value: "", text: t("未分配") }), ...state.listed().map((grid) => make("option", { value: grid.label, text: state.name(grid.label) })));
      which.value = [...which.options].some((option) => option.value === held) ? held : "*";
      if (!held) which.value = "*";
    }
    function rows() {
      const found = [], wanted = which.value, words = search.value.trim();
      const groups = state.level === "grid" ? [...state.buildings.values()] : [...state.units.values()].map((unit) => [unit]);
      for (const units of groups) {
        const [unit] = units;
        if (wanted !== "*" && (unit[state.level] || "") !== wanted) continue;
        if (words && !units.some((each) => `${each.title} ${each.building_title || ""}`.includes(words) || each.id.endsWith(words))) continue;
        found.push(units);
      }
      return found.sort((a, b) => state.title(a[0]).localeCompare(state.title(b[0]), "zh-CN", { numeric: true }));
    }
    function show() {
      if (!app.panel.isOpen("twin")) return;
      choices();
      const found = rows(), focused = [...boxes].find(([, box]) => box === document.activeElement);
      boxes.clear();
      owners.clear();
      caption.textContent = state.level === "grid" ? t("楼栋 {n} 栋", found.length) : t("楼道 {n} 个", found.length);
      body.replaceChildren(...found.slice(0, MOST).map(row));
      rest.textContent = found.length > MOST ? t("还有 {n} 行没有列出，请用上面的筛选。", found.length - MOST) : "";
      if (focused && boxes.has(focused[0])) boxes.get(focused[0]).focus();
    }
    function row(units) {
      const [unit] = units, title = state.title(unit);
      const box = make("input", { type: "checkbox", "aria-label": title, onchange: () => pick(units, box.checked), disabled: !state.isDraft });
      box.checked = state.selected.has(unit);
      boxes.set(unit, box);
      const whose = make("td", {}), line = make("tr", {});
      owners.set(unit, () => {
        const to = state.labelOf(unit);
        whose.textContent = state.name(to);
        line.classList.toggle("moving", to !== unit[state.level]);
      });
      owners.get(unit)();
      line.append(make("td", {}, make("label", { class: "tick" }, box)),
        make("th", { scope: "row" }, make("button", { type: "button", class: "plain", text: title, onclick: () => app.flyTo(Plans.geometry.joined(units.map((each) => each.box))) })),
        whose, make("td", { class: "num", text: number(state.weight(units, "households")) }), make("td", { class: "num", text: number(state.weight(units, "people")) }));
      return line;
    }
    function pick(units, yes) {
      const rest = [...state.selected].filter((unit) => !units.includes(unit));
      app.choose(yes ? [...rest, ...units] : rest);
    }
    body.addEventListener("keydown", (event) => {
      const all = [...boxes.values()], at = all.indexOf(event.target);
      if (at < 0) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && all[at + step]) {
        event.preventDefault();
        all[at + step].focus();
        if (event.shiftKey && !all[at + step].checked) all[at + step].click();
      }
      if (event.key === "Enter") { event.preventDefault(); if (!state.selected.size) event.target.click(); app.choice.focus(); last = at; }
    });
    let last = null;
    /** After a hand-over by keys the list is where one goes on. */
    app.on("handed", () => { if (last !== null && app.panel.isOpen("twin")) { const box = [...boxes.values()][Math.min(last, boxes.size - 1)]; last = null; if (box) box.focus(); } });
    state.on("changed level", show);
    state.on("staged", () => { for (const tell of owners.values()) tell(); });
    state.on("selected", () => { for (const [unit, box] of boxes) box.checked = state.selected.has(unit); });
    return { search: () => { app.panel.open("twin"); search.focus(); } };
  }

  Plans.twin = twin;
})(window.Plans);
