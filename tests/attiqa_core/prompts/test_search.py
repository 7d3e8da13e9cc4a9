import csv
import io
import json

import numpy as np
import pytest
import torch
from fixtures.seeded import normal
from scipy.stats import spearmanr
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES, TABLE_1_PROMPTS
from attiqa_core.errors import InputError
from attiqa_core.prompts import report as prompt_report
from attiqa_core.prompts.adjectives import Adjectives
from attiqa_core.prompts.search import Candidates, Ranking, distortion_sroccs, joint_scores, rating_sroccs
from attiqa_core.teachers.prompt_sets import read_prompts

WORDS = Adjectives(("Good", "Fine", "Great"), ("Bad", "Poor", "Awful", "Sad"))
FEATURES = 16
PLANTED = (2, 1)  # Great / Poor


def random_units(*shape, seed):
    return functional.normalize(normal(*shape, FEATURES, seed=seed), dim=-1)


@pytest.fixture
def candidates():
    """Random directions, but for one positive and one negative word of each attribute: opposite ends of its own axis."""
    found = {}
    for axis, attribute in enumerate(ATTRIBUTES):
        positive, negative = random_units(3, seed=axis), random_units(4, seed=10 + axis)
        positive[PLANTED[0]], negative[PLANTED[1]] = torch.eye(FEATURES)[axis], -torch.eye(FEATURES)[axis]
        found[attribute] = Candidates(WORDS, positive, negative)
    return found


def along_axes(amounts, seed=0):
    """Embeddings with noise in every direction but the axes of the attributes, where they hold `amounts`."""
    embeddings = normal(len(amounts), FEATURES, seed=seed)
    embeddings[:, : len(ATTRIBUTES)] = amounts
    return functional.normalize(embeddings, dim=1) * 3  # length must not matter


def test_a_planted_best_pair_is_found_by_ratings(candidates):
    amounts = normal(400, 5, seed=1)
    sroccs = rating_sroccs(along_axes(amounts), amounts, candidates)
    for attribute in ATTRIBUTES:
        assert Ranking(WORDS, sroccs[attribute]).at(0.0) == PLANTED
        assert sroccs[attribute][PLANTED] > 0.9


def graded(photos=6, levels=7):
    """Unit embeddings (photos, 5 * levels, features): along each attribute's axis one after the other."""
    ascending = {attribute: tuple(np.linspace(-1, 1, levels).tolist()) for attribute in ATTRIBUTES}
    blocks = []
    for axis in range(len(ATTRIBUTES)):
        photo = normal(photos, 1, FEATURES, seed=axis).repeat(1, levels, 1)
        photo += 0.3 * normal(*photo.shape, seed=50 + axis)
        photo[:, :, axis] = torch.linspace(-1, 1, levels)
        blocks.append(photo)
    return torch.cat(blocks, 1), ascending


def test_a_planted_best_pair_is_found_by_distortions(candidates):
    embeddings, levels = graded()
    sroccs = distortion_sroccs(embeddings, levels, candidates)
    for attribute in ATTRIBUTES:
        assert Ranking(WORDS, sroccs[attribute]).at(0.0) == PLANTED


def test_task_1_is_the_mean_of_the_photos_own_correlations(candidates):
    embeddings, levels = graded()
    embeddings[2, 7:14] = torch.nan  # a photo whose contrast cannot be graded
    sroccs = distortion_sroccs(embeddings, levels, candidates)
    contrast = candidates["contrast"]
    versions = functional.normalize(embeddings[[0, 1, 3, 4, 5], 7:14], dim=-1)
    for row, column in np.ndindex(3, 4):
        scores = versions @ contrast.positive[row] - versions @ contrast.negative[column]
        expected = np.mean([spearmanr(each, range(7)).statistic for each in scores])
        assert sroccs["contrast"][row, column] == pytest.approx(expected, abs=1e-9)


def test_ratings_that_are_unknown_or_constant_leave_their_attribute_undefined(candidates):
    ratings = normal(50, 5, seed=3)
    ratings[4, 1], ratings[:, 2] = torch.nan, 7.0
    sroccs = rating_sroccs(along_axes(ratings.nan_to_num()), ratings, candidates)
    assert np.isnan(sroccs["contrast"]).all() and np.isnan(sroccs["brightness"]).all()
    assert np.isfinite(sroccs["sharpness"]).all()
    with pytest.raises(InputError, match="task2: no pair of contrast, brightness has a defined SROCC"):
        prompt_report.rankings({"task2": sroccs}, dict.fromkeys(ATTRIBUTES, WORDS))


