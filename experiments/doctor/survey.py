"""Everything that is known about this machine, part by part; a part that cannot be looked at is broken and stops none."""

from concurrent.futures import ThreadPoolExecutor

from attiqa_core.errors import one_line
from attiqa_isp.missing import missing
from experiments.doctor import computing, decoders, extras, installation, models, processors, room
from experiments.doctor.fact import Fact, Part, Places

PARTS: tuple[Part, ...] = (
    installation.python_and_ours,
    installation.clashes,
    installation.old_versions,
    processors.threads,
    room.memory,
    room.disk,
    room.open_files,
    computing.pytorch,
    computing.native_kernel,
    decoders.raws,
    decoders.pictures,
    extras.extras,
    models.shipped_judges,
    models.backbones,
    models.teachers,
    models.hub,
)

WAITING: tuple[Part, ...] = (models.hub,)
"""Parts that mostly wait: they do so beside the others."""


def survey(places: Places, parts: tuple[Part, ...] = PARTS, waiting: tuple[Part, ...] = WAITING) -> list[Fact]:
    """Return all facts in the order of the parts."""
    with ThreadPoolExecutor() as beside:
        begun = {part: beside.submit(_looked_at, part, places) for part in parts if part in waiting}
        found = {part: _looked_at(part, places) for part in parts if part not in begun}
        found |= {part: answer.result() for part, answer in begun.items()}
    return [fact for part in parts for fact in found[part]]


def lines(facts: list[Fact]) -> list[str]:
    """Return what is printed: a heading, and a line for each fact."""
    width = max((len(fact.topic) for fact in facts), default=0)
    return [
        "this machine",
        *(f"    {fact.topic:<{width}}  {'BROKEN: ' * bool(fact.broken)}{one_line(fact.text)}" for fact in facts),
    ]


def as_json(facts: list[Fact]) -> list[dict[str, object]]:
    """Return the facts as what json.dumps takes."""
    return [
        {"topic": fact.topic, "text": fact.text, "broken": fact.broken or None, "values": dict(fact.values)}
        for fact in facts
    ]


def _looked_at(part: Part, places: Places) -> list[Fact]:
    """A part's facts, or that it could not be looked at: a doctor has to be able to look at an installation that is broken."""
    topic = part.__name__.replace("_", " ")
    try:
        return part(places)
    except ImportError as error:
        return [Fact(topic, "cannot be looked at", missing(error) or f"{topic}: {error}")]
    except (OSError, RuntimeError) as error:
        return [Fact(topic, "cannot be looked at", f"{topic}: cannot be looked at ({error})")]
