"""Tables of scores, in the forms that data sets have, and archives of pictures."""

from pathlib import Path

import numpy as np
from fixtures.photographs import noise_png, write_tar
from fixtures.rated import write_spaq
from hostile.fuzzing.reader import Reader, of_file, of_folder
from scipy.io import savemat

from attiqa_core.datasets import read_rated
from attiqa_core.datasets.readers.agiqa3k import read_agiqa3k
from attiqa_core.datasets.readers.ava import read_ava
from attiqa_core.datasets.readers.clive import read_clive
from attiqa_core.datasets.readers.flive import read_flive
from attiqa_core.datasets.readers.kadid10k import read_kadid10k
from attiqa_core.datasets.readers.koniq10k import read_koniq10k
from attiqa_core.datasets.readers.spaq import SPAQ_TABLE, read_spaq
from attiqa_core.datasets.readers.tid2013 import read_tid2013
from attiqa_core.datasets.splits import read_splits
from attiqa_core.photos.sources import find_photos, read_photo
from experiments.chart.reference import read_reference
from experiments.commands.plot import read_metrics, read_predictions
from experiments.drawing.score_table import ScoreTable
from experiments.evaluation.votes import read_votes
from experiments.fitting.starts import read_starts
from experiments.rendering.benchmarked import read_benchmark
from experiments.study.planning.coverage import read_rows
from experiments.study.planning.pilot import read_pilot
from experiments.study.server.links import read_links
from isp_env.fivek.camera_list import read_cameras
from isp_env.fivek.lists import read_categories, read_licences
from isp_env.parameters.profiles import CORE

SCORES = [(f"i{n:02d}.jpg", 20 + 4.5 * n) for n in range(12)]


