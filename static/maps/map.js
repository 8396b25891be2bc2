/* The map page's controls round the net: one function each, called by the folium elements of maps/elements.py.

   Whatever came from a server or a person reaches the page by `textContent`. Words are Chinese here and English by the
   table below when the page's language is English. */
(function () {
  "use strict";

  const ENGLISH = {
    "地图：方向键移动，加减号缩放，回车查询中心点": "Map: arrow keys move, plus and minus zoom, Enter asks about the centre",
    "放大": "Zoom in", "缩小": "Zoom out", "我的位置": "My position", "定位": "Locate",
    "正在定位…": "Finding your position…", "没有拿到位置。可以搜索地址，或直接点地图。": "No position. Search for an address or tap the map.",
    "位置误差约 {n} 米": "Position within about {n} m",
    "图例和图层": "Legend and layers", "收起": "Close", "日期": "Date", "这是 {n}的网格": "The net of {n}", "换一天": "Another day", "看这一天的网格": "Show the net of this day", "{n}起的网格": "The net from {n} on", "网格变动的日子": "Days on which the net changed", "网格变动过 {n} 次": "The net changed {n} times",
    "社区": "Community", "街道（乡镇）": "Subdistrict", "网格": "Grid", "楼段": "Segment", "小区": "Compound", "楼栋": "Building",
    "楼道": "Stairwell", "道路": "Roads", "水面和绿地": "Water and green", "服务设施": "Facilities", "暂缺网格员": "No grid worker",
    "搜地址、小区、楼栋": "Address, compound, building", "搜索": "Search", "正在查…": "Searching…",
    "没有查到。请换个写法，或点地图上的楼。": "Nothing found. Try another spelling, or tap a building.",
    "没有找到“{n}”。您要找的是不是这些？": "“{n}” is not there. Is it one of these?",
    "您要找的是哪一个？": "Which one do you mean?",
    "查不到结果，请稍后再试，或拨打 {n}。": "No answer now. Try again later, or call {n}.",
    "谁负责这里": "Who answers here", "从楼道到社区": "From stairwell to community", "关闭": "Close", "复制链接": "Copy link", "在这里报问题": "Report something here",
    "链接已复制": "Link copied", "展开或收起": "Expand or collapse", "离网格边界约 {n} 米，请核对是不是您的楼。": "About {n} m from the grid's edge: check that it is your building.",
    "打电话给{n}": "Call {n}", "时间": "Hours", "不在网格内": "Outside the net",
    "部分地图没有载入，请检查网络。": "Part of the map did not load; check the network.", "正在载入地图…": "Loading the map…", "网格已更新": "The net has changed",
    "诉求热点": "Hot spots of requests", "{n} 各处的诉求件数": "Requests of {n} by place", "少于8户，不显示": "Fewer than 8 households: not shown", "列表和怎么算的": "As a list, and how it is worked out", "数字没有载入，请稍后再试。": "The figures did not load. Try again later.",
    "米": "m", "公里": "km", "这个地点": "This place", "正在读取…": "Reading…",
  };
  const english = document.documentElement.lang.startsWith("en");
  const t = (words, n) => ((english && ENGLISH[words]) || words).replace("{n}", () => n);

  const LEVELS = [
    ["communities", "社区"], ["grids", "网格"], ["segments", "楼段"], ["compounds", "小区"], ["buildings", "楼栋"],
    ["stairwells", "楼道"], ["roads", "道路"], ["landcover", "水面和绿地"], ["facilities", "服务设施"],
  ];
  const LEVEL_NAMES = {
    stairwell: "楼道", building: "楼栋", segment: "楼段", grid: "网格", compound: "小区", community: "社区", subdistrict: "街道（乡镇）",
  };
  const LAYER_OF = {
    stairwell: "stairwells", building: "buildings", segment: "segments", grid: "grids", compound: "compounds",
    community: "communities", subdistrict: "subdistricts",
  };
  const wide = () => window.matchMedia("(min-width: 56rem)").matches;
  const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const query = new URLSearchParams(location.search);
  const state = { net: null, hidden: [], chosen: null, ui: null, ask: null };
  window.ready = false;

  /* --- small helpers ------------------------------------------------------------------------------------------------- */

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") element.textContent = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }
  function ui(map) {
    if (!state.ui) {
      state.ui = make("div", { class: "town-ui" });
      map.getContainer().after(state.ui);
      state.status = make("p", { class: "town-status", role: "status" });
      state.ui.append(state.status);
    }
    return state.ui;
  }
  function say(words, ms = 5000) {
    state.status.textContent = words;
    clearTimeout(say.timer);
    if (ms) say.timer = setTimeout(() => { state.status.textContent = ""; }, ms);
  }
  const dateQuery = () => (query.get("date") ? `&date=${encodeURIComponent(query.get("date"))}` : "");
  const grouped = (phone) => phone.replace(/^(1[0-9]{2})([0-9]{4})([0-9]{4})$/, "$1 $2 $3");
  const tel = (phone) => `tel:${phone.replace(/[^0-9+]/g, "")}`;
  function fly(map, latlng, zoom) {
    state.flying = true;
    map.once("moveend", () => { state.flying = false; });
    map.setView(latlng, Math.max(map.getZoom(), zoom), { animate: !still() });
  }

  /* --- the net and the map below it ------------------------------------------------------------------------------------ */

  function net(map, { template, version, inline, native, hatched }) {
    const container = map.getContainer();
    container.setAttribute("role", "application");
    container.setAttribute("aria-label", t("地图：方向键移动，加减号缩放，回车查询中心点"));
    const tiles = inline
      ? Net.inlined(JSON.parse(document.getElementById(inline).textContent))
      : Net.served({ template, version, query: query.get("date") ? `?${dateQuery().slice(1)}` : "", changed: () => { say(t("网格已更新")); state.net.renew(); } });
    state.net = new Net.Layer({ tiles, hatched, hidden: state.hidden, native: native || 19 }).addTo(map);
    const ready = (yes) => { window.ready = yes; container.dataset.ready = yes; };   // for those who wait for the picture
    state.net.on("loading", () => ready(false));
    state.net.on("load", () => state.net.once("lettered", () => ready(true)));
    patience();
    map.on("moveend", () => whereabouts(map));
    state.net.on("load", () => whereabouts(map));
    container.addEventListener("keydown", (event) => { if (event.key === "Enter" && state.ask) state.ask(map.getCenter(), true); });
  }

  /** Says what is missing for as long as it is: tiles on their way for a while, tiles that did not come. */
  function patience() {
    const waiting = t("正在载入地图…"), missing = t("部分地图没有载入，请检查网络。");
    let failed = false, timer = null;
    const wait = () => { failed = false; clearTimeout(timer); timer = setTimeout(() => say(waiting, 0), 800); };
    wait();   // the first tiles were asked for before anybody listened
    state.net.on("loading", wait);
    state.net.on("tileerror", () => { failed = true; say(missing, 0); });
    state.net.on("load", () => {
      clearTimeout(timer);
      if (!failed && [waiting, missing].includes(state.status.textContent)) say("", 0);
    });
    window.addEventListener("online", () => { if (failed) state.net.renew(); });
  }

  /** One line that says what the middle of the window shows, for eyes and for screen readers; under a sheet, what was chosen. */
  function whereabouts(map) {
    const found = Object.fromEntries(state.net.at((!wide() && state.chosen) || map.getCenter()));
    const words = ["subdistricts", "communities", "grids"].filter((layer) => found[layer]).map((layer) => found[layer].name);
    if (!state.chip) ui(map).append(state.chip = make("p", { class: "town-chip", "aria-live": "polite" }));
    if (state.chip.textContent === words.join(" › ")) return;
    const last = words.pop();   // stays whole, however long the community is called
    state.chip.replaceChildren(...[words.length && make("span", { text: words.join(" › ") }), last && make("span", { text: words.length ? ` › ${last}` : last })].filter(Boolean));
  }

  /** A map of another service below the net. GCJ-02 pictures are moved, our data stay where they are. */
  function basemap(map, { url, coord_type: coordType }) {
    const Pictures = coordType === "gcj02" ? L.TileLayer.extend(SHIFTED) : L.TileLayer;
    new Pictures(url, { maxNativeZoom: 18, maxZoom: 20, zIndex: 0 }).addTo(map).on("tileerror", () => say(t("部分地图没有载入，请检查网络。")));
    if (!state.hidden.length) state.hidden.push("roads", "landcover", "buildings");
  }
  const SHIFTED = {
    _getTiledPixelBounds: function (centre) { return L.TileLayer.prototype._getTiledPixelBounds.call(this, gcj02(centre)); },
    _setZoomTransform: function (level, centre, zoom) { L.TileLayer.prototype._setZoomTransform.call(this, level, gcj02(centre), zoom); },
  };
  /** GCJ-02 of a WGS 84 position; the formula of geo/crs.py. */
  function gcj02({ lat, lng }) {
    const x = lng - 105, y = lat - 35, { PI, sin, cos, sqrt, abs } = Math;
    const waves = (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * (2 / 3);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves +
      ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3 + ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves +
      ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3 + ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
    const axis = 6378245, flat = 0.00669342162296594323, turn = (lat * PI) / 180, magic = 1 - flat * sin(turn) ** 2;
    return L.latLng(
      lat + (north * 180) / (((axis * (1 - flat)) / (magic * sqrt(magic))) * PI),
      lng + (east * 180) / ((axis / sqrt(magic)) * cos(turn) * PI)
    );
  }

  /* --- buttons, scale, position ------------------------------------------------------------------------------------------ */

  const ICONS = {
    "放大": "M12 5v14M5 12h14", "缩小": "M5 12h14", "关闭": "M6 6l12 12M18 6L6 18",
    "定位": "M12 2v4M12 18v4M2 12h4M18 12h4M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10z",
    "图例和图层": "M12 3l9 5-9 5-9-5zM3 12.500l9 5 9-5M3 16.500l9 5 9-5", "搜索": "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5",
    "打电话": "M5 3h4l2 5-2.500 2a12 12 0 0 0 5.500 5.500l2-2.500 5 2v4a2 2 0 0 1-2 2A17 17 0 0 1 3 5a2 2 0 0 1 2-2z",
  };
  function icon(name) {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg"), path = document.createElementNS(space, "path");
    for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 2.2, "stroke-linecap": "round", "stroke-linejoin": "round" })) picture.setAttribute(key, value);
    path.setAttribute("d", ICONS[name]);
    picture.append(path);
    return picture;
  }
  function button(words, press, extra = {}) {
    return make("button", { type: "button", class: "town-button", onclick: press, ...extra }, icon(words), make("span", { text: t(words) }));
  }
  function left(map) {
    if (!state.left) ui(map).prepend(state.left = make("div", { class: "town-left" }));
    return state.left;
  }
  function corner(map) {
    if (!state.corner) ui(map).append(state.corner = make("div", { class: "town-corner" }));
    return state.corner;
  }

  function zoom(map) {
    const more = button("放大", () => map.zoomIn()), less = button("缩小", () => map.zoomOut());
    corner(map).append(more, less);
    const limits = () => {
      more.setAttribute("aria-disabled", map.getZoom() >= map.getMaxZoom());
      less.setAttribute("aria-disabled", map.getZoom() <= map.getMinZoom());
    };
    map.on("zoomend", limits);
    limits();
  }

  function locate(map) {
    let here = null;
    const found = ({ coords }) => {
      const at = [coords.latitude, coords.longitude];   // a browser's position is WGS 84
      if (here) here.remove();
      here = L.featureGroup([
        L.circle(at, { radius: coords.accuracy, color: "#1a4fd0", weight: 1, fillOpacity: 0.12, interactive: false }),
        L.circleMarker(at, { radius: 8, color: "#fff", weight: 3, fillColor: "#1a4fd0", fillOpacity: 1, interactive: false }),
      ]).addTo(map);
      say(t("位置误差约 {n} 米", Math.round(coords.accuracy)));
      fly(map, at, 18);
      if (state.ask && coords.accuracy <= 100) state.ask(L.latLng(at));
    };
    const lost = () => say(t("没有拿到位置。可以搜索地址，或直接点地图。"), 9000);
    corner(map).prepend(button("定位", () => {
      if (!navigator.geolocation) { lost(); return; }
      say(t("正在定位…"), 0);
      navigator.geolocation.getCurrentPosition(found, lost, { enableHighAccuracy: true, timeout: 12000, maximumAge: 30000 });
    }, { title: t("我的位置") }));
  }

  function scale(map) {
    const bar = make("p", { class: "town-scale" });
    ui(map).append(bar);
    const measure = () => {
      const size = map.getSize(), y = size.y / 2;
      const metres = map.distance(map.containerPointToLatLng([0, y]), map.containerPointToLatLng([100, y]));
      const power = 10 ** Math.floor(Math.log10(metres)), round = [5, 2, 1].map((n) => n * power).find((n) => n <= metres);
      bar.style.width = `${(round / metres) * 100}px`;
      bar.textContent = round >= 1000 ? `${round / 1000} ${t("公里")}` : `${round} ${t("米")}`;
    };
    map.on("zoomend moveend resize", measure);
    measure();
  }

  /* --- legend, levels, day ------------------------------------------------------------------------------------------------ */

  function levels(map, { day, vacant, days }) {
    const rows = LEVELS.map(([level, words]) => {
      const box = make("input", { type: "checkbox", onchange: () => turn(level, box.checked) });
      box.checked = !state.hidden.includes(level);
      return make("li", {}, make("label", {}, box, Net.sample(level), make("span", { text: t(words) })));
    });
    if (vacant) rows.push(make("li", { class: "town-key" }, Net.sample("vacant"), make("span", { text: t("暂缺网格员") })));
    const date = make("input", { type: "date", value: day, min: "1949-10-01", max: "2199-12-31", name: "date" });
    const form = make("form", { class: "town-day", "aria-label": t("日期"), onsubmit: (event) => { event.preventDefault(); if (date.value) asOf(date.value, day); } },
      make("p", { text: t("这是 {n}的网格", inWords(day)) }), make("label", {}, make("span", { text: t("换一天") }), date), make("button", { class: "button", text: t("看这一天的网格") }));
    if ((days || []).length > 1) form.prepend(slider(days, day));
    const card = make("section", { class: "town-card town-levels", "aria-label": t("图例和图层"), id: "town-levels" }, make("ul", {}, ...rows), day ? form : null);
    const open = button("图例和图层", () => toggle(card.hidden), { "aria-controls": "town-levels", class: "town-button town-open" });
    const toggle = (yes) => { card.hidden = !yes; open.setAttribute("aria-expanded", yes); };
    card.addEventListener("keydown", (event) => { if (event.key === "Escape") { toggle(false); open.focus(); } });
    ui(map).append(make("div", { class: "town-right" }, open, card));
    toggle(wide());
  }
  /** Requests by hexagon, the public ones of the last ended quarter: asked for when the switch is turned, and then kept. */
  function hotspots(map, { url, page }) {
    const layer = new Heat.Layer({ measure: "count", alpha: 0.6, written: false }), legend = make("div", { class: "town-heat", hidden: true });
    const box = make("input", { type: "checkbox", onchange: () => turnHot(box.checked) });
    document.querySelector("#town-levels ul").append(make("li", {}, make("label", {}, box, swatch(Heat.STEPS[2]), make("span", { text: t("诉求热点") }))));
    document.querySelector("#town-levels ul").after(legend);
    async function turnHot(yes) {
      legend.hidden = !yes;
      if (!yes) { layer.remove(); return; }
      try {
        if (!layer.features.length) await load();
        if (box.checked) layer.addTo(map);
      } catch (error) { box.checked = false; legend.hidden = true; say(t("数字没有载入，请稍后再试。")); }
    }
    async function load() {
      const answer = await fetch(url, { headers: { Accept: "application/geo+json" } });
      if (!answer.ok) throw new Error(answer.status);
      const found = await answer.json(), lows = found.legend.count;
      layer.take(found);
      const rows = lows.map((low, i) => make("li", {}, swatch(Heat.STEPS[i]), make("span", { text: i + 1 < lows.length ? `${low}–${lows[i + 1]}` : `≥ ${low}` })));
      legend.replaceChildren(
        make("p", { text: t("{n} 各处的诉求件数", quarter(found.about.period)) }),
        make("ul", {}, ...rows, make("li", {}, swatch(null), make("span", { text: t("少于8户，不显示") }))),
        make("a", { href: page, text: t("列表和怎么算的") }));
    }
  }
  function swatch(colour) {
    const mark = make("span", { class: colour ? "town-swatch" : "town-swatch hatched", "aria-hidden": "true" });
    if (colour) mark.style.background = colour;
    return mark;
  }
  const quarter = (name) => name.replace(/^(.*)-Q(.)$/, english ? "Q$2 $1" : "$1年第$2季度");

  /** A stop for each day on which the net changed; the map of that day comes when the hand lets go. */
  function slider(days, day) {
    const at = Math.max(0, days.filter((each) => each <= day).length - 1);
    const words = (index) => (index === at ? t("这是 {n}的网格", inWords(day)) : t("{n}起的网格", inWords(days[index])));
    const range = make("input", { type: "range", min: 0, max: days.length - 1, step: 1, value: at, "aria-label": t("网格变动的日子") });
    const told = make("output", { text: t("网格变动过 {n} 次", days.length - 1) });
    range.setAttribute("aria-valuetext", words(at));
    range.addEventListener("input", () => { told.textContent = words(Number(range.value)); range.setAttribute("aria-valuetext", told.textContent); });
    range.addEventListener("change", () => { if (Number(range.value) !== at) asOf(days[range.value]); });
    return make("div", { class: "town-slider" }, range, told);
  }
  /** A day as people write it: a date field follows the browser's language, not the page's. */
  function inWords(day) {
    if (!day) return "";
    const form = { year: "numeric", month: english ? "short" : "long", day: "numeric", timeZone: "UTC" };
    return new Date(day).toLocaleDateString(english ? "en-GB" : "zh-CN", form);
  }
  function turn(level, yes) {
    state.net.show(level, yes);
    state.hidden = yes ? state.hidden.filter((name) => name !== level) : [...state.hidden, level];
    if (state.remember) state.remember();
  }
  function asOf(day) {
    query.set("date", day);
    location.assign(`${location.pathname}?${query}${location.hash}`);
  }

  /** A view between two zooms, so that a town fills the window; the next step of zoom is a whole one again. */
  function closely(map, look) {
    const { zoomSnap } = map.options;
    map.options.zoomSnap = 0.25;
    look();
    map.options.zoomSnap = zoomSnap;
  }
  /** Room for what lies on the map: search and chip above, the legend on the right of a wide window. */
  function beside() {
    return wide() ? { paddingTopLeft: [12, 66], paddingBottomRight: [256, 12] } : { paddingTopLeft: [12, 112], paddingBottomRight: [12, 40] };
  }

  /* --- the address names the view -------------------------------------------------------------------------------------------- */

  function permalink(map, { bounds }) {
    const [where, asked] = location.hash.slice(1).split("@");
    const [z, lat, lon, hidden] = where.split("/");
    state.hidden = (hidden || "").split("-").filter((level) => LEVELS.some(([name]) => name === level));
    closely(map, () => {
      if (z && [z, lat, lon].every((part) => part !== undefined && isFinite(part))) map.setView([+lat, +lon], +z);
      else if (bounds) map.fitBounds(bounds, { ...beside(), animate: false });
    });
    state.asked = asked && asked.split(",").every((part) => isFinite(part)) ? L.latLng(...asked.split(",").map(Number)) : null;
    state.remember = () => {
      const { lat: y, lng: x } = map.getCenter();
      const chosen = state.chosen ? `@${state.chosen.lat.toFixed(6)},${state.chosen.lng.toFixed(6)}` : "";
      const off = state.hidden.length ? `/${state.hidden.join("-")}` : "";
      history.replaceState(null, "", `#${map.getZoom()}/${y.toFixed(5)}/${x.toFixed(5)}${off}${chosen}`);
    };
    map.on("moveend", state.remember);
    window.addEventListener("hashchange", () => location.reload());
    // Language and type size are forms that come back here: with the view, not to the whole town.
    for (const next of document.querySelectorAll(".top input[name=next]")) {
      next.form.addEventListener("submit", () => { next.value = next.value.split("#")[0] + location.hash; });
    }
  }

  /* --- search -------------------------------------------------------------------------------------------------------------- */

  const GUESSES = 4;   // nearest names where nothing fits; more are a burden to read

  function search(map, { url, hotline }) {
    const box = make("input", { type: "search", name: "q", autocomplete: "off", placeholder: t("搜地址、小区、楼栋"), "aria-label": t("搜地址、小区、楼栋"), maxlength: 100 });
    const results = make("div", { class: "town-results", "aria-live": "polite" });
    const form = make("form", { class: "town-search", role: "search", onsubmit: (event) => { event.preventDefault(); find(); } },
      box, make("button", { class: "town-go", "aria-label": t("搜索") }, icon("搜索")));
    left(map).prepend(form, results);
    const clear = () => results.replaceChildren();
    box.addEventListener("input", clear);
    box.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });

    async function find() {
      const words = box.value.trim();
      if (!words) { box.focus(); return; }
      results.replaceChildren(make("p", { text: t("正在查…") }));
      try {
        const answer = await fetch(`${url}?address=${encodeURIComponent(words)}${dateQuery()}`, { headers: { Accept: "application/json" } });
        await show(await answer.json(), answer.ok);
      } catch (error) {
        results.replaceChildren(make("p", { text: t("查不到结果，请稍后再试，或拨打 {n}。", hotline) }));
      }
    }
    async function show(found, ok) {
      const choices = found.choices || [], deepest = (found.chain || [])[0];
      if (ok && deepest) {
        const at = await position(url, deepest);
        clear();
        if (at) { fly(map, at, 18); state.tell(found, at, true); return; }
      }
      if (!choices.length) { results.replaceChildren(make("p", { text: (!ok && found.detail) || t("没有查到。请换个写法，或点地图上的楼。") })); return; }
      const words = box.value.trim(), named = choices.some((choice) => choice.title.includes(words));
      const items = choices.filter((choice) => choice.lon !== null).slice(0, named ? choices.length : GUESSES).map((choice) => make("li", {}, make("button", { type: "button", onclick: () => go(choice) },
        make("strong", { text: choice.title }), make("span", { text: choice.detail }))));
      const question = named ? t("您要找的是哪一个？") : t("没有找到“{n}”。您要找的是不是这些？", words);
      results.replaceChildren(make("p", { text: question }), make("ul", {}, ...items));
    }
    function go(place) {
      clear();
      const at = L.latLng(place.lat, place.lon);
      fly(map, at, 18);
      state.ask(at, true);
    }
  }

  /** The middle of a place of the chain, by its code. */
  async function position(url, { level, code }) {
    const layer = { stairwell: "stairwells", building: "buildings", segment: "grids", grid: "grids", compound: "compounds" }[level] || "areas";
    const answer = await fetch(`${url.replace("contact/", layer)}/${code}/?${dateQuery().slice(1)}`);
    return answer.ok ? L.geoJSON(await answer.json()).getBounds().getCenter() : null;
  }

  /* --- the place's panel -------------------------------------------------------------------------------------------------------- */

  function panel(map, { url, hotline }) {
    const title = make("h2", { tabindex: "-1" }), body = make("div", { class: "town-body" });
    const grip = make("button", { type: "button", class: "town-grip", "aria-label": t("展开或收起") });
    const card = make("section", { class: "town-card town-panel", "aria-label": t("谁负责这里"), hidden: true },
      grip, make("div", { class: "town-head" }, title, button("关闭", () => close(), { class: "town-button town-close" })), body);
    const stop = (height) => { card.dataset.stop = height; };
    left(map).append(card);
    drag(grip, card, stop);
    card.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
    map.getContainer().addEventListener("keydown", (event) => { if (event.key === "Escape" && !card.hidden) close(); });
    map.on("click", (event) => state.ask(event.latlng));
    let turn = 0;

    function close() {
      card.hidden = true;
      state.chosen = null;
      state.net.choose(null);
      state.remember && state.remember();
      map.getContainer().focus({ preventScroll: true });
    }
    function open(heading, latlng, focus) {
      title.textContent = heading;
      if (card.hidden) stop("half");
      card.hidden = false;
      state.chosen = latlng;
      if (focus) title.focus({ preventScroll: true });
      state.remember && state.remember();
      if (wide()) return;
      if (state.flying) map.once("moveend", () => lift(map, latlng, card)); else lift(map, latlng, card);
    }

    state.ask = async function (latlng, focus) {
      const mine = ++turn;
      const seen = fromTiles(state.net.at(latlng));
      state.net.choose(codes(seen), latlng);
      open(heading(seen) || t("这个地点"), latlng, focus !== false);
      body.replaceChildren(...(url ? [make("p", { class: "soft", text: t("正在读取…") })] : [chain(seen)]));
      if (!url) return;
      try {
        const answer = await fetch(`${url}?lon=${latlng.lng.toFixed(7)}&lat=${latlng.lat.toFixed(7)}&coord_type=wgs84${dateQuery()}`, { headers: { Accept: "application/json" } });
        const found = await answer.json();
        if (mine !== turn) return;
        if (!answer.ok) throw new Error(found.detail || "");
        state.tell(found, latlng, false);
      } catch (error) {
        if (mine === turn) body.replaceChildren(make("p", { text: error.message && !(error instanceof TypeError) && !(error instanceof SyntaxError) ? error.message : t("查不到结果，请稍后再试，或拨打 {n}。", hotline) }), chain(seen));
      }
    };
    state.tell = function (found, latlng, focus) {
      const places = (found.chain || []).map((link) => ({ ...(link.place || link), contact: link.contact || null }));
      state.net.choose(codes(places), latlng);
      open(heading(places) || t("不在网格内"), latlng, focus);
      const [first, ...others] = found.contacts || [];
      body.replaceChildren(...[
        first ? person(first) : null,
        // A building lies whole in one grid: who tapped one need not ask.
        found.edge_distance_m !== null && found.edge_distance_m !== undefined && found.edge_distance_m < 15 && !places.some(({ level }) => level === "building")
          ? make("p", { class: "note small", text: t("离网格边界约 {n} 米，请核对是不是您的楼。", Math.round(found.edge_distance_m)) }) : null,
        places.length ? chain(places) : make("ul", { class: "town-others" }, ...others.map((other) => make("li", {}, person(other)))),
        report(latlng),
        copy(),
      ].filter(Boolean));
    };
    if (state.asked) map.whenReady(() => setTimeout(() => state.ask(state.asked, false), 0));
  }

  const ORDER = ["stairwell", "building", "segment", "grid", "compound", "community", "subdistrict"];
  function fromTiles(found) {
    const named = Object.fromEntries(found);
    return ORDER.filter((level) => named[LAYER_OF[level]]).map((level) => {
      const props = named[LAYER_OF[level]];
      const unit = { stairwell: "单元", building: "号楼" }[level];
      return { level, code: props.code, name: props.name || (props.number && unit ? props.number + unit : props.number || "") };
    });
  }
  const codes = (places) => Object.fromEntries(places.map(({ level, code }) => [level, code]));
  function heading(places) {
    const name = (level) => (places.find((place) => place.level === level) || {}).name;
    const home = [name("compound"), name("building"), name("stairwell")].filter(Boolean).join(" ");
    return home || [name("community"), name("grid")].filter(Boolean).join(" ") || name("subdistrict") || "";
  }

  function person(contact) {
    const called = contact.name || contact.title || "";
    return make("div", { class: "town-person" },
      make("p", { class: "town-role", text: [contact.title || contact.role, contact.place && contact.place.name].filter(Boolean).join(" · ") }),
      contact.name ? make("p", { class: "town-name", text: contact.name }) : null,
      contact.phone ? make("a", { class: "call", href: tel(contact.phone), "aria-label": `${t("打电话给{n}", called)} ${grouped(contact.phone)}` }, icon("打电话"), make("span", { class: "num", text: grouped(contact.phone) })) : null,
      contact.hours ? make("p", { class: "soft small", text: `${t("时间")} ${contact.hours}` }) : null,
      contact.why ? make("p", { class: "soft small", text: contact.why }) : null);
  }
  function chain(places) {
    return make("section", { class: "town-chain" }, make("h3", { text: t("从楼道到社区") }), make("ol", {}, ...places.map(link)));
  }
  /** One level; a telephone that the next level up has as well is written there only. */
  function link({ level, name, contact }, i, places) {
    const above = places[i + 1] && places[i + 1].contact, told = contact && above && contact.phone === above.phone && contact.title === above.title;
    const who = contact ? [contact.title, contact.name].filter(Boolean).join(" ") : "";
    return make("li", {},
      make("span", { class: "town-level", text: t(LEVEL_NAMES[level] || level) }),
      make("span", { class: "town-place" }, make("strong", { text: name || "" }), who ? make("span", { text: who }) : null),
      contact && contact.phone && !told ? make("a", { class: "town-tel num", href: tel(contact.phone), "aria-label": `${t("打电话给{n}", who)} ${grouped(contact.phone)}`, text: grouped(contact.phone) }) : null);
  }
  function report(at) {
    return make("a", { class: "button", href: `/report/?lon=${at.lng.toFixed(7)}&lat=${at.lat.toFixed(7)}&coord_type=wgs84`, text: t("在这里报问题") });
  }
  function copy() {
    return make("button", { type: "button", class: "button", text: t("复制链接"), onclick: async () => {
      try { await navigator.clipboard.writeText(location.href); say(t("链接已复制")); } catch (error) { say(location.href, 15000); }
    } });
  }

  /** On a phone the sheet lies over the lower half: bring the chosen place into the upper one. */
  function lift(map, latlng, card) {
    const point = map.latLngToContainerPoint(latlng), free = map.getSize().y - card.offsetHeight;
    if (point.y > free - 30) map.panBy([0, point.y - free / 2], { animate: !still() });
  }
  /** The grip: a pull up or down moves the sheet by one stop, a tap goes through all three. */
  function drag(grip, card, stop) {
    const heights = ["peek", "half", "full"];
    let from = null;
    grip.addEventListener("pointerdown", (event) => { from = event.clientY; grip.setPointerCapture(event.pointerId); });
    grip.addEventListener("pointerup", (event) => {
      const moved = from === null ? 0 : event.clientY - from, now = heights.indexOf(card.dataset.stop);
      from = null;
      if (Math.abs(moved) < 24) stop(heights[(now + 1) % 3]);
      else stop(heights[Math.min(2, Math.max(0, now + (moved < 0 ? 1 : -1)))]);
    });
    grip.addEventListener("click", (event) => { if (event.detail === 0) stop(heights[(heights.indexOf(card.dataset.stop) + 1) % 3]); });
  }

  window.Town = { net, basemap, zoom, locate, scale, levels, hotspots, search, panel, permalink };
})();
