/* The map in words: every building or stairwell with its grid, to choose by keys and hand over. */
(function (Plans) {
  "use strict";

  const { t, make, number } = Plans;
  const MOST = 300;   // rows shown at once; a filter finds the others

  function twin(app) {
    const { state } = app;
    const which = make("select", { "aria-label": t("只看哪个网格"), onchange: () => show() });
    const search = make("input", { type: "search", placeholder: t("找楼栋、楼道"), "aria-label": t("找楼栋、楼道"), oninput: () => show() });
    const body = make("tbody", {}), caption = make("caption", {}), rest = make("p", { class: "soft small" });
    const head = make("tr", {}, ...["选", "楼栋", "网格", "户", "人"].map((words, i) => make("th", { scope: "col", class: i > 2 ? "num" : null, text: t(words) })));
    const table = make("table", { class: "units" }, caption, make("thead", {}, head), body);
    const help = make("p", { class: "soft small", text: t("空格选中，方向键移动，回车去选网格。") });
    const page = app.panel.page("twin", t("名单"), make("div", { class: "filters" }, which, search), help, make("div", { class: "rows" }, table), rest);
    page.onOpen(() => show());
    let order = null;         // what could have a row, in the order of titles: made once for a level
    let lines = new Map();    // first unit of a row that is shown -> {element, box, tell}

    function choices() {
      const wanted = [["*", t("全部网格")], ["", t("未分配")], ...state.listed().map(({ label }) => [label, state.name(label)])], held = which.value;
      if (which.options.length === wanted.length && wanted.every(([value, text], i) => which.options[i].value === value && which.options[i].text === text)) return;
      const fits = which.options.length && wanted.some(([value]) => value === held);
      which.replaceChildren(...wanted.map(([value, text]) => make("option", { value, text })));
      which.value = fits ? held : "*";
    }
    function ordered() {
      if (order) return order;
      const { compare } = new Intl.Collator("zh-CN", { numeric: true });
      const groups = state.level === "grid" ? [...state.buildings.values()] : [...state.units.values()].map((unit) => [unit]);
      order = groups.map((units) => [state.title(units[0]), units]).sort(([a], [b]) => compare(a, b)).map(([, units]) => units);
      return order;
    }
    function rows() {
      const wanted = which.value, words = search.value.trim();
      const told = (unit) => `${unit.title} ${unit.building_title || ""}`.includes(words) || unit.id.endsWith(words);
      return ordered().filter((units) => (wanted === "*" || (units[0][state.level] || "") === wanted) && (!words || units.some(told)));
    }
    /** The rows that the filters leave. A row that stays is never taken out: a key that is down in it, and the focus, stay too. */
    function show() {
      if (!app.panel.isOpen("twin")) return;
      choices();
      const found = rows(), before = lines;
      lines = new Map(found.slice(0, MOST).map((units) => [units[0], before.get(units[0]) || row(units)]));
      for (const { tell } of lines.values()) tell();
      caption.textContent = state.level === "grid" ? t("楼栋 {n} 栋", found.length) : t("楼道 {n} 个", found.length);
      rest.textContent = found.length > MOST ? t("还有 {n} 行没有列出，请用上面的筛选。", found.length - MOST) : "";
      lay([...lines.values()].map(({ element }) => element));
    }
    function lay(wanted) {
      const old = [...body.children], held = old.findIndex((line) => line.contains(document.activeElement)), stays = new Set(wanted);
      for (const line of old) if (!stays.has(line)) line.remove();
      wanted.forEach((line, i) => { if (body.children[i] !== line) body.insertBefore(line, body.children[i] || null); });
      if (held >= 0 && !stays.has(old[held])) go(held);
    }
    /** On to a row by its number, since the one that had the focus may be gone; without any to the filter. */
    function go(at) {
      const boxes = [...lines.values()].map(({ box }) => box);
      (boxes[Math.min(at, boxes.length - 1)] || search).focus();
    }
    function row(units) {
      const [unit] = units, title = state.title(unit);
      const box = make("input", { type: "checkbox", "aria-label": title, onchange: () => pick(units, box.checked), disabled: !state.isDraft });
      const whose = make("td", {}), element = make("tr", {}, make("td", {}, make("label", { class: "tick" }, box)),
        make("th", { scope: "row" }, make("button", { type: "button", class: "plain", text: title, onclick: () => app.flyTo(Plans.geometry.joined(units.map((each) => each.box))) })),
        whose, make("td", { class: "num", text: number(state.weight(units, "households")) }), make("td", { class: "num", text: number(state.weight(units, "people")) }));
      const tell = () => {
        const to = state.labelOf(unit);
        whose.textContent = state.name(to);
        element.classList.toggle("moving", to !== unit[state.level]);
        box.checked = state.selected.has(unit);
      };
      return { element, box, tell };
    }
    function pick(units, yes) {
      const others = [...state.selected].filter((unit) => !units.includes(unit));
      app.choose(yes ? [...others, ...units] : others);
    }
    body.addEventListener("keydown", (event) => {
      const all = [...lines.values()].map(({ box }) => box), at = all.indexOf(event.target);
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
    app.on("handed", () => { if (last !== null && app.panel.isOpen("twin")) go(last); last = null; });
    state.on("level", () => { order = null; lines = new Map(); });
    state.on("changed level", show);
    state.on("staged selected", () => { for (const { tell } of lines.values()) tell(); });
    return { search: () => { app.panel.open("twin"); search.focus(); } };
  }

  Plans.twin = twin;
})(window.Plans);
