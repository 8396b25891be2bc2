/* The desk: time that runs down, several cases at once, what is near me, the map of the list.

   Words of people reach the page by `textContent` only. The position is asked for on a tap, used on this phone to sort,
   and sent nowhere. The map's libraries are loaded when the map is opened. */
(function () {
  "use strict";

  const ENGLISH = {
    "已超时 {t}": "{t} overdue", "还有 {t}": "{t} left", "{n} 天": "{n} d", "{n} 小时": "{n} h", "{n} 分钟": "{n} min",
    "选了 {n} 件": "{n} selected", "正在定位…": "Finding your position…", "全选这一页": "Select this page", "全不选": "Select none",
    "没有拿到位置。可以在设置里允许定位，或按网格筛选。": "No position. Allow it in the settings, or filter by grid.",
    "按离您远近排好了，最近的在上面。位置只在这台设备上用，没有发送。": "Sorted by distance, nearest first. Your position stays on this device and is not sent.",
    "正在读取…": "Reading…", "没有读到，请检查网络再点一次。": "Nothing came; check the network and tap again.", "{n} 米": "{n} m", "{n} 公里": "{n} km",
    "看地图": "Show the map", "收起地图": "Hide the map", "件数太多，只画了最先到期的 {n} 件。请先筛选。": "Too many: the {n} due first are drawn. Filter first.",
    "地图：方向键移动，加减号缩放。同样的内容在列表里。": "Map: arrow keys move, plus and minus zoom. The list has the same.",
    "放大": "Zoom in", "缩小": "Zoom out", "关闭": "Close", "这里有 {n} 件": "{n} cases here", "没有可画的工单": "No cases to draw",
    "○ 待办": "○ waiting", "◐ 处理中": "◐ in work", "● 已办结": "● done", "▲ 超时": "▲ overdue", "这些工单离您 {d}": "{d} away",
  };
  const english = document.documentElement.lang.startsWith("en");
  const t = (words, values = {}) => Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, () => value), (english && ENGLISH[words]) || words);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);
  const script = document.currentScript;
  const MOST = 2000;   // cases on one map

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") element.textContent = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter(Boolean));
    return element;
  }

  /* --- time that runs down ------------------------------------------------------------------------------------------- */

  /** As cases/standing.py says it: two units at most. */
  function left(due) {
    const minutes = Math.floor(Math.abs(due - Date.now()) / 60000);
    const days = Math.floor(minutes / 1440), hours = Math.floor((minutes % 1440) / 60), rest = minutes % 60;
    const parts = days ? [t("{n} 天", { n: days }), hours && days < 10 && t("{n} 小时", { n: hours })]
      : hours ? [t("{n} 小时", { n: hours }), rest && t("{n} 分钟", { n: rest })] : [t("{n} 分钟", { n: Math.max(rest, 1) })];
    return t(due < Date.now() ? "已超时 {t}" : "还有 {t}", { t: parts.filter(Boolean).join(" ") });
  }
  function tick() {
    for (const place of all("[data-due]")) {
      const words = left(Date.parse(place.dataset.due));
      if (place.textContent !== words) place.textContent = words;
    }
  }
  setInterval(tick, 20000);

  /* --- what was typed stays ------------------------------------------------------------------------------------------ */

  /** A reason that is being written survives a reload, and a session that ended meanwhile; in this tab alone. */
  function drafts() {
    const taken = new URLSearchParams(location.search).get("did");   // it is written down where it belongs
    for (const key of Object.keys(sessionStorage)) if (taken && key.startsWith(`draft ${location.pathname}acts/${taken}/`)) sessionStorage.removeItem(key);
    for (const area of all("form[action*='/acts/'] textarea")) {
      const key = `draft ${area.form.getAttribute("action")} ${area.name}`;
      if (!area.value) area.value = sessionStorage.getItem(key) || "";
      area.addEventListener("input", () => sessionStorage.setItem(key, area.value));
    }
  }

  /* --- several at once ------------------------------------------------------------------------------------------------ */

  function several() {
    const form = one(".several"), bar = one("[data-bar]");
    if (!bar) return;
    const boxes = all("input[name=case]", form), every = one("[data-all]"), said = one("[data-chosen]");
    function show() {
      const n = boxes.filter((box) => box.checked).length;
      bar.hidden = n === 0;
      said.textContent = t("选了 {n} 件", { n });
      every.textContent = t(n === boxes.length ? "全不选" : "全选这一页");
    }
    form.addEventListener("change", show);
    every.addEventListener("click", () => {
      const yes = boxes.some((box) => !box.checked);
      for (const box of boxes) box.checked = yes;
      show();
    });
    show();
  }

  /* --- the listed cases ---------------------------------------------------------------------------------------------------- */

  const box = one("#case-map");
  let fetched = null;
  /** All cases of the list, page after page: {cases, more}. */
  function listed() {
    if (!fetched) fetched = read().catch((error) => { fetched = null; throw error; });
    return fetched;
  }
  async function read() {
    const cases = [];
    for (let page = 1; cases.length < MOST; page += 1) {
      const answer = await fetch(`${box.dataset.api}&size=500&page=${page}`, { headers: { Accept: "application/json", "X-Requested-With": "desk" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      cases.push(...found.cases);
      if (!found.more) return { cases, more: false };
    }
    return { cases, more: true };
  }
  const address = (found) => box.dataset.case.replace("/0/", `/${found.number}/`);
  const headline = (found) => [found.category.name, found.place].filter(Boolean).join(" · ");
  const standing = (found) => [found.mark, found.late ? `${found.left} · ${found.awaited}` : [found.awaited, found.left].filter(Boolean).join(" · ")].join(" ");
  function say(words) {
    const place = one("[data-said]");
    place.hidden = !words;
    place.textContent = words;
  }

  /* --- near me ------------------------------------------------------------------------------------------------------------- */

  function metres(a, b) {
    const turn = Math.PI / 180, x = (b.lon - a.lon) * turn * Math.cos(((a.lat + b.lat) / 2) * turn), y = (b.lat - a.lat) * turn;
    return Math.hypot(x, y) * 6371008.8;
  }
  const away = (m) => (m < 995 ? t("{n} 米", { n: Math.max(10, Math.round(m / 10) * 10) }) : t("{n} 公里", { n: (m / 1000).toFixed(1) }));

  function near() {
    const button = one("[data-near]");
    button.addEventListener("click", () => {
      if (!navigator.geolocation) { say(t("没有拿到位置。可以在设置里允许定位，或按网格筛选。")); return; }
      say(t("正在定位…"));
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => sort({ lon: coords.longitude, lat: coords.latitude }),
        () => say(t("没有拿到位置。可以在设置里允许定位，或按网格筛选。")),
        { enableHighAccuracy: true, timeout: 12000, maximumAge: 30000 }
      );
    });
  }
  async function sort(here) {
    try {
      const { cases } = await listed();
      const rows = cases.map((found) => ({ found, m: metres(here, found) })).sort((a, b) => a.m - b.m).slice(0, 50);
      const list = make("ul", { class: "case-rows" }, ...rows.map(({ found, m }) => row(found, away(m))));
      for (const old of all(".several, .paging")) old.hidden = true;
      for (const old of all(".nearest")) old.remove();
      one(".several").before(make("div", { class: "nearest" }, list));
      say(t("按离您远近排好了，最近的在上面。位置只在这台设备上用，没有发送。"));
    } catch (error) { say(t("没有读到，请检查网络再点一次。")); }
  }
  function row(found, distance) {
    return make("li", { class: found.late ? "case-row late" : "case-row" }, make("a", { href: address(found) },
      make("span", { class: found.late ? "state is-late" : "state", text: [distance, standing(found)].filter(Boolean).join(" · ") }),
      make("strong", { text: headline(found) }),
      make("span", { class: "soft small", text: [found.number, found.grid && found.grid.name].filter(Boolean).join(" · ") })));
  }

  /* --- the map --------------------------------------------------------------------------------------------------------------- */

  function opening() {
    const button = one("[data-map]");
    button.addEventListener("click", async () => {
      const yes = box.hidden;
      box.hidden = !yes;
      button.setAttribute("aria-expanded", yes);
      button.textContent = t(yes ? "收起地图" : "看地图");
      one(".two-columns").classList.toggle("with-map", yes);
      if (!yes || box.dataset.drawn) return;
      box.dataset.drawn = "yes";
      say(t("正在读取…"));
      try {
        await load(script.dataset.leaflet);
        await load(script.dataset.net);
        const { cases, more } = await listed();
        draw(cases);
        say(more ? t("件数太多，只画了最先到期的 {n} 件。请先筛选。", { n: cases.length }) : cases.length ? "" : t("没有可画的工单"));
      } catch (error) { delete box.dataset.drawn; say(t("没有读到，请检查网络再点一次。")); }
    });
  }
  function load(address) {
    return new Promise((done, failed) => document.head.append(make("script", { src: address, onload: done, onerror: failed })));
  }
  function draw(cases) {
    const field = make("div", { class: "case-field", tabindex: "0" });
    const panel = make("div", { class: "case-panel card", role: "status", hidden: true });
    box.append(field, make("p", { class: "case-legend small" , text: ["○ 待办", "◐ 处理中", "● 已办结", "▲ 超时"].map((words) => t(words)).join("　") }), panel);
    const map = L.map(field, { zoomControl: false, attributionControl: false, minZoom: 9, maxZoom: 20, zoomSnap: 0.5, fadeAnimation: false });
    field.setAttribute("role", "application");
    field.setAttribute("aria-label", t("地图：方向键移动，加减号缩放。同样的内容在列表里。"));
    const places = cases.map((found) => [found.lat, found.lon]);
    if (places.length) map.fitBounds(places, { padding: [40, 40], maxZoom: 18 }); else map.setView([26, 119], 10);
    const tiles = window.Net.served({ template: box.dataset.tiles, version: box.dataset.version, query: "", changed: () => net.renew() });
    const net = new window.Net.Layer({ tiles, hidden: ["facilities"], native: 19 }).addTo(map);
    const marks = new (marksOf(L))(cases, (chosen) => tell(panel, chosen)).addTo(map);
    map.on("click", (event) => marks.press(event.containerPoint));
    box.append(make("div", { class: "case-zoom" }, ...[["放大", "+", 1], ["缩小", "−", -1]].map(([words, sign, by]) =>
      make("button", { type: "button", class: "button", text: sign, "aria-label": t(words), onclick: () => map.setZoom(map.getZoom() + by) }))));
    net.once("load", () => net.once("lettered", () => { box.dataset.ready = "yes"; }));
  }
  function tell(panel, chosen) {
    panel.hidden = !chosen.length;
    const rows = chosen.slice(0, 20).map((found) => row(found, ""));
    panel.replaceChildren(
      make("button", { type: "button", class: "button quiet", text: t("关闭"), onclick: () => { panel.hidden = true; } }),
      chosen.length > 1 ? make("p", { class: "small", text: t("这里有 {n} 件", { n: chosen.length }) }) : "",
      make("ul", { class: "case-rows" }, ...rows));
  }

  const SIDE = 34;   // px; marks nearer to one another than this are one with a number
  const COLOUR = { "▲": "#8c1d18", "○": "#0b5a48", "◐": "#0b5a48", "●": "#4a544e" };
  /** A canvas of marks above the net: shapes that differ without their colour, and numbers where they would overlap. */
  const marksOf = (L) => L.Layer.extend({
    initialize: function (cases, chosen) { Object.assign(this, { cases, chosen, groups: [] }); },
    onAdd: function (map) {
      const pane = map.createPane("cases");
      pane.style.zIndex = 460;
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", pane);
      this.canvas.setAttribute("aria-hidden", "true");
      this.draw();
    },
    onRemove: function () { this.canvas.remove(); },
    getEvents: function () { return { moveend: this.draw, zoomend: this.draw, resize: this.draw, viewreset: this.draw }; },
    draw: function () {
      const size = this._map.getSize(), ratio = window.devicePixelRatio || 1;
      this.canvas.width = size.x * ratio;
      this.canvas.height = size.y * ratio;
      Object.assign(this.canvas.style, { width: `${size.x}px`, height: `${size.y}px` });
      L.DomUtil.setPosition(this.canvas, this._map.containerPointToLayerPoint([0, 0]));
      const context = this.canvas.getContext("2d");
      context.scale(ratio, ratio);
      this.groups = this.gather(size);
      for (const group of this.groups) paint(context, group);
    },
    gather: function (size) {
      const cells = new Map();
      for (const found of this.cases) {
        const { x, y } = this._map.latLngToContainerPoint([found.lat, found.lon]);
        if (x < -SIDE || y < -SIDE || x > size.x + SIDE || y > size.y + SIDE) continue;
        const key = `${Math.round(x / SIDE)}:${Math.round(y / SIDE)}`;
        if (!cells.has(key)) cells.set(key, { x, y, cases: [] });
        cells.get(key).cases.push(found);
      }
      return [...cells.values()];
    },
    press: function ({ x, y }) {
      const near = this.groups.map((group) => [Math.hypot(group.x - x, group.y - y), group]).sort((a, b) => a[0] - b[0])[0];
      this.chosen(near && near[0] < 28 ? near[1].cases : []);
    },
  });
  function paint(context, { x, y, cases }) {
    const mark = ["▲", "○", "◐", "●"].find((sign) => cases.some((found) => found.mark === sign)) || "○";
    const many = cases.length > 1, r = many ? 15 : 10;
    context.save();
    context.translate(x, y);
    Object.assign(context, { lineWidth: 3, strokeStyle: COLOUR[mark], fillStyle: "#fff", lineJoin: "round" });
    const outline = new Path2D(mark === "▲" ? `M0 ${-r * 1.25}L${r * 1.2} ${r * 0.9}L${-r * 1.2} ${r * 0.9}z` : `M${r} 0A${r} ${r} 0 1 1 ${-r} 0A${r} ${r} 0 1 1 ${r} 0z`);
    Object.assign(context, { shadowColor: "rgba(255,255,255,0.9)", shadowBlur: 6 });
    context.fill(outline);
    context.shadowBlur = 0;
    if (mark === "◐" && !many) { context.fillStyle = COLOUR[mark]; context.fill(new Path2D(`M0 ${-r}A${r} ${r} 0 0 0 0 ${r}z`)); }
    if ((mark === "●" || mark === "▲") && !many) { context.fillStyle = COLOUR[mark]; context.fill(outline); }
    context.stroke(outline);
    if (many) {
      Object.assign(context, { fillStyle: "#1c2320", font: "600 13px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
      context.fillText(String(cases.length), 0, mark === "▲" ? 4 : 1);
    }
    context.restore();
  }

  for (const hidden of all(".needs-script")) hidden.hidden = false;
  for (const button of all("[data-print]")) button.addEventListener("click", () => window.print());
  drafts();
  several();
  if (box) { near(); opening(); }
})();
