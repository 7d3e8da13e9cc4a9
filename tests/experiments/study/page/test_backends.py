"""Where the page keeps answers, run by node with a browser's stores and a server's answers of our own: no answer is lost."""

import json
import shutil
import subprocess
from functools import cache

import pytest

from experiments.study.page.assembly import PARTS

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is missing")
PARTS_RUN = ("state.js", "attention.js", "device.js", "tabs.js", "local.js", "server.js")

BROWSER = """
const store = () => { const kept = new Map(); return { getItem: key => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, String(value)) }; };
globalThis.localStorage = store(); globalThis.sessionStorage = store();
globalThis.addEventListener = () => {}; globalThis.document = { addEventListener() {}, hidden: false, hasFocus: () => true };
globalThis.location = { hash: "", search: "?PROLIFIC_PID=p&STUDY_ID=s&SESSION_ID=x", pathname: "/", reload() {} };
globalThis.history = { replaceState: (a, b, to) => { location.hash = to.slice(1); location.search = ""; } };
globalThis.BroadcastChannel = undefined;
const page = { texts: { en: {}, de: {} } };
const notices = [], waits = [], offlines = [];
const notice = name => notices.push(name), start = () => {}, moved = () => {}, offline = is => offlines.push(is), refused = error => { throw error; };
const later = globalThis.setTimeout;
globalThis.setTimeout = (done, ms) => { waits.push(ms); return later(done, 0); };
"""

TABS = """
const trials = ["t1", "t2", "t3"].map(trial => ({ trial, training: false, left: "a", right: "b" }));
const content = { study: "s", protocol_sha256: "h", code: "c", named: false, about: { device: {} }, trials };
const vote = (trial, choice) => ({ trial, choice, revision: 0 });
// a second tab is a second run of the scripts: of the turn only the name of the tab is its own
const tab = name => ({ take: key => { localStorage.setItem(key, name); return true; }, isMine: key => localStorage.getItem(key) === name });
const as = (name, work) => { Object.assign(turnOf, tab(name)); return work(); };
(async () => {
  const one = localBackend(content), two = localBackend(content);
  await as("one", () => one.open());
  await as("one", () => one.consent({ version: "1", language: "en", agreed: true, rater: "" }));
  as("one", () => one.vote(vote("t1", "left")));
  await as("two", () => two.open());
  as("two", () => two.vote(vote("t2", "right")));
  as("one", () => one.vote(vote("t2", "left")));
  as("two", () => two.vote(vote("t3", "left")));
  const kept = JSON.parse(localStorage.getItem("attiqa-study-s-c")).votes;
  localStorage.setItem("attiqa-study-s-c", '{"votes": [{"trial": "of another study"}]}');
  const three = localBackend(content);
  await as("three", () => three.open());
  console.log(JSON.stringify({ kept, notices, strange: three.state().stage }));
})();
"""

