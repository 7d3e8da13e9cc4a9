"""What the kernel does not know is torch's to do."""

import torch
from fixtures.photographs import photograph

from isp_env.native import kernel
from isp_env.native.build import library
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise
from isp_env.tiles import render_full


def test_a_curve_is_drawn_by_torch_and_shows_in_the_full_size_picture():
    photo = photograph("coffee")[:, :64, :80].permute(1, 2, 0).numpy()
    frame = synthesise(photo, CAMERAS["nikon-d850"], name="cup")
    bent = IspParams.from_dict({"curve_2": 0.8})
    assert kernel.render(frame, bent, bits=8) is None
    picture = render_full(frame, bent)
    torch.testing.assert_close(picture, render(frame, bent)[0], atol=1e-4, rtol=0)
    assert (picture - render_full(frame, IspParams.default(1))).abs().mean() > 0.01


def test_a_lens_is_torchs_to_correct_which_is_said_once_and_at_zero_the_kernels(capsys):
    photo = photograph("coffee")[:, :64, :80].permute(1, 2, 0).numpy()
    frame = synthesise(photo, CAMERAS["nikon-d850"], name="cup")
    kernel._say_that_lenses_are_torchs.cache_clear()
    lens = IspParams.from_dict({"lateral_ca_red": 0.01, "defringe": 1})
    for _ in range(2):
        assert kernel.render(frame, lens, bits=8) is None
    assert capsys.readouterr().err.count("lateral_ca_red") == (library() is not None)
    torch.testing.assert_close(render_full(frame, lens), render(frame, lens)[0], atol=1e-4, rtol=0)
    resting = IspParams.from_dict({"lateral_ca_red": 0})
    assert torch.equal(render_full(frame, resting), render_full(frame, IspParams.default(1)))
