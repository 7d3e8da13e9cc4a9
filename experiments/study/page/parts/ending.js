// How a session stops, and how it ends.

function stop() {
  turn++;
  shown = null;
  current = null;
  flicker(false);
  if (backend.kind === "file") return showDone();
  notice("paused", {}, [["go_on", go], ["withdraw", withdraw]]);
}

async function withdraw() {
  if (!confirm(t("notice.withdraw_sure"))) return;
  try { ending(await backend.withdraw()); } catch (error) { refused(error); }
}

function ended(title, text, values = {}) {
  notice("saving", {}, []);
  put($("notice-title"), `ended.${title}`);
  put($("notice-text"), `ended.${text}`, values);
}

function ending(state) {
  const { stage: how, reason, return_url: address } = state;
  if (how === "complete" && backend.kind === "file") return showDone();
  if (how === "withdrawn" && reason === "no-consent") ended("declined", "declined_text");
  else if (how === "screened-out" && ["screen", "phone", "colour-plates"].includes(reason)) {
    ended(how, `${how}_${reason}`, { ...sizesNamed(), width: screen.width, height: screen.height });
  } else ended(how, `${how}_text`);
  if (address && /^https:/.test(address)) sendBack(address);
}

const RETURN_MS = 4000;

function sendBack(address) {
  const link = document.createElement("a"), words = document.createElement("span");
  link.className = "plain main";
  link.href = address;
  put(link, "ended.return");
  put(words, "ended.return_text");
  $("notice-buttons").replaceChildren(link, words);
  setTimeout(() => location.assign(address), RETURN_MS);
}

let finishing = false, waiting = false;

async function finishUp() {
  // the last answers are on their way, or more pairs than were told in advance are waited for
  notice("saving", {}, []);
  waiting = !backend.saved();
  if (waiting || finishing) return;
  finishing = true;
  try { ending(await backend.finish()); } catch (error) { refused(error); } finally { finishing = false; }
}

function showDone() {
  const { done, total, next } = backend.state(), complete = next.length === 0;
  const stored = backend.session.votes.length > 0;
  put($("thanks"), complete ? "done.thanks" : "notice.paused");
  put($("summary"), complete ? "done.all" : "done.some", { done, total });
  put($("back"), complete ? "done.change_last" : "done.go_on");
  $("download").disabled = !stored;
  $("file").textContent = backend.fileName();
  $("answers").hidden = true;
  onResize = () => {};
  screenOf("done");
}

function setUpDone() {
  const whole = () => JSON.stringify(backend.result(), null, 1);
  $("download").onclick = () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([whole()], { type: "application/json" }));
    link.download = backend.fileName();
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    unsavedFile = false;
  };
  $("text").onclick = () => { $("answers").value = whole(); $("answers").hidden = false; $("answers").select(); };
  $("back").onclick = () => { if (backend.state().next.length) go(); else undo(); };
  $("withdraw").onclick = withdraw;
}

let unsavedFile = true;
