"""Export a blind study of two or more folders of rendered pictures: pages for raters, or a study to be served; the key apart."""

import math
import secrets

import numpy as np

from attiqa_core.errors import InputError
from experiments.options.outcome import Outcome, count, say
from experiments.options.study_export import ARMS, Config
from experiments.study.design.checks import GOOD, SPOILED
from experiments.study.design.lists import check_numbers
from experiments.study.folder import Study
from experiments.study.making.building import building
from experiments.study.making.customs import shortcomings
from experiments.study.making.scenes import Gathered, Wanted, gather
from experiments.study.making.settled import settled_protocol
from experiments.study.making.sources import Scenes, find_scenes
from experiments.study.making.spool import open_spool
from experiments.study.making.writing import designed_study, page_names, write_study
from experiments.study.protocol import Protocol


def run(config: Config) -> Outcome:
    """Write the study and return its page, or its folder where there is none; scenes that cannot be shown are reported."""
    config.check()
    protocol = _protocol(config)
    raters = _raters(config, protocol)
    seed = secrets.randbits(53) if config.seed is None else config.seed
    rng = np.random.default_rng(seed)
    found, failures = find_scenes(dict(zip(ARMS, config.folders, strict=False)))
    gold_from = _own_gold(config, protocol)
    session = protocol.session
    most_scenes = min(len(found), config.max_scenes or len(found))
    check_numbers(session, most_scenes * math.comb(len(config.folders), 2))  # again below, without what cannot be shown
    wanted = Wanted(config.max_scenes or 0, session.gold, session.training, config.long_edge)
    with building(config.out) as folder, open_spool(folder) as spool:
        gathered = gather(found, wanted, gold_from, spool, rng)
        failures += gathered.failures
        if not gathered.scenes:
            raise InputError(f"{config.folders[0]}: no scene can be shown; {failures[-1]}")
        if session.gold and not gathered.of("gold"):
            raise InputError(f"no gold pictures can be had: {failures[-1]}; give some of your own with --gold-from")
        arms = dict(zip(ARMS, config.arm_names(), strict=False))
        study = designed_study(arms, gathered.scenes, protocol, raters=raters, seed=seed, rng=rng)
        write_study(folder, study, gathered.scenes, spool)
    for note in (*gathered.notes, *shortcomings(study)):
        say(note)
    return _outcome(config, study, gathered, failures)


def _protocol(config: Config) -> Protocol:
    question = {"text": config.question, "answers": config.answers, "view": config.view}
    counts = ("per_rater", "votes_per_pair", "pairs", "repeats", "gold", "traps", "training")
    return settled_protocol(
        config.protocol, question=question, session={name: getattr(config, name) for name in counts}
    )


def _raters(config: Config, protocol: Protocol) -> int:
    if config.raters is None:
        return 0 if protocol.session.pairs == "adaptive" else 1
    return config.raters


def _own_gold(config: Config, protocol: Protocol) -> Scenes | None:
    """The user's own gold pairs; as many as each rater sees have to be there."""
    if config.gold_from is None:
        return None
    good, bad = config.gold_from
    pairs, _ = find_scenes({GOOD: good, SPOILED: bad})
    if not protocol.session.gold or len(pairs) < protocol.session.gold:
        wanted = protocol.session.gold
        raise InputError(
            f"{good} and {bad}: hold {count(len(pairs), 'gold pair')}, and each rater is to see {wanted}; say how many with --gold"
        )
    return pairs


def _outcome(config: Config, study: Study, gathered: Gathered, failures: list[str]) -> Outcome:
    kinds = {kind: len(gathered.of(kind)) for kind in ("main", "gold", "training")}
    checks = "".join(f", {number} of {kind}" for kind, number in kinds.items() if kind != "main" and number)
    done = f"{count(kinds['main'], 'scene')} of {len(study.arms)} versions{checks}"
    public = config.out / "public"
    if not study.lists:
        return Outcome(config.out, f"{done}, to be served", tuple(failures))
    trials = max(len(each.trials) for each in study.lists)
    if len(study.lists) == 1:
        return Outcome(public / page_names(1)[0], f"{done}, to be shown in {count(trials, 'trial')}", tuple(failures))
    return Outcome(
        public, f"{done}, to be shown to {len(study.lists)} raters in {count(trials, 'trial')} each", tuple(failures)
    )
