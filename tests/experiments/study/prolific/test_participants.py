"""Who came from Prolific, read from the server's store."""

from pathlib import Path

import pytest
from fixtures.studies import small_study
from fixtures.taking_part import Served

from experiments.study.prolific.participants import participants


@pytest.mark.slow
def test_who_came_is_read_with_how_far_they_got(tmp_path: Path):
    small_study(tmp_path, session={"per_rater": 2, "votes_per_pair": 9})
    served = Served(tmp_path)
    for number, answered in enumerate((0, 2)):
        visitor = served.arrive(f"https://x/?PROLIFIC_PID=p{number}&STUDY_ID=s&SESSION_ID=e{number}")
        visitor.begin()
        visitor.answer(answered)
    served.arrive("https://x/?PROLIFIC_PID=p2&STUDY_ID=s&SESSION_ID=e2")
    people = participants(served.store)
    served.close()
    assert [(one.pid, one.session, one.status, one.answered) for one in people] == [
        ("p0", "e0", "started", 0),
        ("p1", "e1", "started", 2),
        ("p2", "e2", "invited", 0),
    ]
    assert people[0].trials == people[1].trials > 0 == people[2].trials
