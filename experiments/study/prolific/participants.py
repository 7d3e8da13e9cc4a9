"""Who of a served study's raters came from Prolific, and how far they got: read from its store, which alone knows."""

from dataclasses import dataclass

from experiments.study.server.store import Store, rater_name


@dataclass(frozen=True)
class Participant:
    """A rater who came from Prolific. `status` and `reason` as the server has them; trials count training and checks too."""

    rater: str
    pid: str
    study: str
    session: str
    status: str
    reason: str | None
    answered: int
    trials: int
    traps_failed: int = 0
    gold_failed: int = 0


def participants(store: Store) -> list[Participant]:
    """Return the raters of Prolific in order of their coming, also those who did not consent or finish."""
    with store.reading() as db:
        rows = db.execute(
            """SELECT p.pid, p.study, p.session, r.number, r.status, r.reason,
                (SELECT count(*) FROM trials AS t WHERE t.rater = r.number) AS trials,
                (SELECT count(revision) FROM trials AS t WHERE t.rater = r.number) AS answered
            FROM prolific AS p JOIN raters AS r ON r.number = p.rater ORDER BY r.number"""
        ).fetchall()
    names = ("status", "reason", "answered", "trials")
    return [
        Participant(rater_name(row["number"]), row["pid"], row["study"], row["session"], *(row[name] for name in names))
        for row in rows
    ]
