// Full size: one device pixel for each of the picture's, both pictures at the same place.

const STEP = 0.12; // of what does not fit, for each press of a key

function setZoom(on) {
  stage.zoom = on;
  stage.share = { across: 0.5, down: 0.5 };
  $("stage").classList.toggle("zoom", on);
  $("zoom").setAttribute("aria-pressed", String(on));
  if (on && shown) shown.zoomed = true;
  bring(stage.front);
  lay();
}

function pan(across, down) {
  const within = share => Math.min(1, Math.max(0, share));
  stage.share = { across: within(across), down: within(down) };
  lay();
}

const panBy = (across, down) => stage.zoom && pan(stage.share.across + across * STEP, stage.share.down + down * STEP);

function followPointer() {
  let held = null; // where a finger was last
  $("stage").addEventListener("pointermove", event => {
    if (!stage.zoom || !shown) return;
    const box = (event.target.closest(".side") ?? $(stage.front)).getBoundingClientRect();
    const share = (at, start, size) => (at - start) / size;
    if (event.pointerType === "mouse") return pan(share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height));
    if (!held) return;
    const image = $(stage.front).querySelector("img").getBoundingClientRect();
    const moved = (by, size, room) => size > room ? by / (size - room) : 0;
    pan(stage.share.across + moved(held.x - event.clientX, image.width, box.width),
        stage.share.down + moved(held.y - event.clientY, image.height, box.height));
    held = { x: event.clientX, y: event.clientY };
  });
  $("stage").addEventListener("pointerdown", event => {
    lastPointer = event.pointerType;
    if (event.pointerType !== "mouse") held = { x: event.clientX, y: event.clientY };
  });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { held = null; });
}

let lastPointer = "mouse";
