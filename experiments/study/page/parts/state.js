// Where a rater stands: {stage, device, reason, done, total, next: [trial...], previous, return_url}, as the server says it.

const ENDED = ["complete", "screened-out", "failed-checks", "withdrawn", "nothing-left"];
const AHEAD = 3;

function afterVote(state, vote) {
  // the state once `vote` counts, before the server has said so
  if (state.previous?.trial === vote.trial) {
    return { ...state, previous: { ...state.previous, revision: vote.revision, choice: vote.choice } };
  }
  const [first, ...next] = state.next;
  if (first?.trial !== vote.trial) return state;
  const previous = { ...first, revision: vote.revision, choice: vote.choice };
  const begins = first.training && next.length > 0 && !next[0].training;
  const counted = begins ? { stage: "trials", done: 0, total: null } : { done: state.done + 1 };
  return { ...state, ...counted, next, previous };
}

function localState(trials, session) {
  // the same for a page without a server; `session` is what the browser keeps, null before consent
  if (!session) return { stage: "consent", device: false, reason: null, done: 0, total: 0, next: [], previous: null, return_url: null };
  const last = new Map();
  for (const vote of session.votes) if (!(last.get(vote.trial)?.revision > vote.revision)) last.set(vote.trial, vote);
  const waiting = trials.filter(each => !last.has(each.trial));
  const answered = trials.filter(each => last.has(each.trial));
  const shown = ({ trial, training, width, height, instruct }) => ({ trial, training, width, height, instruct });
  const before = answered.at(-1);
  const stage = session.ended ?? (session.finished && !waiting.length ? "complete" : waiting[0]?.training ? "training" : "trials");
  const counts = each => each.training === (stage === "training");
  return {
    stage, device: session.device !== null, reason: session.reason ?? null,
    done: answered.filter(counts).length, total: trials.filter(counts).length,
    next: waiting.slice(0, AHEAD).map(shown),
    previous: before ? { ...shown(before), revision: last.get(before.trial).revision, choice: last.get(before.trial).choice } : null,
    return_url: null,
  };
}
