"""Probes: how much of people's opinion a frozen network already knows, read off by a regressor of its own."""

from attiqa_core.network.model import WHOLE_ENCODER, AttiqaNet


def freeze_for_probe(net: AttiqaNet) -> None:
    """Leave only the network's regressor to train: encoder and attribute heads stay as they are (open point 10)."""
    net.freeze((WHOLE_ENCODER,))
    net.heads_hidden.requires_grad_(False)
