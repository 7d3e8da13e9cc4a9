"""Whom of Prolific's raters to pay, and whose votes to use: two lists."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.tables import csv_text
from attiqa_core.files.whole import write_text
from experiments.commands.study_recruit import account_at
from experiments.options.outcome import Outcome, count
from experiments.options.study_lists import Config
from experiments.study.analysis.exclusion import breaches, conduct_of
from experiments.study.folder import STORE_FILE, open_study
from experiments.study.prolific.account import Submission
from experiments.study.prolific.lists import Payment, Use, whom_to_pay, whose_votes, with_checks
from experiments.study.prolific.participants import participants
from experiments.study.prolific.sent import SENT_FILE, read_sent
from experiments.study.server.store import Store


def run(config: Config) -> Outcome:
    """Write both lists and print how many of each suggestion there are."""
    config.check()
    study = open_study(config.study)
    submissions = fetched(config) if config.fetch else None
    store = Store(config.store or config.study / STORE_FILE)
    try:
        votes, _ = store.collected(study)
        people = with_checks(participants(store), votes)
    finally:
        store.close()
    rules = study.protocol.exclusion
    left_out = {
        rater: [str(each) for each in broken] for rater, broken in breaches(conduct_of(votes, rules), rules).items()
    }
    pay = whom_to_pay(people, submissions, study.protocol.prolific.completed, config.minutes)
    use = whose_votes(people, votes, left_out, submissions)
    write_text(config.pay, _csv(Payment, pay))
    write_text(config.use, _csv(Use, use))
    suggestions = Counter(row.suggestion for row in pay)
    print("\n".join(f"{word:<14} {number}" for word, number in suggestions.most_common()))
    used = sum(row.use for row in use)
    asked = "" if config.fetch else ", Prolific was not asked (--fetch)"
    done = f"{count(len(pay), 'participant')}, {suggestions['approve']} to approve; votes of {used} of {len(use)} raters used"
    return Outcome(config.pay, done + asked)


def fetched(config: Config) -> list[Submission]:
    """Return the submissions of every study that was made on Prolific for this one. Raises: InputError if none was."""
    ids = [each.id for each in read_sent(config.study) if each.id and each.api == config.base]
    if not ids:
        raise InputError(
            f"{config.study / SENT_FILE}: no study was made at {config.base}; run `attiqa study recruit --send`, or leave "
            "out --fetch"
        )
    account = account_at(config.base)
    return [submission for study_id in ids for submission in account.submissions(study_id)]


def _csv(kind: type[Any], rows: Sequence[Any]) -> str:
    columns = [field.name for field in dataclasses.fields(kind)]
    return csv_text([columns, *(dataclasses.astuple(row) for row in rows)])
