"""The five image attributes of ATTIQA and the antonym prompts that make CLIP score them."""

from typing import NamedTuple

ATTRIBUTES = ("sharpness", "contrast", "brightness", "colorfulness", "noisiness")
"""The order of every `AttributeScores` tensor. Noisiness is scored so that higher is cleaner (Table 1)."""


class PromptPair(NamedTuple):
    """Two opposite prompts; the score of an image grows with its likeness to `positive`."""

    positive: str
    negative: str


TABLE_1_PROMPTS: dict[str, PromptPair] = {
    "sharpness": PromptPair("Splendid image", "Blurry image"),
    "contrast": PromptPair("Distinct image", "Vague image"),
    "brightness": PromptPair("Sunny image", "Darkened image"),
    "colorfulness": PromptPair("Vibrant image", "Colorless image"),
    "noisiness": PromptPair("Peerless image", "Grainy image"),
}
"""Source: ATTIQA (arXiv 2406.01020v2), Table 1: the pairs that won both proxy tasks."""
