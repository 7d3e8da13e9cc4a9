import threading

import pytest
import torch
from fixtures.photographs import noise
from fixtures.seeded import seeded
from PIL import Image

from attiqa_core.errors import InputError
from attiqa_core.photos.images import centre_crop, random_crops, read_picture, resize_short_edge, to_images
from attiqa_core.photos.picture_cache import CENTRE, CropPlan, PictureCache, crops_ahead, random_places

CPU = torch.device("cpu")


@pytest.fixture
def paths(tmp_path):
    made = [tmp_path / f"{index}.png" for index in range(6)]
    for index, path in enumerate(made):
        pixels = noise(index, 50, 61 + index)
        Image.fromarray(pixels).save(path)
    return made


def decoded(paths, short_edge):
    return [resize_short_edge(read_picture(path), short_edge) for path in paths]


def test_the_cache_holds_pictures_decoded_and_resized(paths):
    cache = PictureCache(paths, 40)
    assert len(cache) == 6 and len(cache[1:3]) == 2 and torch.equal(cache[-1], cache[5])
    assert all(torch.equal(one, other) for one, other in zip(cache, decoded(paths, 40), strict=True))


@pytest.mark.parametrize(("budget_pictures", "reads_in_second_pass"), [(0, 6), (2, 4), (6, 0)])
def test_what_fits_the_budget_is_decoded_once(paths, monkeypatch, budget_pictures, reads_in_second_pass):
    from attiqa_core.photos import picture_cache

    reads = []
    original = picture_cache.read_picture
    monkeypatch.setattr(picture_cache, "read_picture", lambda path: reads.append(path) or original(path))
    largest = PictureCache(paths, 40)[5].nbytes
    reads.clear()
    cache = PictureCache(paths, 40, budget_pictures * largest)
    for _ in range(2):
        _ = [cache[index] for index in range(6)]
    assert len(reads) == 6 + reads_in_second_pass
    assert cache.held_bytes <= budget_pictures * largest


def test_threads_that_ask_for_the_same_photo_count_it_once(paths):
    cache = PictureCache(paths, 40)
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        _ = cache[0]

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cache.held_bytes == cache[0].nbytes


def test_a_million_photos_cost_nothing_until_they_are_read(tmp_path):
    cache = PictureCache([tmp_path / "none.png"] * 1_300_000, 256)
    assert len(cache) == 1_300_000 and cache.held_bytes == 0
    with pytest.raises(InputError, match=r"none\.png"):
        _ = cache[700_000]


def test_the_next_readable_substitute_stands_in_for_an_unreadable_photo(paths):
    for index in (2, 3, 5):
        paths[index].write_text("no picture")
    cache = PictureCache(paths, 40, substitutes=[0, 2, 3, 5])
    plain = decoded([paths[0], paths[1], paths[4]], 40)
    assert torch.equal(cache[1], plain[1]) and torch.equal(cache[4], plain[2]) and not cache.failures
    assert torch.equal(cache[2], plain[0]) and torch.equal(cache[5], plain[0])
    assert cache.stand_ins == {2: 0, 5: 0} and set(cache.failures) == {2, 3, 5}
    assert "3.png" in cache.failures[3]
    paths[0].write_text("no picture")
    with pytest.raises(InputError, match="none of 4 photos can be read"):
        _ = PictureCache(paths, 40, substitutes=[0, 2, 3, 5])[2]


@pytest.mark.parametrize("threads", [1, 3])
def test_crops_ahead_are_the_random_crops_of_each_batch_in_turn(paths, threads):
    pictures, generator, same = decoded(paths, 40), *(seeded(7) for _ in range(2))
    batches = [[3, 1, 4], [1, 5], [0, 2, 4], [2], [3, 0]]
    plans = (CropPlan(torch.tensor(batch), random_places(len(batch), generator)) for batch in batches)
    arriving = list(crops_ahead(PictureCache(paths, 40), plans, 32, device=CPU, threads=threads))
    assert len(arriving) == 5 and arriving[0].dtype == torch.uint8
    for crops, batch in zip(arriving, batches, strict=True):
        assert torch.equal(to_images(crops), random_crops([pictures[index] for index in batch], 32, same))


@pytest.mark.parametrize("size", [31, 32])
def test_the_centre_place_is_the_centre_crop(paths, size):
    cache = PictureCache(paths, 40)
    plan = CropPlan(torch.arange(6), torch.tensor(CENTRE).expand(6, 3))
    (crops,) = crops_ahead(cache, [plan], size, device=CPU)
    assert all(torch.equal(crop, centre_crop(picture, size)) for crop, picture in zip(crops, cache, strict=True))


def test_an_unreadable_picture_stops_the_batch_that_needs_it_and_no_thread_stays(paths):
    paths[4].write_text("no picture")
    plans = [CropPlan(torch.tensor([index]), torch.tensor([CENTRE])) for index in (0, 1, 4, 5)]
    arriving = crops_ahead(PictureCache(paths, 40), plans, 32, device=CPU)
    next(arriving)
    next(arriving)
    with pytest.raises(InputError, match=r"4\.png"):
        next(arriving)
    assert not any(thread.name.startswith("crops") for thread in threading.enumerate())


def test_leaving_an_epoch_early_ends_its_threads(paths):
    plans = [CropPlan(torch.tensor([index]), torch.tensor([CENTRE])) for index in range(6)]
    arriving = crops_ahead(PictureCache(paths, 40), plans, 32, device=CPU)
    next(arriving)
    arriving.close()
    assert not any(thread.name.startswith("crops") for thread in threading.enumerate())
