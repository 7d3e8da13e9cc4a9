"""What to train on or judge by, from raws or from one baked store alike: proxies with their scenes and sides of the split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from attiqa_core.errors import InputError, UsageError
from isp_env.contexts.scenes import Split, find_scenes, split_scenes, taken
from isp_env.raw import RawFrame
from isp_env.raw_io.loading import load_proxies
from isp_env.stores.store import BakedStore, StoredProxies, is_begun

NO_SHARES: Mapping[str, float] = {}


@dataclass(frozen=True)
class Contexts:
    """Proxies, the scene and the side of each, and a sentence for each raw that could not be read."""

    proxies: Sequence[RawFrame]
    scenes: tuple[str, ...]
    splits: tuple[Split, ...]
    failures: tuple[str, ...]

    def of(self, split: Split) -> "Contexts":
        """Return the contexts on one side; of a store still none is read."""
        places = [place for place, side in enumerate(self.splits) if side == split]
        proxies = self.proxies
        own = proxies.take(places) if isinstance(proxies, StoredProxies) else [proxies[place] for place in places]
        scenes = tuple(self.scenes[place] for place in places)
        return replace(self, proxies=own, scenes=scenes, splits=(split,) * len(places))

    def __len__(self) -> int:
        return len(self.scenes)


def open_contexts(
    paths: Sequence[str | Path],
    proxy_px: int,
    crops: int = 0,
    *,
    square: bool = False,
    scene_pattern: str = "",
    shares: Mapping[str, float] = NO_SHARES,
    seed: int = 0,
) -> Contexts:
    """Return the contexts of raw files and folders, or of one store, which has its own scenes and split.

    Of raws, `shares` of the scenes are "validation" and "test", as `split_scenes` has it, and the rest is training.
    Raises: InputError for a store of other proxies or fewer crops, and as `load_proxies`; UsageError for a store beside others,
    or a pattern or shares beside a store.
    """
    stores = [path for path in paths if is_begun(path)]
    if not stores:
        proxies, failures = load_proxies(paths, proxy_px, crops, square=square)
        scenes = find_scenes([taken(proxy) for proxy in proxies], scene_pattern)
        splits = split_scenes(scenes, shares, seed)
        sides: tuple[Split, ...] = tuple(splits[scene] for scene in scenes)
        return Contexts(proxies, tuple(scenes), sides, tuple(failures))
    if len(paths) > 1:
        raise UsageError(f"{stores[0]}: is a store; give it alone, or bake one of everything")
    if scene_pattern or shares:
        raise UsageError(f"{stores[0]}: is a store with scenes and a split of its own; bake another for another split")
    return _of_store(BakedStore.open(stores[0]), proxy_px, crops, square)


def _of_store(store: BakedStore, proxy_px: int, crops: int, square: bool) -> Contexts:
    if (store.proxy_px, store.square) != (proxy_px, square) or store.crops < crops:
        shape = {False: "whole frames", True: "squares"}
        own = "--square" if store.square else "--no-square"
        raise InputError(
            f"{store.path}: holds proxies of {store.proxy_px} px of {shape[store.square]} with {store.crops} crops, not of "
            f"{proxy_px} px of {shape[square]} with {crops}; use --proxy-px {store.proxy_px} --crops {store.crops} {own}, "
            "or bake another"
        )
    scenes = tuple(item.scene for item in store.items)
    return Contexts(store.proxies(crops=crops), scenes, tuple(item.split for item in store.items), store.failures)
