// From one screen to the next: what is shown follows from where the rater stands.

let backend = null, about = null, isOffline = false, introduced = false;
let onResize = () => {};

function go() {
  const state = backend.state();
  current = null;
  if (ENDED.includes(state.stage)) return ending(state);
  if (state.stage === "consent") return showConsent();
  if (needsDevice(state)) return showDevice(state);
  preload(state);
  if (!introduced) { introduced = true; return state.previous ? welcomeBack(state) : showInstructions(state); }
  if (!state.next.length) return finishUp();
  if (breakIsDue(state)) return showBreak(state);
  show(state.next[0], 0);
}

function welcomeBack(state) {
  rested.add(state.done);
  const anew = () => {
    if (!confirm(t("notice.anew_sure", { count: backend.session.votes.length }))) return;
    backend.anew();
    introduced = false;
    go();
  };
  const more = backend.kind === "file" ? [["anew", anew]] : [["withdraw", withdraw]];
  notice("back", { done: state.done, total: state.total ?? "…" }, [["go_on", go], ...more]);
}

function moved() {
  // the server has said something: go on by it, unless the pair on the screen is still the one that is asked for
  if ($("trial").hidden) { if (waiting) go(); return; }
  const state = backend.state(), asked = current?.trial.trial;
  const isAsked = asked && [state.next[0]?.trial, state.previous?.trial].includes(asked);
  if (ENDED.includes(state.stage) || !isAsked) return go();
  if (current.revision && state.previous.trial === asked && state.previous.revision >= current.revision) return go();
  if (!current.revision && state.previous?.trial === asked) return go();
  headings();
}

function offline(is) {
  isOffline = is;
  if (waiting) put($("notice-text"), is ? "ended.offline_text" : "notice.saving_text");
  if (about) showSaved(); else if (is) ended("offline", "offline_text");
}

function refused(error) {
  if (!(error instanceof Refusal)) throw error;
  const words = { "invitation": "invitation_text", "full": "full_text" };
  if (error.code === 401 || error.code === 403 || error.word === "full") return ended("refused", words[error.word] ?? "unknown_text");
  ended("failed", "failed_text");
}

function checkSize() {
  if (!about) return;
  const state = backend.state();
  if (!$("trial").hidden && windowTooSmall(measured(), about.device)) {
    notice("small", sizesNamed(), [], "device.window_small");
    onResize = () => {
      put($("notice-text"), "device.window_small", sizesNamed());
      if (!windowTooSmall(measured(), about.device)) go();
    };
  } else if (!$("trial").hidden && stage.words !== arrangement(about.view, innerWidth, innerHeight) && current) {
    show(current.trial, current.revision, current.choice);
  } else onResize(state);
}

function offerLanguages() {
  const names = about.languages;
  $("language").replaceChildren(...names.map(name => {
    const option = document.createElement("option");
    option.value = option.lang = name;
    option.textContent = new Intl.DisplayNames([name], { type: "language" }).of(name) ?? name;
    return option;
  }));
  $("language").value = language;
  $("language").onchange = () => { choose($("language").value); setUpTrial(); showConsent(); $("language").focus(); };
}

function start() {
  about = backend.about;
  document.title = about.name;
  choose(backend.session?.language in page.texts ? backend.session.language : likely(about.languages));
  offerLanguages();
  setUpTrial();
  setUpDone();
  introduced = false;
  go();
}

async function open() {
  backend = page.kind === "static" ? localBackend(page.content) : serverBackend();
  choose(likely(Object.keys(page.texts)));
  addEventListener("keydown", onKey);
  addEventListener("resize", checkSize);
  followPointer();
  watchAttention();
  try { await backend.open(); } catch (error) { return refused(error); }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) backend.refresh?.().catch(refused); });
  addEventListener("beforeunload", event => {
    const isLost = backend.kind === "file" ? !backend.works && backend.session?.votes.length && unsavedFile : !backend.saved();
    if (isLost) event.preventDefault();
  });
  start();
}

open();