def test_a_ranking_names_best_median_and_worst_and_leaves_undefined_pairs_out():
    scores = np.array([[0.1, 0.9, np.nan, 0.5], [0.2, 0.3, 0.4, np.nan], [-0.7, 0.0, 0.6, 0.8]])
    ranking = Ranking(WORDS, scores)
    assert ranking.at(0.0) == (0, 1) and ranking.at(1.0) == (2, 0) and len(ranking.order) == 10
    assert scores[ranking.at(0.5)] == 0.4  # the fifth of ten
    assert ranking.described((0, 3)) == {"prompts": ["Good image", "Sad image"], "score": 0.5, "rank": 4, "of": 10}
    assert ranking.described((0, 2))["score"] is None and ranking.described((0, 2))["rank"] is None


def test_table_1_is_found_by_its_words_whatever_their_case():
    words = Adjectives(("Fine", "splendid"), ("BLURRY", "Soft"))
    ranking = Ranking(words, np.array([[0.1, 0.2], [0.3, 0.0]]))
    assert ranking.of_table_1("sharpness") == (1, 0) and ranking.described((1, 0))["rank"] == 1
    assert ranking.of_table_1("contrast") is None


@pytest.fixture
def ranked():
    random = np.random.default_rng(0)
    words = {
        name: Adjectives(
            (TABLE_1_PROMPTS[name].positive.removesuffix(" image"), "Fine"),
            (TABLE_1_PROMPTS[name].negative.removesuffix(" image"), "Sad"),
        )
        for name in ATTRIBUTES
    }
    tasks = {task: {name: random.normal(size=(2, 2)) for name in ATTRIBUTES} for task in ("task1", "task2")}
    tasks["task1"]["contrast"][1, 1] = np.nan
    return prompt_report.rankings(tasks, words)


def test_the_sum_of_both_tasks_decides(ranked, tmp_path):
    content = prompt_report.report(ranked)
    (tmp_path / "prompts.json").write_text(json.dumps(content, allow_nan=False), encoding="utf-8")
    assert set(content["sets"]) == {"joint", "task1", "task2", "median", "worst"}
    total = joint_scores(
        {task: {name: ranked[task][name].scores for name in ATTRIBUTES} for task in ("task1", "task2")}
    )
    for attribute in ATTRIBUTES:
        place = content["ranking"][attribute]["joint"]
        assert place["best"]["score"] == np.nanmax(total[attribute]) and place["worst"]["score"] == np.nanmin(
            total[attribute]
        )
        assert place["table1"]["prompts"] == list(TABLE_1_PROMPTS[attribute])
        assert read_prompts(str(tmp_path))[attribute] == tuple(place["best"]["prompts"])
        assert read_prompts(str(tmp_path), "worst")[attribute] == tuple(place["worst"]["prompts"])
        assert read_prompts(str(tmp_path), "task1")[attribute] == tuple(
            content["ranking"][attribute]["task1"]["best"]["prompts"]
        )


def test_without_one_task_its_sets_and_the_joint_one_are_absent(ranked):
    content = prompt_report.report({"task2": ranked["task2"]})
    assert set(content["sets"]) == {"task2", "median", "worst"} and set(content["ranking"]["contrast"]) == {"task2"}


def test_the_table_lists_every_pair_best_first_and_undefined_ones_last_and_empty(ranked):
    rows = list(csv.DictReader(io.StringIO(prompt_report.pair_table(ranked))))
    assert len(rows) == 5 * 4
    contrast = [row for row in rows if row["attribute"] == "contrast"]
    assert [row["rank"] for row in contrast] == ["1", "2", "3", ""]
    assert contrast[-1]["task1"] == contrast[-1]["joint"] == "" and contrast[-1]["positive"] == "Fine"
    sums = [float(row["joint"]) for row in contrast[:3]]
    assert sums == sorted(sums, reverse=True)
    assert sums[0] == pytest.approx(float(contrast[0]["task1"]) + float(contrast[0]["task2"]), abs=1e-6)


def test_the_summary_names_the_papers_rank(ranked):
    text = prompt_report.summary(ranked)
    place = ranked["joint"]["sharpness"].described((0, 0))
    assert f"{place['score']:.3f}, rank {place['rank']} of 4" in text and len(text.splitlines()) == 1 + 15
