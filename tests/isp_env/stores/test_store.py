import hashlib
import json
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from PIL import Image

from attiqa_core.errors import InputError, UsageError
from isp_env.contexts.variations import Variation, missed_white_balance
from isp_env.contexts.varying import vary
from isp_env.core import IspCore, Task
from isp_env.isp_episodes.core_files import load_core
from isp_env.lens.shading import LensShading
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.stores.bake_recipe import BakeRecipe
from isp_env.stores.baking import Source, bake, contexts_of, describe
from isp_env.stores.frames import from_block, rounded, to_block
from isp_env.stores.open_contexts import open_contexts
from isp_env.stores.store import CONTEXTS, FORMAT, INDEX, STORE, BakedStore

RECIPE = BakeRecipe(variants=2, proxy_px=48, crops=2, precision="float32", seed=3)


@pytest.fixture(scope="session")
def raws(tmp_path_factory, synthetic_frames):
    """Four small DNGs, and second in order one that is none."""
    folder = tmp_path_factory.mktemp("to-bake")
    for frame in synthetic_frames:
        write_frame(folder / f"{frame.name}.dng", frame)
    (folder / "scene_0_bad.dng").write_bytes(b"not a raw")
    return sorted(folder.glob("*.dng"))


def baked(paths, folder, recipe=RECIPE, shares=None, **options) -> BakedStore:
    folder.mkdir(exist_ok=True)
    bake([Source(place, path) for place, path in enumerate(paths)], recipe, folder, **options)
    describe(folder, recipe, 0, scene_pattern="", shares=shares or {"validation": 0.25})
    return BakedStore.open(folder)


@pytest.fixture(scope="session")
def store(raws, tmp_path_factory) -> BakedStore:
    return baked(raws, tmp_path_factory.mktemp("store"))


def assert_same(one, other):
    """Every field alike, arrays bit for bit and of one type."""
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif hasattr(one, "__dataclass_fields__"):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for mine, theirs in zip(one, other, strict=True):
            assert_same(mine, theirs)
    else:
        assert one == other


def bytes_of(store: BakedStore) -> dict[str, str]:
    return {name: hashlib.sha256((store.path / name).read_bytes()).hexdigest() for name in (CONTEXTS, INDEX, STORE)}


@pytest.mark.slow
@pytest.mark.parametrize("square", [True, False])
@pytest.mark.parametrize("kind", ["mosaic", "rgb", "shaded"])
def test_a_proxy_comes_back_bit_for_bit(synthetic_frames, kind, square):
    frame = synthetic_frames[1]
    if kind == "rgb":
        frame = RawFrame.from_linear_rgb(np.random.default_rng(0).random((60, 90, 3)), wb_as_shot=(2.0, 1.0, 1.5))
    if kind == "shaded":
        shading = LensShading(np.ones((4, 2, 1), np.float32), (3.0, 0.1), (20.0, 1e6))
        frame = replace(frame, shading=shading)
    proxy = vary(frame, Variation(mirror=True), np.random.default_rng(0)).proxy(48, square=square, crops=2)
    for precision in ("float32", "uint16"):
        expected = rounded(proxy, precision)
        again = from_block(np.frombuffer(to_block(proxy, precision), np.uint8))
        assert_same(_without_tuples(expected), _without_tuples(again))


def _without_tuples(frame: RawFrame) -> RawFrame:
    """JSON has lists only: what a variation's place becomes."""
    metadata = json.loads(json.dumps(dict(frame.metadata)))
    crops = tuple(replace(crop, frame=replace(crop.frame, metadata={})) for crop in frame.crops)
    return replace(frame, metadata=metadata, crops=crops)


@pytest.mark.slow
def test_sixteen_bits_move_no_pixel_of_a_render_by_a_thousandth(synthetic_frames):
    proxy = synthetic_frames[2].proxy(64, crops=1)
    params = IspParams.from_dict({"exposure_ev": 1.0, "shadows_ev": 2.0, "sharpen": 0.5, "contrast": 0.3})
    for one, other in (
        (proxy, rounded(proxy, "uint16")),
        (proxy.crops[0].frame, rounded(proxy, "uint16").crops[0].frame),
    ):
        assert (render(one, params) - render(other, params)).abs().max() < 1e-3


