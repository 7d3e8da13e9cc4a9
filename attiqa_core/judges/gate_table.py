"""What the gate found, as a table for people."""

from attiqa_core.judges.gate_report import FEWEST_ASKED, SCALES, Case, GateReport

ROW = "{:<16} {:<15}{:>16}{:>15}{:>9}{:>11}{:>10}{:>11}   {}"
HEADINGS = ("", "", "not below photo", "95 % interval", "allowed", "mean fall", "in order", "not asked", "least fall")


def describe(report: GateReport) -> str:
    """Return the report as lines of text: a row for each trial, what was left out, and what does not decide."""
    srocc = "undefined" if report.scale_srocc is None else f"{report.scale_srocc:.3f}"
    small, large = SCALES
    lines = [ROW.format(*HEADINGS), *(_row(case) for case in report.cases)]
    if sum(len(case.not_asked) for case in report.cases):
        lines.append("not asked: versions that nobody can tell from their photo, which hardly has what they change")
    lines += [
        f"{case.name}: {case.asked} versions can be told from their photos, fewer than {FEWEST_ASKED}, so nothing is known "
        "and it is not passed; name more photos, with colours and light"
        for case in report.cases
        if case.too_few
    ]
    cast = report.shared_cast.words
    if cast:
        lines.append(
            f"these photos are {cast} themselves, all in all: versions under the opposite cast may be liked with good reason, "
            "so name photos whose white is right before you blame the scorer"
        )
    return "\n".join(
        [
            *lines,
            f"at a short edge of {small} instead of {large} px the score moves by {report.scale_shift:+.3f} on average "
            f"(SROCC {srocc}); over five crops it spreads by {report.crop_spread:.3f}",
            "passed: may be a reward" if report.passed else f"failed on: {', '.join(report.failures)}",
        ]
    )


def _row(case: Case) -> str:
    order = "" if case.in_order is None else f"{case.in_order:.0%}"
    left_out = f"{len(case.not_asked)}" if case.not_asked else ""
    if case.liked is None or case.interval is None:
        return ROW.format(
            case.name, case.origin, "", "", f"{case.limit:.0%}", "", "", left_out, "FAILS: nothing to ask"
        )
    low, high = case.interval
    doubt = ", by chance perhaps" if case.told == "cannot be told" else ""
    least = f"{case.worst_fall:+.3f} {case.worst_photo}{'' if case.passed else f'   FAILS{doubt}'}"
    shares = (f"{case.liked:.1%}", f"{low:.1%} to {high:.1%}", f"{case.limit:.0%}")
    return ROW.format(case.name, case.origin, *shares, f"{case.mean_fall:.3f}", order, left_out, least)
