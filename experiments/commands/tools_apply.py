"""Retouch finished pictures at full size with the tools that an agent picks."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from agents.tools.bundle import DESCRIPTION, load_tool_policy
from agents.tools.equipment import judge_of, tools_of
from agents.tools.retouch import Retouched, retouch
from attiqa_core.errors import InputError, ResourceError
from attiqa_core.files.lines import append_line, keep_lines
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.machine.lacks import NOT_MEMORY, is_of_memory, refuse_lack, sentence_of
from attiqa_core.photos.images import read_picture, to_images
from attiqa_core.photos.places import find_images
from attiqa_core.runs.device import pick_device
from attiqa_core.runs.folder import to_toml
from attiqa_core.runs.lock import PRIVATE
from attiqa_core.runs.progress import progress
from attiqa_core.tensors import Images
from experiments.options.outcome import Outcome, count
from experiments.options.tools_apply import Config
from experiments.pictures.carried import capture_in
from experiments.pictures.finished import resized
from experiments.pictures.writing import save_picture
from isp_env.colorimetry.output_space import SPACES
from isp_env.tools.catalogue import find_tools

LISTED = "tools.json"
DONE = "done.jsonl"


def run(config: Config) -> Outcome:
    """Retouch every picture; those that cannot be read or written are reported, one by one, and left out."""
    config.check()
    policy = load_tool_policy(config.run)
    tools = tools_of(config.run, policy, find_tools(["all"]))
    device = pick_device(config.device)
    judge, paths = judge_of(policy, device), find_images(config.pictures)
    config.out.mkdir(parents=True, exist_ok=True)
    about = {
        "policy": str(config.run),
        "policy_sha256": sha256(config.run / DESCRIPTION),
        "look": config.look,
        "output": to_toml(config.output),
    }
    rows, failures, done = [], [], _done(config.out, about)
    for path, name in progress(list(zip(paths, names_of(paths), strict=True)), label="retouch", unit="picture"):
        target = config.out / f"{name}{config.output.suffix}"
        try:
            source = sha256(path)
            if (known := done.get((str(path), source))) and _is_as_told(config.out, known):
                rows.append(known)
                continue
            made = retouch(policy, tools, _opened(path, device), judge, config.look == "middle")
            _write(target, made, {"exif": capture_in(path)}, config)
        except ResourceError:
            raise  # the next picture would not fit either
        except (ValueError, MemoryError, RuntimeError, OSError) as error:
            refuse_lack(error, None, NOT_MEMORY)
            failures.append(_reason(path, error))
            continue
        steps = [{"tool": tool, "strength": strength} for tool, strength in made.used]
        told = {"picture": str(path), "sha256": source, "out": target.name, "out_sha256": sha256(target)}
        rows.append({**told, "tools": steps, "unfamiliar": list(made.unfamiliar)})
        append_line(config.out / PRIVATE / DONE, {"about": about, "row": rows[-1]})
    write_json(config.out / LISTED, {**about, "pictures": rows})
    if not rows:
        raise InputError(f"{failures[0]} (none of {len(failures)} pictures could be retouched)")
    left, strange = sum(not row["tools"] for row in rows), sum(bool(row["unfamiliar"]) for row in rows)
    done = f"{count(len(rows), 'picture')} retouched, {left} of them left as they were"
    if strange:
        done += f"; {strange} unlike what the agent was trained on, see {LISTED}"
    return Outcome(config.out, done, tuple(failures))


def _opened(path: Path, device: torch.device) -> Images:
    """A picture as a batch of one; whoever calls does not hold it while its like is written."""
    return to_images(read_picture(path)[None]).to(device)


def _reason(path: Path, error: Exception) -> str:
    if is_of_memory(error):
        return f"{path}: {sentence_of(error)}"
    return str(error) if isinstance(error, InputError) else f"{path}: {type(error).__name__}: {error}"


def _done(out: Path, about: dict[str, str]) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of pictures that were made before in the same way, by the picture and its content."""
    path = out / PRIVATE / DONE
    path.parent.mkdir(exist_ok=True)
    lines = keep_lines(path, lambda line: line["about"] == about, "remove it, and go on with --resume")
    return {(line["row"]["picture"], line["row"]["sha256"]): line["row"] for line in lines}


def _is_as_told(out: Path, row: dict[str, Any]) -> bool:
    made = out / row["out"]
    return made.is_file() and sha256(made) == row["out_sha256"]


def names_of(paths: Sequence[Path]) -> list[str]:
    """Return what each picture's file is called without suffix: as it was, with its suffix and a number where that is taken."""
    stems = Counter(path.stem.lower() for path in paths)
    names, taken = [], Counter()
    for path in paths:
        name = path.stem if stems[path.stem.lower()] == 1 else path.name
        taken[name.lower()] += 1
        names.append(name if taken[name.lower()] == 1 else f"{name}-{taken[name.lower()]}")
    return names


def _write(target: Path, made: Retouched, metadata: dict[str, Any], config: Config) -> None:
    picture, output = made.image[0].cpu(), config.output
    height, width = picture.shape[1:]
    if (size := output.size_of(height, width)) != (height, width):
        picture = resized(picture, size, SPACES["srgb"])
    save_picture(target, picture, metadata=metadata, output=output)
