"""3x3 matrices in batches: the same bits at any batch size, and nothing that waits for the GPU."""

import torch
from jaxtyping import Float
from torch import Tensor

Matrices = Float[Tensor, "*batch 3 3"]
Vectors = Float[Tensor, "*batch 3"]


def inverse(matrix: Matrices) -> Matrices:
    """Return 3x3 inverses by cofactors: `torch.linalg.inv` would wait for the GPU to test for singularity."""
    first, second, third = matrix.unbind(-2)
    cofactors = torch.stack(
        [
            torch.linalg.cross(second, third),
            torch.linalg.cross(third, first),
            torch.linalg.cross(first, second),
        ],
        -1,
    )
    return cofactors / (first * cofactors[..., :, 0]).sum(-1)[..., None, None]


def apply(matrix: Float[Tensor, "*#batch 3 3"], vector: Float[Tensor, "*#batch 3"]) -> Float[Tensor, "*#batch 3"]:
    """Return matrix @ vector as sums: the same bits at any batch size, which matmul does not promise."""
    return (matrix * vector[..., None, :]).sum(-1)
