/* The map of the hot spots' page: the net, the hexagons over it, and what is known of the one that was pressed. The
   table below says the same. Words are Chinese here and English by the table where the page is English. */
(function () {
  "use strict";

  const ENGLISH = {
    "地图：方向键移动，加减号缩放。同样的内容在下面的表里。": "Map: arrow keys move, plus and minus zoom. The table below says the same.",
    "放大": "Zoom in", "缩小": "Zoom out", "关闭": "Close", "{n} 件": "{n} requests", "每百户 {n} 件": "{n} per 100 households", "{n} 户": "{n} households",
    "显著热点": "Significant hot spot", "少于8户或3人上报，不显示": "Fewer than 8 households or 3 reporters: not shown", "比上期 {n}": "{n} against the period before",
    "看这里的诉求": "See the requests here", "数字没有载入，请看下面的表，或刷新再试。": "The figures did not load. See the table below, or reload.",
  };
  const english = document.documentElement.lang.startsWith("en");
  const t = (words, n) => ((english && ENGLISH[words]) || words).replace("{n}", () => n);
  const box = document.getElementById("heat-map");
  if (!box) return;
  const given = JSON.parse(document.getElementById("heat-options").textContent);

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

  const field = make("div", { class: "heat-field", tabindex: "0" }), panel = make("div", { class: "heat-panel card", role: "status", hidden: true });
  box.append(field, panel);
  const map = L.map(field, { zoomControl: false, attributionControl: false, minZoom: 4, maxZoom: 20, zoomSnap: 0.25, fadeAnimation: false });
  field.setAttribute("role", "application");
  field.setAttribute("aria-label", t("地图：方向键移动，加减号缩放。同样的内容在下面的表里。"));
  const [west, south, east, north] = given.bounds;
  map.fitBounds([[south, west], [north, east]], { padding: [8, 8], animate: false });
  const query = given.date ? `?date=${encodeURIComponent(given.date)}` : "";
  const tiles = Net.served({ template: given.tiles, version: given.version, query, changed: () => net.renew() });
  const net = new Net.Layer({ tiles, hidden: ["facilities", "compounds", "segments", "stairwells", "buildings", ...(given.byGrid ? [] : ["grids"])], native: 19 }).addTo(map);
  const houses = () => { const yes = map.getZoom() >= 17; if (yes !== net.shows("buildings")) net.show("buildings", yes); };   // their numbers would be taken for figures
  map.on("zoomend", houses);
  houses();
  const heat = new Heat.Layer({ measure: given.measure, written: !given.byGrid }).addTo(map);
  const zoom = (words, sign, by) => make("button", { type: "button", class: "button", text: sign, "aria-label": t(words), onclick: () => map.setZoom(map.getZoom() + by) });
  box.append(make("div", { class: "heat-zoom" }, zoom("放大", "+", 1), zoom("缩小", "−", -1)));

  function tell(feature) {
    heat.choose(feature);
    panel.hidden = !feature;
    if (!feature) return;
    const known = feature.properties, lines = [];
    if (!known.shown) lines.push(t("少于8户或3人上报，不显示"));
    else {
      lines.push(known.name || "", t("{n} 件", known.count));
      if (known.households) lines.push(t("{n} 户", known.households));
      if (known.rate !== null && known.rate !== undefined) lines.push(t("每百户 {n} 件", known.rate.toFixed(1)));
      if (known.z !== undefined) lines.push(`Gi* ${known.z.toFixed(2)}（q ${known.q < 0.001 ? "<0.001" : known.q.toFixed(3)}）`);
      if (known.hot) lines.push(t("显著热点"));
      if (known.change !== null && known.change !== undefined) lines.push(t("比上期 {n}", `${known.change > 0 ? "+" : ""}${known.change.toFixed(1)}`));
    }
    const here = new URL(location.href);
    here.searchParams.set("cell", feature.id);
    here.searchParams.delete("week");
    here.hash = "behind";
    const link = given.exact && known.count && !known.code && make("a", { href: here.href, text: t("看这里的诉求") });
    panel.replaceChildren(make("button", { type: "button", class: "button", text: t("关闭"), onclick: () => { tell(null); field.focus(); } }),
      make("p", {}, ...lines.filter(Boolean).map((words) => make("span", { text: words }))), link || "");
  }
  map.on("click", (event) => tell(heat.at(event.latlng) || null));
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") tell(heat.at(map.getCenter()) || null); if (event.key === "Escape") tell(null); });

  fetch(given.url, { headers: { Accept: "application/geo+json", "X-Requested-With": "fetch" } })
    .then((answer) => { if (!answer.ok) throw new Error(answer.status); return answer.json(); })
    .then((found) => {
      heat.take(found);
      const marked = new URLSearchParams(location.search).get("cell");
      if (marked) heat.choose(heat.features.find(({ id }) => String(id) === marked.split("-")[0]));
      box.dataset.ready = "yes";
    })
    .catch(() => { box.append(make("p", { class: "heat-fault note", role: "alert", text: t("数字没有载入，请看下面的表，或刷新再试。") })); });

  // A choice in the form shows at once; the button is for those without this script.
  const form = document.querySelector(".heat-form");
  form.addEventListener("change", () => form.requestSubmit ? form.requestSubmit() : form.submit());
})();
