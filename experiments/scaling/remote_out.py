"""A command whose --out is an address: it works in a folder of this machine, and what is finished is kept at the address."""

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import user_cache
from attiqa_core.remote.address import READ_ONLY, address_of, as_written
from attiqa_core.runs.lock import only_run_in
from experiments.running.written_places import is_several

FINISHED_AND_LISTED = (".json", ".jsonl", ".toml")
"""What a worker of one part needs of the others' work: what is planned and what is committed, none of the data."""


@contextlib.contextmanager
def working_here(config: Any, verb: str) -> Iterator[Any]:
    """A context of the options with an `out` of this machine; they are as they were where it is one already.

    With --resume, or a part of the work, what lies at the address is fetched before. What is finished is brought there now
    and then, and at the end, however that comes.
    Raises: UsageError if the address holds files and nothing is to be resumed, can only be read, or another process here
    works for it, or torchrun started several; InputError if it cannot be reached.
    """
    out = getattr(config, "out", None)
    if out is None or (address := address_of(out)) is None:
        yield config
        return
    from attiqa_core.remote import store
    from attiqa_core.remote.mirror import Mirror

    if address.startswith(READ_ONLY):
        raise UsageError(f"--out {address}: can only be read; name a folder, or an address that can be written")
    if is_several(verb):
        raise UsageError(
            f"--out {address}: torchrun's processes need one folder that all of them see; name one of a disk"
        )
    part = getattr(getattr(config, "scaling", None), "shard", None)
    desk = user_cache() / "remote-runs" / hashlib.sha256(f"{address} {part}".encode()).hexdigest()[:16]
    mirror = Mirror(desk / out.name, out)
    with only_run_in(desk, verb):
        goes_on = part is not None or getattr(config, "resume", False)
        if goes_on and mirror.local.is_dir():
            mirror.bring()  # what an earlier run could not, for want of a network
        elif not goes_on and (mirror.local.is_dir() or (store.exists(out) and any(store.files_below(out)))):
            raise UsageError(f"{address}: already holds files; go on with --resume, or name another --out")
        mirror.local.mkdir(parents=True, exist_ok=True)
        if goes_on and store.exists(out):
            mirror.fetch(None if part is None else lambda name: name.endswith(FINISHED_AND_LISTED))
        try:
            with mirror.kept():
                yield replace(config, out=mirror.local)
        finally:
            if mirror.is_complete:  # else it is all that there is
                shutil.rmtree(mirror.local, ignore_errors=True)


def told_as(path: Path | None, here: Any, config: Any) -> Path | str | None:
    """Return a result's path as whoever gave the options knows it: at the address, if it lies in the folder of this machine."""
    out, local = getattr(config, "out", None), getattr(here, "out", None)
    if path is None or out is None or local is None or local == out or not path.is_relative_to(local):
        return path
    return as_written(out / path.relative_to(local))
