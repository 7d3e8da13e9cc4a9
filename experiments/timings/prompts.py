"""The search for prompts, from cached embeddings to the SROCC of every pair."""

import time

import torch
from scipy.stats import spearmanr

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.prompts.adjectives import read_adjectives
from attiqa_core.prompts.proxy_tasks import graded_levels
from attiqa_core.prompts.search import Candidates, distortion_sroccs, rating_sroccs
from experiments.timings import Row, median_seconds

IMAGES, FEATURES, WORDS = 11_125, 512, 50  # SPAQ, CLIP ViT-B/16, adjectives on each side
PLAIN_PAIRS = 20
PHOTOS, LEVELS = 200, 11  # of task 1


def measure(repeats: int, device: torch.device) -> list[Row]:
    """Seconds for 2,500 pairs x 5 attributes on 11,125 images, beside one scipy call for each pair; on the CPU.

    Embeddings and ratings are random: neither way's time depends on what they hold.
    """
    generator = torch.Generator().manual_seed(0)

    def unit(*shape: int) -> torch.Tensor:
        return torch.nn.functional.normalize(torch.randn(*shape, FEATURES, generator=generator), dim=-1)

    images, ratings = unit(IMAGES), torch.rand(IMAGES, len(ATTRIBUTES), generator=generator).mul(100).round(decimals=1)
    candidates = {name: Candidates(words, unit(WORDS), unit(WORDS)) for name, words in read_adjectives().items()}
    versions, levels = unit(PHOTOS, LEVELS * len(ATTRIBUTES)), graded_levels(str(LEVELS))

    def plain() -> None:
        positive, negative = (side[0] for side in candidates["contrast"].likeness(images[None]))
        for pair in range(PLAIN_PAIRS):
            spearmanr(positive[pair] - negative[pair], ratings[:, 1].numpy())

    cpu, pairs = torch.device("cpu"), WORDS * WORDS * len(ATTRIBUTES)
    ours = median_seconds(lambda: rating_sroccs(images, ratings, candidates), repeats, cpu)
    graded = median_seconds(lambda: distortion_sroccs(versions, levels, candidates), repeats, cpu)
    start = time.process_time()
    rating_sroccs(images, ratings, candidates)
    work = time.process_time() - start
    by_scipy = median_seconds(plain, repeats, cpu) * pairs / PLAIN_PAIRS
    threads = torch.get_num_threads()
    return [
        Row("prompt search, 12,500 pairs x 11,125 images", ours, "s", f"{threads} threads, {work:.2f} s of processor"),
        Row(
            "the same by scipy, pair by pair",
            by_scipy,
            "s",
            f"extrapolated from {PLAIN_PAIRS} pairs; x{by_scipy / ours:.0f}",
        ),
        Row(f"prompt search, 12,500 pairs x {PHOTOS} photos x {LEVELS} levels", graded, "s", f"{threads} threads"),
    ]
