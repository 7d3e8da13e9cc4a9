"""Real actors of Ray, two of them, in one cluster for this module; how many fit where is asked without Ray."""

import importlib.util
import os
from functools import partial
from pathlib import Path

import pytest
from fixtures.pages import ROOT
from fixtures.toy_work import ToyWork

from attiqa_core.errors import InputError, ResourceError, UsageError
from attiqa_core.shards.commit import uncommitted
from experiments.options.scaling import ScalingOptions
from experiments.scaling import ray_cluster
from experiments.scaling.crew import Spread, spread
from experiments.scaling.ray_actors import needs_of
from experiments.scaling.ray_crew import RayCrew, Site, enter, site_of

NODE = {"CPU": 8.0, "memory": 20 * 2.0**30}
ON_GPUS = {"CPU": 16.0, "GPU": 4.0, "memory": 64 * 2.0**30}


def fits(machines, *, on_gpu=True, local=True, **options):
    return needs_of(machines, ScalingOptions(ray="local", **options), on_gpu=on_gpu, local=local)


def test_actors_are_as_many_as_processors_and_memory_allow():
    assert fits([NODE, NODE]) == (10, {"num_cpus": 1, "memory": 4 * 2**30})


def test_each_gpu_gets_one_actor_and_its_share_of_the_processors():
    assert fits([NODE, ON_GPUS]) == (4, {"num_cpus": 4, "num_gpus": 1, "memory": 4 * 2**30})


def test_gpus_are_left_alone_where_the_command_asks_for_the_cpu():
    assert fits([ON_GPUS], on_gpu=False)[0] == 16


def test_the_number_of_actors_is_what_was_asked_for():
    assert fits([NODE], ray_actors=2)[0] == 2


def test_memory_that_no_machine_has_is_one_sentence():
    with pytest.raises(ResourceError, match=r"100 GiB for an actor; give less --ray-memory-gb"):
        fits([NODE], ray_memory_gb=100.0)


NEEDS_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="needs Ray: pip install 'attiqa-isp[scale]'"
)


@NEEDS_RAY
def test_an_address_that_nobody_answers_at_is_one_sentence_at_once():
    with (
        pytest.raises(UsageError, match=r"127\.0\.0\.1:1: nobody answers there"),
        ray_cluster.cluster("127.0.0.1:1"),
    ):
        pass
    assert "RAY_USAGE_STATS_ENABLED" not in os.environ


@pytest.fixture(scope="module")
def cluster():
    with pytest.MonkeyPatch.context() as patched, ray_cluster_here(patched) as ray:
        yield ray


def ray_cluster_here(patched):
    """A cluster whose actors find the toy work too: pytest's own path is this process's alone."""
    paths = (str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", ""))
    patched.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))
    return ray_cluster.cluster("local", cpus=2)


def spread_with(ray, work: ToyWork) -> Spread:
    manifest = work.plan()
    crew = RayCrew(ray, site_of(manifest), partial(ToyWork, work.folder), {"num_cpus": 1})
    try:
        return spread(crew, uncommitted(manifest.shards()), 2, lambda items, there: None)
    finally:
        crew.dismiss()


@pytest.mark.slow
@NEEDS_RAY
def test_two_actors_make_what_one_process_makes_with_one_killed_in_mid_shard(cluster, tmp_path):
    alone = ToyWork(tmp_path / "alone")
    for shard in alone.plan().shards():
        alone.folder.joinpath("shards").mkdir(exist_ok=True)
        alone.make(shard)
    work = ToyWork(tmp_path / "two")
    work.plan()
    (work.folder / "killed-once-1").touch()
    found = spread_with(cluster, work)
    assert found.lost == 1 and not found.given_up
    assert sorted((work.folder / "made").read_text().split()) == ["0", "1", "1", "2", "3"]
    assert {path.name: path.read_bytes() for path in (work.folder / "shards").iterdir()} == {
        path.name: path.read_bytes() for path in (alone.folder / "shards").iterdir()
    }
    assert work.merge().path.read_text() == "ABCDEFGH"


@pytest.mark.slow
@NEEDS_RAY
def test_a_shard_that_kills_every_actor_is_given_up_and_what_is_committed_is_not_made_again(cluster, tmp_path):
    work = ToyWork(tmp_path / "poison")
    work.plan()
    (work.folder / "killed-2").touch()
    found = spread_with(cluster, work)
    assert [shard.index for shard in found.given_up] == [2] and found.lost == 3
    assert [shard.index for shard in uncommitted(work.plan().shards())] == [2]
    (work.folder / "killed-2").unlink()
    (work.folder / "made").unlink()
    spread_with(cluster, work)
    assert (work.folder / "made").read_text() == "2\n"


@pytest.mark.slow
@NEEDS_RAY
def test_an_actors_mistake_of_the_user_is_the_same_sentence_as_in_one_process(cluster, tmp_path):
    work = ToyWork(tmp_path / "bad")
    work.plan()
    (work.folder / "bad-0").touch()
    with pytest.raises(InputError, match="cannot be used; give another") as raised:
        spread_with(cluster, work)
    assert type(raised.value) is InputError


def test_a_machine_that_sees_another_folder_is_named(tmp_path):
    site = site_of(ToyWork(tmp_path / "here").plan())
    with pytest.raises(UsageError, match="all folders of the command have to be on a disk"):
        enter(Site(Path("/nowhere"), site.folder, site.items_sha256, site.version))
    with pytest.raises(UsageError, match="install the same everywhere"):
        enter(Site(site.here, site.folder, site.items_sha256, "0.0.1"))
