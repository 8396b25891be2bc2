/* The documented endpoints under /api/v1/plans/, and the two ways in which they do not answer. */
(function (Plans) {
  "use strict";

  /** Nobody answered: no network, or a server that is being started anew. What was asked may or may not have been done. */
  class Silent extends Error {}
  /** The server said no, in words: `code`, `detail`, and where it knows them `place`, `by`, `at`, `version`. */
  class Refused extends Error {
    constructor(status, problem) {
      super(problem.detail || problem.title || "");
      Object.assign(this, problem, { status, code: problem.code || "" });
    }
    /** Logged out meanwhile. */
    get isStranger() { return this.status === 401 || this.code === "not_authenticated"; }
  }

  class Api {
    constructor(root) {
      this.root = root;
    }
    /** The cookie's, since it changes when somebody logs in again in another window. */
    token() {
      const [, cookie] = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/) || [];
      return cookie || document.querySelector("[name=csrfmiddlewaretoken]").value;
    }
    get(path) { return this.ask(path); }
    post(path, body, signal) { return this.ask(path, { method: "POST", body, signal }); }
    patch(path, body) { return this.ask(path, { method: "PATCH", body }); }

    async ask(path, { method = "GET", body, signal } = {}) {
      const headers = { Accept: "application/json", "X-Requested-With": "fetch" };
      if (body) Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": this.token() });
      let answer, said;
      try {
        answer = await fetch(this.root + path, { method, headers, signal, credentials: "same-origin", body: body && JSON.stringify(body) });
        said = answer.status === 204 ? null : await answer.json();
      } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Silent();
      }
      if (answer.status >= 500 || answer.status === 429) throw new Silent();
      if (!answer.ok) throw new Refused(answer.status, said);
      return said;
    }
  }

  Object.assign(Plans, { Api, Silent, Refused });
})(window.Plans);
