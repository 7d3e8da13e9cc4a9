import pytest

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import read_sealed
from attiqa_core.files.whole import write_json, write_text
from attiqa_core.shards.commit import FORMAT, commit, is_committed, prove, read_commit, uncommitted
from attiqa_core.shards.manifest import in_part, plan, read_manifest

ITEMS = [[f"photo-{number}.jpg", number] for number in range(7)]


@pytest.fixture
def manifest(tmp_path):
    return plan(tmp_path / "run", iter(ITEMS), {"scorer": "a"}, shard_size=3)


def make(shard, failing=()):
    keys = [key for key, _ in shard.items()]
    write_text(shard.file(".csv"), "\n".join(keys))
    errors = {key: "broken" for key in keys if key in failing}
    return commit(shard, [key for key in keys if key not in errors], (".csv",), errors, {"worker": "any"})


def test_shards_list_every_item_once_in_order(manifest):
    assert [shard.count for shard in manifest.shards()] == [3, 3, 1]
    assert [item for shard in manifest.shards() for item in shard.items()] == ITEMS
    assert read_manifest(manifest.folder) == manifest


def test_parts_cover_every_shard_once_whatever_their_number(manifest):
    for of in (1, 2, 3, 5):
        indices = [shard.index for part in range(of) for shard in in_part(manifest.shards(), (part, of))]
        assert sorted(indices) == [0, 1, 2]


def test_what_is_committed_in_any_order_is_proven(manifest):
    for shard in reversed(manifest.shards()):
        assert not is_committed(shard)
        make(shard, failing=("photo-4.jpg",))
    found = list(prove(manifest))
    assert [each.done for each in found] == [3, 2, 1] and found[1].errors == {"photo-4.jpg": "broken"}


def test_a_commit_that_does_not_cover_its_items_exactly_is_not_made(manifest):
    shard = manifest.shards()[0]
    for done in (
        ["photo-0.jpg"],
        ["photo-0.jpg", "photo-1.jpg", "photo-1.jpg"],
        ["photo-0.jpg", "photo-1.jpg", "other"],
    ):
        with pytest.raises(AssertionError, match="covered exactly"):
            commit(shard, done, (), {}, {})
    assert not is_committed(shard)


def test_a_shard_that_is_missing_or_was_changed_is_named(manifest):
    first, second, third = manifest.shards()
    make(first), make(third)
    with pytest.raises(InputError, match=r"000001\.json: no such file"):
        list(prove(manifest))
    make(second).shard.file(".csv").write_text("photo-3.jpg")
    with pytest.raises(InputError, match=r"000001\.csv: is missing or was changed"):
        read_commit(second)
    write_json(second.file(".json"), {**read_sealed(first.file(".json"), "", FORMAT), "index": 1}, seal=True)
    with pytest.raises(InputError, match="about other files than planned"):
        read_commit(second)


def test_a_folder_is_planned_again_with_the_same_alone(manifest):
    again = plan(manifest.folder, iter(ITEMS), {"scorer": "a"}, shard_size=3)
    assert again == manifest
    with pytest.raises(UsageError, match="another scorer"):
        plan(manifest.folder, iter(ITEMS), {"scorer": "b"}, shard_size=3)
    with pytest.raises(UsageError, match="other files"):
        plan(manifest.folder, iter(ITEMS[:-1]), {"scorer": "a"}, shard_size=3)
    assert read_manifest(manifest.folder) == manifest


def test_an_item_that_is_listed_twice_and_a_changed_manifest_are_refused(manifest, tmp_path):
    with pytest.raises(InputError, match=r"photo-0\.jpg: is listed twice"):
        plan(tmp_path / "twice", iter([*ITEMS, ITEMS[0]]), {}, shard_size=3)
    assert not (tmp_path / "twice" / "plan.json").exists()
    with (manifest.folder / "items.jsonl").open("a") as listing:
        listing.write('["more.jpg", 8]\n')
    with pytest.raises(InputError, match="was changed after it was written"):
        read_manifest(manifest.folder)


@pytest.mark.slow
def test_a_changed_bit_in_the_plan_or_in_a_commit_is_noticed_wherever_it_is(manifest):
    shard = manifest.shards()[0]
    make(shard, failing=("photo-1.jpg",))
    for path, read in (
        (manifest.folder / "plan.json", lambda: read_manifest(manifest.folder)),
        (shard.file(".json"), lambda: read_commit(shard)),
    ):
        whole = path.read_bytes()
        for place in range(0, len(whole) - 1, 3):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(InputError):
                read()
        path.write_bytes(whole)
        assert read()


def test_what_is_still_to_be_made_is_known_by_one_look(manifest):
    assert uncommitted(manifest.shards()) == manifest.shards() and uncommitted([]) == []
    make(manifest.shards()[1])
    assert [shard.index for shard in uncommitted(manifest.shards())] == [0, 2]
