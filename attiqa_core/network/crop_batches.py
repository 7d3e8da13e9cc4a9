"""Features of crops in batches on a CPU, without a score ever depending on what else was in the batch.

Small crops pass up to twice as fast together as one by one, but a processor's kernels may change with the batch, and with
them the last bits. So the processor is asked, once for each size: only where company changes nothing is it kept.
"""

import torch

from attiqa_core.network.model import AttiqaNet
from attiqa_core.tensors import Embeddings, Images

TOGETHER = 8
"""Crops that pass together; what is left over passes in pairs. Other numbers may have other bits and are never used."""

LARGEST_SIDE = 256
"""In px, of crops that pass together. Larger ones keep every core busy alone, and their maps leave the caches in company:
on two cores 192 px pass 2.0 times as fast together, 256 px 1.25 times, 320 px 1.0 times, 416 px 0.7 times."""


CURVED = frozenset(
    {"SiLU", "Swish", "Sigmoid", "GELU", "GELUTanh", "QuickGELU", "Tanh", "Mish", "ELU", "SELU", "Softplus", "Softmax"}
)
"""Kinds of modules with an exponential in them: what of a batch is left over after whole vectors is reckoned by other code,
whose last bit is another in one of ten thousand numbers. Asking the processor about a few crops does not show that."""


class CropBatches:
    """A frozen network's encoder, asked for crops in any number; on a CPU each crop's features are always the same bits."""

    def __init__(self, net: AttiqaNet):
        self._net = net
        self._together: dict[tuple[int, ...], bool] = {}
        self._is_plain = not any(type(each).__name__ in CURVED for each in net.encoder.modules())

    def features(self, crops: Images) -> Embeddings:
        """Return the pooled features of each crop, with gradients to the crops if they are asked for.

        Where crops pass together, a lone one passes beside a copy of itself: a batch of one has kernels of its own.
        """
        if crops.device.type != "cpu":
            return self._net.features(crops)
        if not self._is_plain or max(crops.shape[2:]) > LARGEST_SIDE or not self._may_pass_together(crops):
            return torch.cat([self._net.features(each) for each in crops.split(1)])
        whole = len(crops) // TOGETHER * TOGETHER
        rest = torch.cat([crops[whole:], crops[-1:]]) if len(crops) % 2 else crops[whole:]
        parts = [*crops[:whole].split(TOGETHER), *rest.split(2)]
        return torch.cat([self._net.features(part) for part in parts if len(part)])[: len(crops)]

    def _may_pass_together(self, crops: Images) -> bool:
        """Whether on this processor, with so many threads, crops of this size have the same bits in eights, in pairs and in
        either place of a pair.
        """
        key = (*crops.shape[2:], torch.get_num_threads())
        if key not in self._together:
            self._together[key] = self._asked(crops)
        return self._together[key]

    @torch.no_grad()
    def _asked(self, crops: Images) -> bool:
        chance = torch.Generator().manual_seed(0)
        known = torch.rand(TOGETHER, *crops.shape[1:], generator=chance)
        together = self._net.features(known)
        pairs = torch.cat([self._net.features(pair) for pair in known.split(2)])
        turned = torch.cat([self._net.features(pair.flip(0)).flip(0) for pair in known.split(2)])
        return torch.equal(pairs, together) and torch.equal(turned, together)
