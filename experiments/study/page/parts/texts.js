const page = JSON.parse(document.getElementById("data").textContent);
const $ = id => document.getElementById(id);
let language = Object.keys(page.texts)[0];

function t(key, values = {}) {
  return page.texts[language][key].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

function put(element, key, values) {
  // what is between backticks is a key of the keyboard; values are put in after, so that nothing in them is read as one
  const parts = page.texts[language][key].split("`").map((part, index) => {
    const node = document.createElement(index % 2 ? "kbd" : "span");
    node.textContent = part.replace(/\{(\w+)\}/g, (whole, name) => String(values?.[name] ?? whole));
    return index % 2 ? node : document.createTextNode(node.textContent);
  });
  element.replaceChildren(...parts);
}

function say(text) { $("live").textContent = text; }

function choose(name) {
  language = name;
  document.documentElement.lang = name;
  for (const element of document.querySelectorAll("[data-text]")) put(element, element.dataset.text);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}

function likely(names) {
  // the first language of the rater's own that is offered: de-CH finds de, and the other way round
  const short = name => name.toLowerCase().split("-")[0];
  for (const own of navigator.languages ?? []) {
    const found = names.find(name => name.toLowerCase() === own.toLowerCase()) ?? names.find(name => short(name) === short(own));
    if (found) return found;
  }
  return names[0];
}

function screenOf(name) {
  for (const id of ["consent", "device", "instructions", "trial", "notice", "done"]) $(id).hidden = id !== name;
  if (name !== "trial") { scrollTo(0, 0); $(name).querySelector("h1").focus(); }
}
