"""Bring votes of other programs into a study's folder."""

from collections.abc import Sequence
from pathlib import Path

from attiqa_core.files.whole import sha256, write_json
from attiqa_core.runs.folder import provenance
from experiments.evaluation import votes as choices
from experiments.options.outcome import Outcome, count
from experiments.options.study_import import Config
from experiments.study.imports.answers import Read, read_answers
from experiments.study.imports.as_study import Imported, as_study
from experiments.study.imports.sources import SOURCES
from experiments.study.imports.written import write_imported
from experiments.study.protocol import Protocol, read_protocol
from experiments.study.results.tidy import choices_of

VOTES_FILE = "votes.csv"
ABOUT_FILE = Path("private") / "import.json"
"""Private, as names of files may be names of people."""


def run(config: Config) -> Outcome:
    """Write the study's folder and print what came in, what did not, and what the files do not tell."""
    config.check()
    protocol = read_protocol(config.protocol) if config.protocol else Protocol(name="Imported votes")
    source = SOURCES[config.source]
    read = read_answers(config.files, source, config.columns, config.meanings, config.pictures)
    imported = as_study(read.answers, protocol)
    untold = [*source.untold, *imported.untold()]
    write_imported(config.out, imported, provenance())
    main = [vote for vote in imported.votes if vote.trial.kind == "main"]
    choices.write_votes(config.out / VOTES_FILE, [choices.ImageVote(*row) for row in choices_of(main, imported.study)])
    about = {
        "from": config.source,
        "files": {str(path): sha256(path) for path in config.files},
        "map": config.columns,
        "words": config.meanings,
        "pictures": config.pictures,
        "left_out": read.expected,
        "broken": read.broken,
        "not_told": untold,
    }
    write_json(config.out / ABOUT_FILE, about)
    print(table(imported, read, untold))
    study = imported.study
    said = [
        count(len(imported.votes), "vote"),
        count(len(imported.raters), "rater"),
        count(len(study.main_scenes), "scene"),
    ]
    done = f"{said[0]} by {said[1]} on {said[2]} of {len(study.arms)} arms"
    return Outcome(config.out, done, tuple(read.broken), failed="left out")


def table(imported: Imported, read: Read, untold: Sequence[str]) -> str:
    """Return what came in and what is not known, as a few lines of text."""
    kinds: dict[str, int] = {}
    for vote in imported.votes:
        kinds[vote.trial.kind] = kinds.get(vote.trial.kind, 0) + 1
    rows = [("votes", ", ".join(f"{number} {kind}" for kind, number in kinds.items()))]
    rows += [("arms", ", ".join(imported.study.arms.values()))]
    rows += [("left out", sentence) for sentence in read.expected]
    rows += [("not told", sentence) for sentence in untold]
    return "\n".join(f"{name:<9} {text}" for name, text in rows)
