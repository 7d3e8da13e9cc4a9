// The address says what is shown, so that a link to a picture in its state can be passed on; keys; the first picture of the page.
let telling = 0;
const indexOf = new Map(data.pictures.map((picture, index) => [pathOf(picture), index]));

function address() {
  const said = new URLSearchParams();
  if (choice.find) said.set("find", choice.find);
  if (choice.sort.of) said.set("sort", choice.sort.key);
  if (choice.down) said.set("down", "1");
  if (document.documentElement.dataset.ground) said.set("ground", document.documentElement.dataset.ground);
  if (isOpen()) {
    said.set("picture", pathOf(current()));
    if (place.scale) { said.set("zoom", (place.scale / oneToOne()).toFixed(3)); said.set("at", `${place.x.toFixed(4)},${place.y.toFixed(4)}`); }
    if (viewer.before) said.set("cut", viewer.alone ? "1" : viewer.cut.toFixed(3));
    if (viewer.before > 1) said.set("with", data.labels[viewer.before]);
    if (viewer.element.classList.contains("bare")) said.set("bare", "1");
  }
  return "#" + said;
}

function tell() {
  clearTimeout(telling);
  telling = setTimeout(() => { if (address() !== location.hash) history.replaceState(history.state, "", address()); }, 150);
}

function listen(first = false) {
  const said = new URLSearchParams(location.hash.slice(1));
  const ground = said.get("ground");
  if (ground) setGround(ground);
  const before = JSON.stringify([choice.find, choice.sort.key, choice.down]);
  choice.find = said.get("find") || "";
  choice.sort = SORTS.find((sort) => sort.key === said.get("sort")) || SORTS[0];
  choice.down = said.has("down");
  at("search").value = choice.find;
  at("sort").value = choice.sort.key;
  showTurn();
  if (first || before !== JSON.stringify([choice.find, choice.sort.key, choice.down])) choose();
  const id = indexOf.get(said.get("picture"));
  if (id === undefined) { if (isOpen()) close(); return; }
  const [x, y] = (said.get("at") || "").split(",").map(Number);
  Object.assign(place, { scale: Math.max(0, Number(said.get("zoom")) || 0) * oneToOne(), x: x || 0.5, y: y || 0.5 });
  const cut = Number(said.get("cut") ?? 0.5);
  Object.assign(viewer, { cut: cut >= 0 && cut <= 1 ? cut : 0.5, alone: said.get("cut") === "1" });
  viewer.before = Math.max(0, data.labels.indexOf(said.get("with"), 1));
  viewer.element.classList.toggle("bare", said.has("bare"));
  at("info").setAttribute("aria-pressed", !said.has("bare"));
  open(id, false);
}

function enter(id) {
  Object.assign(place, { scale: 0, x: 0.5, y: 0.5 });
  viewer.alone = false;
  history.pushState({ entered: true }, "", location.hash || "#");
  open(id);
}

function leave() {
  clearTimeout(telling);
  close();
  if (history.state?.entered) history.back(); else history.replaceState(null, "", address());
}

function setGround(name) {
  document.documentElement.dataset.ground = name === "dark" ? "" : name;
  at("ground").value = name;
}

function showTurn() {
  at("turn").textContent = choice.down ? "↓" : "↑";
}

function inViewer(event) {
  const onSlider = event.target === at("handle"), step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (onSlider && step) { viewer.cut = clamp(viewer.cut + step * (event.shiftKey ? 0.1 : 0.02), 0, 1); draw(); tell(); return true; }
  if (event.shiftKey && event.key.startsWith("Arrow") && place.scale) {
    const by = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] }[event.key];
    panBy(shownPx(), ...by); draw(); tell(); return true;
  }
  const view = shownPx(), middle = [at("stage").clientWidth / 2, at("stage").clientHeight / 2];
  const zoomBy = (factor) => { if (view) { zoomAt(view, boxOf(view).scale * factor, ...middle); draw(); tell(); } };
  const acts = {
    ArrowLeft: () => turn(-1), ArrowRight: () => turn(1), Home: () => open(grid.shown[0]), End: () => open(grid.shown.at(-1)),
    z: toggleZoom, b: toggleBefore, i: () => { toggleInfo(); tell(); }, "+": () => zoomBy(1.25), "=": () => zoomBy(1.25), "-": () => zoomBy(0.8), 0: () => { place.scale = 0; draw(); tell(); },
  };
  const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (act) act();
  else if (/^[1-9]$/.test(event.key) && current().views[Number(event.key)]) { viewer.before = Number(event.key); open(viewer.id); } else return false;
  return true;
}

function inGrid(event) {
  if (event.key.toLowerCase() === "b" && !at("all-before").hidden) { showBefore(!grid.before); return true; }
  if (event.key === "/") { at("search").focus(); return true; }
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -grid.columns, ArrowDown: grid.columns }[event.key], cell = document.activeElement?.closest(".cell");
  if (step && cell) { focusCell(Number(cell.dataset.place) + step); return true; }
  return false;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
  if (isOpen() ? inViewer(event) : inGrid(event)) event.preventDefault();
});
viewer.element.addEventListener("cancel", (event) => { event.preventDefault(); leave(); });
grid.element.addEventListener("click", (event) => { const cell = event.target.closest(".cell"); if (cell) enter(grid.shown[cell.dataset.place]); });
at("close").addEventListener("click", leave);
at("previous").addEventListener("click", () => turn(-1));
at("next").addEventListener("click", () => turn(1));
at("zoom").addEventListener("click", () => toggleZoom());
at("before-alone").addEventListener("click", toggleBefore);
at("info").addEventListener("click", () => { toggleInfo(); tell(); });
at("against").addEventListener("change", (event) => { viewer.before = Number(event.target.value); open(viewer.id); });
at("all-before").addEventListener("click", () => showBefore(!grid.before));
at("search").addEventListener("input", (event) => { choice.find = event.target.value; scrollTo(0, 0); choose(); tell(); });
at("sort").addEventListener("change", (event) => { choice.sort = SORTS.find((sort) => sort.key === event.target.value); choice.down = Boolean(choice.sort.of); showTurn(); choose(); tell(); });
at("turn").addEventListener("click", () => { choice.down = !choice.down; showTurn(); choose(); tell(); });
at("size").addEventListener("input", (event) => { grid.size = Number(event.target.value); layOut(); });
at("ground").addEventListener("change", (event) => { setGround(event.target.value); tell(); });
addEventListener("scroll", () => requestAnimationFrame(paint), { passive: true });
addEventListener("resize", () => { layOut(); if (isOpen()) { draw(); drawCharts(current(), viewer.before); } });
addEventListener("hashchange", () => listen());

at("sort").append(...SORTS.map((sort) => make("option", { value: sort.key, text: sort.text })));
at("all-before").hidden = !data.pictures.some(hasBefore);
const told = [...data.failures, ...data.pictures.flatMap((picture) => picture.problems)];
if (told.length) {
  at("failures").hidden = false;
  at("failures").querySelector("summary").textContent = `${told.length.toLocaleString("en")} ${told.length === 1 ? "problem" : "problems"}: raws that could not be rendered, pictures that cannot be read`;
  at("failures").querySelector("ul").append(...told.map((text) => make("li", { text })));
}
history.scrollRestoration = "manual";
listen(true);
