"""What surrounds a command: streams that are open, signals, and mistakes as one sentence and an exit code."""

import contextlib
import errno
import os
import sys
import traceback
from collections.abc import Callable

from attiqa_core.errors import InputError, ResourceError, UsageError, one_line
from attiqa_isp.missing import missing

EXIT_USAGE, EXIT_INPUT, EXIT_SOME_FAILED, EXIT_RESOURCE, EXIT_INTERRUPTED, EXIT_TERMINATED = 2, 3, 4, 5, 130, 143
UNUSABLE = (errno.EIO, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR)
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Terminated(KeyboardInterrupt):
    """SIGTERM: whoever cleans up at Ctrl-C cleans up here as well."""


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


def terminate(number: int, frame: object) -> None:
    """What SIGTERM calls."""
    raise Terminated


def guarded(run_command: Callable[[list[str]], int], words: list[str], *, debug: bool) -> int:
    """Run the command line and return its code; what goes wrong is one sentence, or raised with --debug."""
    try:
        code = run_command([word for word in words if word != "--debug"])
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt as stopped:
        if debug:
            raise
        traceback.clear_frames(stopped.__traceback__)
        ended = isinstance(stopped, Terminated)
        print(f"\nattiqa: {'terminated' if ended else 'interrupted'}; what was finished is kept", file=sys.stderr)
        code = EXIT_TERMINATED if ended else EXIT_INTERRUPTED
    except Exception as error:
        if debug:
            raise
        traceback.clear_frames(error.__traceback__)  # closes what progress is open, so that the sentence comes last
        code = explain(error)
    return code


def explain(error: Exception) -> int:
    """Print one sentence for an error and return the exit code; what is not a user's mistake names itself a bug."""
    match error:
        case UsageError():
            code, text = EXIT_USAGE, str(error)
        case InputError():
            code, text = EXIT_INPUT, str(error)
        case ResourceError():
            code, text = EXIT_RESOURCE, str(error)
        case ImportError() if missing(error):
            code, text = EXIT_INPUT, missing(error)
        case MemoryError():
            code, text = EXIT_RESOURCE, "out of memory; use smaller batches or fewer images"
        case OSError() if error.errno in DISK_FULL:
            code, text = (
                EXIT_RESOURCE,
                f"{error.filename or 'output'}: the disk is full; free some space and run it again",
            )
        case OSError() if error.errno == errno.EFBIG:
            code, text = (
                EXIT_RESOURCE,
                f"{error.filename or 'output'}: larger than files may be here (ulimit -f, or FAT)",
            )
        case OSError() if error.errno == errno.EROFS:
            code, text = EXIT_INPUT, f"{error.filename}: lies on a disk that can only be read; name another folder"
        case PermissionError():
            code, text = EXIT_INPUT, f"{error.filename}: permission denied; name a file or folder you may use"
        case FileNotFoundError():
            code, text = EXIT_INPUT, f"{error.filename}: no such file or folder"
        case OSError() if error.filename is not None and error.errno in UNUSABLE:
            code, text = EXIT_INPUT, f"{error.filename}: cannot be used ({error.strerror}); name another file or folder"
        case _ if "out of memory" in str(error).lower():
            code, text = EXIT_RESOURCE, "out of memory; use smaller batches, or --device cpu"
        case _:
            code, text = (
                1,
                f"{type(error).__name__}: {error} (this is a bug; run again with --debug and report it)",
            )
    print(f"attiqa: {one_line(text)}", file=sys.stderr)
    return code
