"""What a render run hands back to the shell."""

from attiqa_core.errors import InputError
from experiments.options.outcome import Outcome, say
from experiments.options.render import Config
from experiments.rendering.tally import Tally


def outcome_of(config: Config, tally: Tally, raws: int) -> Outcome:
    """Return what a run over so many raws says at its end. Raises: InputError if none has a picture."""
    failures = tuple(tally.failures.values())
    if config.json:
        tally.say_totals()
    if len(failures) == raws:
        for failure in failures[1:]:
            say(f"skipped: {failure}")
        raise InputError(f"{failures[0]} (none of {raws} raws can be read)" if raws > 1 else failures[0])
    return Outcome(None if config.json else config.out, tally.sentence, failures)
