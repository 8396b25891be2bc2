/* What is wrong with the plan, always in sight; why a step was refused; and steps that met another's. */
(function (Plans) {
  "use strict";

  const { t, make, announce, clock } = Plans;

  function faults(app) {
    const { state, map } = app;
    const heading = make("h2", { id: "faults-heading", tabindex: -1 }), list = make("ul", { class: "faults" });
    const cards = make("div", { class: "cards", role: "alert" });
    let told = [];   // the problems in the order in which they stand in the list
    app.panel.foot.append(cards, make("section", { class: "fault-box", "aria-labelledby": "faults-heading" }, heading, list));

    function show() {
      const problems = state.problems || [], hard = problems.filter((problem) => problem.hard).length;
      heading.textContent = problems.length ? t("问题 {n} 个", `${problems.length}`) + (hard ? t("，其中 {n} 个必须改", hard) : state.isDraft ? t("，都可以写明理由后送审") : "") : state.isDraft ? t("没有问题，可以送审") : t("没有问题");
      heading.classList.toggle("clear", !problems.length);
      const held = [...list.children].findIndex((line) => line.contains(document.activeElement)), before = told[held];
      told = [...problems].sort((a, b) => b.hard - a.hard);
      const kinds = new Set(), isFirst = ({ code, level }) => !kinds.has(`${code} ${level}`) && kinds.add(`${code} ${level}`);
      list.replaceChildren(...told.map((problem) => item(problem, isFirst(problem))));
      if (held >= 0) goOn(held, before);
    }
    /** Who was in the list stays there: at the same problem, else at the one that came into its place. */
    function goOn(at, before) {
      const same = told.findIndex((problem) => nameOf(problem) === nameOf(before)), next = list.children[same < 0 ? Math.min(at, told.length - 1) : same];
      (next ? next.querySelector(".look") : heading).focus();
    }
    const nameOf = ({ code, level, label, units }) => [code, level, label, (units || [])[0]].join(" ");
    /** A problem; the first of its kind also offers what mends all of them in one step. */
    function item(problem, isFirst) {
      const look = make("button", { type: "button", class: "look", onclick: () => goTo(problem) },
        make("span", { class: problem.hard ? "weight hard" : "weight soft-fault", text: problem.hard ? t("■ 必须改") : t("▲ 留意") }), make("span", { text: problem.sentence }));
      const remedies = [problem.remedy, isFirst && problem.for_all].filter((remedy) => remedy && state.isDraft);
      return make("li", {}, look, ...remedies.map((remedy) => make("button", { type: "button", class: "small-button remedy", text: remedy.words, onclick: () => mend(problem, remedy) })));
    }
    function mend(problem, { op, words }) {
      goTo(problem);
      app.act(op, words, op.to || problem.label, unitsOf(op));
    }
    const unitsOf = (op) => (op.op === "assign" ? new Set((op.units || []).map((id) => state.units.get(id)).filter(Boolean)) : null);
    function goTo(problem) {
      if (problem.level && problem.level !== state.level && (problem.units || []).length) state.show(problem.level);
      const units = (problem.units || []).map((id) => state.units.get(id)).filter(Boolean);
      if (units.length) { app.choose(state.whole(units)); app.flyTo(Plans.geometry.joined(units.map((unit) => unit.box))); }
      else if (problem.place) { app.fly(problem.place); pin(problem.place, problem.sentence); }
      else if (problem.label && state.grid(problem.label)) { app.aim(problem.label); app.flyTo(state.grid(problem.label).box); }
      announce(problem.sentence);
    }

    /* --- a step that was refused: in words, at the place ---------------------------------------------------------------- */

    let bubble = null;
    function pin(place, sentence, ...more) {
      unpin();
      const words = make("div", { class: "bubble" }, make("p", { text: sentence }), ...more);
      bubble = L.popup({ autoPan: false, closeButton: false, autoClose: false, closeOnClick: false, closeOnEscapeKey: false, className: "refusal", maxWidth: 320 }).setLatLng([place[1], place[0]]).setContent(words).openOn(map);
    }
    function unpin() { if (!bubble) return false; map.closePopup(bubble); bubble = null; return true; }

    /** `error` has message, code and perhaps place and label; `entry` is the step. */
    function refused(error, entry) {
      const words = entry.words ? t("没有执行：{n}。", entry.words) : "";
      const buttons = remedies(error, entry.op || {}).map(([text, press]) => make("button", { type: "button", class: "small-button main", text, onclick: () => { dismiss(); press(); } }));
      const close = make("button", { type: "button", class: "small-button", text: t("知道了"), onclick: () => dismiss() });
      const card = make("div", { class: "card-refused" }, make("p", {}, make("strong", { text: error.message }), " ", words), make("div", { class: "acts" }, ...buttons, close));
      const dismiss = () => { card.remove(); unpin(); };
      for (const old of cards.querySelectorAll(".card-refused")) old.remove();
      cards.append(card);
      if (error.place) { if (!inSight(error.place)) app.fly(error.place, 17); pin(error.place, error.message); }
      announce(error.message);
    }
    const inSight = ([lon, lat]) => map.getZoom() > 15 && map.getBounds().pad(-0.12).contains([lat, lon]);
    app.on("told", () => { for (const old of cards.querySelectorAll(".card-refused")) old.remove(); unpin(); });
    /** What can be done about it: a word for the button, and what it does. */
    function remedies(error, op) {
      const label = error.label || (error.params && error.params.name);
      if (error.code === "locked") {
        const locked = [label, op.to, op.grid].find((one) => one && state.grid(one) && state.grid(one).locked);
        return locked ? [[t("解锁{n}", state.name(locked)), () => app.numbers.toggle(locked)]] : [];
      }
      if (error.code === "detached" && op.op === "assign" && op.to) {
        const units = op.units.map((id) => state.units.get(id)).filter(Boolean);
        return [[t("把中间的楼栋一起移交"), () => app.hand(units, op.to, { intermediate: true })]];
      }
      if (error.code === "severed" && op.op === "assign") {
        const units = new Set(op.units.map((id) => state.units.get(id)).filter(Boolean)), more = app.cutOff(units);
        return more.size ? [[t("把隔开的 {n}一起移交", state.count(more)), () => app.hand([...units, ...more], op.to)]] : [];
      }
      if (error.code === "emptied") {
        const emptied = op.grid || (op.units && state.units.get(op.units[0]) && state.units.get(op.units[0])[state.level]);
        return emptied && op.to ? [[t("把整个网格并过去"), () => app.act({ op: "merge", level: state.level, grids: [op.to, emptied], into: op.to }, t("把{n}并入{to}", state.name(emptied), { to: state.name(op.to) }), op.to)]] : [];
      }
      return [];
    }

    /* --- a step that met another's: nothing is lost, a person decides -------------------------------------------------- */

    function conflicts() {
      for (const old of cards.querySelectorAll(".card-conflict")) old.remove();
      for (const entry of app.outbox.conflicts) {
        const who = t("{n} 在 {at} 先改了同一处", entry.by || t("别人"), { at: entry.at ? clock(entry.at) : "" });
        const theirs = make("p", { class: "soft", text: entry.theirs ? t("对方：{n}", entry.theirs) : entry.why });
        const mine = make("p", { text: t("您的：{n}。没有写入，也没有丢。", entry.words) });
        const card = make("div", { class: "card-conflict" }, make("p", {}, make("strong", { text: who })), theirs, mine,
          make("div", { class: "acts" }, make("button", { type: "button", class: "small-button main", text: t("在新的上面再做一次"), onclick: () => settle(() => redo(entry)) }), make("button", { type: "button", class: "small-button", text: t("不做了"), onclick: () => settle(() => app.outbox.drop(entry)) })));
        cards.append(card);
      }
    }
    function redo(entry) {
      app.outbox.conflicts = app.outbox.conflicts.filter((other) => other !== entry);
      const units = entry.units && new Set(entry.units.map((id) => state.units.get(id)).filter(Boolean));
      app.act(entry.op, entry.words, entry.label, units);
    }
    function settle(run) { run(); conflicts(); }

    state.on("problems", show);
    show();
    return { refused, conflicts, unpin, pin };
  }

  Plans.faults = faults;
})(window.Plans);
