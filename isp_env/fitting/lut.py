"""A 3D table of display colours, solved for: smooth, and identity where no colour speaks."""

import numpy as np
import torch
import torch.nn.functional as F
from scipy import sparse
from scipy.sparse.linalg import cg
from torch import Tensor

from attiqa_core.tensors import Images
from isp_env.fitting.distance import PlaceWeights

SMOOTH, IDENTITY = 1e-4, 1e-6
"""Of all places' weight, for each point of the table: on its second differences, and on its distance from identity."""
CLOSE_ENOUGH = 1e-6  # of conjugate gradients, relative

Cube = Tensor
"""(size, size, size, 3): by blue, green and red of the display picture that goes in, as .cube files are ordered."""


def identity_cube(size: int) -> Cube:
    """Return the table that changes nothing."""
    axis = torch.linspace(0, 1, size)
    blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
    return torch.stack([red, green, blue], -1)


def looked_up(cube: Cube, display_rgb: Images) -> Images:
    """Return display pictures through the table, trilinear between its points, as viewers do it."""
    table = cube.permute(3, 0, 1, 2)[None].to(display_rgb).expand(len(display_rgb), -1, -1, -1, -1)
    places = (display_rgb.permute(0, 2, 3, 1)[:, None] * 2 - 1).clamp(-1, 1)
    found = F.grid_sample(table, places, mode="bilinear", padding_mode="border", align_corners=True)
    return found[:, :, 0]


def fitted_cube(images: Images, references: Images, weights: PlaceWeights, size: int) -> Cube:
    """Return the table that brings pictures nearest to their references in weighted least squares of display values.

    What is solved for is the change of every point, trilinear between them; pulled to be smooth, and to be none.
    """
    before = images.movedim(1, -1).reshape(-1, 3).double().numpy()
    change = (references - images).movedim(1, -1).reshape(-1, 3).double().numpy()
    counting = weights.flatten().double().numpy()
    design = _corners(before, size)
    weighted = design.T.multiply(counting).tocsr()
    total = counting.sum()
    points = size**3
    normal = (weighted @ design + total * (SMOOTH * _bending(size) + IDENTITY * sparse.identity(points))).tocsr()
    scale = sparse.diags(1 / normal.diagonal())
    right = weighted @ change
    solved = [cg(normal, right[:, channel], rtol=CLOSE_ENOUGH, maxiter=2000, M=scale)[0] for channel in range(3)]
    moved = torch.from_numpy(np.stack(solved, -1)).float().reshape(size, size, size, 3)
    return (identity_cube(size) + moved).clamp(0, 1)


def _corners(colours: np.ndarray, size: int) -> sparse.csr_matrix:
    """How much each point of the table counts for each colour (places, points): eight of them, trilinear."""
    place = colours.clip(0, 1) * (size - 1)
    low = np.minimum(place.astype(np.int64), size - 2)
    along = place - low
    strides = np.array([1, size, size * size])  # of red, green, blue
    columns, shares = [], []
    for corner in range(8):
        upper = np.array([corner & 1, corner >> 1 & 1, corner >> 2 & 1])
        columns.append(((low + upper) * strides).sum(1))
        shares.append(np.where(upper, along, 1 - along).prod(1))
    rows = np.tile(np.arange(len(colours)), 8)
    return sparse.csr_matrix((np.concatenate(shares), (rows, np.concatenate(columns))), shape=(len(colours), size**3))


def _bending(size: int) -> sparse.csr_matrix:
    """The squares of second differences along each axis."""
    second = sparse.csr_matrix(np.diff(np.eye(size), n=2, axis=0))
    one = second.T @ second
    flat = sparse.identity(size)
    along = [(one, flat, flat), (flat, one, flat), (flat, flat, one)]
    return sum(sparse.kron(sparse.kron(a, b), c) for a, b, c in along).tocsr()  # type: ignore[union-attr]
