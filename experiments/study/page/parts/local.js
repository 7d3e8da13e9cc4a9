// A page without a server: the browser keeps the answers, the rater hands them in as a file.

function localBackend({ study, protocol_sha256, code, named, about, trials }) {
  const key = `attiqa-study-${study}-${code}`, turn = key + "-turn";
  const files = new Map(trials.map(each => [each.trial, each]));
  let session = null, works = true, leftBefore = 0;

  function read() {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(key)); } catch { works = false; }
    const usable = kept && Array.isArray(kept.votes) && kept.votes.every(vote => files.has(vote.trial));
    return usable && !kept.ended ? kept : null;
  }

  function write() {
    if (!turnOf.isMine(turn)) { elsewhere(); return; }
    try { localStorage.setItem(key, JSON.stringify(session)); } catch { works = false; }
  }

  function changed(by) {
    if (!turnOf.isMine(turn)) { elsewhere(); return state(); }
    session = { ...session, ...by };
    write();
    return state();
  }

  const state = () => localState(trials, session);

  function elsewhere() {
    // the other tab has more answers than this one
    notice("elsewhere", {}, [["here", () => { turnOf.take(turn); session = read(); start(); }]]);
  }

  return {
    kind: "file", about, named, elsewhere,
    get works() { return works; },
    get session() { return session; },
    saved: () => true,
    async open() {
      works = turnOf.take(turn);
      session = read();
      leftBefore = session?.device?.full_screen_left ?? 0;
      watchTurn(turn, elsewhere);
    },
    state,
    anew() { session = null; write(); },
    source: async (trial, side) => "pictures/" + files.get(trial)[side],
    release() {},
    async consent({ version, language, agreed, rater }) {
      if (!agreed) return { ...state(), stage: "withdrawn", reason: "no-consent" };
      return changed({
        session: randomName(), rater, language, started: new Date().toISOString(), finished: null, votes: [], device: null,
        consent: { version, agreed: true, at: new Date().toISOString() },
      });
    },
    async device(measured, extras) {
      const reason = screenedOutBy(measured, about.device);
      const begun = session.votes.length > 0;
      return changed({ device: { ...measured, ...extras }, reason, ...(reason && !begun ? { ended: "screened-out" } : {}) });
    },
    vote(vote) {
      const device = { ...session.device, full_screen_left: leftBefore + attention.leftFullScreen };
      return changed({ device, votes: [...session.votes, vote], finished: null });
    },
    async finish() { return changed({ finished: new Date().toISOString() }); },
    async withdraw() {
      session = null;
      write();
      return { ...state(), stage: "withdrawn" };
    },
    result() {
      const { session: name, rater, language, started, finished, consent, device, votes } = session;
      const at = state();
      return {
        format: "attiqa-study-votes", version: 2, study, protocol_sha256, list: code, rater: rater || null, session: name,
        language, started, finished: finished ?? new Date().toISOString(), complete: at.next.length === 0, consent, device, votes,
      };
    },
    fileName() {
      const who = (session.rater || code || "rater").replace(/[^A-Za-z0-9_-]+/g, "-").slice(0, 40) || "rater";
      return `votes_${study}_${who}_${session.session.slice(0, 6)}.json`;
    },
  };
}
