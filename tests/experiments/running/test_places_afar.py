from pathlib import Path

import pytest

from attiqa_core.errors import UsageError
from experiments.running.command_line import parse
from experiments.running.places_afar import refuse_addresses


@pytest.mark.parametrize(
    ("verb", "words", "said"),
    [
        ("render", "s3://b/raws --out x", "RAWS s3://b/raws: is read and written on disks only"),
        ("bake", "https://h/raws --out x", "RAWS https://h/raws: is read and written on disks only"),
        ("label", "photos --out x --cache s3://b/c", "--cache s3://b/c: is read and written on disks only"),
        ("score", "photos --maps s3://b/c", "--maps s3://b/c: is read and written on disks only"),
        ("report", "runs/b --out s3://b/r.html", "--out s3://b/r.html: is read and written on disks only"),
        ("score", "photos --csv https://h/t.csv", "--csv https://h/t.csv: can only be read"),
        ("label", "photos --out s3://b/run --ray 10.0.0.1:6379", "--ray 10.0.0.1:6379: its machines share a disk"),
    ],
)
def test_an_address_where_a_path_of_this_machine_has_to_stand_is_refused_with_its_option(verb, words, said):
    with pytest.raises(UsageError) as refused:
        refuse_addresses(verb, parse(verb, words.split()))
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("label", "https://h/a.tar s3://b/photos --out s3://b/run --ray local"),
        ("score", "https://h/a.jpg --csv s3://b/t.csv --shard 0/2"),
        ("bake", "raws --photos s3://b/photos --out s3://b/store"),
        ("compare", "https://h/a.jpg file:///b.jpg"),
        ("merge", "s3://b/run"),
        ("pretrain", "photos --labels l --out s3://b/run"),
    ],
)
def test_photos_and_runs_may_be_at_addresses(verb, words):
    refuse_addresses(verb, parse(verb, words.split()))
    assert not Path("s3:").exists()
