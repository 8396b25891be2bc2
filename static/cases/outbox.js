// Sends what waits in the store: first the report, then each photo, each under a key of its own, so that whatever is sent
// again because an answer was lost is not written twice. Without a network it waits, and goes on by itself.
(function () {
  "use strict";
  const FIRST_PAUSE = 2, LONGEST_PAUSE = 60; // seconds
  const PATIENCE = 30; // seconds for one answer
  const FINAL = [400, 403, 404, 409, 413, 422]; // sent again it would be refused again
  const running = new Set();

  class Later extends Error {
    constructor(seconds) { super("later"); this.seconds = seconds; }
  }

  function post(url, form, progress) {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.setRequestHeader("Accept", "application/json");
      request.timeout = PATIENCE * 1000;
      request.upload.onprogress = (event) => progress && event.lengthComputable && progress(event.loaded / event.total);
      request.onerror = request.ontimeout = request.onabort = () => fail(new Later(0));
      request.onload = () => {
        let body = null;
        try { body = JSON.parse(request.responseText); } catch (_) { body = null; }
        const wait = Number(request.getResponseHeader("Retry-After")) || 0;
        if (body && (request.status < 300 || FINAL.includes(request.status))) done({ status: request.status, body });
        else fail(new Later(wait));
      };
      request.send(form);
    });
  }
  function formOf(values) {
    const form = new FormData();
    for (const name of Object.keys(values)) {
      if (values[name] instanceof Blob) form.append(name, values[name], "photo.jpg");
      else form.append(name, values[name]);
    }
    return form;
  }

  async function sendReport(entry) {
    const { status, body } = await post("/report/", formOf(Object.assign({ key: entry.key }, entry.fields)));
    if (status >= 300) {
      Object.assign(entry, { state: "draft", errors: body.errors || {}, sentence: body.sentence || "" });
    } else {
      Object.assign(entry, { url: body.url, number: body.number });
    }
    await Store.put(entry);
  }
  async function sendPhoto(entry, photo, tell) {
    const form = formOf({ key: photo.key, photo: photo.blob });
    const { status, body } = await post(entry.url + "photos/", form, (part) => { photo.part = part; tell(entry); });
    if (status >= 300) photo.refused = body.sentence;
    photo.sent = true;
    await Store.put(entry);
    tell(entry);
  }
  // One try. What came of it stands in the entry: `url` when it is in, `state` "draft" when something is to be mended.
  async function attempt(entry, tell) {
    if (!entry.url) await sendReport(entry);
    if (!entry.url) return;
    for (const photo of entry.photos) if (!photo.sent) await sendPhoto(entry, photo, tell);
    entry.state = "sent";
    await Store.remove(entry.key);
  }
  function pause(seconds) {
    return new Promise((done) => {
      const timer = setTimeout(done, seconds * 1000);
      window.addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
    });
  }

  // Sends an entry until it is in or refused. `tell(entry)` is called at each change; `entry.waiting` while it waits.
  async function send(entry, tell) {
    if (running.has(entry.key)) return entry;
    running.add(entry.key);
    entry.state = "sending";
    await Store.put(entry);
    for (let wait = FIRST_PAUSE; entry.state === "sending"; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
      entry.waiting = false;
      tell(entry);
      try {
        await attempt(entry, tell);
      } catch (fault) {
        if (!(fault instanceof Later)) throw fault;
        entry.waiting = true;
        tell(entry);
        await pause(fault.seconds || wait * (0.75 + Math.random() / 2));
      }
    }
    running.delete(entry.key);
    tell(entry);
    return entry;
  }
  async function waiting() {
    return (await Store.all()).filter((entry) => entry.state === "sending");
  }

  window.Outbox = { send, waiting };

  // On other pages: say how many wait, and send them.
  const box = document.getElementById("outbox");
  if (box) {
    waiting().then((entries) => {
      let left = entries.length;
      const say = () => { box.hidden = false; box.textContent = left ? box.dataset.waiting.replace("%n", left) : box.dataset.sent; };
      if (left) say();
      for (const entry of entries) send(entry, () => {}).then((done) => { if (done.state === "sent") { left -= 1; say(); } });
    });
  }
})();
