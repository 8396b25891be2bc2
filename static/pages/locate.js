// "Use my position": asked only on a tap. The phone's own position is WGS 84. Without this script the button stays hidden.
(function () {
  "use strict";
  var box = document.getElementById("locate");
  if (!box || !navigator.geolocation || !window.isSecureContext) return;
  var button = box.querySelector("button");
  var status = box.querySelector("[role=status]");
  box.hidden = false;

  function found(position) {
    var at = position.coords;
    location.assign(box.dataset.place + "?lon=" + at.longitude.toFixed(6) + "&lat=" + at.latitude.toFixed(6) + "&coord_type=wgs84");
  }
  function failed(error) {
    button.disabled = false;
    status.textContent = error.code === error.PERMISSION_DENIED ? status.dataset.refused : status.dataset.failed;
  }
  button.addEventListener("click", function () {
    button.disabled = true;
    status.textContent = status.dataset.asking;
    navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 12000, maximumAge: 60000 });
  });
})();
