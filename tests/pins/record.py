"""Record the pins anew: `PYTHONPATH=.:tests python tests/pins/record.py`, when a change of behaviour is meant."""

import json
import subprocess
from pathlib import Path

from fixtures.pinned import PHOTOS, action, help_options, render_cells, scores

from experiments.cli import VERBS

HERE = Path(__file__).parent


def main() -> None:
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
