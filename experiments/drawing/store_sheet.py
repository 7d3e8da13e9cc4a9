"""The sheet of a baked store: some contexts of some raws at the camera default."""

from pathlib import Path

from experiments.drawing.sheets import comparison_sheet
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.stores.store import BakedStore, Item

SHEET_SOURCES, SHEET_COLUMNS = 24, 9


def write_sheet(path: Path, store: BakedStore) -> None:
    """Write some contexts of some raws, evenly over the store, as the camera would deliver them; each begins with its name."""
    places: dict[str, list[int]] = {}
    for place, item in enumerate(store.items):
        places.setdefault(item.raw, []).append(place)
    names = list(places)[:: -(-len(places) // SHEET_SOURCES)]
    cells: list[list[int]] = [[]]
    for name in names:
        own = places[name][:SHEET_COLUMNS]
        if len(cells[-1]) + len(own) > SHEET_COLUMNS:
            cells.append([])
        cells[-1] += own
    proxies, columns = store.proxies(), max(map(len, cells))
    default = IspParams.default(1)
    comparison_sheet(
        path,
        [[render(proxies[place], default)[0] for place in row] + [None] * (columns - len(row)) for row in cells],
        captions=[
            [caption(store.items[place], proxies[place]) for place in row] + [""] * (columns - len(row))
            for row in cells
        ],
        cell_px=240,
    )


def caption(item: Item, proxy: RawFrame) -> str:
    """Return what was changed about a context, in three lines."""
    variation = proxy.metadata.get("variation")
    name = f"{item.name} ({item.split})"
    if variation is None:
        return f"{name}\nas it is"
    side = " mirrored" if variation["mirror"] else ""
    return (
        f"{name}\n{variation['exposure_ev']:+.1f} EV, {variation['white_balance_mired']:+.0f} mired, "
        f"{variation['white_balance_duv']:+.3f} Duv\n"
        f"noise +{variation['noise_stops']:.1f} stops, x{variation['crop_scale']:.2f}{side}"
    )
