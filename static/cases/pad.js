// The small map of a report: a drawing with a cross in its middle. A tap moves the cross there; arrow keys do, too. It does
// not catch the finger that scrolls the page. `Pad.show(lon, lat)` opens it; a "moved" event tells where the cross went.
(function () {
  "use strict";
  const pad = document.getElementById("pad");
  if (!pad) return;
  const STEP = 5; // metres of an arrow key
  const NEAR = 100, FAR = 400; // metres from left to right
  let lon = Number(pad.dataset.lon), lat = Number(pad.dataset.lat), across = Number(pad.dataset.metres), timer = null;

  function draw() {
    const image = new Image(800, 600);
    image.alt = pad.dataset.alt;
    image.onload = () => { pad.querySelectorAll("img").forEach((old) => old.remove()); pad.prepend(image); };
    image.src = `${pad.dataset.sketch}?lon=${lon.toFixed(6)}&lat=${lat.toFixed(6)}&coord_type=wgs84&metres=${across}`;
  }
  function move(east, south) {
    lon = +(lon + east / (111320 * Math.cos(lat * Math.PI / 180))).toFixed(7);
    lat = +(lat - south / 111132).toFixed(7);
    clearTimeout(timer);
    timer = setTimeout(draw, 80);
    pad.dispatchEvent(new CustomEvent("moved", { detail: { lon, lat } }));
  }
  pad.addEventListener("click", (event) => {
    if (event.target.closest("button")) return;
    const box = pad.getBoundingClientRect(), metres = across / box.width;
    move((event.clientX - box.left - box.width / 2) * metres, (event.clientY - box.top - box.height / 2) * metres);
  });
  pad.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    move(way[0] * STEP, way[1] * STEP);
  });
  for (const button of pad.querySelectorAll("button")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      across = Math.min(FAR, Math.max(NEAR, across * Number(button.dataset.times)));
      draw();
    });
  }
  window.Pad = {
    show(newLon, newLat) {
      lon = newLon; lat = newLat; pad.hidden = false; draw();
    },
  };
})();
