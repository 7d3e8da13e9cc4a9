import numpy as np
import torch
from fixtures.seeded import per_image, uniform

from isp_env.stages.sharpen import sharpen_luma

ZERO = torch.zeros(1)


def test_no_sharpening_is_identity():
    rgb = uniform(1, 3, 12, 12)
    assert torch.equal(sharpen_luma(rgb, ZERO, per_image(1), per_image(1)), rgb)


def test_sharpening_is_the_unsharp_mask_of_root_luma():
    import skimage.filters

    grey = uniform(1, 1, 24, 24, dtype=torch.double) * 0.5 + 0.2
    ours = sharpen_luma(
        grey.expand(1, 3, 24, 24),
        per_image(0.8, dtype=torch.double),
        per_image(1.5, dtype=torch.double),
        per_image(1, dtype=torch.double),
    )
    theirs = skimage.filters.unsharp_mask(grey[0, 0].sqrt().numpy(), radius=1.5, amount=0.8, preserve_range=True) ** 2
    inside = (slice(6, -6), slice(6, -6))  # its borders are mirrored
    np.testing.assert_allclose(ours[0, 0].numpy()[inside], theirs[inside], atol=0.01)


def test_sharpening_fades_with_the_scale_and_keeps_flat_colour():
    rgb = uniform(1, 3, 12, 12)
    full, small = (sharpen_luma(rgb, per_image(1), per_image(1), per_image(scale)) - rgb for scale in (1.0, 0.2))
    assert 0.02 < small.std() / full.std() < 0.15
    flat = torch.full((1, 3, 12, 12), 0.3)
    torch.testing.assert_close(sharpen_luma(flat, per_image(1.5), per_image(1), per_image(1)), flat)


def test_sharpen_gradient():
    inputs = [per_image(v, dtype=torch.double).requires_grad_(True) for v in (0.7, 1.2)]
    rgb = (uniform(1, 3, 5, 5, dtype=torch.double) + 0.05).requires_grad_(True)
    assert torch.autograd.gradcheck(
        lambda x, a, r: sharpen_luma(x, a, r, per_image(0.8, dtype=torch.double)), (rgb, *inputs)
    )
