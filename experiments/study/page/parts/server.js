// A page of a server: each answer is sent until the server says that it is kept; meanwhile the rater goes on.

const wait = ms => new Promise(done => { setTimeout(done, ms); addEventListener("online", done, { once: true }); });
const LONGEST_WAIT_MS = 15000;
const REQUEST_MS = 20000;

class Refusal extends Error {
  constructor(code, said) { super(said.message ?? String(code)); this.code = code; this.word = said.error; this.state = said.state; }
}

function serverBackend() {
  let token = null, about = null, kept = null, sending = false, channel = null;
  const unsent = { key: null, votes: [] };
  const left = { key: null, before: 0 }; // how often the full screen was left before this visit, in this tab
  const store = (key, value) => { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* kept in memory */ } };
  const stored = key => { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } };
  const keep = () => store(unsent.key, unsent.votes);

  function withLeft(vote) {
    if (!about.device.full_screen) return vote;
    const count = left.before + attention.leftFullScreen;
    store(left.key, count);
    return { ...vote, full_screen_left: count };
  }

  async function ask(path, body, token_) {
    const headers = { ...(token_ ? { authorization: "Bearer " + token_ } : {}), ...(body ? { "content-type": "application/json" } : {}) };
    const options = { method: body ? "POST" : "GET", headers, cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(REQUEST_MS) };
    return fetch(path, { ...options, ...(body ? { body: JSON.stringify(body) } : {}) });
  }

  async function persist(path, body, read = answer => answer.json()) {
    // the answer to a request, however often it takes; what is refused for good is thrown
    for (let tries = 0; ; tries++) {
      let pause = Math.min(LONGEST_WAIT_MS, 500 * 2 ** tries);
      try {
        const answer = await ask(path, body, token);
        if (answer.ok) { const said = await read(answer); offline(false); return said; }
        if (answer.status !== 429 && answer.status !== 408 && answer.status < 500) {
          throw new Refusal(answer.status, await answer.json().catch(() => ({})));
        }
        pause = Math.max(pause, 1000 * (Number(answer.headers.get("retry-after")) || 0));
      } catch (error) {
        if (error instanceof Refusal) throw error;
      }
      offline(true);
      await wait(pause);
    }
  }

  async function step(path, body) {
    try {
      kept = (await persist(path, body)).state;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 409 || error.state) kept = error.state ?? (await join({ token })).state; else throw error;
    }
    channel?.postMessage(kept);
    return state();
  }

  const state = () => unsent.votes.reduce(afterVote, kept);

  async function send() {
    // one after the other, in order: the server takes no answer before its turn
    if (sending) return;
    sending = true;
    try {
      while (unsent.votes.length) {
        const [first] = unsent.votes;
        await step("api/vote", first);
        unsent.votes = unsent.votes.filter(each => each !== first);
        keep();
      }
    } catch (error) {
      refused(error);
    } finally {
      sending = false;
      moved();
    }
  }

  async function join(body) { return persist("api/join", body); }

  async function known() {
    // who this is: by the link's token, by Prolific's identifiers, or by nothing where the study is open
    const link = location.hash.slice(1), query = new URLSearchParams(location.search);
    const ids = ["PROLIFIC_PID", "STUDY_ID", "SESSION_ID"].map(name => query.get(name));
    const [pid, study, session] = ids;
    const said = await join(link ? { token: link } : pid ? { prolific: { pid, study: study ?? "-", session: session ?? "-" } } : {});
    history.replaceState(null, "", location.pathname + "#" + said.token);
    return said;
  }

  return {
    kind: "server", named: false, works: true,
    get about() { return about; },
    saved: () => unsent.votes.length === 0,
    async open() {
      const said = await known();
      ({ token, study: about, state: kept } = said);
      unsent.key = "attiqa-unsent-" + token;
      unsent.votes = stored(unsent.key) ?? [];
      left.key = "attiqa-left-" + token;
      left.before = stored(left.key) ?? 0;
      await this.fetchTexts(about.languages);
      if (typeof BroadcastChannel === "function") {
        channel = new BroadcastChannel("attiqa-" + token);
        channel.onmessage = event => { if (!unsent.votes.length) { kept = event.data; moved(); } };
      }
      addEventListener("hashchange", () => location.reload());
      send();
    },
    async fetchTexts(names) {
      for (const name of names) page.texts[name] ??= await persist("language/" + encodeURIComponent(name));
      for (const name of Object.keys(page.texts)) if (!names.includes(name)) delete page.texts[name];
    },
    state,
    async source(trial, side) { return URL.createObjectURL(await persist(`api/picture/${trial}/${side}`, null, answer => answer.blob())); },
    release: url => URL.revokeObjectURL(url),
    consent: ({ version, language, agreed }) => step("api/consent", { version, language, agreed }),
    device: (measured, { colour_depth }) => step("api/device", { ...measured, colour_depth }),
    vote(vote) { unsent.votes = [...unsent.votes, withLeft(vote)]; keep(); send(); return state(); },
    finish: () => step("api/finish", {}),
    async withdraw() { unsent.votes = []; keep(); return step("api/withdraw", {}); },
    async refresh() { if (!unsent.votes.length) { kept = (await join({ token })).state; moved(); } },
  };
}
