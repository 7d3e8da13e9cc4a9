// One picture: before and after under a cut, fitted or zoomed, full size fetched only when it is needed.
const viewer = { element: at("viewer"), id: -1, before: 0, cut: 0.5, alone: false, loads: {}, turned: false };
const current = () => data.pictures[viewer.id];
const isOpen = () => viewer.element.open;

function open(id, told = true) {
  const picture = data.pictures[id];
  viewer.id = id;
  if (!picture.views[viewer.before] || !viewer.before) viewer.before = Math.max(0, picture.views.findIndex((view, index) => index && view));
  if (!isOpen()) { viewer.element.showModal(); viewer.element.focus(); }
  viewer.loads = {};
  const where = grid.shown.indexOf(id);
  at("name").textContent = picture.name;
  at("position").textContent = [where < 0 ? "" : `${(where + 1).toLocaleString("en")} of ${grid.shown.length.toLocaleString("en")}`, picture.folder].filter(Boolean).join(", ");
  at("previous").disabled = where <= 0;
  at("next").disabled = where < 0 || where >= grid.shown.length - 1;
  at("broken").hidden = Boolean(picture.views[0]);
  offerBefores(picture);
  for (const [element, view, words] of sides()) {
    element.hidden = !view;
    if (view) { element.alt = pathOf(picture) + words; begin(element, view); } else element.removeAttribute("src");
  }
  draw();
  fillPanel(picture, viewer.before);
  preload(where);
  if (told) tell();
}

function sides() {
  const picture = current();
  return [[at("after"), picture.views[0], ", " + data.labels[0]], [at("before"), viewer.before ? picture.views[viewer.before] : null, ", " + data.labels[viewer.before]]];
}

function offerBefores(picture) {
  const offered = picture.views.map((view, index) => (index && view ? index : 0)).filter(Boolean), select = at("against");
  select.hidden = offered.length < 2;
  select.replaceChildren(...offered.map((index) => make("option", { value: index, text: data.labels[index] })));
  select.value = String(viewer.before);
  at("before-alone").hidden = !viewer.before;
}

function begin(element, view) {
  element.src = view.small;
  element.dataset.loaded = "small";
  fetchInto(element, view, "view");
}

function fetchInto(element, view, kind) {
  const key = view.key + kind;
  if (viewer.loads[key]) return;
  viewer.loads[key] = "asked";
  const loading = new Image(), mine = viewer.loads;
  const done = (state) => {
    if (mine !== viewer.loads) return; // another picture was opened
    mine[key] = state;
    if (state === "there" && !(kind === "view" && element.dataset.loaded === "full")) { element.src = loading.src; element.dataset.loaded = kind; }
    draw();
  };
  loading.src = view[kind];
  loading.decode().then(() => done("there"), () => done("failed"));
}

function preload(where) {
  for (const step of [1, -1]) {
    const neighbour = data.pictures[grid.shown[where + step]];
    for (const view of [neighbour?.views[0], neighbour?.views[viewer.before]]) if (view) new Image().src = view.view;
  }
}

function draw() {
  const picture = current(), view = picture.views[0] || picture.views[viewer.before], stage = at("stage");
  at("zoom").disabled = !view;
  at("tag-before").textContent = at("tag-after").textContent = at("note").textContent = "";
  at("cut").hidden = true;
  if (!view) return;
  const box = boxOf(view.px), screen = box.scale * (devicePixelRatio || 1);
  stage.classList.toggle("zoomed", place.scale > 0);
  stage.classList.toggle("enlarged", screen >= 1.99);
  at("zoom").textContent = place.scale ? "Fit" : "1:1";
  at("before-alone").setAttribute("aria-pressed", viewer.alone);
  const notes = new Set();
  for (const [element, side] of sides()) if (side) {
    const differs = Math.abs(side.px[0] / side.px[1] / (view.px[0] / view.px[1]) - 1) > 0.02;
    Object.assign(element.style, { width: box.width + "px", height: box.height + "px", transform: `translate(${box.left}px, ${box.top}px)`, objectFit: differs ? "contain" : "fill" });
    need(element, side, view, screen, notes);
  }
  if (place.scale) notes.add(`${Math.round(100 * screen)} %`);
  at("note").textContent = [...notes].reverse().join(", ");
  drawCut(box);
}

