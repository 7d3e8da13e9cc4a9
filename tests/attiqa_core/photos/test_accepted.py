import numpy as np
import pytest
import torch
from PIL import Image

from attiqa_core.errors import InputError
from attiqa_core.photos.accepted import ROUNDING, accepted_batches


def picture(height=4, width=6):
    return torch.arange(3 * height * width, dtype=torch.uint8).view(3, height, width)


def test_bytes_and_floats_mean_the_same_picture():
    for given in (picture(), picture()[None], picture() / 255.0, (picture() / 255.0).double(), [picture()]):
        (batch,) = accepted_batches(given, values=True)
        assert batch.dtype == torch.float32 and torch.equal(batch, picture()[None] / 255.0)


def test_an_array_has_its_channels_last_and_may_be_a_mirrored_view():
    rgb = picture().permute(1, 2, 0).numpy()
    (batch,) = accepted_batches(rgb[:, ::-1], values=True)
    assert torch.equal(batch[0], picture().flip(2) / 255.0)
    (square,) = accepted_batches(np.zeros((3, 3, 3), np.uint8), values=True)
    assert square.shape == (1, 3, 3, 3)


def test_an_open_image_is_turned_upright_and_laid_over_white_as_a_file_is(tmp_path):
    rgb = Image.fromarray(picture().permute(1, 2, 0).numpy())
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise
    rgb.save(tmp_path / "turned.png", exif=exif)
    with Image.open(tmp_path / "turned.png") as opened:
        (by_image,), (by_path,) = (accepted_batches(given, values=True) for given in (opened, tmp_path / "turned.png"))
    assert torch.equal(by_image, by_path) and by_image.shape == (1, 3, 6, 4)
    (clear,) = accepted_batches(Image.new("RGBA", (2, 2), (0, 0, 0, 0)), values=True)
    assert (clear == 1).all()


def test_a_message_says_which_picture_of_a_list_it_is_about(tmp_path):
    with pytest.raises(InputError, match=r"images\[1\]: floats from 0 to 2 "):
        accepted_batches([picture(), torch.linspace(0, 2, 48).view(3, 4, 4)], values=True)
    with pytest.raises(InputError, match=r"none.png: no such file"):
        accepted_batches([picture(), tmp_path / "none.png"], values=True)


@pytest.mark.parametrize(
    ("pixels", "cure"),
    [(torch.linspace(-1, 1, 48), "add 1 and divide by 2"), (torch.linspace(0, 255, 48), "divide by the white")],
)
def test_another_range_is_refused_with_its_cure(pixels, cure):
    with pytest.raises(InputError, match=cure):
        accepted_batches(pixels.view(1, 3, 4, 4), values=True)


def test_what_rounding_leaves_beside_the_range_is_accepted():
    nearly = torch.tensor([-0.9 * ROUNDING, 1 + 0.9 * ROUNDING, 0.5]).view(1, 3, 1, 1)
    assert torch.equal(accepted_batches(nearly, values=True)[0], nearly)


def test_values_are_looked_at_only_where_asked_for():
    broken = torch.full((1, 3, 4, 4), float("nan"))
    assert accepted_batches(broken, values=False)[0] is broken  # a tensor on a device is handed on as it is
    with pytest.raises(InputError, match="NaN"):
        accepted_batches(broken, values=True)


def test_a_tensor_with_its_channels_last_is_refused_in_the_shape_that_was_given():
    with pytest.raises(InputError, match=r"images: tensor of shape \(4, 6, 3\) is not .*; permute it"):
        accepted_batches(picture().permute(1, 2, 0), values=True)
