"""Simulated voters have the taste that is said, and votes whose sides are tossed have none."""

from collections import Counter

import torch

from experiments.evaluation.taste.voters import Look, cast_votes, look_at, shuffled

SCENES = {f"s{number}": [f"{number}-{arm}" for arm in range(4)] for number in range(20)}
LOOKS = {name: Look(0.05 * int(name[-1]), 0.0) for names in SCENES.values() for name in names}


def share_of_the_more_colourful(votes):
    liked = [(vote.chosen == vote.image_b) == (vote.image_b[-1] > vote.image_a[-1]) for vote in votes]
    return sum(liked) / len(liked)


def test_voters_like_colour_and_dislike_the_dark():
    grey, red = torch.full((1, 3, 4, 4), 0.5), torch.tensor([0.9, 0.3, 0.3]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    assert look_at(grey).chroma < 1e-6 < look_at(red).chroma and look_at(grey).darkness == 0
    assert look_at(grey * 0.4).darkness > 0.15
    votes = cast_votes(SCENES, LOOKS, voters=10, votes=240, seed=0)
    assert share_of_the_more_colourful(votes) > 0.8
    assert abs(share_of_the_more_colourful(shuffled(votes, 1)) - 0.5) < 0.12


def test_every_voter_votes_alike_often_and_nobody_twice_on_a_pair():
    votes = cast_votes(SCENES, LOOKS, voters=10, votes=360, seed=0)
    assert len({(vote.rater, vote.pair) for vote in votes}) == len(votes) == 360
    assert max(Counter(vote.rater for vote in votes).values()) <= 2 * 36
    assert max(Counter(vote.pair for vote in votes).values()) == 3
    assert votes == cast_votes(SCENES, LOOKS, voters=10, votes=360, seed=0)
