"""Plan a study: raters and pairs for a half width, from the spread of tastes and scenes, assumed or of a pilot."""

from typing import Any

from experiments.options.outcome import Outcome, count
from experiments.options.study_plan import Config
from experiments.study.planning import plan
from experiments.study.planning.pilot import Pilot, pilot_of, read_pilot
from experiments.study.planning.population import Population, strengths_for
from experiments.study.planning.variance import moments_of
from experiments.study.protocol import LEAST_VOTES


def run(config: Config) -> Outcome:
    """Print the table of sizes and what it rests on."""
    config.check()
    pilot = pilot_of(read_pilot(config.votes), config.votes) if config.votes else None
    population = population_of(config, pilot)
    seconds = pilot.seconds if pilot else config.seconds
    found = plan.sizes(population, config.scenes, seconds)
    chosen = plan.best(found, config.half_width)
    print("\n".join([*assumptions(config, pilot, population, seconds), ""]))
    if not chosen:
        least = plan.least_half_width(moments_of(population), config.scenes)
        why = f"with {config.scenes} scenes even {plan.MANY:,} raters come to {_points(least)}"
        cure = "take more scenes" if least > config.half_width else f"it takes more than {plan.RATERS[-1]} raters"
        print(f"no size reaches {_points(config.half_width)}: {why}; {cure}, or a wider interval")
        return Outcome(None, f"{count(len(found), 'size')} tried, none reaches {_points(config.half_width)}")
    pairs = config.scenes * config.arms * (config.arms - 1) // 2
    print(table(chosen, pairs))
    if any(each.votes < LEAST_VOTES * pairs for each in chosen):
        print(
            f"on a pair: ITU-T P.910 asks for {LEAST_VOTES} votes at least; take a size that has them, or fewer scenes"
        )
    if config.check_studies:
        print("\n" + check(plan.checked(population, config.scenes, chosen[0], config.check_studies, config.seed)))
    return Outcome(None, f"{count(len(found), 'size')} tried")


def population_of(config: Config, pilot: Pilot | None) -> Population:
    """Return whom the study is planned for; every arm but the first is as strong as the second."""
    traits: dict[str, Any] = {
        "taste_sd": pilot.taste_sd if pilot else config.taste_sd,
        "scene_sd": pilot.scene_sd if pilot else config.scene_sd,
        "answers": pilot.answers if pilot else "two",
        "left_bias": config.left_bias,
        "lapse": config.lapse,
    }
    return Population(strengths_for((config.win_rate,) * (config.arms - 1), **traits), **traits)


def assumptions(config: Config, pilot: Pilot | None, population: Population, seconds: float) -> list[str]:
    """Return what the plan rests on, a line each."""
    source = "assumed: no pilot was given"
    if pilot:
        few = "; of so few raters the spread of tastes is a guess" if pilot.raters < 10 else ""
        source = f"from {pilot.votes:,} votes by {pilot.raters} raters on {pilot.scenes} scenes{few}"
    lines = [
        f"win rate {config.win_rate:.0%}, {config.arms} arms, {config.scenes} scenes, {config.lapse:.0%} lapses",
        f"tastes differ by {population.taste_sd:.2f} logits, scenes by {population.scene_sd:.2f} (standard deviations; {source})",
        f"{seconds:.1f} s a pair ({'the median of the pilot' if pilot else 'assumed'}), {plan.OVERHEAD_S / 60:.0f} min before the first (assumed)",
    ]
    if config.arms > 2:
        lines.append(
            "half width and power are of one pair of arms by its own votes; a Bradley-Terry scale's are smaller"
        )
    return lines


def table(chosen: list[plan.Planned], pairs: int) -> str:
    """Return the sizes as text, cheapest first; `pairs` is of how many the votes are."""
    rows = [("raters", "pairs each", "votes", "on a pair", "half width", "power", "session", "all raters")]
    rows += [
        (
            f"{each.raters}",
            f"{each.per_rater}",
            f"{each.votes:,}",
            f"{each.votes / pairs:.1f}",
            _points(each.half_width),
            f"{each.power:.0%}",
            f"{each.minutes:.0f} min",
            f"{each.hours:.1f} h",
        )
        for each in chosen
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in rows)


def check(found: plan.Checked) -> str:
    """Return what the simulation of the cheapest size came to, with its own errors."""
    return (
        f"the cheapest, simulated {found.studies} times: half width {_points(found.half_width)} (+- {100 * found.half_width_error:.1f}), "
        f"power {found.power:.0%} (+- {found.power_error:.0%}), the interval holds the truth in {found.coverage:.0%} "
        f"(+- {found.coverage_error:.0%}); +- is one standard error of the simulation"
    )


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"
