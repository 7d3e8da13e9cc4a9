"""A command that writes to an address: it works in a folder of this machine, and what is finished is kept at the address."""

import contextlib
import hashlib
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attiqa_core.errors import InputError, ResourceError, UsageError
from attiqa_core.files.strict import parse_json
from attiqa_core.files.whole import user_cache
from attiqa_core.remote.address import as_written, is_remote
from attiqa_core.runs.lock import PRIVATE, STATE, only_run_in
from experiments.options.outcome import Outcome, say
from experiments.running.places_afar import kept_option
from experiments.running.written_places import is_several

if TYPE_CHECKING:
    from attiqa_core.remote.mirror import Mirror

FINISHED_AND_LISTED = (".json", ".jsonl", ".toml")
"""What a worker of one part needs of the others' work: what is planned and what is committed, none of the data."""

EVERY_S_IN_PARTS = 5.0
"""How often what is finished in a part is brought: the other workers wait for what the first one lists."""

LOOKS_EVERY_S, WAITS_S = 2.0, 3600.0
"""How often, and for how long at most, a worker looks for that list."""


@contextlib.contextmanager
def working_here(config: Any, verb: str) -> Iterator[Any]:
    """A context of the options with a place of this machine for what is written; they are as they were where it is one.

    With --resume, a part of the work, or to merge, what lies at the address is fetched before. What is finished is brought
    there now and then, and at the end, however that comes.
    Raises: UsageError if the address holds files and nothing is to be resumed, another process here works for it, or
    torchrun started several; InputError if it cannot be reached; every error of the command, with its places as they are
    at the address.
    """
    option = kept_option(verb, config)
    place = getattr(config, option) if option else None
    if place is None or option is None or not is_remote(place):
        yield config
        return
    if is_several(verb):
        raise UsageError(
            f"--{option} {as_written(place)}: torchrun's processes need one folder that all of them see; name one of a disk"
        )
    scaling = getattr(config, "scaling", None)
    part = getattr(scaling, "shard", None)
    desk = user_cache() / "remote-runs" / hashlib.sha256(f"{as_written(place)} {part}".encode()).hexdigest()[:16]
    mirror, here = _desk_of(desk, verb, place)
    goes_on = part or getattr(config, "resume", False) or getattr(scaling, "ray", None) or verb == "merge"
    with _told_afar(mirror), only_run_in(desk, verb):
        try:
            _begin(mirror, place, part, goes_on=bool(goes_on))
            with mirror.kept() if part is None else mirror.kept(EVERY_S_IN_PARTS):
                yield replace(config, **{option: here})
        finally:
            if mirror.is_complete:  # else it is all that there is
                shutil.rmtree(mirror.local, ignore_errors=True)


def _desk_of(desk: Path, verb: str, place: Path) -> tuple["Mirror", Path]:
    """The folder here of what is kept at an address, and in it what the command is told instead of the address."""
    from attiqa_core.remote.mirror import Mirror
    from experiments.options.score import PARTS

    table = place if verb == "score" else place.with_suffix("") if place.suffix == PARTS else None
    if table is None:
        return Mirror(desk / place.name, place), desk / place.name
    only = (table.name, f".{table.name}.sums", f"{table.name}{PARTS}")
    return Mirror(desk / "beside", table.parent, only), desk / "beside" / place.name


def _begin(mirror: "Mirror", place: Path, part: str | None, *, goes_on: bool) -> None:
    from attiqa_core.remote import store

    address = as_written(place)
    if not goes_on and (mirror.local.is_dir() or (store.exists(place) and not mirror.is_empty)):
        raise UsageError(f"{address}: already holds files; go on with --resume, or name another place")
    if goes_on and mirror.local.is_dir():
        if _was_gone_on_with_elsewhere(mirror):
            shutil.rmtree(mirror.local)
        else:
            mirror.bring()  # what an earlier run could not, for want of a network
    if part is not None and not part.startswith("0/"):
        _wait_for_list(mirror, address, part)
    mirror.local.mkdir(parents=True, exist_ok=True)
    if goes_on and store.exists(mirror.address):
        mirror.fetch(None if part is None else lambda name: name.endswith(FINISHED_AND_LISTED))


def _was_gone_on_with_elsewhere(mirror: "Mirror") -> bool:
    """Whether another machine began at the address after what is left here was begun: then that is of no more use."""
    from attiqa_core.remote import store

    here, there = mirror.local / PRIVATE / STATE, mirror.address / PRIVATE / STATE
    if not here.is_file() or not store.exists(there):
        return False
    mine, theirs = parse_json(here.read_text(encoding="utf-8")), parse_json(store.read(there).decode())
    return theirs.get("host") != mine.get("host") and str(theirs.get("begun")) > str(mine.get("begun"))


def _wait_for_list(mirror: "Mirror", address: str, part: str) -> None:
    """Wait for the worker of part 0 to list what is to be done: an address has no lock by which others could settle it."""
    from attiqa_core.remote import store
    from experiments.scaling import record

    wanted = mirror.address / record.FILE if not mirror.only else mirror.address / mirror.only[-1] / record.FILE
    until = time.monotonic() + WAITS_S
    first, said = f"0/{part.partition('/')[2]}", False
    while not store.exists(wanted):
        if not said:
            say(f"{address}: waits for --shard {first}, which lists what is to be done")
        said = True
        if time.monotonic() > until:
            raise UsageError(f"{address}: --shard {first} has listed nothing in an hour; start it first")
        time.sleep(LOOKS_EVERY_S)


@contextlib.contextmanager
def _told_afar(mirror: "Mirror") -> Iterator[None]:
    """A context whose errors name places as they are at the address."""
    try:
        yield
    except (InputError, UsageError, ResourceError) as error:
        told = str(error).replace(str(mirror.local), as_written(mirror.address))
        if told == str(error):
            raise
        raise type(error)(told) from error


def told_as(outcome: Outcome, here: Any, config: Any, verb: str) -> Outcome:
    """Return an outcome as whoever gave the options knows its places: at the address, if they lie in the folder here."""
    option = kept_option(verb, config)
    if option is None or here is config or getattr(here, option) == getattr(config, option):
        return outcome
    local, afar = getattr(here, option), getattr(config, option)
    (beside, there) = (local.parent, afar.parent) if local.parent.name == "beside" else (local, afar)

    def told(text: str) -> str:
        return text.replace(str(beside), as_written(there))

    path = None if outcome.path is None else Path(told(str(outcome.path)))
    return replace(outcome, path=path, done=told(outcome.done), failures=tuple(map(told, outcome.failures)))
