/* Elements, icons and the live region. Words of people reach the page by `textContent` only. */
window.Plans = window.Plans || {};
(function (Plans) {
  "use strict";

  /** An element: `text`, `on…` listeners, other attributes; null and false are left out. */
  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") element.textContent = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  // On a field of 24 by 24, drawn with a round pen.
  const PATHS = {
    select: "M5 3l13 8-6 1.500L9 19z", brush: "M20 3l-9 9M11 12c-3 0-4 2-4 4s-2 3-4 3c2 2 8 2.500 9-2 .4-2-.3-3.600-1-5z",
    rect: "M4 5h16v14H4z", lasso: "M12 4c5 0 9 2.700 9 6s-4 6-9 6-9-2.700-9-6 4-6 9-6zM7 15c-2 1-2 4 0 5",
    border: "M4 20L10 12l-2-4 6-5M10 12l10 4M8 10.500h4v3H8z", redraw: "M4 18c3-9 6-2 9-7s2-7 7-7M3 21l3-1-2-2z", split: "M12 3v3M12 9v3M12 15v3M12 21v0M4 5h5v14H4M20 5h-5v14h5",
    divide: "M4 4h16v16H4zM4 12h16M12 4v16", merge: "M3 6h6l6 12h6M3 18h6l2-4M13 10l2-4h6", draw: "M4 4h16v16H4zM12 8v8M8 12h8", dissolve: "M4 4h16v16H4zM15 9l-6 6M9 9v6h6",
    lock: "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3", unlock: "M6 11h12v9H6zM8.500 11V7a3.500 3.500 0 0 1 7-.5", undo: "M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 8h-3", redo: "M15 7l5 5-5 5M20 12H9a5 5 0 0 0 0 8h3",
    help: "M9 9a3 3 0 1 1 4 2.800c-1 .5-1 1.200-1 2.200M12 18v.1", erase: "M9 19h11M5 14l8-9 6 5-8 9H8z", note: "M4 5h16v11H10l-4 4v-4H4z", more: "M12 5v14M5 12h14", less: "M5 12h14",
    fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5", close: "M6 6l12 12M18 6L6 18", go: "M9 5l7 7-7 7", up: "M12 19V5M6 11l6-6 6 6", down: "M12 5v14M6 13l6 6 6-6", left: "M19 12H5M11 6l-6 6 6 6", right: "M5 12h14M13 6l6 6-6 6", rename: "M4 20h4L19 9l-4-4L4 16z",
  };
  function icon(name) {
    const space = "http://www.w3.org/2000/svg";
    const picture = document.createElementNS(space, "svg"), path = document.createElementNS(space, "path");
    const look = { viewBox: "0 0 24 24", "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" };
    for (const [key, value] of Object.entries(look)) picture.setAttribute(key, value);
    path.setAttribute("d", PATHS[name]);
    picture.append(path);
    return picture;
  }

  /** Tell a screen reader, and whoever looks at the line below the map. */
  function announce(words) {
    const region = document.getElementById("announce");
    region.textContent = "";
    setTimeout(() => { region.textContent = words; }, 30);   // the same words twice are two pieces of news
  }

  const number = (value) => value === null ? "—" : Math.round(value).toLocaleString("en-US");   // null is not told
  const signed = (value) => (value > 0 ? "+" : value < 0 ? "−" : "±") + number(Math.abs(value));
  const clock = (time) => new Date(time).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
  const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const typing = (target) => !!target.closest("input:not([type=checkbox]):not([type=range]), select, textarea, [contenteditable]");

  /** A function that runs at most every so many milliseconds, the last call always. */
  function throttled(ms, run) {
    let timer = null, last = 0;
    return (...given) => {
      clearTimeout(timer);
      const wait = Math.max(0, last + ms - performance.now());
      timer = setTimeout(() => { last = performance.now(); run(...given); }, wait);
    };
  }

  Object.assign(Plans, { make, icon, announce, number, signed, clock, still, typing, throttled });
})(window.Plans);
