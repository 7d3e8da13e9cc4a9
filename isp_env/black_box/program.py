"""Which program it is: what tells its pictures from those of another version."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256
from isp_env.black_box.description import BlackBox
from isp_env.black_box.placeholders import filled, placeholders_in
from isp_env.black_box.processes import Processes

VERSION_TIMEOUT_S = 60.0


def program_of(box: BlackBox, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return what the program says of its version, or a hash of its file, and hashes of what its command names beside the description.

    `values`: of {here} and {python}. Raises: InputError if there is no such program, or it says nothing.
    """
    word = filled(box.command[0], values)
    found = shutil.which(word)
    if found is None:
        raise InputError(
            f"{box.name}: there is no program {word!r}; install it, or write its full path in [program] command"
        )
    said = _first_line(box, values) if box.version else sha256(Path(found).resolve())
    beside = [filled(each, values) for each in box.command if placeholders_in([each]) == ("here",)]
    return (said, *(sha256(Path(each)) for each in beside if Path(each).is_file()))


def _first_line(box: BlackBox, values: Mapping[str, str]) -> str:
    words = [filled(word, values) for word in box.version]
    with tempfile.TemporaryDirectory(prefix="attiqa-black-box-", ignore_cleanup_errors=True) as folder:
        try:
            ended = Processes().run(words, Path(folder), VERSION_TIMEOUT_S, box.memory_mb, dict(box.environment))
        except OSError as error:
            raise InputError(f"{box.name}: {' '.join(words)} does not say its version ({error})") from error
    if ended.code is None:
        raise InputError(f"{box.name}: {' '.join(words)} does not say its version within {VERSION_TIMEOUT_S:g} s")
    if ended.code is not None and ended.code < 0:
        raise InputError(
            f"{box.name}: {' '.join(words)} was killed by signal {-ended.code} before it said its version, by the system if "
            "memory is short; run the command again"
        )
    if not ended.began:
        raise InputError(f"{box.name}: {' '.join(words)} says nothing; leave [program] version out")
    return ended.began
