"""ONNX models of ours as files: written whole, checked, with their metadata inside; the extra `onnx` is asked for here alone."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import replacing
from attiqa_core.machine.lacks import refuse_lack

PARITY = 1e-4
"""Largest difference from torch that an exported model may show, relative to the size of what it answers."""


def require(module: str) -> Any:
    """Return an optional module. Raises: UsageError naming the extra that brings it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise UsageError(f"{module} is not installed; ONNX needs the extra: pip install 'attiqa-isp[onnx]'") from error


def save_model(model: Any, path: Path, metadata: Mapping[str, str]) -> Path:
    """Write a checked model with its metadata and return the path. Raises: UsageError without the `onnx` extra."""
    onnx = require("onnx")
    onnx.helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model, full_check=True)
    with replacing(path) as temporary:
        onnx.save(model, str(temporary))
    return Path(path)


def open_model(path: Path, format_: str, kind: str, cure: str, threads: int = 1) -> tuple[Any, dict[str, str]]:
    """Return the session of a model on the CPU, and its metadata.

    `kind` and `cure` say what it should have been and how to get one. Raises: InputError if it is no model of that format;
    UsageError without the `onnx` extra.
    """
    runtime = require("onnxruntime")
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    try:
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        described = session.get_modelmeta().custom_metadata_map  # UnicodeDecodeError, where its words are none
    except Exception as error:  # onnxruntime raises classes of its own extension module
        refuse_lack(error)
        raise InputError(f"{path}: not a whole ONNX model; write it again with `attiqa export`") from error
    if described.get("format") != format_:
        raise InputError(f"{path}: not {kind}; {cure}")
    _check_numbers(path, cure)
    return session, described


def _check_numbers(path: Path, cure: str) -> None:
    """Raises: InputError for weights that are not finite: a session would answer NaN, or hide it behind a maximum."""
    onnx = require("onnx")
    for tensor in onnx.load(str(path), load_external_data=False).graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise InputError(
                f"{path}: {tensor.name[:80]!r} holds numbers that are not finite (NaN or infinity); {cure}"
            )