@pytest.mark.slow
def test_a_store_holds_each_raw_as_it_is_and_varied_and_names_what_it_cannot_read(store, raws):
    assert [item.name for item in store.items[:4]] == ["scene_0", "scene_0_v1", "scene_0_v2", "scene_1"]
    assert len(store.items) == 12 and len(store.failures) == 1 and "scene_0_bad.dng" in store.failures[0]
    plain = RawFrame.load(raws[0]).proxy(48, by_area=True, crops=2)
    assert_same(_without_tuples(plain), _without_tuples(store.proxies()[0]))
    store.verify()


@pytest.mark.slow
def test_no_context_of_a_raw_is_on_another_side_than_the_raw(store):
    sides = {split: {item.raw for item in store.of(split)} for split in ("training", "validation", "test")}
    assert not sides["training"] & sides["validation"] and not sides["test"]
    assert sum(len(store.of(split)) for split in sides) == len(store.items)
    assert len(store.proxies("validation")) == 3 and len(store.proxies("training")[1:3]) == 2


def whites(source, **recipe) -> list[tuple[float, float]]:
    """By how much each context's white balance was missed."""
    recipe = replace(RECIPE, **{"right_white": 0.0, **recipe})
    return [missed_white_balance(frame.metadata) for frame in contexts_of(source, recipe)]


@pytest.mark.slow
def test_a_share_of_the_contexts_has_a_right_white_and_nothing_else_moves(raws, tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (56, 60, 3), np.uint8)).save(tmp_path / "photo.png")
    for source in (Source(0, raws[0]), Source(1, tmp_path / "photo.png", is_photo=True)):
        counts = {"variants": 4, "photo_variants": 4, "plain": False}
        missed, some = whites(source, **counts), whites(source, **counts, right_white=0.5)
        right = [each == (0, 0) for each in some]
        assert sum(right) == 2 and right != [True, True, False, False] and (0, 0) not in missed
        assert [each for each, is_right in zip(some, right, strict=True) if not is_right] == [
            each for each, is_right in zip(missed, right, strict=True) if not is_right
        ]
        ways = [contexts_of(source, replace(RECIPE, **counts, right_white=share)) for share in (0.0, 0.5)]
        for one, other in zip(*ways, strict=True):
            np.testing.assert_array_equal(
                one.samples, other.samples
            )  # the white balance is what is written beside them
            told = [frame.metadata["variation"] for frame in (one, other)]
            assert {**told[0], "white_balance_mired": 0, "white_balance_duv": 0} == {
                **told[1], "white_balance_mired": 0, "white_balance_duv": 0
            }  # fmt: skip
        assert whites(source, **counts, right_white=1.0) == [(0, 0)] * 4


@pytest.mark.slow
def test_writing_to_a_proxy_changes_no_file(store):
    store.proxies()[0].samples[:] = 7
    store.verify()
    assert store.proxies()[0].samples.max() < 7


@pytest.mark.slow
def test_two_processes_write_the_same_bytes_as_one(store, raws, tmp_path):
    assert bytes_of(baked(raws, tmp_path / "two", workers=2)) == bytes_of(store)


@pytest.mark.slow
@pytest.mark.parametrize("cut", ["in a line", "between", "in the contexts"])
def test_a_store_that_was_cut_anywhere_goes_on_to_the_same_bytes(store, raws, tmp_path, cut):
    folder = tmp_path / "cut"
    folder.mkdir()
    lines = (store.path / INDEX).read_bytes().splitlines(keepends=True)
    kept = b"".join(lines[:2]) + (lines[2][:40] if cut == "in a line" else b"")
    (folder / INDEX).write_bytes(kept)
    ends = [json.loads(line)["items"][-1] for line in lines if json.loads(line)["items"]]
    size = ends[0]["offset"] + ends[0]["size"] + (1000 if cut == "in the contexts" else 0)
    (folder / CONTEXTS).write_bytes(
        (store.path / CONTEXTS).read_bytes()[:size] + (b"rest" if cut == "in a line" else b"")
    )
    done = []
    again = baked(raws, folder, begin=lambda count: done.append(count) or (lambda: None))
    assert done == [2] and bytes_of(again) == bytes_of(store)


