"""What a run says while it goes and when it ends: a bar or lines, JSON, failures, counts."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from attiqa_core.runs.metrics import finite
from experiments.options.outcome import count, say
from experiments.rendering.inputs import Source
from experiments.rendering.names import shown
from experiments.rendering.one_picture import Made

REASONS = 3  # named at most


class Tally:
    """Counts what became of each raw, and says it: as JSON on stdout, as one line each on stderr, or by the bar alone."""

    def __init__(self, out: Path, bar: Any = None, *, as_json: bool = False, as_lines: bool = False):
        self.out, self.bar, self.as_json, self.as_lines = out, bar, as_json, as_lines
        self.counts: Counter[str] = Counter()
        self.again: Counter[str] = Counter()
        self.not_applied: Counter[str] = Counter()
        self.failures: dict[Source, str] = {}

    def add(self, made: Made) -> None:
        """Count one raw and say what became of it."""
        self.counts[made.state] += 1
        self.failures.pop(made.source, None)  # a watched file may come again
        if made.state == "failed":
            self.failures[made.source] = made.why
        elif made.state == "rendered":
            self.again.update([made.why] if made.why != "new" else [])
            self.not_applied.update(made.recipe["corrections"]["not_applied"])
        if self.as_json:
            print(json.dumps(finite(described(made))), flush=True)
        elif self.as_lines:
            say(made.why if made.state == "failed" else shown(made.picture))
        if self.bar is not None:
            self.bar.update()

    @property
    def has_pictures(self) -> bool:
        """Whether any raw has a picture, of this run or of one before."""
        return bool(self.counts["rendered"] or self.counts["finished"])

    @property
    def sentence(self) -> str:
        """How many were rendered, and how many were finished before."""
        done = f"{count(self.counts['rendered'], 'raw')} rendered"
        return f"{done}, {self.counts['finished']:,} finished before" if self.counts["finished"] else done

    def close(self) -> None:
        """End the bar, and say once what was not applied, and what was made again and why."""
        if self.bar is not None:
            self.bar.close()
        for name, files in self.not_applied.items():
            say(f"not applied to {count(files, 'raw')}: {name}")
        for why, files in self.again.most_common(REASONS):
            say(f"made again: {count(files, 'picture')}, {why}")

    def say_counts(self) -> None:
        """Say how far it came, where the run does not end well."""
        skipped = f", {len(self.failures):,} skipped" if self.failures else ""
        say(f"{self.sentence}{skipped}")
        if self.as_json:
            self.say_totals()

    def say_totals(self) -> None:
        """Print the last object of --json: the folder and the counts."""
        totals = {"folder": shown(self.out), "rendered": self.counts["rendered"], "finished": self.counts["finished"]}
        print(json.dumps({**totals, "failed": len(self.failures)}), flush=True)

    def failures_for_people(self) -> list[dict[str, str]]:
        """Return what `failures.json` holds: for each raw that has no picture its path and the sentence."""
        in_order = sorted(self.failures.items(), key=lambda failure: failure[0].path)  # threads end in any
        return [{"raw": shown(source.path), "reason": why} for source, why in in_order]


def described(made: Made) -> dict[str, Any]:
    """Return one raw's line of --json."""
    raw = {"raw": shown(made.source.path)}
    if made.state == "failed":
        return {**raw, "error": made.why}
    raw["picture"] = shown(made.picture)
    if made.state == "finished":
        return {**raw, "finished": "before"}
    told = {name: made.recipe[name] for name in ("params", "corrections")}
    again = {"again": made.why} if made.why != "new" else {}
    return {**raw, "seconds": round(made.seconds, 3), "size": list(made.size), **told, **again}
