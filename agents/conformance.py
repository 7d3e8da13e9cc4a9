"""What every tuner promises, as tests that an outsider's tuner inherits.

    class TestMine(TunerConformance):
        def make_tuner(self, judge): return MyTuner(judge)

in a test file is all; pytest does the rest. Plain asserts: nothing but pytest's collection is needed.
"""

import re
from functools import cached_property

import numpy as np
import torch

from agents.tuner import Tuner
from attiqa_core.judges.judge import Judge
from isp_env.conformance import CountingJudge
from isp_env.parameter_table import KNOWN
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise

NAME = re.compile(r"\w[\w.-]*")


class TunerConformance:
    """Inherit it and say how your tuner is made; each test makes its own."""

    crops = 0
    """Crops that the tuner shows the judge beside each proxy: its task's."""

    def make_tuner(self, judge: Judge) -> Tuner:
        """Return the tuner under test; it may ask `judge` and no other."""
        raise NotImplementedError

    @cached_property
    def frames(self) -> tuple[RawFrame, RawFrame]:
        """A dark mosaic, and linear RGB of another shape."""
        photo = 0.5 + 0.3 * np.sin(np.arange(48 * 64 * 3).reshape(48, 64, 3) / 97)
        camera = CAMERAS["gopro-hero6"]
        mosaic = synthesise(
            photo, camera, exposure_ev=-2, cfa="GBRG", generator=np.random.default_rng(0), name="mosaic"
        )
        linear = synthesise(photo.swapaxes(0, 1), camera).proxy(40)
        return mosaic, RawFrame.from_linear_rgb(linear.samples, wb_as_shot=linear.wb_as_shot, name="linear")

    def test_it_answers_one_finite_row_inside_the_ranges(self) -> None:
        for frame in self.frames:
            params = self.make_tuner(CountingJudge()).tune(frame)
            values = params.values
            assert values.shape == (1, len(params.names)), f"{values.shape} is not one row of parameters"
            assert values.device.type == "cpu" and not values.requires_grad
            assert torch.isfinite(values).all()
            for name, value in params.to_dicts()[0].items():
                low, high = KNOWN[name].limits
                slack = 1e-6 * (high - low)  # what float32 may be off by at an end
                assert low - slack <= value <= high + slack, f"{name}: {value}"

    def test_it_answers_the_same_raw_the_same_whatever_came_before(self) -> None:
        tuner = self.make_tuner(CountingJudge())
        first, other = self.frames
        answer = tuner.tune(first).values
        tuner.tune(other)
        assert torch.equal(tuner.tune(first).values, answer)
        assert torch.equal(self.make_tuner(CountingJudge()).tune(first).values, answer)

    def test_it_asks_the_judge_as_often_as_it_states(self) -> None:
        judge = CountingJudge()
        tuner = self.make_tuner(judge)
        for frame in self.frames:
            judge.asked = 0
            tuner.tune(frame)
            asked = judge.asked / (1 + self.crops)
            assert asked == tuner.queries, f"states {tuner.queries} queries per raw and asks {asked:g}"

    def test_it_leaves_the_frame_as_it_was(self) -> None:
        for frame in self.frames:
            samples, metadata = frame.samples.copy(), dict(frame.metadata)
            self.make_tuner(CountingJudge()).tune(frame)
            assert np.array_equal(frame.samples, samples) and frame.metadata == metadata

    def test_it_needs_no_gradients_switched_on_or_off_by_its_caller(self) -> None:
        frame = self.frames[0]
        answer = self.make_tuner(CountingJudge()).tune(frame).values
        with torch.no_grad():
            assert torch.equal(self.make_tuner(CountingJudge()).tune(frame).values, answer)

    def test_its_name_is_one_word_of_a_table(self) -> None:
        name = self.make_tuner(CountingJudge()).name
        assert NAME.fullmatch(name), f"{name!r}: letters, digits, '.', '-' and '_' only"