OUTAGE = """
const next = ["t1", "t2", "t3", "t4", "t5", "t6"].map(trial => ({ trial, training: false }));
const votes = [], asked = [];
const stateNow = () => ({ stage: "trials", done: votes.length, total: 4, next: next.slice(votes.length, votes.length + 3), previous: null });
const answers = []; // codes to give before all is well
globalThis.fetch = async (path, options) => {
  asked.push([path, options.headers.authorization ?? null, options.credentials]);
  const code = answers.length ? answers.shift() : 200;
  if (code === "no network") throw new TypeError("failed");
  const body = options.body ? JSON.parse(options.body) : null;
  if (code === "lost answer") { votes.push(body); throw new TypeError("failed"); } // kept, and the answer did not come
  if (code === 200 && path === "api/vote" && !votes.some(each => each.trial === body.trial)) votes.push(body);
  const said = path === "api/join" ? { token: "tok", study: { languages: ["de"], device: { full_screen: true } }, state: stateNow() } : { state: stateNow() };
  return { ok: code === 200, status: code, headers: new Map([["retry-after", code === 429 ? "7" : ""]]), json: async () => (code === 200 ? said : { error: "x", state: code === 409 ? stateNow() : undefined }) };
};
const vote = trial => ({ trial, choice: "left", revision: 0 });
const until = async done => { while (!done()) await new Promise(go => later(go, 1)); };
(async () => {
  const backend = serverBackend();
  await backend.open();
  const address = location.hash, languages = Object.keys(page.texts);
  answers.push(503, "no network", 429, "lost answer");
  backend.vote(vote("t1")); const ahead = backend.vote(vote("t2")); const unsaved = backend.saved();
  const queued = JSON.parse(sessionStorage.getItem("attiqa-unsent-tok")).map(each => each.trial);
  await until(() => backend.saved());
  const order = votes.map(each => each.trial);
  answers.push(409);
  backend.vote(vote("t3"));
  await until(() => backend.saved());
  const conflict = backend.state().next[0].trial;
  sessionStorage.setItem("attiqa-unsent-tok", JSON.stringify([vote("t3"), vote("t4")]));
  const again = serverBackend();
  await again.open();
  await until(() => again.saved());
  attention.leftFullScreen = 2;
  again.vote(vote("t5"));
  await until(() => again.saved());
  const third = serverBackend(); // a reload: the page counts from none again
  await third.open();
  attention.leftFullScreen = 1;
  third.vote(vote("t6"));
  await until(() => third.saved());
  console.log(JSON.stringify({ address, languages, ahead: ahead.next.map(each => each.trial), unsaved, queued, order, conflict, all: votes.map(each => each.trial), left: votes.map(each => each.full_screen_left),
    waits: waits.slice(0, 4), offlines: offlines.includes(true) && offlines.at(-1) === false, tokens: [...new Set(asked.filter(each => each[0] !== "api/join").map(each => each[1]))], credentials: [...new Set(asked.map(each => each[2]))] }));
})();
"""


@cache
def run(questions: str) -> dict:
    """What the script answers."""
    script = "\n".join([BROWSER, *((PARTS / name).read_text() for name in PARTS_RUN), questions])
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_tab_that_lost_its_turn_writes_nothing_and_says_so():
    assert [(vote["trial"], vote["choice"]) for vote in run(TABS)["kept"]] == [
        ("t1", "left"),
        ("t2", "right"),
        ("t3", "left"),
    ]
    assert run(TABS)["notices"] == ["elsewhere"]


def test_what_a_browser_keeps_of_another_study_is_not_gone_on_with():
    assert run(TABS)["strange"] == "consent"


def test_prolifics_identifiers_become_a_token_in_the_address():
    assert run(OUTAGE)["address"] == "#tok" and run(OUTAGE)["tokens"] == ["Bearer tok"]
    assert run(OUTAGE)["credentials"] == ["omit"]


def test_only_the_languages_of_the_study_are_offered():
    assert run(OUTAGE)["languages"] == ["de"]


def test_the_rater_goes_on_while_answers_wait_and_each_is_sent_once_in_its_order():
    said = run(OUTAGE)
    assert said["unsaved"] is False and said["queued"] == ["t1", "t2"] and said["ahead"] == ["t3"]
    assert said["order"] == ["t1", "t2"] and said["offlines"]


def test_waits_double_and_are_as_long_as_the_server_asks():
    assert run(OUTAGE)["waits"][:4] == [500, 1000, 7000, 4000]


def test_after_a_conflict_the_servers_state_counts():
    assert run(OUTAGE)["conflict"] == "t3"


def test_answers_that_were_not_sent_before_a_reload_are_sent_after_it():
    assert run(OUTAGE)["all"][:4] == ["t1", "t2", "t3", "t4"]


def test_how_often_the_full_screen_was_left_is_told_and_goes_on_after_a_reload():
    assert run(OUTAGE)["left"] == [0, 0, None, None, 2, 3]  # t3 and t4: put there by the test
