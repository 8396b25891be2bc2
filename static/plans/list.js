/* The list of plans: a form of a community makes a draft through the API and opens it. */
(function () {
  "use strict";

  const english = document.documentElement.lang.startsWith("en");
  const LOST = english ? "No answer from the server. Nothing was made; please try again." : "服务器没有回答，草稿还没有建立。请再试一次。";
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

  async function begin(form) {
    const given = Object.fromEntries(new FormData(form));
    const base = /^[0-9]+$/.test(given.base) ? Number(given.base) : given.base;
    const answer = await fetch("/api/v1/plans/", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
      body: JSON.stringify({ ...given, base, community: form.dataset.community }),
    });
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail || LOST);
    location.assign(`/plans/${said.id}/`);
  }

  for (const form of document.querySelectorAll(".new-draft form")) {
    const fault = form.querySelector("[role=alert]"), button = form.querySelector("button");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      fault.hidden = true;
      try {
        await begin(form);
      } catch (error) {
        fault.textContent = error instanceof TypeError || error instanceof SyntaxError ? LOST : error.message;
        fault.hidden = false;
        button.disabled = false;
      }
    });
  }
})();
