"""Remove raters from a served study, down to the bytes."""

from experiments.options.outcome import Outcome, count
from experiments.options.study_remove import Config
from experiments.study.folder import LINKS_FILE, STORE_FILE, open_study
from experiments.study.server.links import forget_links
from experiments.study.server.removal import remove
from experiments.study.server.store import Store


def run(config: Config) -> Outcome:
    """Remove the raters and say what there was of each."""
    study = open_study(config.study)
    store = Store(config.store or config.study / STORE_FILE)
    store.check_is_of(study)
    removed = remove(store, config.raters)
    forget_links(store, config.study / LINKS_FILE)
    store.close()
    for each in removed:
        print(f"{each.rater}: {count(each.votes, 'vote')}" + (", Prolific's identifiers" if each.prolific else ""))
    done = f"{count(len(removed), 'rater')} with {count(sum(each.votes for each in removed), 'vote')} removed"
    return Outcome(None, done)
