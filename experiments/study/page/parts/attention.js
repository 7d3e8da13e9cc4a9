// How long the page was not looked at: hidden, or without the focus; and how often the full screen was left.

const attention = { since: null, total: 0, leftFullScreen: 0 };
const isAway = () => document.hidden || !document.hasFocus();

function look() {
  const now = performance.now();
  if (attention.since !== null) attention.total += now - attention.since;
  attention.since = isAway() ? now : null;
}

function awayMs() {
  look();
  return attention.total;
}

function watchAttention() {
  for (const name of ["blur", "focus"]) addEventListener(name, look);
  document.addEventListener("visibilitychange", look);
  document.addEventListener("fullscreenchange", () => { if (!document.fullscreenElement) attention.leftFullScreen += 1; });
  look();
}
