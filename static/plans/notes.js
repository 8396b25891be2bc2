/* Notes pinned to a place, and the log of the draft. */
(function (Plans) {
  "use strict";

  const { t, make, clock } = Plans;

  function notes(app) {
    const { state, map, ground, picking } = app;
    const text = make("textarea", { rows: 2, maxlength: 1000, required: true, "aria-label": t("批注") });
    const where = make("p", { class: "soft small" });
    const pinning = make("button", { type: "button", class: "small-button", text: t("在地图上选地点"), onclick: () => picking.use("note") });
    const form = make("form", { class: "note-form", onsubmit: (event) => { event.preventDefault(); write(); } }, text, where, make("div", { class: "acts" }, pinning, make("button", { class: "small-button main", text: t("写下批注") })));
    const list = make("ul", { class: "notes" }), log = make("ol", { class: "log", reversed: true });
    const pins = L.layerGroup().addTo(map);
    let place = null, told = [];

    const page = app.panel.page("notes", t("批注"), form, list);
    const record = app.panel.page("log", t("记录"), log);
    page.onOpen(() => load());
    record.onOpen(() => past());
    app.on("told others", () => { if (app.panel.isOpen("log")) past(); });
    picking.add("note", {
      hint: "点一下要批注的地点",
      down: () => undefined,
      up: (event) => { place = ground.place(event.at); app.panel.open("notes"); picking.use("select"); tellPlace(); text.focus(); },
    });

    async function load() {
      try { const answer = await app.api.get("notes/"); told = answer.notes; } catch (error) { if (!known(error)) throw error; return; }
      show();
    }
    const known = (error) => error instanceof Plans.Silent || error instanceof Plans.Refused;
    function show() {
      list.replaceChildren(...told.map(item));
      pins.clearLayers();
      told.forEach((note, i) => {
        if (!note.place || note.resolved) return;
        const sign = L.divIcon({ className: "pin", html: make("span", { text: `${i + 1}` }), iconSize: [26, 26], iconAnchor: [13, 26] });
        L.marker([note.place[1], note.place[0]], { icon: sign, keyboard: true, title: note.text, alt: t("批注 {n}", i + 1) }).on("click", () => app.faults.pin(note.place, `${note.by}：${note.text}`)).addTo(pins);
      });
      if (!told.length) list.append(make("li", { class: "soft", text: t("还没有批注。写下来，一起改的人和审批人都看得到。") }));
    }
    function item(note, i) {
      const go = note.place ? make("button", { type: "button", class: "small-button", text: t("去看"), onclick: () => { app.fly(note.place); app.faults.pin(note.place, `${note.by}：${note.text}`); } }) : null;
      const done = make("button", { type: "button", class: "small-button", text: t(note.resolved ? "重新打开" : "已处理"), onclick: () => settle(note) });
      return make("li", { class: note.resolved ? "resolved" : null }, make("p", {}, make("strong", { text: `${i + 1}. ` }), note.text), make("p", { class: "soft small", text: `${note.by || ""} ${stamp(note.at)}` }), make("div", { class: "acts" }, go, done));
    }
    const stamp = (time) => (time ? `${new Date(time).toLocaleDateString("zh-CN", { month: "numeric", day: "numeric", timeZone: "Asia/Shanghai" })} ${clock(time)}` : "");
    async function write() {
      try { await app.api.post("notes/", { text: text.value.trim(), place }); } catch (error) { if (!known(error)) throw error; app.tell(error.message || t("没有网络，批注还在框里，请稍后再写。")); return; }
      text.value = "";
      place = null;
      tellPlace();
      app.tell(t("批注已写下。"));
      load();
    }
    async function settle(note) {
      try { await app.api.patch(`notes/${note.id}/`, { resolved: !note.resolved }); } catch (error) { if (!known(error)) throw error; app.tell(error.message || t("没有网络")); return; }
      load();
    }
    function tellPlace() { where.textContent = place ? t("已选地点，批注会钉在那里。") : t("不选地点就是对整个方案说的。"); }

    async function past() {
      const after = Math.max(0, state.version - 200);
      let rows;
      try { rows = (await app.api.get(`operations/?after=${after}`)).operations || []; } catch (error) { if (!known(error)) throw error; return; }
      log.replaceChildren(...rows.reverse().map((row) => make("li", {}, make("span", { text: row.words }), make("small", { class: "soft", text: ` ${row.by} ${stamp(row.at)}` }))));
      if (!rows.length) log.append(make("li", { class: "soft", text: t("还没有改动。") }));
    }
    tellPlace();
    load();
  }

  Plans.notes = notes;
})(window.Plans);
