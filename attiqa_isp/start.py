"""The console script: the packages are checked, then the command line runs; what fails before it does is one sentence too."""

import importlib
import sys
from typing import NoReturn

from attiqa_isp.ours import stranger

COMMAND_LINE = "experiments.cli"
"""By name: this package lies below the others, which ask it what is installed."""
EXIT_INPUT, EXIT_INTERRUPTED = 3, 130  # as in experiments/running/streams.py, which may be a stranger's here


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        if sentence := stranger():
            _end(sentence, EXIT_INPUT)
        command_line = importlib.import_module(COMMAND_LINE)
    except KeyboardInterrupt:
        _end("interrupted before anything was begun", EXIT_INTERRUPTED)
    except ImportError as error:
        reason = str(error).partition("\n")[0]
        _end(f"the installation is not whole ({reason}); `pip install --force-reinstall attiqa-isp`", EXIT_INPUT)
    command_line.main()


def _end(sentence: str, code: int) -> NoReturn:
    print(f"attiqa: {sentence}", file=sys.stderr)
    sys.exit(code)
