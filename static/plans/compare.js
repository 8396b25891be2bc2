"use strict";
// The print button, and one map drawn over the other. Without this script the maps stand side by side.

for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());

const pair = document.querySelector(".pair");
const maps = pair ? pair.querySelectorAll("figure") : [];
if (maps.length === 2) {
  const bar = pair.querySelector(".swipe-bar");
  const [button, label] = [bar.querySelector("button"), bar.querySelector("label")];
  const slider = label.querySelector("input");
  const place = () => pair.style.setProperty("--at", `${slider.value}%`);
  bar.hidden = false;
  button.addEventListener("click", () => {
    const isOn = pair.classList.toggle("swipe");
    button.setAttribute("aria-pressed", String(isOn));
    label.hidden = !isOn;
    place();
  });
  slider.addEventListener("input", place);
  const follow = (event) => {
    if (!pair.classList.contains("swipe") || !event.buttons) return;
    const box = pair.querySelector(".maps").getBoundingClientRect();
    slider.value = String(Math.round((100 * (event.clientX - box.left)) / box.width));
    place();
  };
  pair.querySelector(".maps").addEventListener("pointermove", follow);
}