// The file itself where the preview has too few pixels for the screen, or each of them is looked at; a sentence where there is none.
function need(element, side, view, screen, notes) {
  const most = Math.max(...side.px), whole = Math.max(...view.px), preview = Math.min(1280, most), label = side === view ? data.labels[0] : data.labels[viewer.before];
  if (place.scale && most < 0.9 * whole) notes.add(`${label}: ${side.px[0]} × ${side.px[1]} px, enlarged`);
  if (!place.scale && (most <= preview || whole * screen <= 1.2 * preview)) return;
  if (side.full && side.full !== side.view) {
    fetchInto(element, side, "full");
    const state = viewer.loads[side.key + "full"];
    if (state === "asked" && most > preview) notes.add("loading full size");
    if (state === "failed" && most > preview) notes.add(`${label}: a preview, for its file is not where this page expects it`);
  } else if (!side.full && most > preview) notes.add(`${label}: a preview, for browsers do not show its format (attiqa look --full-size)`);
}

function drawCut(box) {
  const before = at("before"), stage = at("stage"), compared = !before.hidden && viewer.before > 0;
  const left = Math.max(0, box.left), right = Math.min(stage.clientWidth, box.left + box.width);
  const cut = viewer.alone ? right : left + viewer.cut * (right - left);
  before.style.clipPath = compared ? `inset(0 ${clamp(box.left + box.width - cut, 0, box.width)}px 0 0)` : "";
  at("tag-before").textContent = compared && (viewer.alone || viewer.cut > 0.02) ? data.labels[viewer.before] : "";
  at("tag-after").textContent = viewer.alone || (compared && viewer.cut > 0.98) ? "" : compared ? data.labels[0] : "";
  if (!compared || viewer.alone) return;
  const top = Math.max(0, box.top), line = at("cut");
  line.hidden = false;
  Object.assign(line.style, { left: cut + "px", top: top + "px", height: Math.min(stage.clientHeight, box.top + box.height) - top + "px" });
  at("handle").setAttribute("aria-valuenow", Math.round(100 * viewer.cut));
  at("handle").setAttribute("aria-valuetext", `${Math.round(100 * viewer.cut)} % ${data.labels[viewer.before]}`);
}

function cutAt(stageX) {
  const view = current().views[0] || current().views[viewer.before], box = boxOf(view.px);
  const left = Math.max(0, box.left), right = Math.min(at("stage").clientWidth, box.left + box.width);
  Object.assign(viewer, { cut: clamp((stageX - left) / (right - left), 0, 1), alone: false });
  draw();
}

function turn(step) {
  const where = grid.shown.indexOf(viewer.id), next = grid.shown[where + step];
  if (where < 0 || next === undefined) return;
  open(next);
}

function toggleZoom(stageX = at("stage").clientWidth / 2, stageY = at("stage").clientHeight / 2) {
  const view = current().views[0] || current().views[viewer.before];
  if (!view) return;
  if (place.scale) place.scale = 0; else { zoomAt(view.px, oneToOne(), stageX, stageY); place.scale = place.scale || oneToOne(); }
  draw();
  tell();
}

function toggleBefore() {
  if (!viewer.before) return;
  viewer.alone = !viewer.alone;
  draw();
  tell();
}

function toggleInfo() {
  const bare = viewer.element.classList.toggle("bare");
  at("info").setAttribute("aria-pressed", !bare);
  draw();
  if (!bare) drawCharts(current(), viewer.before);
}

function close() {
  const where = grid.shown.indexOf(viewer.id);
  if (isOpen()) viewer.element.close();
  viewer.loads = {};
  for (const element of [at("after"), at("before")]) element.removeAttribute("src");
  focusCell(where);
}
