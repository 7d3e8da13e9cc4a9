"""Record the pins anew: `PYTHONPATH=.:tests python tests/pins/record.py`, when a change of behaviour is meant.

With `--policy` the pinned bundle is written anew first: needed when the format, the observation or the table of parameters
is another, and only then, for an old bundle that still loads is what the pin is about.
"""

import json
import subprocess
import sys
from pathlib import Path

from fixtures.pinned import PHOTOS, action, help_options, render_cells, scores, write_policy

from experiments.cli import VERBS

HERE = Path(__file__).parent


def main() -> None:
    if "--policy" in sys.argv[1:]:
        write_policy(HERE / "policy")
    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
    pins = {
        "commit": commit.stdout.strip(),
        "scores": {photo: dict(zip(("mos", "attributes"), scores(photo), strict=True)) for photo in PHOTOS},
        "renders": {look: render_cells(look) for look in ("linear", "camera")},
        "action": action(HERE / "policy"),
        "help": {verb: help_options(verb) for verb in VERBS},
    }
    (HERE / "pins.json").write_text(json.dumps(pins, indent=1) + "\n")


if __name__ == "__main__":
    main()
