import torch

from experiments.rendering.previews import made_small, small_pictures
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.tiles import render_quantised

CPU = torch.device("cpu")


def test_a_small_picture_is_the_one_that_lies_in_the_folder_and_no_render_of_a_proxy(write_raw, tmp_path):
    frame = RawFrame.load(write_raw(tmp_path / "a.dng"))
    settings = IspParams.default(1), IspParams.from_dict({"contrast": 0.5})
    whole = [render_quantised(frame, params, bits=8) for params in settings]
    for shown, picture in zip(small_pictures(frame, 64, CPU, *settings), whole, strict=True):
        assert torch.equal(shown, torch.from_numpy(picture).permute(2, 0, 1) / 255)
    for shown, picture in zip(small_pictures(frame, 16, CPU, *settings), whole, strict=True):
        assert shown.shape == (3, 16, 16) and torch.equal(shown, made_small(picture, 16))
