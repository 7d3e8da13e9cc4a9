// Several tabs of one page: without a server the one that was opened last goes on and the others stop, so that none
// overwrites another's answers; with one, they keep in step.

const randomName = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), byte => byte.toString(16).padStart(2, "0")).join("");
const me = randomName();

const turnOf = {
  take(key) { try { localStorage.setItem(key, me); return true; } catch { return false; } }, // without storage nothing is overwritten either
  isMine(key) { try { return (localStorage.getItem(key) ?? me) === me; } catch { return true; } },
};

function watchTurn(key, lost) {
  const check = () => { if (!turnOf.isMine(key)) lost(); };
  addEventListener("storage", event => { if (event.key === key) check(); });
  addEventListener("focus", check);
  document.addEventListener("visibilitychange", check);
}
