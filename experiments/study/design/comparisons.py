"""What a study compares: every two arms of every scene that counts. Pure."""

from collections.abc import Mapping
from itertools import combinations

from experiments.study.folder import Scene
from experiments.study.trials import Comparison


def comparisons_of(scenes: Mapping[str, Scene]) -> tuple[Comparison, ...]:
    """Return all comparisons of the main scenes, in order of scene and arms; a scene that lacks an arm has fewer."""
    return tuple(
        Comparison(name, first, second)
        for name, scene in sorted(scenes.items())
        if scene.kind == "main"
        for first, second in combinations(sorted(scene.files), 2)
    )
