"""The tools by name, kind and set: DRL-ISP's 37 classical ones, a gamma without its gain, and the learned ones."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from attiqa_core.errors import UsageError
from isp_env.tools.bilateral import RADIUS_PX, bilateral
from isp_env.tools.factors import GAMMA_GAIN, bend, brighten, scale
from isp_env.tools.filters import box, gaussian, sharpen
from isp_env.tools.grey_world import grey_world
from isp_env.tools.histograms import clahe, equalise
from isp_env.tools.hsv import saturate, turn
from isp_env.tools.tool import Tool


@dataclass(frozen=True)
class FactorOperation:
    """An operation whose factor makes tools of it."""

    kind: str
    neutral: float | None
    """The factor at which it changes no bit; None where there is none: DRL-ISP's gamma has its gain at every power."""
    at: Callable[[float], Callable]
    """`at(factor)`: the operation with that factor, an `apply` of a tool."""
    steps: tuple[tuple[str, tuple[float, ...]], ...]
    """Signs of the names and the numbers behind them, in DRL-ISP's order; "/" divides and "-" takes away."""

    def tools(self) -> Iterator[Tool]:
        """Return its tools, named by kind, sign and number."""
        for sign, numbers in self.steps:
            for number in numbers:
                factor = {"/": 1 / number, "-": -number}.get(sign, number)
                yield Tool(f"{self.kind}{sign}{number:g}", self.kind, self.at(factor), reach_px=0)


POWERS = (("^", (0.7, 0.45, 0.3, 1.2, 1.45, 1.8)),)
FACTOR_OPERATIONS: Mapping[str, FactorOperation] = MappingProxyType({
    operation.kind: operation
    for operation in (
        FactorOperation("brightness", 0.0, lambda by: partial(brighten, by=by), (("+", (0.05, 0.15, 0.3)), ("-", (0.05, 0.15, 0.3)))),
        FactorOperation("contrast", 1.0, lambda by: partial(scale, factor=by), (("*", (1.25, 1.5, 2.0)), ("/", (1.25, 1.5, 2.0)))),
        FactorOperation("gamma", None, lambda by: partial(bend, power=by, gain=GAMMA_GAIN), POWERS),
        FactorOperation("hue", 0.0, lambda by: partial(turn, radians=by), (("+", (0.2, 0.5, 1.0)), ("-", (0.2, 0.5, 1.0)))),
        FactorOperation("saturation", 1.0, lambda by: partial(saturate, factor=by), (("*", (1.2, 1.4, 1.8, 0.8, 0.6, 0.4)),)),
        FactorOperation("power", 1.0, lambda by: partial(bend, power=by), POWERS),
    )
})  # fmt: skip
"""What has a factor: DRL-ISP's five, and gamma without its gain."""
PLAIN_TOOLS = (
    Tool("sharpen", "sharpen", sharpen, reach_px=1),
    Tool("box-3", "blur", box, reach_px=1),
    Tool("gaussian-3", "blur", gaussian, reach_px=1),
    Tool("bilateral", "bilateral", bilateral, reach_px=RADIUS_PX),
    Tool("equalise", "equalise", equalise, reach_px=0),
    Tool("clahe", "clahe", clahe, reach_px=0),
    Tool("grey-world", "grey world", grey_world, reach_px=0),
)
"""Those without a factor. A new tool is a file and a row here."""

CLASSICAL: Mapping[str, Tool] = MappingProxyType({
    tool.name: tool
    for tools in (*(operation.tools() for operation in FACTOR_OPERATIONS.values()), PLAIN_TOOLS)
    for tool in tools
})  # fmt: skip
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
DRL_ISP = (*DRL_ISP_NETWORKS, *DRL_ISP_FACTORS, *DRL_ISP_PLAIN)
"""DRL-ISP's default actions in its order, by number from 0; the stop is its last, number 31."""
DRL_ISP_51 = (
    *DRL_ISP_NETWORKS,
    *(tool.name for kind in ("brightness", "contrast", "gamma", "hue", "saturation") for tool in FACTOR_OPERATIONS[kind].tools()),
    *DRL_ISP_PLAIN,
)  # fmt: skip
"""Its actions with `--use_tool_factor`, in its order; the stop is number 51."""


def find_tools(words: Sequence[str]) -> tuple[Tool, ...]:
    """Return the tools that names, kinds and sets mean, each once, in the order asked.

    The sets are "classical", "learned", "all", "drl-isp" (DRL-ISP's default of one factor for each operation, its plain tools and
    its networks, in its order) and "drl-isp-51" (all its factors).

    Raises: UsageError naming what there is, for a word that means none, and for no word at all.
    """
    learned = _learned_tools()
    tools = {**CLASSICAL, **learned}
    meanings = {name: [name] for name in tools}
    kinds = {tool.kind: [each.name for each in tools.values() if each.kind == tool.kind] for tool in tools.values()}
    sets = {"classical": [*CLASSICAL], "learned": [*learned], "drl-isp": [*DRL_ISP], "drl-isp-51": [*DRL_ISP_51],
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