def _text(name: str, lines: list[str]):
    return lambda folder: (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _csv(name: str, head: str, rows: list[str]):
    return _text(name, [head, *rows])


def _flive(folder: Path) -> None:
    names = [f"voc_emotic_ava/i{n}.jpg" for n in range(8)]
    _csv("labels_image.csv", "name,mos", [f"{name},{40 + n}" for n, name in enumerate(names)])(folder)
    _csv("labels640.csv", "name_image,x", [f"{name},1" for name in names[:2]])(folder)
    _csv("labels=640_padded.csv", "name_image,is_valid", [f"{name},{n % 2 == 0}" for n, name in enumerate(names[2:])])(
        folder
    )


def _ava(folder: Path) -> None:
    _text("AVA.txt", [f"{n} {900 + n} 0 1 5 17 38 36 15 6 5 {n} 1 22 1396" for n in range(6)])(folder)
    (folder / "aesthetics_image_lists").mkdir()
    _text("aesthetics_image_lists/generic_test.jpgl", ["901", "903"])(folder)


def _clive(folder: Path) -> None:
    names = np.array([[f"t{n}.bmp"] for n in range(1, 8)] + [[f"{n}.bmp"] for n in range(3, 9)], dtype=object)
    savemat(folder / "AllImages_release.mat", {"AllImages_release": names})
    savemat(folder / "AllMOS_release.mat", {"AllMOS_release": np.linspace(10, 90, 13)[None]})


def _clive_packed(folder: Path) -> None:
    _clive(folder)
    savemat(folder / "AllMOS_release.mat", {"AllMOS_release": np.linspace(10, 90, 13)[None]}, do_compression=True)


def _spaq(folder: Path) -> None:
    write_spaq(folder, [(f"{n:05d}.jpg", 30.0 + n, 40.5, 50, 60 + n / 2, 35 + n, 45) for n in range(8)])


def _tars(folder: Path) -> None:
    for shard in range(2):
        write_tar(folder / f"{shard}.tar", [(f"a/{n}.png", noise_png(n, 8, 9)) for n in range(3)] + [("a/0.txt", b"x")])


def _arrays(folder: Path) -> None:
    for name, numbers in (("train", [[0, 1, 2], [3, 4, 5]]), ("val", [[3, -1], [0, -1]]), ("test", [[4, 5], [1, 2]])):
        np.save(folder / f"{name}.npy", np.array(numbers))
    _csv("scores.csv", "image,mos", [f"i{n}.jpg,{n}" for n in range(6)])(folder)


def _lists(folder: Path) -> None:
    for number in (1, 2):
        (folder / str(number)).mkdir()
        for part, names in (("train", "abc"), ("val", "d"), ("test", "ef")):
            lines = [f"Images/{name}.bmp\t45.2\tanimal" for name in names]
            _text(f"{number}/clive_{part}_clip.txt", lines)(folder)


def _table(folder: Path) -> ScoreTable:
    return ScoreTable(TinyJudge(), folder / "scores.csv")  # pyright: ignore[reportArgumentType]


class TinyJudge:
    """What a table needs of a judge."""

    sha256, crops, attribute_names = "a" * 64, 1, ("sharpness",)


def _photos(path: Path) -> object:
    return [(photo.key, read_photo(photo).sum()) for photo in find_photos([path])[1]]


def _listed(read):
    return of_file(lambda path: read(path, None, "listed"))


def _csvs() -> tuple[Reader, ...]:
    starred = [f"{name},0,0,10,20,30,{1 + score / 25:.2f},{score}" for name, score in SCORES]
    sets = [
        f"{name},0,0,10,20,30,{score},{('training', 'validation', 'test')[n % 3]}"
        for n, (name, score) in enumerate(SCORES)
    ]
    kadid = [f"I01_{kind:02d}_{level:02d}.png,I01.png,{5 - 0.7 * level}" for kind in (1, 2, 3) for level in range(1, 6)]
    tid = [f"{7 - level} I01_{kind:02d}_{level}.bmp" for kind in (1, 2, 3) for level in range(1, 6)]
    votes = ["a/1.jpg,b/1.jpg,anna,a,s1", "a/2.jpg,b/2.jpg,anna,tie,s2", "a/1.jpg,b/1.jpg,ben,b,s1"]
    patches = Path(read_reference.__code__.co_filename).with_name("classic24.csv")
    return (
        Reader("own CSV", "tables", _csv("own.csv", "image,mos,split,group", [f"{name},{score},train,g" for name, score in SCORES]),
               of_file(lambda path: read_rated(path, require_images=False))),
        Reader("AGIQA-3k", "tables", _csv("data.csv", "name,prompt,mos_quality", [f'{name},"a, b",{score / 20}' for name, score in SCORES]), _listed(read_agiqa3k)),
        Reader("KonIQ-10k", "tables", lambda folder: (
            _csv("koniq10k_scores_and_distributions.csv", "image_name,c1,c2,c3,c4,c5,MOS,MOS_zscore", starred)(folder),
            _csv("koniq10k_distributions_sets.csv", "image_name,c1,c2,c3,c4,c5,MOS,set", sets)(folder)), _listed(read_koniq10k)),
        Reader("KADID-10k", "tables", _csv("dmos.csv", "dist_img,ref_img,dmos", kadid), _listed(read_kadid10k)),
        Reader("TID2013", "tables", _text("mos_with_names.txt", tid), _listed(read_tid2013)),
        Reader("FLIVE", "tables", _flive, lambda folder, path: read_flive(folder / "labels_image.csv", None, "listed")),
        Reader("AVA", "tables", _ava, lambda folder, path: read_ava(folder / "AVA.txt", None, "listed")),
        Reader("votes as CSV", "votes", _csv("v.csv", "image_a,image_b,rater,choice,scene", votes), of_file(read_votes)),
        Reader("patches of a chart", "tables", lambda folder: (folder / "own.csv").write_bytes(patches.read_bytes()), of_file(lambda path: read_reference(str(path)))),
        Reader("predictions", "tables", _csv("p.csv", "image,mos,predicted", [f"{name},{score},{score + 1}" for name, score in SCORES]), of_file(read_predictions)),
        Reader("starts of fits", "tables", _csv("s.csv", "name,exposure_ev,contrast", ["a,0.5,0.1", "b,,0.2"]), of_file(lambda path: read_starts(path, ["a", "b"], CORE))),
        Reader("answers of a benchmark", "tables", _csv("results.csv", "image,tuner,exposure_ev,contrast", ["a,constant,0.5,0.1", "b,constant,,0.2"]), of_folder(read_benchmark)),
        Reader("trials of a pilot", "votes", _csv("trials.csv", PILOT_HEAD, PILOT), of_file(read_pilot)),
        Reader("links of raters", "votes", _csv("links.csv", "rater,link", ["rater-001,https://a.b/c#token"]), of_file(read_links)),
        Reader("coverage", "tables", _csv("coverage.csv", "design,truth,method,studies,a,b,c", ["d,0.5,m,10,0.9,0.1,0.2"]), of_file(read_rows)),
    )  # fmt: skip


PILOT_HEAD = "rater,position,trial,kind,scene,left,right,choice,seconds,left_out"
PILOT = [
    "rater-01,1,t1,main,s1,a,b,left,2.5,",
    "rater-01,2,t2,main,s2,b,a,right,3.5,",
    "rater-02,1,t1,repeat,s1,a,b,tie,2.0,",
]


def _scored(folder: Path) -> None:
    table = _table(folder)
    for number in range(4):
        table.append(dict(zip(table.header, (f"i{number}.png", "0.5", "", "0.25", table.identity), strict=True)))


def _fivek(folder: Path) -> None:
    _text("filesAdobe.txt", ["a0001-jmac_DSC1459", "a0003-NKIM_MG_8178"])(folder)
    _text("filesAdobeMIT.txt", ["a0002-dgw_005"])(folder)
    _text("categories.txt", ["a0001-jmac_DSC1459,outdoor,day,sun_sky,nature"])(folder)
    _csv("cameras.csv", "number,name,camera,bytes", ["1,a0001-jmac_DSC1459,NIKON D70,1000"])(folder)


def _read_fivek(folder: Path) -> object:
    return read_licences([folder]), read_categories(folder / "categories.txt"), read_cameras(folder)


READERS = (
    *_csvs(),
    Reader("table of scores", "tables", _scored, of_folder(lambda folder: _table(folder).read(lambda said: None))),
    Reader("metrics", "tables", lambda folder: (folder / "metrics.jsonl").write_text('{"epoch": 1, "loss": 0.5}\n{"epoch": 2, "loss": 0.4}\n'), of_folder(read_metrics)),
    Reader("FiveK's lists", "tables", _fivek, of_folder(_read_fivek)),
    Reader("splits as CSV", "tables", _csv("splits.csv", "image,split", ["a,train", "b,train", "c,test", "d,val"]), of_file(read_splits)),
    Reader("LIQE's splits", "tables", _lists, of_folder(read_splits)),
    Reader("ARNIQA's splits", "tables", _arrays, of_folder(lambda folder: read_splits(folder, read_rated(folder / "scores.csv", require_images=False)))),
    Reader("SPAQ (xlsx)", "xlsx", _spaq, lambda folder, path: read_spaq(folder / "Annotations" / SPAQ_TABLE, None, "listed"), share=2),
    Reader("CLIVE (mat)", "mat", _clive, lambda folder, path: read_clive(folder / "AllImages_release.mat", None, "listed"), share=2),
    Reader("CLIVE (mat, packed)", "mat", _clive_packed, lambda folder, path: read_clive(folder / "AllImages_release.mat", None, "listed")),
    Reader("tar shards", "tar", _tars, of_file(_photos), share=2),
)  # fmt: skip
