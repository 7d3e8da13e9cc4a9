// One pair: shown after a blank, answered once, and the next one.

const BLANK_MS = 150;    // grey between two pairs, so that the eye compares within a pair
const EARLIEST_MS = 200; // nobody has seen both pictures before that: a double click, not an answer
const pause = ms => new Promise(done => setTimeout(done, ms));
const frame = () => new Promise(done => requestAnimationFrame(done));

let current = null; // {trial, revision, choice}: the pair that is asked for, on the screen or on its way
let shown = null;   // {since, away, zoomed}: it is on the screen
let turn = 0;       // counts requests to show a pair; a late picture of an older one is dropped

async function show(trial, revision, choice = null) {
  const mine = ++turn;
  shown = null;
  current = { trial, revision, choice };
  flicker(false);
  arrange();
  setZoom(false);
  $("stage").classList.add("waiting");
  $("problem").hidden = true;
  if ($("trial").hidden) { onResize = lay; screenOfTrial(); }
  headings();
  preload(backend.state());
  let pictures;
  try {
    [pictures] = await Promise.all([both(trial.trial), pause(BLANK_MS)]);
  } catch {
    if (mine === turn) $("problem").hidden = false;
    return;
  }
  if (mine !== turn) return;
  beginView(pictures);
  $("stage").classList.remove("waiting");
  await frame();
  if (mine !== turn) return;
  shown = { since: performance.now(), away: awayMs(), zoomed: false };
  say(t("trial.shown", { number: backend.state().done + 1 }) + " " + $("asked").textContent);
}

function screenOfTrial() {
  for (const element of document.querySelectorAll("main")) element.hidden = element.id !== "trial";
  document.activeElement?.blur();
}

function headings() {
  const { done, total, stage: at, previous } = backend.state(), { trial, revision } = current;
  const number = revision ? done : done + 1;
  $("progress").max = total ?? Math.max(number, 1);
  $("progress").value = done;
  $("place").textContent = total === null ? "" : t(at === "training" ? "trial.practice" : "trial.place", { number, total });
  $("asked").classList.toggle("instruct", trial.instruct !== null);
  $("asked").textContent = trial.instruct ? t(`${stage.words}.instruct_${trial.instruct}`) : question();
  $("undo").disabled = !previous || revision > 0;
  $("change").hidden = stage.words !== "single";
  if (about.view === "toggle") put($("change"), "trial.change");
  for (const button of $("choices").children) {
    button.textContent = t(`${stage.words}.choice_${button.dataset.choice}`);
    button.classList.toggle("given", button.dataset.choice === current.choice);
  }
  showSaved();
}

function showSaved() {
  const saved = backend.saved();
  $("saved").textContent = backend.kind === "file" ? "" : t(saved ? "trial.saved" : isOffline ? "trial.unsaved" : "trial.saving");
  $("saved").classList.toggle("unsaved", !saved && isOffline);
}

function answer(choice) {
  if (!shown) return;
  const ms = Math.round(performance.now() - shown.since);
  if (ms < EARLIEST_MS) return;
  if (stage.seen.size < 2) { $("asked").textContent = t("trial.look_at_both"); return say(t("trial.look_at_both")); }
  record(choice, ms, shown.zoomed, Math.min(ms, Math.round(awayMs() - shown.away)));
}

function record(choice, ms, zoomed, away_ms) {
  const { trial, revision } = current;
  const label = choice === "skipped" ? null : t(`${stage.words}.choice_${choice}`);
  shown = null;
  turn++;
  const left = backend.vote({ trial: trial.trial, choice, ms, revision, zoomed, away_ms });
  current = null;
  if (label) say(t("trial.answered", { answer: label }));
  const isOver = trial.training && revision === 0 && left.next.length > 0 && !left.next[0].training;
  if (isOver && !$("trial").hidden) return notice("practice_over", {}, [["go_on", go]]);
  if (!$("trial").hidden) go();
}

function undo() {
  const { previous } = backend.state();
  if (!previous || current?.revision) return;
  show(previous, previous.revision + 1, previous.choice);
}
