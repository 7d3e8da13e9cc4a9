"""Try a study with simulated raters before real ones come."""

import tempfile
from pathlib import Path

from attiqa_core.errors import UsageError
from experiments.options.outcome import Outcome, count
from experiments.options.study_rehearse import Config
from experiments.study.folder import open_study
from experiments.study.intervals.measured import INSTALL
from experiments.study.rehearsal.crowd import Taste, crowd, known_pictures
from experiments.study.rehearsal.serving_process import Server
from experiments.study.rehearsal.standing import complaints, printed, standing
from experiments.study.server.store import Store


def run(config: Config) -> Outcome:
    """Serve from a store that is thrown away, let the raters take part, and say what holds."""
    try:
        import starlette  # noqa: F401  the server is another process; the sentence belongs here
        import uvicorn  # noqa: F401
    except ModuleNotFoundError as error:
        raise UsageError(f"{error.name} is not installed; serving needs the extra: {INSTALL}") from error
    study = open_study(config.study)
    taste = Taste(config.share, 0.1, config.left_bias, config.lapses, config.pause)
    with tempfile.TemporaryDirectory(prefix="attiqa-rehearsal-") as folder:
        path = Path(folder) / "votes.sqlite"
        server = Server(config.study, path, config.raters)
        try:
            crew = [None] * config.raters
            heard = crowd(
                server.address,
                study,
                known_pictures(study, config.study),
                crew,
                taste,
                dropouts=config.dropouts,
                seed=config.seed,
            )
        finally:
            server.stop()
        store = Store(path)
        found = standing(study, store.collected(study)[0], heard)
        store.close()
    print(printed(found, heard))
    wrong = complaints(study, found, heard, everybody_finished=not heard.left_early)
    done = f"rehearsed with {count(config.raters, 'rater')} and {count(found.votes, 'vote')}; none of them is kept"
    return Outcome(None, done, wrong, "not as it should be")
