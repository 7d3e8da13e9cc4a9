// Two colour-vision plates, drawn here from seeded dots: a digit differs from its ground by hue alone, along a line on
// which people without long-wave (protan) or middle-wave (deutan) cones see no difference. Brightness varies at random.
// Source of the lines: Viénot, Brettel, Mollon 1999, https://doi.org/10.1002/(SICI)1520-6378(199908)24:4<243::AID-COL5>3.0.CO;2-3

const PLATES = [
  { figure: [166, 123, 89], ground: [85, 133, 90] }, // protan
  { figure: [166, 110, 91], ground: [85, 143, 88] }, // deutan
];
const GAMMA = 2.2, BRIGHTNESS = [0.7, 1.35];
const DIGITS = { // five columns, seven rows
  2: "01110100010000100010001000100011111", 3: "11110000010000101110000010000111110", 5: "11111100001111000001000011000101110",
  6: "01110100001000011110100011000101110", 8: "01110100011000101110100011000101110", 9: "01110100011000101111000010000101110",
};
const COLUMNS = 5, ROWS = 7;

function seeded(seed) {
  // mulberry32: the same dots for the same seed, on every machine
  let at = seed >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function inFigure(digit, x, y) {
  // x and y from -1 to 1 over the circle
  const column = Math.floor((x + 0.5) * COLUMNS), row = Math.floor((y + 0.68) / 1.36 * ROWS);
  return column >= 0 && column < COLUMNS && row >= 0 && row < ROWS && DIGITS[digit][row * COLUMNS + column] === "1";
}

function dots(digit, seed) {
  // {x, y, radius, figure, brightness} in a circle of radius 1, none touching another
  const random = seeded(seed), found = [];
  for (let tries = 0; tries < 12000; tries++) {
    const radius = 0.018 + 0.03 * random() * (tries < 4000 ? 1 : 0.35);
    const x = 2 * random() - 1, y = 2 * random() - 1;
    if (Math.hypot(x, y) > 1 - radius) continue;
    if (found.some(dot => Math.hypot(dot.x - x, dot.y - y) < dot.radius + radius + 0.006)) continue;
    const brightness = BRIGHTNESS[0] + (BRIGHTNESS[1] - BRIGHTNESS[0]) * random();
    found.push({ x, y, radius, figure: inFigure(digit, x, y), brightness });
  }
  return found;
}

function colourOf(base, brightness) {
  const [red, green, blue] = base.map(value => Math.round(255 * Math.min(1, (value / 255) ** GAMMA * brightness) ** (1 / GAMMA)));
  return `rgb(${red} ${green} ${blue})`;
}

function drawPlate(canvas, plate, digit, seed) {
  const size = 220, pen = canvas.getContext("2d");
  canvas.width = canvas.height = Math.round(size * devicePixelRatio);
  canvas.style.width = canvas.style.height = size + "px";
  pen.scale(canvas.width / 2, canvas.height / 2);
  pen.translate(1, 1);
  for (const dot of dots(digit, seed)) {
    pen.fillStyle = colourOf(dot.figure ? plate.figure : plate.ground, dot.brightness);
    pen.beginPath();
    pen.arc(dot.x, dot.y, dot.radius, 0, 2 * Math.PI);
    pen.fill();
  }
}

const shownDigits = []; // what the plates of this visit show

function showPlates(changed) {
  if (shownDigits.length) return;
  PLATES.forEach((plate, index) => {
    const [word] = crypto.getRandomValues(new Uint32Array(1));
    const left = Object.keys(DIGITS).filter(digit => !shownDigits.includes(digit));
    const digit = left[word % left.length];
    shownDigits.push(digit);
    const canvas = document.createElement("canvas"), field = document.createElement("label"), input = document.createElement("input");
    field.className = "field";
    Object.assign(input, { id: "plate-" + index, inputMode: "numeric", maxLength: 1, autocomplete: "off", className: "short", oninput: changed });
    const words = document.createElement("span");
    words.textContent = t("device.plate", { number: index + 1 });
    drawPlate(canvas, plate, digit, word);
    field.append(canvas, words, input);
    $("plates").append(field);
  });
}

const platesRead = () => shownDigits.map((digit, index) => $("plate-" + index).value.trim() === digit);
const platesAnswered = () => shownDigits.length > 0 && shownDigits.every((digit, index) => /^\d$/.test($("plate-" + index).value.trim()));
