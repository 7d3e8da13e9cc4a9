"""What the kernel does not know is torch's to do."""

import torch
from fixtures.photographs import photograph

from isp_env.native import kernel
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
