// All pictures as a grid of which only the rows in sight exist.
const CAPTION = 48, AHEAD = 600; // px: below a picture; how far above and below the window rows are kept
const grid = { element: at("grid"), shown: [], cells: new Map(), columns: 1, width: 0, row: 0, before: false, size: 240 };
const choice = { find: "", sort: SORTS[0], down: false };
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const namesakes = new Map(); // how many pictures share a name, as those of two cards do
for (const { name } of data.pictures) namesakes.set(name, (namesakes.get(name) ?? 0) + 1);
const nameOrder = data.pictures.map((_, place) => place).sort((one, other) => byName.compare(pathOf(data.pictures[one]), pathOf(data.pictures[other])));

function choose() {
  const words = choice.find.toLowerCase().split(/\s+/).filter(Boolean);
  let found = nameOrder;
  if (words.length) found = found.filter((place) => { const path = pathOf(data.pictures[place]).toLowerCase(); return words.every((word) => path.includes(word)); });
  const of = choice.sort.of;
  if (of) {
    const value = new Map(found.map((place) => [place, of(data.pictures[place])]));
    const known = found.filter((place) => value.get(place) !== undefined), unknown = found.filter((place) => value.get(place) === undefined);
    known.sort((one, other) => value.get(one) - value.get(other));
    found = choice.down ? [...known.reverse(), ...unknown] : [...known, ...unknown];
  } else if (choice.down) found = [...found].reverse();
  grid.shown = found;
  const all = data.pictures.length, compared = data.pictures.filter(hasBefore).length;
  const number = all.toLocaleString("en") + (all === 1 ? " picture" : " pictures");
  at("count").textContent = found.length < all ? `${found.length.toLocaleString("en")} of ${number}`
    : compared ? `${number}${compared < all ? ", " + compared.toLocaleString("en") + " with a before" : ", before and after"}` : number;
  at("none").hidden = found.length > 0;
  for (const cell of grid.cells.values()) cell.remove();
  grid.cells.clear();
  layOut();
}

function layOut() {
  const inner = grid.element.clientWidth, phone = inner < 680, gap = phone ? 8 : 14;
  const columns = Math.max(phone ? 2 : 1, Math.floor((inner + gap) / ((phone ? 170 : grid.size) + gap)));
  const width = (inner - gap * (columns - 1)) / columns;
  if (columns !== grid.columns || width !== grid.width) { for (const cell of grid.cells.values()) cell.remove(); grid.cells.clear(); }
  const height = Math.round(width * 2 / 3);
  Object.assign(grid, { columns, width, gap, height, row: height + CAPTION + gap });
  grid.element.style.height = Math.max(0, Math.ceil(grid.shown.length / columns) * grid.row - gap) + "px";
  paint();
}

function paint() {
  const top = -grid.element.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor((top - AHEAD) / grid.row)) * grid.columns;
  const last = Math.min(grid.shown.length, Math.ceil((top + innerHeight + AHEAD) / grid.row) * grid.columns);
  for (const [place, cell] of grid.cells) if ((place < first || place >= last) && cell !== document.activeElement) { cell.remove(); grid.cells.delete(place); }
  for (let place = first; place < last; place++) if (!grid.cells.has(place)) {
    const cell = makeCell(place);
    grid.cells.set(place, cell);
    grid.element.append(cell);
  }
}

function makeCell(place) {
  const id = grid.shown[place], picture = data.pictures[id], view = picture.views[0];
  const frame = make("span", { class: "frame" }), name = pathOf(picture);
  frame.style.height = grid.height + "px";
  if (view) frame.append(image(picture, name)); else frame.append(make("span", { class: "broken", text: "Cannot be read" }));
  const value = choice.sort.of?.(picture);
  const about = value !== undefined ? choice.sort.say(value) : changes(picture).join(", ") || [model(picture.camera), exposure(picture.camera)].filter(Boolean).join(", ");
  const cell = make("button", { class: "cell", "data-place": place, title: name, role: "listitem", "aria-setsize": grid.shown.length, "aria-posinset": place + 1 },
    frame, nameOf(picture), make("span", { class: "about", text: about }));
  Object.assign(cell.style, {
    width: grid.width + "px", height: grid.height + CAPTION + "px",
    transform: `translate(${(place % grid.columns) * (grid.width + grid.gap)}px, ${Math.floor(place / grid.columns) * grid.row}px)`,
  });
  return cell;
}

function nameOf(picture) {
  const element = make("span", { class: "name", text: picture.name });
  if (picture.folder && namesakes.get(picture.name) > 1) element.append(make("span", { class: "folder", text: picture.folder }));
  return element;
}

function image(picture, name) {
  const before = grid.before && picture.views.slice(1).find(Boolean);
  const found = make("img", { alt: before ? name + ", before" : name, decoding: "async" });
  found.src = (before || picture.views[0]).small;
  return found;
}

function showBefore(before) {
  grid.before = before;
  at("all-before").setAttribute("aria-pressed", before);
  for (const cell of grid.cells.values()) {
    const picture = data.pictures[grid.shown[cell.dataset.place]], old = cell.querySelector("img");
    if (old) old.replaceWith(image(picture, pathOf(picture)));
  }
}

function focusCell(place) {
  place = Math.min(Math.max(place, 0), grid.shown.length - 1);
  if (place < 0) return;
  const row = Math.floor(place / grid.columns), start = grid.element.getBoundingClientRect().top + scrollY + row * grid.row;
  const covered = getComputedStyle(at("top")).position === "sticky" ? at("top").offsetHeight : 0;
  if (start < scrollY + covered + 8) scrollTo(0, start - covered - 18);
  else if (start + grid.row > scrollY + innerHeight) scrollTo(0, start + grid.row - innerHeight + 8);
  paint();
  grid.cells.get(place)?.focus({ preventScroll: true });
}
