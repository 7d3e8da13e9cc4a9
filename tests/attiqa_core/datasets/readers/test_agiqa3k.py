import pytest
from fixtures.rated import scores, write

from attiqa_core.datasets import read_rated
from attiqa_core.errors import InputError

AGIQA_HEADER = "name,prompt,adj1,adj2,style,mos_quality,std_quality,mos_align,std_align"


def test_agiqa_takes_quality_and_groups_by_prompt(tmp_path):
    write(
        tmp_path / "data.csv",
        AGIQA_HEADER,
        "AttnGAN_normal_000.jpg,statue of a man,,,,0.965602553,0.22,0.40889324,0.61",
        'sd_000.jpg,"Statue of a  man",,,,3.4,0.22,4.1,0.61',
        "sd_001.jpg,a tray of sushi,,,,2.5,0.22,0.4,0.61",
    )
    rated = scores(tmp_path)
    assert rated.name == "agiqa3k" and rated.mos_range.high == 5
    assert rated.mos.tolist() == pytest.approx([0.965602553, 3.4, 2.5])
    assert rated.groups == ("statue of a man", "statue of a man", "a tray of sushi")


def test_the_real_agiqa_table_has_300_prompts(shared_data):
    rated = scores(shared_data / "scores" / "agiqa3k_data.csv")
    assert rated.name == "agiqa3k" and len(rated) == 2982 and len(set(rated.groups or ())) == 300


def test_a_data_csv_of_something_else_is_not_agiqa(tmp_path):
    write(tmp_path / "data.csv", "x,y", "1,2")
    with pytest.raises(InputError, match="looked for"):
        read_rated(tmp_path)
