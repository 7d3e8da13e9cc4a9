import pytest
from fixtures.rated import scores, write

from attiqa_core.errors import InputError

KADID = [
    "dist_img,ref_img,dmos,var",
    "I01_01_01.png,I01.png,4.57,0.496",
    "I01_01_05.png,I01.png,1.7,0.9",
    "I02_03_01.png,I02.png,4.2,0.5",
    "I02_03_05.png,I02.png,1.33,0.5",
]


def test_kadids_dmos_is_read_as_higher_is_better_and_grouped_by_reference(tmp_path):
    rated = scores(write(tmp_path / "dmos.csv", *KADID).parent)
    assert rated.name == "kadid10k" and rated.groups == ("I01.png", "I01.png", "I02.png", "I02.png")
    assert rated.mos[0] > rated.mos[1] and (rated.mos_range.low, rated.mos_range.high) == (1, 5)


def test_kadid_with_scores_turned_round_is_refused(tmp_path):
    turned = [
        KADID[0],
        *(",".join([*line.split(",")[:2], str(6 - float(line.split(",")[2])), "0.5"]) for line in KADID[1:]),
    ]
    with pytest.raises(InputError, match="turned round"):
        scores(write(tmp_path / "dmos.csv", *turned).parent)
