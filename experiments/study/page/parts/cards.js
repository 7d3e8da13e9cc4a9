// What stands between the pairs: consent, instructions, breaks.

const question = () => about.question || t("question.default");

function notice(name, values, buttons, text = `notice.${name}_text`) {
  // `buttons`: [key in [notice], what it does]; the first is the main one
  turn++;
  shown = null;
  flicker(false);
  waiting = false;
  onResize = () => {};
  put($("notice-title"), `notice.${name}`);
  put($("notice-text"), text, values);
  $("notice-buttons").replaceChildren(...buttons.map(([key, action], index) => {
    const button = document.createElement("button");
    button.className = index ? "plain" : "plain main";
    put(button, `notice.${key}`);
    button.onclick = action;
    return button;
  }));
  screenOf("notice");
}

function showConsent() {
  const { consent, name, languages } = about, where = backend.kind;
  $("name").textContent = name;
  $("own-words").textContent = consent.text;
  $("own-words").hidden = !consent.text;
  put($("recorded"), `consent.recorded_${where}`);
  put($("kept"), "consent.kept", { days: consent.retention_days });
  put($("leaving"), `consent.leaving_${where}`);
  put($("contact"), "consent.contact", { contact: consent.contact });
  $("contact").hidden = !consent.contact;
  put($("version"), "consent.version", { version: consent.version });
  $("rater-field").hidden = !backend.named;
  $("unstored").hidden = backend.works;
  $("languages").hidden = languages.length < 2;
  const ready = () => { $("agree").disabled = backend.named && !$("rater").value.trim(); };
  $("rater").oninput = ready;
  ready();
  $("agree").onclick = () => consents(true);
  $("decline").onclick = () => consents(false);
  screenOf("consent");
}

async function consents(agreed) {
  for (const id of ["agree", "decline"]) $(id).disabled = true;
  try {
    const state = await backend.consent({ version: about.consent.version, language, agreed, rater: $("rater").value.trim() });
    if (agreed) go(); else ending({ ...state, stage: "withdrawn", reason: "no-consent" });
  } catch (error) { refused(error); } finally { for (const id of ["agree", "decline"]) $(id).disabled = false; }
}

function showInstructions(state) {
  const { view, answers } = about, isTraining = state.stage === "training";
  const single = view !== "side-by-side";
  $("instructions").querySelector("h1").textContent = question();
  put($("how-many"), isTraining ? "instructions.count_unknown" : "instructions.count", { count: state.total });
  const lines = [
    ...(isTraining ? ["training"] : []), ...(single ? [view] : []),
    ...(isTouch() ? ["touch"] : [`${single ? "single" : "keys"}_${answers}`]), "traps",
    ...(isTouch() ? ["zoom_touch"] : ["undo", "zoom"]), "room", "stop",
  ];
  $("how").replaceChildren(...lines.map(line => {
    const item = document.createElement("li");
    put(item, `instructions.${line}`);
    return item;
  }));
  put($("start"), isTraining ? "instructions.practise" : "instructions.start");
  $("start").onclick = go;
  screenOf("instructions");
}

const rested = new Set(); // after how many pairs a break was offered

function breakIsDue({ stage: at, done, next }) {
  const every = about.break_every;
  return every > 0 && at === "trials" && done > 0 && done % every === 0 && next.length > 0 && !rested.has(done);
}

function showBreak(state) {
  rested.add(state.done);
  notice("break", { done: state.done, total: state.total ?? "…" }, [["go_on", go], ...(backend.kind === "file" ? [] : [["withdraw", withdraw]])]);
}
