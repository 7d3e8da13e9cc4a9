"""What a change of an action shows: the second-order form of CIELAB differences about an action, by finite differences."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import lab_from_srgb
from isp_env.core import CHUNK, Actions, IspCore

STEP = 0.1  # in units of the action
UNSEEN = 0.02  # of the mean control's share: what a proxy does not show, such as sharpening, is learned all the same

Forms = Float[Tensor, "contexts controls controls"]
"""d @ form @ d is about the mean square of Delta E 76 that a difference d of the action makes in a context's picture."""


def lab_pictures(core: IspCore, ids: Tensor, actions: Actions) -> list[Float[Tensor, "3 height width"]]:
    """Return the CIELAB pictures of contexts under actions."""
    return [lab_from_srgb(picture[None])[0] for picture in core.render(ids, actions)[0]]


@torch.no_grad()
def shown_by(core: IspCore, actions: Actions) -> Forms:
    """Return the form of each of the core's contexts about its action: as many renders as controls, and one."""
    parts = [_forms(core, ids, actions[ids]) for ids in torch.arange(len(core), device=core.device).split(CHUNK)]
    return torch.cat(parts)


def _forms(core: IspCore, ids: Tensor, actions: Actions) -> Forms:
    here = lab_pictures(core, ids, actions)
    slopes: list[list[Tensor]] = [[] for _ in here]
    for control in range(actions.shape[1]):
        step = torch.where(actions[:, control] > 0, -STEP, STEP)  # inwards: it stays in the range
        moved = actions.clone()
        moved[:, control] += step
        for own, before, after, each in zip(slopes, here, lab_pictures(core, ids, moved), step, strict=True):
            own.append(((after - before) / each).flatten())
    return torch.stack([(table := torch.stack(rows)) @ table.T * (3 / table.shape[1]) for rows in slopes])


def with_the_unseen(forms: Forms) -> Forms:
    """Return forms in which every control counts a little, UNSEEN times what a control does on the mean."""
    usual = forms.diagonal(dim1=1, dim2=2).mean()
    return forms + UNSEEN * usual * torch.eye(forms.shape[1], device=forms.device)


def alone(forms: Forms) -> Forms:
    """Return for every context what each control shows by itself, on the mean over the contexts."""
    return torch.diag(forms.diagonal(dim1=1, dim2=2).mean(0)).expand_as(forms)


def distance(forms: Forms, differences: Float[Tensor, "contexts controls"]) -> Float[Tensor, " contexts"]:
    """Return the mean square of Delta E 76 that these differences make."""
    return torch.einsum("nc,ncd,nd->n", differences, forms, differences)
