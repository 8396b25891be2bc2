/* Operations on their way to the server, in the order in which they were made. Nothing is lost on the way.

   An operation stands in localStorage before it is sent and until it is answered. Each has a key of its own, so one that
   was written while its answer got lost is not written twice. A 409 moves it to `conflicts`, where a person decides. */
(function (Plans) {
  "use strict";

  const { t, clock } = Plans;
  const PATIENCE = [1000, 2000, 5000, 10000, 15000];   // ms before the next try without a network

  class Outbox extends L.Evented {
    /** Events: "told" with the answer, "refused" with the problem, "overtaken" by another's, "state" when what is to be said of it changed. */
    constructor(app) {
      super();
      this.app = app;
      this.shelf = `plan-${app.setting.plan}-${app.setting.user}`;
      const kept = read(this.shelf);
      this.queue = kept.queue || [];
      this.conflicts = kept.conflicts || [];
      this.savedAt = null;
      this.isSilent = false;
      this.tries = 0;
      window.addEventListener("online", () => this.now());
      window.addEventListener("beforeunload", (event) => { if (this.queue.length && !this.canKeep) event.preventDefault(); });
    }
    get waiting() { return this.queue.length; }

    /** Take an operation; `path` is operations/, undo/ or redo/. */
    push(entry) {
      this.queue.push({ key: key(), version: this.app.state.version, path: "operations/", ...entry });
      this._kept();
      this.now();
    }
    /** Take back the last one when it has not gone out yet. */
    takeBack() {
      if (this.queue.length < (this.isSending ? 2 : 1)) return null;
      const entry = this.queue.pop();
      this._kept();
      return entry;
    }
    again(entry) {
      this.conflicts = this.conflicts.filter((other) => other !== entry);
      this.push({ op: entry.op, words: entry.words, units: entry.units });
    }
    drop(entry) {
      this.conflicts = this.conflicts.filter((other) => other !== entry);
      this._kept();
    }

    now() {
      clearTimeout(this.timer);
      if (!this.isSending && this.queue.length) this._send();
      else this.fire("state");
    }
    async _send() {
      const entry = this.queue[0], { api } = this.app;
      this.isSending = true;
      this.fire("state");
      try {
        const body = { version: entry.version, key: entry.key, ...(entry.op ? { op: entry.op } : {}) };
        this._written(entry, await api.post(entry.path, body));
      } catch (error) {
        this.isSending = false;
        if (error instanceof Plans.Silent) return this._later();
        if (!(error instanceof Plans.Refused)) throw error;
        if (error.isStranger) return this._later(t("登录已过期。请在另一个窗口登录，这里会接着保存。"));
        this._refused(entry, error);
      }
      this.isSending = false;
      this.isSilent = false;
      this.tries = 0;
      this._kept();
      return this.now();
    }
    /** The answer tells also what others did since; what is still to be sent was drawn without seeing that. */
    _written(entry, answer) {
      this.queue.shift();
      const theirs = (answer.operations || []).filter(({ mine }) => !mine), other = theirs[theirs.length - 1];
      const own = new Set(entry.units || []), changed = (id) => !own.has(id) && id in answer.units;
      for (const next of [...this.queue]) {
        if (other && next.units && next.units.some(changed)) this._overtaken(next, other);
        else if (!other || next.units) next.version = answer.version;
      }
      this.savedAt = answer.saved_at || new Date().toISOString();
      this.fire("told", { answer, entry });
    }
    _overtaken(entry, { by, at, words }) {
      this.queue.splice(this.queue.indexOf(entry), 1);
      this.conflicts.push({ ...entry, by, at, theirs: words });
      this.fire("overtaken", { entry });
    }
    _refused(entry, error) {
      this.queue.shift();
      if (error.status === 409 && entry.op) this.conflicts.push({ ...entry, by: error.by, at: error.at, why: error.message, theirs: error.words });
      this.fire("refused", { entry, error });
    }
    _later(why) {
      this.isSilent = true;
      this.why = why || null;
      this.timer = setTimeout(() => this.now(), PATIENCE[Math.min(this.tries, PATIENCE.length - 1)]);
      this.tries += 1;
      this.fire("state");
    }

    /** One line for the bar: calm, and exact about what is safe. */
    words() {
      if (this.isSilent && this.queue.length) return this.why || t("没有网络 · {n} 步待保存 · 已存在本机", this.queue.length);
      if (this.isSilent) return t("没有网络");
      if (this.queue.length) return t("正在保存…");
      return this.savedAt ? t("已保存 {n}", clock(this.savedAt)) : "";
    }
    _kept() {
      this.canKeep = write(this.shelf, { queue: this.queue.map(plain), conflicts: this.conflicts.map(plain) });
      this.fire("state");
    }
  }

  const plain = ({ staged, ...entry }) => entry;
  function key() {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  function read(shelf) {
    try { return JSON.parse(localStorage.getItem(shelf)) || {}; } catch (error) { return {}; }
  }
  function write(shelf, kept) {
    try {
      if (kept.queue.length || kept.conflicts.length) localStorage.setItem(shelf, JSON.stringify(kept));
      else localStorage.removeItem(shelf);
      return true;
    } catch (error) { return false; }   // full, or forbidden by the browser's settings
  }

  Plans.Outbox = Outbox;
})(window.Plans);
