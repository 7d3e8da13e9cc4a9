// What is said about one picture: histograms, parameters that were moved first, camera, corrections, files.
function fillPanel(picture, before) {
  const view = picture.views[0], panel = at("panel"), sections = [];
  const problems = picture.problems.map((text) => make("p", { class: "warning", text }));
  if (problems.length) sections.push(section("", ...problems));
  const charts = [[view, data.labels[0]], ...(before ? [[picture.views[before], data.labels[before]]] : [])].filter(([each]) => each);
  if (charts.length) sections.push(section("Tones", ...charts.map(chart)));
  if (picture.params || picture.recipe) sections.push(section("Parameters", ...parameters(picture)));
  const facts = [
    ["Chosen by", picture.tuner],
    ["Camera", model(picture.camera)], ["Lens", picture.camera?.lens], ["Exposure", exposure(picture.camera)], ["Taken", picture.camera?.taken],
    ["Picture", view && size(view)], ["Folder", picture.folder],
  ].filter(([, text]) => text);
  if (facts.length) sections.push(section("About", make("dl", {}, ...facts.flatMap(([name, text]) => [make("dt", { text: name }), make("dd", { text })]))));
  sections.push(...corrections("Not corrected", picture.not_applied), ...corrections("Corrected", picture.applied));
  const links = [view && link(view.link, "This picture"), before && picture.views[before] && link(picture.views[before].link, "The one before"), picture.recipe && link(picture.recipe, "Its recipe")].filter(Boolean);
  if (links.length) sections.push(section("Files", make("ul", {}, ...links.map((each) => make("li", {}, each)))));
  sections.push(make("section", { class: "keys" }, ...keys(hasBefore(picture))));
  panel.replaceChildren(...sections);
  drawCharts(picture, before);
}

function drawCharts(picture, before) {
  const views = [picture.views[0], before && picture.views[before]].filter(Boolean);
  const peak = Math.max(...views.map((view) => view.peak));
  at("panel").querySelectorAll("canvas").forEach((canvas, place) => drawHistogram(canvas, views[place], peak));
}

function section(heading, ...inside) {
  return make("section", {}, ...(heading ? [make("h3", { text: heading })] : []), ...inside);
}

function chart([view, label]) {
  const clipped = `clipped black ${percent(view.black)}, white ${percent(view.white)}`;
  const about = make("span", { text: clipped, title: "Share of pixels with a channel at 0 or 1, and at 254 or 255, measured as the page was made" });
  const spoken = `Histogram of ${label}: mean luma ${view.mean.toFixed(2)}, ${clipped}`;
  return make("figure", {}, make("figcaption", {}, make("b", { text: label }), about), make("canvas", { role: "img", "aria-label": spoken }));
}

function parameters(picture) {
  const moved = Object.keys(picture.params || {}), resting = data.parameters.filter(({ name }) => !moved.includes(name));
  const drawn = moved.map((name) => parameter(name, picture.params[name]));
  if (!drawn.length) drawn.push(make("p", { text: "All at their default." }));
  if (resting.length && moved.length) drawn.push(make("details", {}, make("summary", { text: `${resting.length} at their default` }), ...resting.map((row) => parameter(row.name, row.identity))));
  return drawn;
}

function parameter(name, value) {
  const row = rows.get(name), drawn = make("div", { class: "parameter", title: row ? `${name}: ${row.doc}` : name }, make("span", { text: title(name) }), make("output", { text: amount(name, value) }));
  if (!row) return drawn;
  const place = (number) => 100 * Math.min(1, Math.max(0, (number - row.low) / (row.high - row.low)));
  const [from, to] = [place(row.identity), place(value)].sort((one, other) => one - other);
  const bar = make("i"), middle = make("u");
  bar.style.left = `min(${from}%, calc(100% - 2px))`;
  bar.style.width = to - from + "%";
  middle.style.left = `min(${place(row.identity)}%, calc(100% - 1px))`;
  drawn.append(make("div", { class: "track" }, ...(value === row.identity ? [] : [bar]), middle));
  return drawn;
}

function corrections(heading, names) {
  return names?.length ? [section(heading, make("ul", {}, ...names.map((text) => make("li", { text }))))] : [];
}

function size(view) {
  const [width, height] = view.px, megabytes = view.bytes / 1e6;
  return `${width} × ${height}, ${plain(width * height / 1e6)} MP, ${view.bits} bits, ${megabytes < 1 ? Math.ceil(view.bytes / 1e3) + " kB" : plain(megabytes) + " MB"}`;
}

function link(address, text) {
  return make("a", { href: address, target: "_blank", rel: "noopener", text });
}

function keys(compared) {
  const all = [["← →", "other pictures"], ["Z", "1:1"], ...(compared ? [["B", "before alone"]] : []), ["I", "this column"], ["Esc", "all pictures"]];
  return all.flatMap(([key, text]) => [make("kbd", { text: key }), ` ${text}   `]);
}
