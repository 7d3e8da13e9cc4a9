import pytest
import torch
from fixtures.experts import core_of, ruled_actions, scenes

from agents.imitation.visible import UNSEEN, alone, distance, lab_pictures, shown_by, with_the_unseen


@pytest.mark.slow
def test_a_form_foretells_what_a_small_difference_shows():
    """Against the renders themselves, for a difference in all controls at once."""
    core = core_of(scenes(3, 1))
    ids, actions = torch.arange(3), 0.5 * ruled_actions(core)
    forms = shown_by(core, actions)
    difference = 0.05 * torch.randn(actions.shape, generator=torch.Generator().manual_seed(0))
    pairs = zip(lab_pictures(core, ids, actions), lab_pictures(core, ids, actions + difference), strict=True)
    seen = torch.stack([(after - before).square().sum(0).mean() for before, after in pairs])
    assert torch.allclose(distance(forms, difference), seen, rtol=0.25)
    assert torch.allclose(forms, forms.mT) and bool((torch.linalg.eigvalsh(forms) > -1e-3).all())


def test_what_is_not_shown_counts_a_little_and_each_control_alone_knows_no_others():
    forms = torch.zeros(2, 3, 3)
    forms[:, 0, 0], forms[:, 0, 1] = 3.0, 1.0
    counted = with_the_unseen(forms)
    assert torch.allclose(counted[0].diagonal(), torch.tensor([3 + UNSEEN, UNSEEN, UNSEEN]))
    assert torch.equal(alone(forms)[1], torch.diag(torch.tensor([3.0, 0, 0])))
