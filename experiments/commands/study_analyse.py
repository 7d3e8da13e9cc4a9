"""Join raters' votes with a study's key: win rates with intervals, with and without those whom its rules leave out."""

from collections.abc import Sequence
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_json, write_text
from experiments.evaluation.votes import ImageVote, write_votes
from experiments.options.outcome import Outcome, count, say
from experiments.options.study_analyse import Config
from experiments.study.analysis.counted import main_votes
from experiments.study.analysis.exclusion import Standing, standing_of
from experiments.study.analysis.exports import choix_content, pwcmp_csv
from experiments.study.analysis.many_arms import many_arms
from experiments.study.analysis.printed import lines
from experiments.study.analysis.report import SEED, analyse
from experiments.study.analysis.tables import images_csv, raters_csv
from experiments.study.folder import Study, open_study
from experiments.study.prolific.use_list import USE_FILE, not_used
from experiments.study.results.collect import votes_on
from experiments.study.results.tidy import choices_of, trials_csv
from experiments.study.scale.bradley_terry import Scale
from experiments.study.scale.picture import draw
from experiments.study.vote import Rater


def run(config: Config) -> Outcome:
    """Write the analysis, its tables and exports, and print its lines."""
    config.check()
    study = open_study(config.study)
    collected = votes_on(study, config.study, config.results, config.store)
    if not collected.votes:
        raise InputError(f"{config.study}: no result can be used; {_first(collected.complaints)}")
    standing = standing_of(collected.votes, study.protocol.exclusion)
    if not config.results:
        for note in counted_though_not_used(config.study, standing):
            say(note)
    many = many_arms(main_votes(standing.kept), study, SEED)
    analysis = analyse(study, standing, many)
    write_tables(config.folder, study, collected.raters, standing)
    write_json(config.folder / "analysis.json", {**analysis, "left_out": list(collected.complaints)})
    print(lines(analysis) if many is None else f"{many.lines}\n\n{lines(analysis)}")
    if many is not None and isinstance(many.scale, Scale) and many.scale.strengths:
        draw(many.scale, config.folder / "scale.png")
    kept = analysis["kept"]
    done = f"{count(kept['votes'], 'vote')} by {count(kept['raters'], 'rater')} on {count(kept['scenes'], 'scene')}"
    return Outcome(config.folder / "analysis.json", done, collected.complaints, failed="left out")


def counted_though_not_used(study: Path, standing: Standing) -> list[str]:
    """Return a sentence for each rater who counts by the protocol's rules, and whom the list of `attiqa study lists` does not use."""
    kept = {vote.rater for vote in standing.kept}
    return [
        f"{rater}: counts, though {study / USE_FILE} does not use them ({reason}); take them out with `attiqa study remove`"
        for rater, reason in not_used(study / USE_FILE).items()
        if rater in kept
    ]


def write_tables(folder: Path, study: Study, raters: Sequence[Rater], standing: Standing) -> None:
    """Write everything beside analysis.json into `folder`; what counts are the votes of those who are not left out."""
    kept = standing.kept
    choices = [ImageVote(*row) for row in choices_of(main_votes(kept), study)]
    write_text(folder / "images.csv", images_csv(kept, study.arms))
    write_text(folder / "raters.csv", raters_csv(raters, standing))
    write_text(folder / "trials.csv", trials_csv(standing.votes, study, standing.reasons))
    write_votes(folder / "votes.csv", choices)
    write_text(folder / "pwcmp.csv", pwcmp_csv(kept, study))
    write_json(folder / "choix.json", choix_content(kept, study))


def _first(complaints: Sequence[str]) -> str:
    return complaints[0] if complaints else "nobody has answered yet"
