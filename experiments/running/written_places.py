"""Where a command writes: which folders and files it has to itself while it runs. Every option that is a path stands here."""

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from attiqa_core.runs.lock import only_run_in, only_writer_of

RUNS: dict[str, Callable[[Any], Sequence[Path | None]]] = {
    "audit": lambda config: [config.run],
    "fivek get": lambda config: [config.folder],
    "label": lambda config: [config.out, config.cache],
    "prompts": lambda config: [config.out, config.cache],
    "score": lambda config: [config.maps],
    "render": lambda config: [],  # takes its lock itself, once for each folder of a benchmark's
}
"""Verbs whose run folders are others than --out alone: they go on there, so that the lock lies within."""

WHOLE: dict[str, Callable[[Any], Path | None]] = {
    "look": lambda config: config.page,
    "study analyse": lambda config: config.folder,
    "recipe": lambda config: None,  # writes a few small files, each as a whole, into what may be a folder of photos
}
"""Verbs without --resume that make something else, in one go, than what --out says."""

TOGETHER = ("pretrain",)
"""Verbs of which torchrun may start several processes: they work as one, and the first one writes."""

FILES = ("csv", "json", "sheet")
"""Options that name a file to be written."""
SHARED = ("isp_cache", "cache", "features", "store")
"""Options that name what several processes may use at once: entries by their content's hash, or a database."""


def folders_of_runs(verb: str, config: Any) -> list[Path]:
    """Return the run folders that a command goes on in; none for a worker on a part of one, which takes its part's lock."""
    if verb in RUNS:
        places = RUNS[verb](config)
    else:
        places = [config.out] if hasattr(config, "resume") and hasattr(config, "out") else []
    return [place for place in places if place is not None and not _is_of_a_worker(config)]


def files_of(verb: str, config: Any) -> list[tuple[str, Path]]:
    """Return what a command makes in one go, files or whole folders, each with its option; nothing for a worker on a part."""
    if _is_of_a_worker(config):
        return []
    named = [(f"--{name}", getattr(config, name, None)) for name in FILES]
    named += [("--study", config.study)] if verb == "evaluate-fivek" else []
    if verb in WHOLE:
        named.append(("--out", WHOLE[verb](config)))
    elif verb not in RUNS and not hasattr(config, "resume"):
        named.append(("--out", getattr(config, "out", None)))
    return [(option, place) for option, place in named if isinstance(place, Path)]  # --json is a word in render


@contextlib.contextmanager
def to_itself(verb: str, config: Any) -> Iterator[list[Path]]:
    """A context in which a command has to itself what it writes; yields its run folders.

    Raises: UsageError naming who has it.
    """
    if not writes(verb):
        yield []
        return
    folders = folders_of_runs(verb, config)
    with contextlib.ExitStack() as held:
        for folder in folders:
            held.enter_context(only_run_in(folder, verb, opened=True))
        for option, file in files_of(verb, config):
            held.enter_context(only_writer_of(file, verb, option))
        yield folders


def is_several(verb: str) -> bool:
    """Return whether this process is one of several that torchrun started and that work as one."""
    return verb in TOGETHER and int(os.environ.get("WORLD_SIZE", "1")) > 1


def writes(verb: str) -> bool:
    """Return whether this process writes the result: of several that work as one, the first."""
    return not is_several(verb) or os.environ.get("RANK", "0") == "0"


def _is_of_a_worker(config: Any) -> bool:
    scaling = getattr(config, "scaling", None)
    return any(getattr(scaling, name, None) is not None for name in ("shard", "ray"))
