"""What every tuner promises, as tests that an outsider's tuner inherits.

    class TestMine(TunerConformance):
        def make_tuner(self): return MyTuner()

in a test file is all; pytest does the rest. Plain asserts: nothing but pytest's collection is needed.
"""

import re
from functools import cached_property

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from agents.tuner import Tuner
from attiqa_core.judges.judge import Judge
from isp_env.conformance import CountingJudge
from isp_env.core import IspCore, Task
from isp_env.parameters.table import KNOWN
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise

NAME = re.compile(r"\w[\w.-]*")


class TunerConformance:
    """Inherit it and say how your tuner is made; each test makes its own, and cores of its own for it."""

    task = Task(proxy_px=32)
    """What the tuner's core is made for."""

    def make_tuner(self) -> Tuner:
        """Return the tuner under test; it may ask the scorer of the core and no other."""
        raise NotImplementedError

    def core(self, *frames: RawFrame, judge: Judge | None = None) -> IspCore:
        """Return the frames as a tuner gets them."""
        return IspCore(frames, judge or CountingJudge(), self.task)

    def answer(self, *frames: RawFrame) -> Float[Tensor, "frames parameters"]:
        """Return what a tuner made for it says to the frames."""
        return self.make_tuner().tune(self.core(*frames)).values

    @cached_property
    def frames(self) -> tuple[RawFrame, RawFrame]:
        """A dark mosaic, and linear RGB of another shape; so nearly square that a judge sees each in one square."""
        photo = 0.5 + 0.3 * np.sin(np.arange(48 * 50 * 3).reshape(48, 50, 3) / 97)
        camera = CAMERAS["gopro-hero6"]
        mosaic = synthesise(
            photo, camera, exposure_ev=-2, cfa="GBRG", generator=np.random.default_rng(0), name="mosaic"
        )
        linear = synthesise(photo.swapaxes(0, 1), camera).proxy(48)  # crops of one size, which a core needs
        return mosaic, RawFrame.from_linear_rgb(linear.samples, wb_as_shot=linear.wb_as_shot, name="linear")

    def test_it_answers_each_raw_with_one_finite_row_inside_the_ranges(self) -> None:
        params = self.make_tuner().tune(self.core(*self.frames))
        values = params.values
        assert values.shape == (2, len(params.names)), f"{values.shape} is not one row of parameters for each raw"
        assert values.device.type == "cpu" and not values.requires_grad
        assert torch.isfinite(values).all()
        for name, value in (item for row in params.to_dicts() for item in row.items()):
            low, high = KNOWN[name].limits
            slack = 1e-6 * (high - low)  # what float32 may be off by at an end
            assert low - slack <= value <= high + slack, f"{name}: {value}"

    def test_it_answers_the_same_raw_the_same_whatever_came_before(self) -> None:
        tuner = self.make_tuner()
        first, other = self.frames
        answer = tuner.tune(self.core(first)).values
        tuner.tune(self.core(other))
        assert torch.equal(tuner.tune(self.core(first)).values, answer)
        assert torch.equal(self.answer(first), answer)

    def test_it_answers_many_raws_as_it_answers_each(self) -> None:
        together = self.answer(*self.frames)
        alone = torch.cat([self.answer(frame) for frame in self.frames])
        assert torch.allclose(together, alone, rtol=1e-4, atol=1e-4), "a raw's answer depends on its neighbours"

    def test_it_asks_the_judge_as_often_as_it_states(self) -> None:
        for frames in (self.frames[:1], self.frames):
            judge, tuner = CountingJudge(), self.make_tuner()
            core = self.core(*frames, judge=judge)
            before = judge.asked
            tuner.tune(core)
            renders = (judge.asked - before) / len(frames)
            queries = renders / (1 + self.task.crops)
            assert queries == tuner.queries, f"states {tuner.queries} queries per raw and asks {queries:g}"
            assert renders == tuner.renders, f"states {tuner.renders} renders per raw and shows {renders:g}"

    def test_it_looks_at_the_camera_default_if_it_says_so(self) -> None:
        judge, tuner = CountingJudge(), self.make_tuner()
        core = self.core(*self.frames, judge=judge)
        _ = core.default_scores
        known = judge.asked
        tuner.tune(core)
        asked = (judge.asked - known) / len(core) / (1 + self.task.crops)
        assert asked == tuner.queries - tuner.looks, "what the core knows of the camera default is not asked again"

    def test_it_leaves_the_raws_as_they_were(self) -> None:
        core = self.core(*self.frames)
        samples, names = [group.frames.samples.clone() for group in core.groups.groups], list(core.names)
        self.make_tuner().tune(core)
        after = [group.frames.samples for group in core.groups.groups]
        assert all(torch.equal(*pair) for pair in zip(after, samples, strict=True)) and core.names == names

    def test_it_needs_no_gradients_switched_on_or_off_by_its_caller(self) -> None:
        frame = self.frames[0]
        answer = self.answer(frame)
        with torch.no_grad():
            assert torch.equal(self.answer(frame), answer)

    def test_its_name_is_one_word_of_a_table(self) -> None:
        name = self.make_tuner().name
        assert NAME.fullmatch(name), f"{name!r}: letters, digits, '.', '-' and '_' only"
