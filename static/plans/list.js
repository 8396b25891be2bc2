/* The list of plans: a form of a community makes a draft through the API and opens it. */
(function () {
  "use strict";

  const english = document.documentElement.lang.startsWith("en");
  const LOST = english ? "No answer from the server. Nothing was made; please try again." : "服务器没有回答，草稿还没有建立。请再试一次。";
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

  async function ask(path, method, body) {
    const answer = await fetch(`/api/v1/plans/${path}`, {
      method,
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token() },
      body: body && JSON.stringify(body),
    });
    const said = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) throw new Error(said.detail || LOST);
    return said;
  }
  async function begin(form) {
    const given = Object.fromEntries(new FormData(form));
    const base = /^[0-9]+$/.test(given.base) ? Number(given.base) : given.base;
    const plan = await ask("", "POST", { ...given, base, community: form.dataset.community });
    location.assign(`/plans/${plan.id}/`);
  }
  /** A draft goes to the bin at once, and comes back at once. */
  for (const button of document.querySelectorAll(".bin")) {
    const row = button.closest("tr"), note = button.closest(".plans").querySelector(".binned"), back = note.querySelector("button");
    const move = async (gone) => {
      try {
        await ask(`${button.dataset.plan}/`, ...(gone ? ["DELETE"] : ["PATCH", { deleted: false }]));
        row.classList.toggle("gone", gone);
        note.hidden = !gone;
        (gone ? back : button).focus();
      } catch (error) {
        note.hidden = false;
        note.firstElementChild.textContent = error instanceof TypeError ? LOST : error.message;
      }
    };
    button.addEventListener("click", () => { back.onclick = () => move(false); move(true); });
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
