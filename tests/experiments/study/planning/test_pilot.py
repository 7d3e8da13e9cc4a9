import numpy as np
import pytest

from attiqa_core.errors import InputError
from experiments.study.planning.pilot import NEEDED, pilot_of, read_pilot
from experiments.study.planning.population import Population
from experiments.study.planning.simulate import drawn, shown_to, simulated


def write(path, votes, **changes):
    rows = [
        {"rater": vote.rater, "kind": vote.trial.kind, "scene": vote.trial.scene, "left": vote.trial.left,
         "right": vote.trial.right, "choice": vote.choice, "seconds": f"{vote.seconds:.3f}", "left_out": "", **changes}
        for vote in votes
    ]  # fmt: skip
    path.write_text("\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]))
    return path


def votes_of(raters, scenes, taste_sd, scene_sd, answers="two"):
    rng = np.random.default_rng(0)
    population = Population((0.3, 0.0), taste_sd, scene_sd, answers=answers)
    return simulated(population, drawn(population, raters, rng), shown_to(raters, scenes, 2, rng), rng)


@pytest.mark.slow
@pytest.mark.parametrize(("taste_sd", "scene_sd", "answers"), [(0.6, 1.2, "tie"), (1.2, 0.4, "two"), (0.0, 0.0, "two")])
def test_a_large_pilot_gives_back_the_spreads_it_was_drawn_from(tmp_path, taste_sd, scene_sd, answers):
    path = write(tmp_path / "trials.csv", votes_of(60, 60, taste_sd, scene_sd, answers))
    pilot = pilot_of(read_pilot(path), path)
    assert pilot.taste_sd == pytest.approx(taste_sd, abs=0.3)
    assert pilot.scene_sd == pytest.approx(scene_sd, abs=0.3)
    assert (pilot.votes, pilot.raters, pilot.scenes, pilot.answers) == (3600, 60, 60, answers)
    assert pilot.seconds == pytest.approx(6.0, rel=0.05)


def test_raters_left_out_and_checks_and_skipped_pairs_are_not_read(tmp_path):
    votes = votes_of(3, 4, 0.5, 1.0)
    assert len(read_pilot(write(tmp_path / "a.csv", votes))) == 12
    assert not read_pilot(write(tmp_path / "b.csv", votes, left_out="min_gold"))
    assert not read_pilot(write(tmp_path / "c.csv", votes, kind="gold"))
    assert not read_pilot(write(tmp_path / "d.csv", votes, choice="skipped"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"choice": "both"}, "line 2 is no answer"),
        ({"seconds": "soon"}, "line 2"),
        ({"seconds": "-1"}, "line 2"),
        ({"left": "b", "right": "b"}, "line 2"),
    ],
)
def test_a_row_that_is_no_answer_is_named(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        read_pilot(write(tmp_path / "trials.csv", votes_of(3, 4, 0.5, 1.0), **changes))


def test_another_table_a_picture_or_too_few_raters_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "other.csv").write_text("image,mos\na,3\n")
    with pytest.raises(InputError, match=f"has no {', '.join(NEEDED)}; give the trials.csv"):
        read_pilot(tmp_path / "other.csv")
    (tmp_path / "picture.csv").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(InputError, match="cannot be read as CSV"):
        read_pilot(tmp_path / "picture.csv")
    with pytest.raises(InputError, match="has 2 raters and 4 scenes; a pilot needs 3 of each"):
        pilot_of(votes_of(2, 4, 0.5, 1.0), tmp_path / "trials.csv")
