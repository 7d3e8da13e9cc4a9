"""Weights that mean harm: pickles in disguise, heads that lie, numbers that are none; ONNX files that lead elsewhere."""

import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from hostile.descriptions import later, picture, scorer

from attiqa_core.files.whole import read_json, sha256, write_json
from attiqa_core.tensor_files import load_tensors, save_tensors


class Bomb:
    """What makes the canary where it is unpickled."""

    def __init__(self, canary: Path):
        self.canary = canary

    def __reduce__(self):
        return os.system, (f"touch {self.canary}",)


def bomb(canary: Path) -> bytes:
    return pickle.dumps(Bomb(canary))


def _weights(content: Callable[[Path], bytes], *, right_hash: bool = True) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        path = scorer(folder) / "scorer.safetensors"
        path.write_bytes(content(canary))
        described = read_json(folder / "scorer/scorer.json")
        write_json(folder / "scorer/scorer.json", {**described, "sha256": sha256(path)} if right_hash else described)
        return ["score", picture(folder), "--scorer", folder / "scorer"]

    return make


def head(content: object, tail: bytes = b"", size: int | None = None) -> Callable[[Path], bytes]:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return lambda canary: struct.pack("<Q", len(text) if size is None else size) + text + tail


def _tensor(**changes: object) -> dict:
    return {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **changes}}


def torch_zip(canary: Path) -> bytes:
    """As torch.save writes it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", bomb(canary))
        archive.writestr("archive/version", "3")
    return content.getvalue()


def _not_finite(value: float) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        path = scorer(folder) / "scorer.safetensors"
        tensors = load_tensors(path)
        next(each for each in tensors.values() if each.is_floating_point() and each.ndim > 1).view(-1)[0] = value
        save_tensors(path, tensors)
        described = read_json(folder / "scorer/scorer.json")
        write_json(folder / "scorer/scorer.json", {**described, "sha256": sha256(path)})
        return ["score", picture(folder), "--scorer", folder / "scorer"]

    return make


def _clip(content: Callable[[Path], bytes], name: str) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        (folder / name).write_bytes(content(canary))
        words = ["--clip-weights", folder / name, "--clip-model", "ViT-B-32", "--clip-activation", "gelu"]
        return ["label", picture(folder), "--out", folder / "out", *words]

    return make


def _onnx(change: Callable[[object, Path], None]) -> Callable[[Path, Path], list]:
    def make(folder: Path, canary: Path) -> list:
        import onnx
        from onnx import TensorProto, helper

        one = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
        rgb = helper.make_tensor_value_info("rgb", TensorProto.FLOAT, [None, 3, None, None])
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in ("mos", "attributes")]
        nodes = [
            helper.make_node("ReduceMean", ["rgb"], ["m"], axes=[1, 2, 3], keepdims=0),
            helper.make_node("Mul", ["m", "w"], ["mos"]),
            helper.make_node("ReduceMean", ["rgb"], ["attributes"], axes=[2, 3], keepdims=0),
        ]
        graph = helper.make_graph(nodes, "g", [rgb], outputs, [one])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        said = {"format": "attiqa-onnx/1", "name": "n", "sha256": "a" * 64, "crops": "1", "input": "float"}
        said |= {"attributes": '["a", "b", "c"]', "mos_range": "[0, 1]"}
        helper.set_model_props(model, said)
        change(model, folder)
        (folder / "m.onnx").write_bytes(model.SerializeToString())
        assert onnx
        return ["score", picture(folder), "--scorer", folder / "m.onnx", "--crops", "1"]

    return make


def _external(location: str) -> Callable[[object, Path], None]:
    def change(model, folder: Path) -> None:
        from onnx import TensorProto

        tensor = model.graph.initializer[0]
        tensor.ClearField("float_data")
        tensor.data_location = TensorProto.EXTERNAL
        entry = tensor.external_data.add()
        entry.key, entry.value = "location", location

    return change


def _nan(model, folder: Path) -> None:
    model.graph.initializer[0].float_data[0] = float("nan")


def _custom(model, folder: Path) -> None:
    model.graph.node[1].op_type, model.graph.node[1].domain = "Evil", "com.evil"
    model.opset_import.add(domain="com.evil", version=1)


def _prop(key: str, value: str) -> Callable[[object, Path], None]:
    def change(model, folder: Path) -> None:
        next(each for each in model.metadata_props if each.key == key).value = value

    return change


MAKERS = {
    "scorer.safetensors: a pickle": _weights(bomb),
    "scorer.safetensors: torch's zip with a pickle": _weights(torch_zip),
    "scorer.safetensors: another hash": _weights(bomb, right_hash=False),
    "scorer.safetensors: a head of 2^63 bytes": _weights(head({}, size=2**63)),
    "scorer.safetensors: a head of 90 MB": later(lambda: _weights(head(b"{" + b" " * 90_000_000 + b"}"))),
    "scorer.safetensors: a million tensors": later(
        lambda: _weights(
            head({f"t{n}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(1_000_000)})
        )
    ),
    "scorer.safetensors: overlapping": _weights(
        head({**_tensor(), "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}, bytes(12))
    ),
    "scorer.safetensors: offsets below 0": _weights(head(_tensor(data_offsets=[-8, 0]), bytes(8))),
    "scorer.safetensors: a shape of 2^62": _weights(head(_tensor(shape=[2**62, 4]), bytes(8))),
    "scorer.safetensors: an unknown type": _weights(head(_tensor(dtype="OBJ"), bytes(8))),
    "scorer.safetensors: float8": _weights(head(_tensor(dtype="F8_E4M3", shape=[8]), bytes(8))),
    "scorer.safetensors: 100,000 brackets": _weights(head(b'{"a":' + b"[" * 100_000)),
    "scorer.safetensors: NaN with a right hash": _not_finite(float("nan")),
    "scorer.safetensors: infinity with a right hash": _not_finite(float("inf")),
    "--clip-weights: a pickle as .pt": _clip(bomb, "w.pt"),
    "--clip-weights: torch's zip as .pt": _clip(torch_zip, "w.pt"),
    "--clip-weights: a pickle as .ckpt": _clip(bomb, "w.ckpt"),
    "--clip-weights: a pickle as .bin": _clip(torch_zip, "w.bin"),
    "--clip-weights: a pickle as .npz": _clip(bomb, "w.npz"),
    "--clip-weights: a pickle as .joblib": _clip(bomb, "w.joblib"),
    "--clip-weights: a pickle as .safetensors": _clip(bomb, "w.safetensors"),
    "ONNX: data in /etc/passwd": _onnx(_external("../../../../../../etc/passwd")),
    "ONNX: data at an absolute path": _onnx(_external("/etc/passwd")),
    "ONNX: an operator of its own": _onnx(_custom),
    "ONNX: NaN": _onnx(_nan),
    "ONNX: a pickle": lambda folder, canary: [
        (folder / "m.onnx").write_bytes(bomb(canary)) and "score",
        picture(folder),
        "--scorer",
        folder / "m.onnx",
    ],
    "ONNX: attributes of 100,000 brackets": _onnx(_prop("attributes", "[" * 100_000)),
    "ONNX: crops that are no number": _onnx(_prop("crops", "__import__('os')")),
    "ONNX: a range of NaN": _onnx(_prop("mos_range", "[NaN, NaN]")),
    "ONNX: a range of words": _onnx(_prop("mos_range", '["a", "b"]')),
}
