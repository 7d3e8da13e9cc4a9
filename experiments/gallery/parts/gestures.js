// Mouse, pen and fingers on the stage: the cut, panning, pinching, swiping, double tap, wheel.
const touch = { points: new Map(), kind: "", start: null, last: null, span: 0, tap: { time: 0, x: 0, y: 0 } };
const SWIPE = 50, STILL = 6, DOUBLE_MS = 320;

function onStage(event) {
  const box = at("stage").getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

const shownPx = () => (current().views[0] || current().views[viewer.before])?.px;

function pressed(event) {
  if (event.target.closest(".turn") || event.button > 0 || !shownPx()) return;
  const point = onStage(event);
  touch.points.set(event.pointerId, point);
  at("stage").setPointerCapture(event.pointerId);
  Object.assign(touch, { start: point, last: point });
  const onHandle = Boolean(event.target.closest("#handle")), mouse = event.pointerType === "mouse";
  if (touch.points.size === 2) Object.assign(touch, { kind: "pinch", span: spread() });
  else touch.kind = onHandle ? "cut" : place.scale ? "pan" : mouse && viewer.before ? "press" : "swipe";
  at("stage").classList.toggle("held", touch.kind === "pan");
}

function moved(event) {
  if (!touch.points.has(event.pointerId)) return;
  const point = onStage(event), by = { x: point.x - touch.last.x, y: point.y - touch.last.y };
  touch.points.set(event.pointerId, point);
  if (touch.kind === "press" && far(point)) touch.kind = "cut";
  if (touch.kind === "cut") cutAt(point.x);
  else if (touch.kind === "pan") { panBy(shownPx(), by.x, by.y); draw(); }
  else if (touch.kind === "pinch") {
    const middle = centre(), before = touch.span;
    touch.span = spread();
    zoomAt(shownPx(), boxOf(shownPx()).scale * touch.span / before, middle.x, middle.y);
    draw();
  }
  touch.last = point;
}

function released(event) {
  if (!touch.points.delete(event.pointerId)) return;
  const point = onStage(event), across = point.x - touch.start.x, down = point.y - touch.start.y;
  at("stage").classList.remove("held");
  if (event.type === "pointercancel" || touch.points.size) { touch.kind = touch.points.size ? "" : touch.kind; tell(); return; }
  if (touch.kind === "swipe" && Math.abs(across) > SWIPE && Math.abs(across) > 1.5 * Math.abs(down)) turn(across < 0 ? 1 : -1);
  else if (touch.kind && touch.kind !== "pinch" && !far(point)) tapped(point, event.timeStamp);
  touch.kind = "";
  tell();
}

function tapped(point, time) {
  const near = Math.hypot(point.x - touch.tap.x, point.y - touch.tap.y) < 30;
  if (near && time - touch.tap.time < DOUBLE_MS) { touch.tap.time = 0; toggleZoom(point.x, point.y); } else touch.tap = { time, ...point };
}

function wheeled(event) {
  const px = shownPx();
  if (!px) return;
  event.preventDefault();
  const point = onStage(event), lines = event.deltaMode ? 33 : 1;
  zoomAt(px, boxOf(px).scale * Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.002)), point.x, point.y);
  draw();
  tell();
}

const far = (point) => Math.hypot(point.x - touch.start.x, point.y - touch.start.y) > STILL;
const spread = () => { const [one, other] = [...touch.points.values()]; return Math.hypot(one.x - other.x, one.y - other.y) || 1; };
const centre = () => { const [one, other] = [...touch.points.values()]; return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 }; };

at("stage").addEventListener("pointerdown", pressed);
at("stage").addEventListener("pointermove", moved);
at("stage").addEventListener("pointerup", released);
at("stage").addEventListener("pointercancel", released);
at("stage").addEventListener("wheel", wheeled, { passive: false });
