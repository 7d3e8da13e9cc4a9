"""Serve a study to raters and keep their votes."""

import socket
import sqlite3
import time
from pathlib import Path

from attiqa_core.errors import InputError, UsageError, first_of
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.runs.lock import only_writer_of
from experiments.options.outcome import Outcome, count, say
from experiments.options.study_serve import Config
from experiments.study.folder import LINKS_FILE, PICTURES, STORE_FILE, Study, open_study
from experiments.study.intervals.measured import INSTALL
from experiments.study.server.links import invite
from experiments.study.server.raters import Places
from experiments.study.server.store import Store
from experiments.study.server.terms import Terms

PROLIFIC_IDS = "?PROLIFIC_PID={{%PROLIFIC_PID%}}&STUDY_ID={{%STUDY_ID%}}&SESSION_ID={{%SESSION_ID%}}"
"""What Prolific fills in."""


def run(config: Config) -> Outcome:
    """Serve until a signal comes; it is raised anew when all is closed."""
    try:
        from experiments.study.server.web.serving import listen
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed; serving needs the extra: {INSTALL}") from error
    study = open_study(config.study)
    _check_servable(config.study, study)
    path = config.store or config.study / STORE_FILE
    with only_writer_of(path, "study serve", "--store"), listen(config.host, config.port) as listener:
        store = _opened(path, study)
        try:
            address = config.address or _address(config.host, listener.getsockname()[1])
            _announce(config, study, store, address)
            _serve(config, study, store, listener)
        finally:
            votes, raters = store.collected(study)
            say(f"{count(len(votes), 'vote')} by {count(len(raters), 'rater')} in {path}")
            store.close()
    return Outcome(path, "served")


def _check_servable(folder: Path, study: Study) -> None:
    """Raises: InputError for what raters would stumble over: lists that cannot be made, pictures that are gone."""
    from experiments.study.design.lists import check_session

    check_session(study.protocol.session, study.scenes, f"{folder}: [session]")
    files = sorted({name for scene in study.scenes.values() for name in scene.files.values()})
    if missing := [name for name in files if not (folder / PICTURES / name).is_file()]:
        raise InputError(f"{folder / PICTURES}: lacks {first_of(missing)}; copy the whole export here")


def _opened(path: Path, study: Study) -> Store:
    try:
        return Store.of(path, study)
    except sqlite3.OperationalError as error:
        refuse_lack(error, path)
        raise InputError(f"{path}: cannot be written ({error}); name another file with --store") from error


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _announce(config: Config, study: Study, store: Store, address: str) -> None:
    """Print where everyone goes: links of raters into their file, the experimenter's here."""
    file = config.study / LINKS_FILE
    invited = invite(store, file, config.raters, address, time.time())
    lines = [(f"{count(invited, 'invited rater')}", str(file))] if invited else []
    lines += [(f"open to {config.open}", address)] if config.open else []
    lines += [(f"Prolific, {config.prolific}", address + PROLIFIC_IDS)] if config.prolific else []
    lines += [("experimenter", f"{address}experimenter#{store.meta('experimenter')}")]
    if len(lines) == 1:
        lines = [("raters", "nobody can take part; give --raters, --open or --prolific"), *lines]
    width = max(len(name) for name, _ in lines)
    print("\n".join(f"{name:<{width}}  {where}" for name, where in lines))
    days = study.protocol.consent.retention_days
    if late := store.kept_longer_than(days, time.time()):
        print(
            f"{first_of(late)}: told that answers are kept {days} days, which are over; `attiqa study remove` removes them"
        )
    print("Ctrl-C ends it; started again it goes on", flush=True)


def _serve(config: Config, study: Study, store: Store, listener: socket.socket) -> None:
    from experiments.study.server.web.app import application
    from experiments.study.server.web.limits import Limits
    from experiments.study.server.web.pages import pages_of
    from experiments.study.server.web.serving import server_of

    places = Places(config.open, config.prolific)
    terms = Terms(study, config.study, places, config.lease_minutes * 60, config.check_midway)
    limits = Limits(per_rater=config.rate)
    server_of(application(terms, store, pages_of(study), limits), limits).run(sockets=[listener])
