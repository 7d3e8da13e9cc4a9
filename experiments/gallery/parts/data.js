// What the page knows, and how numbers and names are written.
const data = JSON.parse(document.getElementById("data").textContent);
const rows = new Map(data.parameters.map((row) => [row.name, row]));
const at = (id) => document.getElementById(id);

function make(tag, about = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(about)) {
    if (name === "text") element.textContent = value;
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...inside);
  return element;
}

const UNITS = { degree: "°", "of white": "of white", "of size": "of size" };
const WORDS = { ev: "", mired: "", duv: "", deg: "", px: "" }; // units at the end of a name are written behind the number

function title(name) {
  const words = name.replace(/^e8_/, "Exposure: ").split("_").filter((word) => !(word in WORDS));
  const text = words.join(" ").replace(/\bca\b/, "CA");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function plain(number) {
  const size = Math.abs(number);
  const digits = size === 0 ? 0 : size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : size >= 0.01 ? 3 : 4;
  return number.toFixed(digits).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

function amount(name, value) {
  const row = rows.get(name), unit = row ? row.unit : "";
  const sign = value > 0 && (!row || row.identity === 0) ? "+" : value < 0 ? "−" : "";
  return sign + plain(Math.abs(value)) + (unit ? (UNITS[unit] === "°" ? "°" : " " + (UNITS[unit] || unit)) : "");
}

const percent = (share) => (share === 0 ? "0 %" : share < 0.0005 ? "< 0.1 %" : (100 * share).toFixed(share < 0.0995 ? 1 : 0) + " %");
const valueOf = (picture, name) => picture.params?.[name] ?? rows.get(name)?.identity ?? 0;
const pathOf = (picture) => (picture.folder ? picture.folder + "/" : "") + picture.name;
const hasBefore = (picture) => picture.views.slice(1).some(Boolean);

function exposure(camera = {}) {
  const time = camera.exposure_s, said = [];
  if (time) said.push(time >= 0.3 ? plain(time) + "\u00a0s" : "1/" + Math.round(1 / time) + "\u00a0s");
  if (camera.f_number) said.push("f/" + plain(camera.f_number));
  if (camera.iso) said.push("ISO\u00a0" + Math.round(camera.iso));
  if (camera.focal_length_mm) said.push(plain(camera.focal_length_mm) + "\u00a0mm");
  return said.join(", ");
}

function model(camera = {}) {
  const { make: maker = "", model: name = "" } = camera;
  const text = name.toLowerCase().startsWith(String(maker).split(" ")[0].toLowerCase()) ? name : `${maker} ${name}`;
  return text.trim();
}

const changes = (picture) => Object.entries(picture.params || {}).map(([name, value]) => `${title(name)} ${amount(name, value)}`);

const SORTS = [
  { key: "name", text: "Name", of: null },
  { key: "white", text: "Clipped white", of: (picture) => picture.views[0]?.white, say: (value) => percent(value) + " clipped white" },
  { key: "black", text: "Clipped black", of: (picture) => picture.views[0]?.black, say: (value) => percent(value) + " clipped black" },
  { key: "mean", text: "Brightness", of: (picture) => picture.views[0]?.mean, say: (value) => "mean luma " + value.toFixed(2) },
  { key: "score", text: "Score", of: (picture) => picture.score, say: (value) => "score " + plain(value) },
  { key: "iso", text: "ISO", of: (picture) => picture.camera?.iso, say: (value) => "ISO " + Math.round(value) },
  ...data.parameters.map(({ name }) => ({
    key: "p." + name, text: title(name),
    of: (picture) => picture.params && valueOf(picture, name), say: (value) => `${title(name)} ${amount(name, value)}`,
    rare: !data.pictures.some((picture) => picture.params && name in picture.params),
  })),
].filter((sort) => !sort.rare && (!sort.of || data.pictures.some((picture) => sort.of(picture) !== undefined)));
