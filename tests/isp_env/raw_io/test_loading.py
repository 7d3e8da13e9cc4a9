import weakref

import imagecodecs
import numpy as np
import pytest

from attiqa_core.errors import InputError
from isp_env.core import IspCore, Task
from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.find import find_raws
from isp_env.raw_io.loading import first_read, load_proxies, read_frames


@pytest.fixture
def folder(tmp_path, synthetic_frames):
    """Four good raws and, second in order, one that is none."""
    for frame in synthetic_frames:
        write_frame(tmp_path / f"{frame.name}.dng", frame)
    (tmp_path / "scene_0_bad.dng").write_bytes(b"\xff\xd8\xff not a raw")
    return tmp_path


@pytest.fixture
def most_alive(monkeypatch):
    """Return the largest number of full-size frames that were ever alive when one had just been read."""
    read, counts = [], [0]
    load = RawFrame.load.__func__

    def counted(cls, path, *own):
        frame = load(cls, path)
        read.append(weakref.ref(frame))
        counts.append(sum(each() is not None for each in read))
        return frame

    monkeypatch.setattr(RawFrame, "load", classmethod(counted))
    return lambda: max(counts)


def test_a_linear_png_with_its_light_beside_it_is_a_raw_and_other_pngs_are_none(tmp_path):
    for name in ("phone", "screenshot"):
        samples = np.full((40, 60, 3), 20000, np.uint16)
        (tmp_path / f"{name}.png").write_bytes(imagecodecs.png_encode(samples))
    (tmp_path / "phone_metadata.json").write_text('{"illuminant_color_raw": [0.5, 1.0, 0.8]}')
    assert [path.name for path in find_raws([tmp_path])] == ["phone.png"]
    (proxy,), failures = load_proxies([tmp_path], 32)
    assert proxy.wb_as_shot == pytest.approx((2.0, 1.0, 1.25)) and failures == []


def test_unreadable_raws_are_reported_and_the_rest_is_loaded(folder):
    proxies, failures = load_proxies([folder], 64)
    assert [proxy.name for proxy in proxies] == ["scene_0", "scene_1", "scene_2", "scene_3"]
    assert len(failures) == 1 and "scene_0_bad.dng" in failures[0]


def test_a_folder_without_a_readable_raw_is_refused_before_work_begins(folder):
    for good in set(find_raws([folder])) - {folder / "scene_0_bad.dng"}:
        good.unlink()
    with pytest.raises(InputError, match=r"scene_0_bad\.dng"):
        load_proxies([folder], 64)
    with pytest.raises(InputError, match=r"scene_0_bad\.dng"):
        first_read(read_frames(find_raws([folder]), []))


def test_of_all_raws_one_is_held_at_full_size_at_a_time(folder, most_alive):
    proxies, _ = load_proxies([folder], 64)
    assert len(proxies) == 4 and most_alive() == 1


def test_a_core_makes_proxies_of_the_frames_of_an_iterator_one_by_one(folder, most_alive, tiny_scorer):
    core = IspCore(read_frames(find_raws([folder]), []), tiny_scorer, Task(proxy_px=64))
    assert len(core) == 4 and most_alive() == 1


def test_the_first_frame_read_ahead_is_let_go_like_the_others(folder, most_alive):
    names = []
    for frame in first_read(read_frames(find_raws([folder]), [])):
        names.append(frame.name)
        del frame
    assert len(names) == 4 and most_alive() == 1


@pytest.mark.slow
def test_a_core_of_proxies_equals_the_core_of_their_frames(synthetic_frames, tiny_scorer):
    proxies = [frame.proxy(64, by_area=True, crops=2) for frame in synthetic_frames]
    of_frames, of_proxies = (IspCore(each, tiny_scorer, Task(proxy_px=64)) for each in (synthetic_frames, proxies))
    assert of_frames.names == of_proxies.names
    assert np.array_equal(of_frames.default_observations, of_proxies.default_observations)
