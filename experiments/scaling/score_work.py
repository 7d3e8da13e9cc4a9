"""`attiqa score --csv TABLE --shard i/n` as work in shards, in TABLE.parts beside the table."""

import os
import tempfile
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import numpy as np

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.damaged import refusing
from attiqa_core.files.whole import replacing, sha256, write_text
from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.judges.score_files import ScoredFile, score_files
from attiqa_core.photos.places import absolute, iterate_images
from attiqa_core.remote.address import as_written, is_remote
from attiqa_core.runs.device import pick_device
from attiqa_core.shards.commit import Commit, commit, prove
from attiqa_core.shards.manifest import Item, Manifest, Shard, plan, read_manifest
from experiments.drawing.score_table import ScoreTable, as_csv, rows_of, worse
from experiments.drawing.sheets import is_sheet
from experiments.options.outcome import Outcome, count
from experiments.options.score import Config, parts_of
from experiments.scaling import record


class ScoreWork:
    """The rows of a table of scores."""

    free = ("workers", "csv")  # which the folder says

    def __init__(self, config: Config):
        assert config.csv is not None, "scores in shards need a table"
        self.config, self.csv, self.folder = config, config.csv, parts_of(config.csv)

    def plan(self) -> Manifest:
        if (self.folder / record.FILE).exists():  # then a worker planned these very pictures
            return read_manifest(self.folder)
        pictures = _items(self.config.images)
        first = next(pictures, None)
        if first is None:
            raise InputError(f"{self.config.images[0]}: no pictures here but sheets of attiqa's own")
        table = self._table(self._judges())
        about = {"header": table.header, "scorer": table.identity}
        return plan(self.folder, _chained(first, pictures), about, shard_size=self.config.shard_size)

    def worker(self) -> Callable[[Shard], Commit]:
        judges = self._judges()
        table, about = self._table(judges), read_manifest(self.folder).about
        if (list(table.header), table.identity) != (about["header"], about["scorer"]):
            raise UsageError(
                f"{self.folder}: was begun with another scorer ({about['scorer']}, not {table.identity}); use the same"
            )
        return lambda shard: self._score(shard, judges, table)

    def merge(self) -> Outcome:
        planned, errors = read_manifest(self.folder), []
        with replacing(self.csv) as temporary:
            with tempfile.TemporaryFile(dir=self.csv.parent) as unsorted, temporary.open("w", encoding="utf-8") as file:
                file.write(as_csv(planned.about["header"], []))
                for row in _sorted(planned, errors, unsorted):
                    file.write(row.decode())
            if self.csv.exists() and sha256(self.csv) != sha256(temporary):
                raise UsageError(f"{self.csv}: exists already and is another table; move it elsewhere and merge again")
        names = " and ".join((self.config.scorer, *self.config.judges))
        done = f"{count(planned.count - len(errors), 'picture')} scored by {names}"
        return Outcome(self.csv, done, tuple(errors))

    def _judges(self) -> list[Judge]:
        device = pick_device(self.config.device)
        return [create_metric(name, device, self.config.crops) for name in self.config.all_judges]

    def _table(self, judges: list[Judge]) -> ScoreTable:
        return ScoreTable(judges[0], None, dict(zip(self.config.judges, judges[1:], strict=True)))

    def _score(self, shard: Shard, judges: list[Judge], table: ScoreTable) -> Commit:
        """Score and commit the pictures of a shard."""
        paths, errors = _paths(shard)
        rows: dict[str, tuple[str, ...]] = {}
        results = score_files(judges[0], list(paths), others=judges[1:], workers=self.config.workers)
        for result, key in zip(results, paths.values(), strict=True):
            if isinstance(result, ScoredFile):
                rows[key] = tuple({**table.row(result), "image": key}.values())
            else:
                errors[key] = result.reason
        write_text(shard.file(".csv"), as_csv(None, list(rows.values())))
        return commit(shard, list(rows), (".csv",), errors, {"scorer": table.identity})


def _items(images: tuple[Path, ...]) -> Iterator[Item]:
    """The pictures, without sheets of our own: name as it was given, and where that is if it is not said by the name."""
    for path in iterate_images(images):
        if path not in images and is_sheet(path):
            continue
        try:
            name = as_written(path)
            name.encode()
        except UnicodeEncodeError:
            yield [ascii(name), None]
            continue
        where = as_written(absolute(path))
        yield [name] if where == name else [name, where]


def _chained(first: Item, rest: Iterator[Item]) -> Iterator[Item]:
    yield first
    yield from rest


def _paths(shard: Shard) -> tuple[dict[Path, str], dict[str, str]]:
    """Where the pictures of a shard are, each with its key, and why those are left out that cannot be named in a table.

    Raises: InputError if they are not on this machine.
    """
    paths, errors = {}, {}
    for key, *where in shard.items():
        if where == [None]:
            errors[key] = f"{key}: the name is not UTF-8; rename it"
        else:
            paths[Path(where[0] if where else key)] = key
    if paths and not any(is_remote(path) or path.parent.exists() for path in paths):
        raise InputError(f"{next(iter(paths))}: is not on this machine; all workers have to see the same disk")
    return paths, errors


def _sorted(planned: Manifest, errors: list[str], unsorted: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of all shards, proven, best first, equal ones in the order planned; 24 bytes of each stay in memory."""
    scores, ends = array("d"), array("q", [0])
    column = planned.about["header"].index("score")
    for found in prove(planned):
        errors += found.errors.values()
        with refusing(found.shard.file(".csv"), "run its worker again"):
            rows = list(rows_of(found.shard.file(".csv").read_text(encoding="utf-8")))
        if [cells[0] for cells, _ in rows] != [item[0] for item in found.shard.items() if item[0] not in found.errors]:
            raise InputError(f"{found.shard.file('.csv')}: is not about its pictures, once each; run its worker again")
        for cells, line in rows:
            unsorted.write(line.encode())
            scores.append(worse(cells[column]))
            ends.append(unsorted.tell())
    unsorted.flush()
    for index in map(int, np.argsort(np.frombuffer(scores), kind="stable") if scores else ()):
        yield os.pread(unsorted.fileno(), ends[index + 1] - ends[index], ends[index])