@pytest.mark.slow
def test_damage_is_found_and_what_is_cut_off_or_unfinished_is_not_opened(store, tmp_path):
    folder = tmp_path / "copy"
    folder.mkdir()
    for name in (CONTEXTS, INDEX, STORE):
        (folder / name).write_bytes((store.path / name).read_bytes())
    content = bytearray((folder / CONTEXTS).read_bytes())
    content[store.items[4].offset + 2000] ^= 1
    (folder / CONTEXTS).write_bytes(content)
    with pytest.raises(InputError, match=f"contexts of {store.items[4].raw} are damaged"):
        BakedStore.open(folder).verify()
    (folder / CONTEXTS).write_bytes(content[:-64])
    with pytest.raises(InputError, match="cut off"):
        BakedStore.open(folder)
    (folder / STORE).write_text(json.dumps({"format": "attiqa-store/1", "proxy_px": 48}))
    with pytest.raises(
        InputError, match=f"format 'attiqa-store/1' is not {FORMAT!r}, which this version reads; bake it again"
    ):
        BakedStore.open(folder)
    (folder / STORE).unlink()
    with pytest.raises(InputError, match="--resume"):
        BakedStore.open(folder)
    with pytest.raises(InputError, match="no store"):
        BakedStore.open(tmp_path)


@pytest.mark.slow
def test_raws_and_a_store_open_alike_with_scenes_and_sides(store, raws):
    of_store = open_contexts([store.path], 48, 1)
    of_raws = open_contexts(raws, 48, 1, shares={"validation": 0.25})
    assert len(of_store) == 12 and len(of_raws) == 4 and len(of_raws.failures) == len(of_store.failures) == 1
    assert len(of_store.of("validation")) == 3 and set(of_raws.splits) == {"training", "validation"}
    assert all(len(proxy.crops) == 1 for proxy in of_store.of("training").proxies)
    assert_same(of_raws.proxies[0].samples, of_store.proxies[0].samples)


@pytest.mark.slow
def test_a_store_for_another_task_or_beside_other_raws_is_refused(store, raws):
    with pytest.raises(InputError, match="--proxy-px 48 --crops 2"):
        open_contexts([store.path], 64, 2)
    with pytest.raises(InputError, match="3"):
        open_contexts([store.path], 48, 3)
    with pytest.raises(UsageError, match="give it alone"):
        open_contexts([store.path, raws[0]], 48)
    with pytest.raises(UsageError, match="split of its own"):
        open_contexts([store.path], 48, shares={"test": 1.0})


@pytest.mark.slow
def test_the_environment_takes_a_stores_proxies(store, tiny_scorer):
    proxies = open_contexts([store.path], 48, 2).of("training").proxies
    core = IspCore(proxies, tiny_scorer, Task(proxy_px=48, crops=2))
    assert len(core) == 9 and torch.isfinite(core.default_scores).all()


@pytest.mark.slow
def test_an_environment_opens_one_side_of_a_store(store, tiny_scorer_folder):
    with pytest.warns(UserWarning, match="scene_0_bad"):
        core, failures = load_core(store.path, tiny_scorer_folder, proxy_px=48, crops=1, split="validation")
    assert core.names == [item.name for item in store.of("validation")] and len(failures) == 1
    with pytest.raises(InputError, match='nothing on the side split="test"; there is'):
        load_core(store.path, tiny_scorer_folder, proxy_px=48, split="test")
    with pytest.raises(InputError, match="of whole frames with 2 crops, not of 48 px of squares"):
        load_core(store.path, tiny_scorer_folder, proxy_px=48, square=True)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "message"), [(INDEX, "line 1 is not what was written"), (CONTEXTS, "are damaged")])
def test_going_on_notices_one_bit_that_changed(store, raws, tmp_path, name, message):
    folder = tmp_path / "changed"
    folder.mkdir()
    for each in (CONTEXTS, INDEX):
        (folder / each).write_bytes((store.path / each).read_bytes())
    content = bytearray((folder / name).read_bytes())
    content[100] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        baked(raws, folder)


@pytest.mark.slow
def test_only_unreadable_raws_are_no_store(raws, tmp_path):
    with pytest.raises(InputError, match="none of 1 files can be read"):
        baked([raws[1]], tmp_path / "none")
