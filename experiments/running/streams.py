"""What surrounds a command: streams that are open, signals, and mistakes as one sentence and an exit code."""

import contextlib
import errno
import importlib.util
import os
import re
import sqlite3
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

from attiqa_core.errors import InputError, ResourceError, UsageError, one_line
from attiqa_core.machine.lacks import is_of_memory, lack_of, named_in, sentence_of, without_room
from attiqa_isp.missing import missing
from experiments.running.lasting import is_closed, lead_nowhere
from experiments.running.signals import how_it_ended, stopped_by

EXIT_USAGE, EXIT_INPUT, EXIT_SOME_FAILED, EXIT_RESOURCE = 2, 3, 4, 5
EXIT_BUG = 1
LESS = (
    *("batch", "batch_size", "workers", "jobs", "threads", "envs", "proxy_px", "crops", "resize", "crop", "cache_gb"),
    *("ray_actors", "pairs", "scenes"),
)
"""Options of several commands that take less memory where they are smaller."""
OF_SQLITE = re.compile("readonly database|unable to open database file|disk I/O error|database is locked")


def open_closed_streams() -> None:
    """Give a process that was started without them (`>&-`, some services) streams that lead nowhere.

    Else the first files that it opens get their numbers, and what libraries print goes into those.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with contextlib.suppress(OSError):
                os.fstat(number)
                continue  # somebody's file has the number already
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
            setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))


def guarded(run_command: Callable[[list[str]], int], words: list[str], *, debug: bool) -> int:
    """Run the command line and return its code; what goes wrong is one sentence, or raised with --debug."""
    try:
        code = run_command([word for word in words if word != "--debug"])
        sys.stdout.flush()
    except BrokenPipeError as error:
        if not is_closed(sys.stdout):  # another pipe, such as a child's
            if debug:
                raise
            return explain(error)
        lead_nowhere(sys.stdout)
        code = 0
    except KeyboardInterrupt as stopped:
        if debug:
            raise
        code = _end(stopped_by() or stopped, stopped)
    except Exception as error:
        if debug:
            raise
        if (stopped := stopped_by()) is not None:
            return _end(stopped, error)
        traceback.clear_frames(error.__traceback__)  # closes what progress is open, so that the sentence comes last
        code = explain(error, words)
    return code


def _end(stopped: KeyboardInterrupt, raised: BaseException) -> int:
    """Say that a signal ended the command, and return its exit code."""
    traceback.clear_frames(raised.__traceback__)
    code, word = how_it_ended(stopped)
    print(f"\nattiqa: {word}; what was finished is kept", file=sys.stderr)
    return code


def explain(error: Exception, words: Sequence[str] = ()) -> int:
    """Print one sentence for an error of a command line and return the exit code.

    What a machine is out of counts wherever in the chain of errors it stands; what is nobody's mistake names itself a bug.
    """
    of_machine = lack_of(error) is not None and not (isinstance(error, InputError) and is_of_memory(error))
    if isinstance(error, ResourceError) or of_machine:  # a file that asks for too much is named by an InputError
        code, text = EXIT_RESOURCE, str(error) if isinstance(error, ResourceError) else _of_a_lack(error, words)
    else:
        code, text = _of_a_person(error)
    print(f"attiqa: {one_line(text)}", file=sys.stderr)
    return code


def _of_a_lack(error: Exception, words: Sequence[str]) -> str:
    place = full_place(words) if lack_of(error) in ("disk", "quota") and named_in(error) is None else None
    text = sentence_of(error, place)
    less = less_at_a_time(words) if is_of_memory(error) else ""
    return f"{text}: {less}" if less else text


def _of_a_person(error: Exception) -> tuple[int, str]:
    """Exit code and sentence of what a person can mend, or of a bug."""
    match error:
        case UsageError():
            return EXIT_USAGE, str(error)
        case InputError():
            return EXIT_INPUT, str(error)
        case ImportError() if missing(error):
            return EXIT_INPUT, missing(error)
        case FileNotFoundError() if "temporary directory" in str(error):
            return (
                EXIT_INPUT,
                f"{_tried(error)}: no temporary file can be written there; set TMPDIR to a folder where it can",
            )
        case RuntimeError() if "determine home directory" in str(error):
            return EXIT_INPUT, "no home folder: set HOME, or XDG_CACHE_HOME, to a folder that may be written"
        case OSError() if error.errno == errno.EROFS:
            return EXIT_INPUT, f"{_named(error)}: lies on a disk that can only be read; name another folder"
        case PermissionError():
            return EXIT_INPUT, f"{_named(error)}: permission denied; name a file or folder you may use"
        case FileNotFoundError() if error.filename is not None:
            return EXIT_INPUT, f"{_named(error)}: no such file or folder"
        case OSError() if error.errno == errno.ENAMETOOLONG:
            return EXIT_INPUT, f"{_named(error)}: the name is too long for this disk; give a shorter one"
        case OSError() if error.errno in (errno.ENOTDIR, errno.EEXIST) and error.filename is not None:
            return EXIT_INPUT, f"{_named(error)}: a file stands where a folder is needed; name another folder"
        case OSError() if error.filename is not None and error.errno is not None:
            return EXIT_INPUT, f"{_named(error)}: cannot be used ({error.strerror}); name another file or folder"
        case sqlite3.OperationalError() if (said := OF_SQLITE.search(str(error))) is not None:
            return (
                EXIT_INPUT,
                f"a database of the run: {said[0]}; check the folder's permissions, and who else has it open",
            )
    return EXIT_BUG, f"{type(error).__name__}: {error} (this is a bug; run again with --debug and report it)"


def _named(error: OSError) -> str:
    return os.fsdecode(error.filename) if isinstance(error.filename, str | bytes) else "a file or folder"


def _tried(error: Exception) -> str:
    return ", ".join(re.findall(r"'([^']+)'", str(error))) or "the folders for temporary files"


def full_place(words: Sequence[str]) -> str | None:
    """Return the first of a command's folders, or else of those for temporary files and caches, on a disk without room."""
    given = (Path(word) for word in words if not word.startswith("-"))
    usual = (Path(os.environ.get(name, other)) for name, other in (("TMPDIR", "/tmp"), ("HOME", ".")))
    return next((str(path) for path in (*given, *usual) if without_room(path)), None)


def less_at_a_time(words: Sequence[str]) -> str:
    """Return which of a command's options take less memory: "smaller --batch, --workers"; empty if it has none."""
    for length in (2, 1):
        module = "_".join(words[:length]).replace("-", "_")
        if len(words) >= length and module.isidentifier() and importlib.util.find_spec(f"experiments.options.{module}"):
            config = getattr(importlib.import_module(f"experiments.options.{module}"), "Config", None)
            if config is not None:
                names = [each.name for each in fields(config)]
                found = [f"--{name.replace('_', '-')}" for name in LESS if name in names]
                return f"smaller {', '.join(found)}" if found else ""
    return ""
