import torch
from fixtures.seeded import uniform

from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.stages.mosaic import pack, pad_to_even, unpack

PHASES = torch.arange(4)


def test_packing_finds_the_colours_of_every_phase():
    block = {"R": 1.0, "B": 4.0}
    for index, pattern in enumerate(CFA_PATTERNS):
        red_row = pattern.index("R") // 2
        values = [block.get(c, 2.0 if i // 2 == red_row else 3.0) for i, c in enumerate(pattern)]
        mosaic = torch.tensor(values).view(1, 1, 2, 2).repeat(1, 1, 3, 3)
        planes = pack(mosaic, torch.tensor([index]))
        assert planes.mean((0, 2, 3)).tolist() == [1, 2, 3, 4]


def test_unpack_inverts_pack():
    mosaic = uniform(4, 1, 6, 8)
    assert torch.equal(unpack(pack(mosaic, PHASES), PHASES), mosaic)


def test_odd_sizes_are_mirrored_in_phase():
    padded = pad_to_even(uniform(1, 1, 5, 7))
    assert padded.shape == (1, 1, 6, 8)
    assert torch.equal(padded[..., 5, :], padded[..., 3, :])
