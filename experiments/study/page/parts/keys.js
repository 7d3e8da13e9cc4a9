// The keyboard, the mouse and fingers, on a trial.

function choiceOfKey(event) {
  const { choices, answers } = about;
  if (/^[1-5]$/.test(event.key)) return choices[Number(event.key) - 1] ?? null;
  if (event.key === "ArrowUp" || event.key === "=") return choices.includes("tie") ? "tie" : null;
  const side = { ArrowLeft: "left", ArrowRight: "right" }[event.key];
  if (!side) return null;
  return answers === "five" && !event.shiftKey ? "slightly-" + side : side;
}

const PANS = { w: [0, -1], a: [-1, 0], s: [0, 1], d: [1, 0], ArrowUp: [0, -1], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowRight: [1, 0] };

function onKey(event) {
  if ($("trial").hidden || event.ctrlKey || event.altKey || event.metaKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // with five answers Shift and an arrow is an answer; W A S D look around in any case
  const pans = stage.zoom && PANS[key] && (key.length === 1 || (event.shiftKey && about.answers !== "five"));
  if (pans) { event.preventDefault(); return panBy(...PANS[key]); }
  if (event.repeat) return;
  const onButton = document.activeElement?.tagName === "BUTTON" && !document.activeElement.classList.contains("side");
  const actions = { Backspace: undo, z: () => shown && setZoom(!stage.zoom), Escape: () => setZoom(false), ...(onButton ? {} : { " ": change }) };
  const choice = choiceOfKey(event);
  if (!choice && !actions[key]) return;
  event.preventDefault();
  if (choice) answer(choice); else actions[key]();
}

function onSide(side) {
  if (stage.words === "single") return change();
  if (about.answers === "five" || (stage.zoom && lastPointer !== "mouse")) return;
  answer(side);
}

function setUpTrial() {
  for (const side of SIDES) {
    $(side).onclick = () => onSide(side);
    $(side).tabIndex = about.answers === "five" && about.view === "side-by-side" ? -1 : 0;
  }
  $("choices").setAttribute("aria-label", t("trial.choices"));
  $("choices").replaceChildren(...about.choices.map(choice => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.choice = choice;
    button.onclick = () => answer(choice);
    return button;
  }));
  put($("stop"), backend.kind === "file" ? "trial.stop_file" : "trial.stop_server");
  put($("problem-words"), backend.kind === "file" ? "trial.missing_file" : "trial.missing_server");
  $("undo").onclick = undo;
  $("change").onclick = change;
  $("zoom").onclick = () => shown && setZoom(!stage.zoom);
  $("stop").onclick = stop;
  $("retry").onclick = () => show(current.trial, current.revision, current.choice);
  $("skip").onclick = () => record("skipped", 0, false, 0);
  // after a click by pointer the keyboard answers again; whoever tabs keeps their place
  $("trial").onclick = event => { if (event.detail) event.target.closest("button")?.blur(); };
}
