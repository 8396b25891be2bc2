// What a visitor has written and not yet got through: kept on this telephone alone, photos and all, until the server has
// said that it has it. IndexedDB; where a browser has none (private windows), only as long as the page is open.
(function () {
  "use strict";
  const memory = new Map();
  let opened = null;

  function open() {
    opened = opened || new Promise((done) => {
      if (!window.indexedDB) return done(null);
      const wish = indexedDB.open("reports", 1);
      wish.onupgradeneeded = () => wish.result.createObjectStore("reports", { keyPath: "key" });
      wish.onsuccess = () => done(wish.result);
      wish.onerror = () => done(null);
    });
    return opened;
  }
  async function ask(mode, question, otherwise) {
    const base = await open().catch(() => null);
    if (!base) return otherwise();
    return new Promise((done, fail) => {
      const deal = base.transaction("reports", mode);
      const wish = question(deal.objectStore("reports"));
      deal.oncomplete = () => done(wish.result);
      deal.onerror = deal.onabort = () => fail(deal.error);
    }).catch(() => otherwise());
  }

  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  window.Store = {
    all: () => ask("readonly", (store) => store.getAll(), () => [...memory.values()]),
    put: (entry) => ask("readwrite", (store) => store.put(entry), () => memory.set(entry.key, entry)),
    remove: (key) => ask("readwrite", (store) => store.delete(key), () => memory.delete(key)),
    uuid,
  };
})();
