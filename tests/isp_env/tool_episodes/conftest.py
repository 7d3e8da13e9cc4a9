"""Small pictures and tools of known effect for the tests of picking tools."""

import pytest
import torch
from fixtures.seeded import uniform

from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tools.tool import Tool, amounts

GAIN = 0.5


def dimmed(images, strength=None):
    return images * (1 - (1 - GAIN) * amounts(images, strength))


def lifted(images, strength=None):
    return (images / (1 - (1 - GAIN) * amounts(images, strength))).clamp(0, 1)


def turned(images, strength=None):
    return torch.lerp(images, images.flip(1), amounts(images, strength))


@pytest.fixture
def tools() -> tuple[Tool, ...]:
    """Light times two and its half, which undo each other, and red and blue exchanged."""
    return Tool("light*2", "light", lifted), Tool("light/2", "light", dimmed), Tool("exchange", "colour", turned)


@pytest.fixture
def contexts() -> ToolContexts:
    """A clean picture, one of half the light, one whose red and blue are exchanged; no channel is above a half, all are reddish."""
    references = (0.1 + 0.4 * uniform(3, 3, 16, 24)) * torch.tensor([1.0, 0.75, 0.5])[:, None, None]
    images = torch.cat([references[:1], dimmed(references[1:2]), turned(references[2:])])
    return ToolContexts(("clean", "dark", "exchanged"), images, references, ("", "dark", "cast"))
