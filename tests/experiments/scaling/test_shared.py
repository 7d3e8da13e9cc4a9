"""What the driver of a shared command makes of what became of its shards, without Ray."""

import pytest
from fixtures.photographs import write_noise

from experiments.commands import label
from experiments.options.scaling import ScalingOptions
from experiments.scaling import ray_actors
from experiments.scaling.crew import Spread
from experiments.scaling.works import work_of


@pytest.fixture
def config(tmp_path):
    write_noise(tmp_path / "pictures", [f"{index}.png" for index in range(6)])
    options = {"teacher": "statistics", "threads": 1, "shard_size": 2, "scaling": ScalingOptions(ray="local")}
    return label.Config(photos=(tmp_path / "pictures",), out=tmp_path / "run", **options)


def making_all_but(given_up, seen):
    """What takes the place of actors: shards are made here, but for one that costs every worker."""

    def make(verb, config, manifest, waiting):
        seen.append([shard.index for shard in waiting])
        make_one = work_of(verb, config).worker()
        for shard in waiting:
            if shard.index != given_up:
                make_one(shard)
        return Spread(given_up={shard: "killed" for shard in waiting if shard.index == given_up})

    return make


@pytest.mark.slow
def test_a_shard_that_is_given_up_is_named_and_the_same_command_goes_on_with_it_alone(config, tmp_path, monkeypatch):
    seen: list[list[int]] = []
    monkeypatch.setattr(ray_actors, "_make", making_all_but(2, seen))
    found = label.run(config)
    assert found.path is None and not (tmp_path / "run" / "labels.csv").exists()
    assert found.done == "2 of 3 shards made, nothing merged; the same command tries the rest again"
    assert found.failures == ("shard 000002 (4.png, 5.png): each worker that had it was lost (killed)",)
    monkeypatch.setattr(ray_actors, "_make", making_all_but(None, seen))
    assert label.run(config).done == "6 photos labelled"
    assert seen[1] == [2]
    assert label.run(config).done == "6 photos labelled" and len(seen) == 2, "nothing is left to be made"
