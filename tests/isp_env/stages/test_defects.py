import torch
from fixtures.seeded import uniform

from isp_env.stages.defects import correct_defects

NOISE = torch.tensor([[1e-3, 1e-6]])


def test_a_defect_is_replaced_and_everything_else_stays():
    planes = 0.3 + 0.05 * uniform(1, 4, 16, 16)
    broken = planes.clone()
    broken[0, 0, 5, 5], broken[0, 2, 9, 3], broken[0, 3, 0, 0] = 1.0, 0.0, 1.0
    corrected = correct_defects(broken, NOISE)
    changed = corrected != broken
    assert changed.nonzero().tolist() == [[0, 0, 5, 5], [0, 2, 9, 3], [0, 3, 0, 0]]
    assert (corrected - planes).abs().max() < 0.06


def test_edges_lines_and_noise_are_no_defects():
    planes = torch.full((1, 4, 16, 16), 0.1)
    planes[..., 8:] = 0.9
    planes[..., 4, :] = 0.7
    planes = planes + 0.01 * uniform(1, 4, 16, 16)
    assert torch.equal(correct_defects(planes, NOISE), planes)
