"""Recruit raters on Prolific: the request and its cost, the draft, and its publication."""

import json
from pathlib import Path

from experiments.options.outcome import Outcome
from experiments.options.study_recruit import Config
from experiments.study.folder import open_study
from experiments.study.prolific.account import Account, token_of
from experiments.study.prolific.asking import Door
from experiments.study.prolific.recruitment import (
    cost_sentence,
    read_recruitment,
    request_of,
)
from experiments.study.prolific.sent import SENT_FILE, publish, send


def run(config: Config) -> Outcome:
    """Print the request, or make the draft, or publish it."""
    config.check()
    study, recruitment = open_study(config.study), read_recruitment(config.recruitment)
    request = request_of(study, recruitment)
    cost = cost_sentence(request, recruitment)
    if not (config.send or config.publish):
        print(json.dumps(request, indent=2, ensure_ascii=False))
        return Outcome(None, f"dry run, nothing was sent to {config.base}; --send makes a draft: {cost}")
    account = account_at(config.base)
    if config.publish:
        draft, now = publish(config.study, request, account)
        serving = f"raters come to {recruitment.url} now, `attiqa study serve --prolific` has to let them in"
        already = f"was not published, it is {draft.status or 'of no known status'} already"
        done = f"published, {serving}" if now else already
        return Outcome(_file(config), f"study {draft.id} on Prolific {done}: {cost}")
    draft, now = send(config.study, request, account)
    done = (
        "made as a draft; look at it there, then run with --publish" if now else "was there already, nothing was made"
    )
    return Outcome(_file(config), f"study {draft.id} on Prolific {done}: {cost}")


def account_at(base: str) -> Account:
    """Return the account of the token in the environment. Raises: UsageError without one."""
    return Account(Door(base, token_of()))


def _file(config: Config) -> Path:
    return config.study / SENT_FILE
