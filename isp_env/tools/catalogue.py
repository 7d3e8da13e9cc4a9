"""The tools by name, kind and set: 37 classical ones with DRL-ISP's factors, and the learned ones that are here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from attiqa_core.errors import UsageError
from isp_env.tools.bilateral import bilateral
from isp_env.tools.factors import bend, brighten, scale
from isp_env.tools.filters import box, gaussian, sharpen
from isp_env.tools.grey_world import grey_world
from isp_env.tools.histograms import clahe, equalise
from isp_env.tools.hsv import saturate, turn
from isp_env.tools.learned.table import ABSENT
from isp_env.tools.tool import Tool

BRIGHTNESS = (0.05, 0.15, 0.3)
CONTRAST = (1.25, 1.5, 2.0)
GAMMA_UP, GAMMA_DOWN = (0.7, 0.45, 0.3), (1.2, 1.45, 1.8)
HUE_RADIANS = (0.2, 0.5, 1.0)
SATURATION_UP, SATURATION_DOWN = (1.2, 1.4, 1.8), (0.8, 0.6, 0.4)


def _of(kind: str, sign: str, values: Sequence[float], apply: Callable[[float], Callable]) -> list[Tool]:
    """The tools of one operation in one direction, named by kind, sign and value."""
    return [Tool(f"{kind}{sign}{value:g}", kind, apply(value)) for value in values]


FACTOR_TOOLS = (
    *_of("brightness", "+", BRIGHTNESS, lambda by: partial(brighten, by=by)),
    *_of("brightness", "-", BRIGHTNESS, lambda by: partial(brighten, by=-by)),
    *_of("contrast", "*", CONTRAST, lambda factor: partial(scale, factor=factor)),
    *_of("contrast", "/", CONTRAST, lambda factor: partial(scale, factor=1 / factor)),
    *_of("gamma", "^", GAMMA_UP, lambda power: partial(bend, power=power)),
    *_of("gamma", "^", GAMMA_DOWN, lambda power: partial(bend, power=power)),
    *_of("hue", "+", HUE_RADIANS, lambda radians: partial(turn, radians=radians)),
    *_of("hue", "-", HUE_RADIANS, lambda radians: partial(turn, radians=-radians)),
    *_of("saturation", "*", SATURATION_UP, lambda factor: partial(saturate, factor=factor)),
    *_of("saturation", "*", SATURATION_DOWN, lambda factor: partial(saturate, factor=factor)),
)
PLAIN_TOOLS = (
    Tool("sharpen", "sharpen", sharpen),
    Tool("box-3", "blur", box),
    Tool("gaussian-3", "blur", gaussian),
    Tool("bilateral", "bilateral", bilateral),
    Tool("equalise", "equalise", equalise),
    Tool("clahe", "clahe", clahe),
    Tool("grey-world", "grey world", grey_world),
)
"""Those without a factor. A new tool is a file and a row here."""

CLASSICAL: Mapping[str, Tool] = MappingProxyType({tool.name: tool for tool in (*FACTOR_TOOLS, *PLAIN_TOOLS)})
"""Tools without a network: DRL-ISP's, in its order, and whatever is added to them."""

DRL_ISP_FACTORS = (
    "brightness+0.15", "brightness-0.15", "contrast*1.25", "contrast/1.25", "gamma^0.45", "gamma^1.45",
    "hue+0.2", "hue-0.2", "saturation*1.4", "saturation*0.6",
)  # fmt: skip
"""One tool for each operation: the factors that DRL-ISP has without `--use_tool_factor`."""
DRL_ISP_PLAIN = ("sharpen", "box-3", "gaussian-3", "bilateral", "equalise", "clahe", "grey-world")

DRL_ISP_NETWORKS = tuple(
    f"{kind}-{layers}"
    for kind in ("colour-tone", "deblur", "dejpeg", "denoise", "exposure", "super-resolution", "white-balance")
    for layers in (3, 8)
)
"""DRL-ISP's tools that are networks, by what they mend and how deep they are."""
NOT_TRAINED = "its weights are not here"


def absent_networks() -> dict[str, str]:
    """Return which of DRL-ISP's networks the set "drl-isp" lacks, and why."""
    learned = _learned_tools()
    return {name: ABSENT.get(name, NOT_TRAINED) for name in DRL_ISP_NETWORKS if name not in learned}


def find_tools(words: Sequence[str]) -> tuple[Tool, ...]:
    """Return the tools that names, kinds and sets mean, each once, in the order asked.

    The sets are "classical", "learned", "all", and "drl-isp": DRL-ISP's default of one factor for each operation, its plain
    tools and its networks, without `absent_networks`.

    Raises: UsageError naming what there is, for a word that means none, and for no word at all.
    """
    learned = _learned_tools()
    tools = {**CLASSICAL, **learned}
    networks = [name for name in DRL_ISP_NETWORKS if name in learned]
    meanings = {name: [name] for name in tools}
    kinds = {tool.kind: [each.name for each in tools.values() if each.kind == tool.kind] for tool in tools.values()}
    sets = {"classical": [*CLASSICAL], "learned": [*learned], "drl-isp": [*networks, *DRL_ISP_FACTORS, *DRL_ISP_PLAIN],
            "all": [*tools]}  # fmt: skip
    meanings |= kinds | sets
    for word in words or ("",):
        if not meanings.get(word):
            raise UsageError(_no_tool(word, sets, kinds, tools))
    return tuple(tools[name] for name in dict.fromkeys(name for word in words for name in meanings[word]))


def _learned_tools() -> Mapping[str, Tool]:
    """The networks that ship; imported late, for who wants classical tools alone."""
    from isp_env.tools.learned.catalogue import learned_tools

    return learned_tools()


def _no_tool(word: str, sets: Iterable[str], kinds: Iterable[str], tools: Iterable[str]) -> str:
    what = f"{word!r} is no tool" if word else "no tool is asked for"
    there_is = f"the sets {', '.join(sets)}; the kinds {', '.join(kinds)}; the tools {', '.join(tools)}"
    return f"{what}; ask for one or more of {there_is}"
