// The report's form with a script: photos made small on the telephone, the place by position or by address, a draft that
// survives, and sending that survives a lost network (outbox.js). Without it the same form is sent as it stands.
(function () {
  "use strict";
  const form = document.getElementById("report");
  if (!form) return;
  const words = JSON.parse(document.getElementById("words").textContent);
  const MOST = words.most, EDGE = 1600, WEIGHT = 300 * 1024; // pixels, bytes of a photo as it is sent
  const NAMES = ["category", "lon", "lat", "coord_type", "place_from", "door", "address", "text", "phone", "website"];
  const $ = (id) => document.getElementById(id);
  const status = $("status"), shots = $("shots"), errors = $("errors"), send = $("send"), files = $("photos");
  // Always a new key: going back, the browser may show the page of before with the key of what is sent already.
  const entry = { key: Store.uuid(), state: "draft", fields: {}, photos: [], url: "", number: "" };
  let point = null; // {lon, lat, from} once it is known by something else than the door

  form.elements.key.value = entry.key;
  form.classList.add("live");

  /* --- the draft ------------------------------------------------------------------------------------------------------ */

  function fields() {
    const data = new FormData(form), said = {};
    for (const name of NAMES) if (typeof data.get(name) === "string" && data.get(name)) said[name] = data.get(name);
    if (point) Object.assign(said, { lon: String(point.lon), lat: String(point.lat), coord_type: "wgs84", place_from: point.from, door: "" });
    return said;
  }
  let saving = null;
  function save() {
    clearTimeout(saving);
    saving = setTimeout(() => {
      if (entry.state !== "draft") return;
      entry.fields = fields();
      entry.place = $("place").hidden ? "" : $("place-name").textContent;
      entry.at = Date.now();
      Store.put(entry);
    }, 150);
  }
  function restore(draft) {
    Object.assign(entry, { key: draft.key, photos: draft.photos });
    form.elements.key.value = draft.key;
    for (const name of ["text", "phone", "address"]) if (form.elements[name] && draft.fields[name]) form.elements[name].value = draft.fields[name];
    const tile = draft.fields.category && form.querySelector(`[name=category][value="${draft.fields.category}"]`);
    if (tile) tile.checked = true;
    if (!form.elements.door.value) {
      if (draft.fields.door) form.elements.door.value = draft.fields.door;
      if (draft.fields.lon) placed(Number(draft.fields.lon), Number(draft.fields.lat), draft.fields.place_from, draft.place);
      else if (draft.fields.door) named(draft.place);
    }
    shown();
    look();
  }

  /* --- photos --------------------------------------------------------------------------------------------------------- */

  function drawn(file) {
    if (window.createImageBitmap) {
      return createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => createImageBitmap(file));
    }
    return new Promise((done, fail) => {
      const image = new Image();
      image.onload = () => done(image);
      image.onerror = fail;
      image.src = URL.createObjectURL(file);
    });
  }
  async function small(file) {
    const image = await drawn(file);
    for (let edge = EDGE, quality = 0.8; ; edge *= 0.8, quality = Math.max(quality - 0.08, 0.5)) {
      const ratio = Math.min(1, edge / Math.max(image.width, image.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(image.width * ratio);
      canvas.height = Math.round(image.height * ratio);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
      if (!blob || blob.size <= WEIGHT || edge < 400) return blob;
    }
  }
  async function add(list) {
    for (const file of list) {
      if (entry.photos.length >= MOST) { complain(words.many); break; }
      try {
        entry.photos.push({ key: Store.uuid(), blob: await small(file), sent: false, refused: "" });
      } catch (_) {
        complain(words.unreadable.replace("%s", file.name));
      }
      shown();
    }
    save();
  }
  function shown() {
    shots.replaceChildren(...entry.photos.map((photo, index) => {
      const item = document.createElement("li"), image = new Image(), button = document.createElement("button"), bar = document.createElement("progress");
      image.src = URL.createObjectURL(photo.blob);
      image.alt = words.photo.replace("%n", index + 1);
      Object.assign(button, { type: "button", className: "button", textContent: words.remove });
      button.setAttribute("aria-label", `${words.remove} ${image.alt}`);
      button.addEventListener("click", () => { entry.photos.splice(index, 1); shown(); save(); });
      bar.hidden = entry.state === "draft";
      bar.value = photo.sent ? 1 : photo.part || 0;
      bar.setAttribute("aria-label", image.alt);
      item.append(image, entry.state === "draft" ? button : bar);
      return item;
    }));
  }
  files.addEventListener("change", () => { add([...files.files]); files.value = ""; });

  /* --- the place ------------------------------------------------------------------------------------------------------ */

  function named(text) {
    $("place").hidden = !text;
    $("place-name").textContent = text || "";
  }
  function placed(lon, lat, from, text) {
    point = { lon, lat, from };
    named(text || words.cross);
    $("pad-hint").hidden = false;
    window.Pad.show(lon, lat);
    $("found").replaceChildren();
    save();
    look();
  }
  $("pad").addEventListener("moved", (event) => {
    point = { lon: event.detail.lon, lat: event.detail.lat, from: "crosshair" };
    named(words.cross);
    save();
    look();
  });
  function locate() {
    const note = $("place-status");
    if (!navigator.geolocation || !window.isSecureContext) { note.textContent = words.failed; return; }
    note.textContent = words.asking;
    navigator.geolocation.getCurrentPosition(
      (found) => {
        note.textContent = words.about.replace("%n", Math.round(found.coords.accuracy));
        placed(+found.coords.longitude.toFixed(7), +found.coords.latitude.toFixed(7), "position", words.here);
      },
      (fault) => { note.textContent = fault.code === fault.PERMISSION_DENIED ? words.refused : words.failed; },
      { enableHighAccuracy: true, timeout: 12000, maximumAge: 60000 },
    );
  }
  async function part(url, options) {
    const answer = await fetch(url, options);
    if (!answer.ok) throw new Error(answer.status);
    return answer.text();
  }
  async function search() {
    const text = form.elements.address.value.trim();
    if (!text) return;
    $("place-status").textContent = words.searching;
    try {
      $("found").innerHTML = await part(`/report/places/?q=${encodeURIComponent(text)}`);
      $("place-status").textContent = "";
      const all = $("found").querySelectorAll("button[data-exact]");
      if (all.length === 1) all[0].click();
    } catch (_) { $("place-status").textContent = words.later; }
  }
  $("found").addEventListener("click", (event) => {
    const one = event.target.closest("button");
    if (!one) return;
    const title = one.querySelector("strong").textContent;
    placed(Number(one.dataset.lon), Number(one.dataset.lat), "address", title);
    if (one.dataset.door) { point = null; form.elements.door.value = one.dataset.door; form.elements.place_from.value = "door"; look(); }
    form.elements.address.value = "";
    save();
  });
  $("position").hidden = $("look").hidden = false;
  $("position").addEventListener("click", locate);
  $("look").addEventListener("click", search);
  form.elements.address.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); search(); } });
  if (!$("pad").hidden) $("pad-hint").hidden = false;

  /* --- what is known already, and what will be public ----------------------------------------------------------------- */

  async function look() {
    const kind = form.querySelector("[name=category]:checked"), pad = $("pad");
    const at = point || (pad.dataset.lon && { lon: pad.dataset.lon, lat: pad.dataset.lat });
    if (!kind || !at) return;
    const asked = `lon=${at.lon}&lat=${at.lat}&coord_type=wgs84&category=${encodeURIComponent(kind.value)}`;
    try { $("near").innerHTML = await part(`${$("near").dataset.url}?${asked}`); } catch (_) { /* no network: nothing to say */ }
  }
  let reading = null;
  function preview() {
    clearTimeout(reading);
    reading = setTimeout(async () => {
      const said = new FormData(), kind = form.querySelector("[name=category]:checked");
      said.append("text", form.elements.text.value);
      said.append("category", kind ? kind.value : "");
      try { $("preview").innerHTML = await part($("preview").dataset.url, { method: "POST", body: said }); } catch (_) { /* as above */ }
    }, 500);
  }
  form.addEventListener("input", (event) => {
    save();
    if (event.target.name === "text") preview();
    if (event.target.name === "category") { look(); if (form.elements.text.value) preview(); }
  });

  /* --- sending -------------------------------------------------------------------------------------------------------- */

  function say(text, link) {
    status.hidden = !text;
    status.textContent = text;
    if (link) status.append(Object.assign(document.createElement("a"), { href: link, textContent: words.see }));
  }
  function complain(text, field) {
    const list = errors.querySelector("ul") || errors.appendChild(document.createElement("ul"));
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("a"), { href: `#${field || "photos"}`, textContent: text }));
    list.append(item);
    errors.hidden = false;
    const card = $(field || "photos").closest(".card"), note = Object.assign(document.createElement("p"), { className: "wrong said-now", textContent: text });
    if (card) card.append(note);
  }
  function uncomplain() {
    errors.hidden = true;
    errors.replaceChildren(Object.assign(document.createElement("h2"), { textContent: words.almost }));
    form.querySelectorAll(".wrong").forEach((note) => note.remove());
  }
  function mend() {
    uncomplain();
    for (const name of Object.keys(entry.errors || {})) for (const text of entry.errors[name]) complain(text, name === "__all__" ? "photos" : name);
    if (entry.sentence) complain(entry.sentence, "send");
    errors.focus();
    errors.scrollIntoView({ block: "center" });
  }
  function tell() {
    shown();
    if (entry.state === "draft") { send.disabled = false; say(""); mend(); return; }
    if (entry.waiting) say(navigator.onLine ? words.again : words.offline);
    else say(entry.url ? words.photos.replace("%n", entry.photos.filter((photo) => photo.sent).length + 1).replace("%m", entry.photos.length) : words.sending);
    if (entry.state === "sent") {
      say(words.sent.replace("%n", entry.number), entry.url);
      location.assign(`${entry.url}?sent=1`);
    }
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter && event.submitter.name === "echo") {
      form.elements.key.value = Store.uuid(); // an echo has a key of its own, and takes no photos along
      files.disabled = true;
      return;
    }
    event.preventDefault();
    if (entry.state !== "draft") return;
    clearTimeout(saving);
    entry.fields = fields();
    uncomplain();
    if (!entry.fields.category) complain(words.what, "category");
    if (!entry.fields.lon && !entry.fields.door && !entry.fields.address) complain(words.where, "address");
    if (!errors.hidden) { errors.focus(); return; }
    send.disabled = true;
    entry.errors = {};
    entry.sentence = "";
    Outbox.send(entry, tell);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  async function begin() {
    const kept = await Store.all();
    const queue = $("queue"), waiting = kept.filter((one) => one.state === "sending");
    const draft = kept.filter((one) => one.state === "draft").sort((a, b) => b.at - a.at)[0];
    if (draft) restore(draft);
    let left = waiting.length;
    for (const one of waiting) {
      queue.hidden = false;
      queue.textContent = words.queue.replace("%n", left);
      Outbox.send(one, () => {}).then((done) => {
        left -= 1;
        queue.textContent = done.state === "sent" ? words.sent.replace("%n", done.number) : words.mended;
        if (done.url) queue.append(" ", Object.assign(document.createElement("a"), { href: done.url, textContent: words.see }));
      });
    }
    document.documentElement.dataset.ready = "1";
  }
  begin();
})();
