"""The child process that decodes: paths come in, what was read of them goes out. `python -m isp_env.raw_io.decoding.child GIB`."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.messages import read_message, write_message
from isp_env.raw_io.decoding.pictures import decode
from isp_env.raw_io.decoding.preview import embedded_preview
from isp_env.raw_io.exif.capture import read_capture

READY = "ready"
CONTENTS, PREVIEW = "contents", "preview"
"""What may be asked for of a file."""


def main() -> None:
    """Say that it is ready, then answer until the parent closes its end."""
    limit_memory(float(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent's affair
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come among the answers
    questions = sys.stdin.buffer
    write_message(answers, READY)
    while True:
        try:
            question = read_message(questions)
        except EOFError:
            return
        os.chdir(os.fsdecode(question["folder"]))
        asked = Path(os.fsdecode(question["path"])), question["seconds"], question.get("what", CONTENTS)
        write_message(answers, answer(*asked))


def limit_memory(gib: float) -> None:
    """Let this process have at most so much address space, where the system can (Linux; not Windows)."""
    try:
        import resource
    except ImportError:
        return
    most = int(gib * 2**30)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def limit_time(seconds: float) -> None:
    """Let this process compute for at most so many seconds more: a parent that was killed cannot end it."""
    try:
        import resource
    except ImportError:
        return
    spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    most = int(spent + seconds * (os.cpu_count() or 1)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def answer(path: Path, seconds: float, what: str = CONTENTS) -> dict[str, Any]:
    """Return what is in a file: `decoded`, `directories` and `capture`, or of `what` PREVIEW its `preview`; or `refused`, a
    sentence, or `memory`, where it ran out of that."""
    limit_time(seconds)
    try:
        return _read(path, what)
    except MemoryError:
        return {"memory": True}
    except InputError as error:
        return {"refused": str(error)}
    except Exception as error:  # whatever a library stumbles over in a stranger's bytes is that file's fault
        return {
            "refused": f"{path}: cannot be decoded ({type(error).__name__}: {error}); copy it from the camera again"
        }


def _read(path: Path, what: str) -> dict[str, Any]:
    if what == PREVIEW:
        return {"preview": embedded_preview(path)}
    decoded, directories = decode(path)
    capture = read_capture(path)
    return {"decoded": vars(decoded), "directories": directories and vars(directories), "capture": capture}


if __name__ == "__main__":
    main()
