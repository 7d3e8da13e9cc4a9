"""A scorer as one ONNX file: resizing, crops, network and their mean, so that a runtime needs nothing but pixels."""

import contextlib
import importlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn

from attiqa_core.network.architecture import CROP_STEP, Preprocessing
from attiqa_core.network.model import AttiqaNet
from attiqa_core.scorer import Scorer
from attiqa_core.sharing.onnx_files import require, save_model
from attiqa_core.tensors import AttributeScores, Images, Scores

FORMAT = "attiqa-onnx/1"
OPSET = 18  # the first whose Resize knows antialiasing
INPUT, MOS, ATTRIBUTE_SCORES = "rgb", "mos", "attributes"

Pixels = Literal["float", "uint8"]
"""What the model takes: float sRGB in [0, 1], or the bytes of a decoded picture."""


def export_onnx(
    scorer: Scorer,
    path: Path,
    *,
    pixels: Pixels = "float",
    size: tuple[int, int] | None = None,
    batch: int | None = None,
) -> Path:
    """Write the scorer, with its number of crops, as an ONNX model and return the path.

    Input "rgb" is (batch, 3, height, width) display sRGB, outputs are "mos" (batch,) of about [0, 1] and "attributes"
    (batch, attributes). Sides and batch are free unless `size` (height, width) or `batch` fixes them. SHA-256, MOS
    range, attributes and preprocessing are in metadata_props. Raises: UsageError without the `onnx` extra.
    """
    onnx = require("onnx")
    compose = importlib.import_module("onnx.compose")
    network = _network(scorer.net, scorer.preprocessing)
    before = onnx.parser.parse_model(_preprocessing(scorer.preprocessing, scorer.crops, pixels, size, batch))
    after = onnx.parser.parse_model(_mean_of_crops(scorer.crops, len(scorer.attribute_names)))
    before.ir_version = after.ir_version = network.ir_version
    model = compose.merge_models(before, network, [("crops", "net_crops")])
    model = compose.merge_models(model, after, [("net_mos", "mos_of_crops"), ("net_attributes", "attributes_of_crops")])
    del model.opset_import[1:]  # one for each part, all the same; ONNX Runtime's quantisation refuses more than one
    return save_model(model, path, _metadata(scorer, pixels))


class _Crops(nn.Module):
    """The network on crops of the right size, as the exporter traces it."""

    def __init__(self, net: AttiqaNet):
        super().__init__()
        self.net = net

    def forward(self, crops: Images) -> tuple[Scores, AttributeScores]:
        return self.net.read(self.net.features(crops))


def _network(net: AttiqaNet, preprocessing: Preprocessing) -> Any:
    """The network's ONNX model, crops in, scores of each crop out, every name prefixed with net_."""
    require("onnxscript")
    crop = preprocessing.crops()[0]
    example = torch.rand(2, 3, crop, crop, device=net.device)
    free: dict[int, Any] = {0: torch.export.Dim("many", min=1, max=4096)}
    if preprocessing.sizes is not None:
        steps = torch.export.Dim("steps", min=1, max=crop // CROP_STEP)
        free |= {2: CROP_STEP * steps, 3: CROP_STEP * steps}
    with _quiet():
        program = torch.onnx.export(
            _Crops(net).eval(),
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=["crops"],
            output_names=["mos", "attributes"],
            dynamic_shapes=(free,),
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    del model.metadata_props[:]
    return importlib.import_module("onnx.compose").add_prefix(model, "net_")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's progress and advice off the user's terminal."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)


def _preprocessing(
    preprocessing: Preprocessing, crops: int, pixels: Pixels, size: tuple[int, int] | None, batch: int | None
) -> str:
    """ONNX text of what `images.resize_short_edge` and the crops do, side lengths in float64 as Python has them."""
    height, width = size or ("height", "width")
    kind = "uint8" if pixels == "uint8" else "float"
    crop = preprocessing.crop if preprocessing.sizes is None else "side"
    scaled = (
        "full = Constant<value = float {255.0}>()  images = Div(floats, full)"
        if kind == "uint8"
        else "images = Identity(floats)"
    )
    return f"""
    <ir_version: 9, opset_import: ["" : {OPSET}]>
    before ({kind}[{batch or "batch"}, 3, {height}, {width}] {INPUT}) => (float[crops, 3, {crop}, {crop}] crops)
    {{
        floats = Cast<to = 1>({INPUT})
        {scaled}
        integer_sides = Shape<start = 2, end = 4>(images)
        sides = Cast<to = 11>(integer_sides)
        shorter = ReduceMin<keepdims = 1>(sides)
        {_short_edge_and_side(preprocessing)}
        scale = Div(short_edge, shorter)
        scaled_sides = Mul(sides, scale)
        rounded_sides = Round(scaled_sides)
        wanted_sides = Max(rounded_sides, short_edge)
        resized_sides = Cast<to = 7>(wanted_sides)
        batch_and_channels = Shape<start = 0, end = 2>(images)
        resized_shape = Concat<axis = 0>(batch_and_channels, resized_sides)
        resized = Resize<mode = "linear", antialias = 1, exclude_outside = 1>(images, , , resized_shape)
        axes = Constant<value = int64[2] {{2, 3}}>()
        {_ONE_CROP if crops == 1 else _FIVE_CROPS}
    }}"""


def _short_edge_and_side(preprocessing: Preprocessing) -> str:
    """The short edge to resize to, in double, and the side of the crops, in px: what `Preprocessing.at` returns."""
    if preprocessing.sizes is None:
        return f"""
        short_edge = Constant<value = double[1] {{{float(preprocessing.resize)}}}>()
        one_side = Constant<value = int64[1] {{{preprocessing.crop}}}>()"""
    low, high = preprocessing.sizes
    return f"""
        lowest = Constant<value = double[1] {{{float(low)}}}>()
        highest = Constant<value = double[1] {{{float(high)}}}>()
        at_least_lowest = Max(shorter, lowest)
        short_edge = Min(at_least_lowest, highest)
        edge = Cast<to = 7>(short_edge)
        share = Constant<value = int64[1] {{{preprocessing.crop}}}>()
        whole = Constant<value = int64[1] {{{preprocessing.resize}}}>()
        step = Constant<value = int64[1] {{{CROP_STEP}}}>()
        one = Constant<value = int64[1] {{1}}>()
        edge_by_share = Mul(edge, share)
        uneven_side = Div(edge_by_share, whole)
        some_steps = Div(uneven_side, step)
        steps = Max(some_steps, one)
        one_side = Mul(steps, step)"""


_ONE_CROP = """
        side = Concat<axis = 0>(one_side, one_side)
        two = Constant<value = int64[1] {2}>()
        spare = Sub(resized_sides, side)
        first = Div(spare, two)
        last = Add(first, side)
        crops = Slice(resized, first, last, axes)"""
"""The centre, its offset rounded down as in `images.centre_crop`."""

_FIVE_CROPS = f"""
        side = Concat<axis = 0>(one_side, one_side)
        double_side = Cast<to = 11>(side)
        two = Constant<value = double[1] {{2.0}}>()
        spare = Sub(wanted_sides, double_side)
        half_spare = Div(spare, two)
        rounded_half = Round(half_spare)
        first = Cast<to = 7>(rounded_half)
        last = Add(first, side)
        zero = Constant<value = int64[1] {{0}}>()
        far_end = Constant<value = int64[1] {{{2**31}}}>()
        from_end = Neg(one_side)
        top_left_start = Concat<axis = 0>(zero, zero)
        top_right_start = Concat<axis = 0>(zero, from_end)
        top_right_end = Concat<axis = 0>(one_side, far_end)
        bottom_left_start = Concat<axis = 0>(from_end, zero)
        bottom_left_end = Concat<axis = 0>(far_end, one_side)
        bottom_right_start = Concat<axis = 0>(from_end, from_end)
        bottom_right_end = Concat<axis = 0>(far_end, far_end)
        top_left = Slice(resized, top_left_start, side, axes)
        top_right = Slice(resized, top_right_start, top_right_end, axes)
        bottom_left = Slice(resized, bottom_left_start, bottom_left_end, axes)
        bottom_right = Slice(resized, bottom_right_start, bottom_right_end, axes)
        centre = Slice(resized, first, last, axes)
        crops = Concat<axis = 0>(top_left, top_right, bottom_left, bottom_right, centre)"""
"""Corners and centre in torchvision's order, the centre's offset rounded half to even as there."""


def _mean_of_crops(crops: int, attributes: int) -> str:
    return f"""
    <ir_version: 9, opset_import: ["" : {OPSET}]>
    after (float[many] mos_of_crops, float[many, {attributes}] attributes_of_crops)
        => (float[batch] {MOS}, float[batch, {attributes}] {ATTRIBUTE_SCORES})
    {{
        mos_shape = Constant<value = int64[2] {{{crops}, -1}}>()
        attributes_shape = Constant<value = int64[3] {{{crops}, -1, {attributes}}}>()
        over_crops = Constant<value = int64[1] {{0}}>()
        mos_by_crop = Reshape(mos_of_crops, mos_shape)
        attributes_by_crop = Reshape(attributes_of_crops, attributes_shape)
        {MOS} = ReduceMean<keepdims = 0>(mos_by_crop, over_crops)
        {ATTRIBUTE_SCORES} = ReduceMean<keepdims = 0>(attributes_by_crop, over_crops)
    }}"""


def _metadata(scorer: Scorer, pixels: Pixels) -> dict[str, str]:
    """What a user of the file must know, as the strings that ONNX allows."""
    return {
        "format": FORMAT,
        "name": scorer.name,
        "sha256": scorer.sha256,
        "attributes": json.dumps(list(scorer.attribute_names)),
        "mos_range": json.dumps([scorer.mos_range.low, scorer.mos_range.high]),
        "preprocessing": json.dumps(vars(scorer.preprocessing)),
        "crops": str(scorer.crops),
        "input": "uint8 sRGB, NCHW, 0 to 255" if pixels == "uint8" else "float32 sRGB, NCHW, 0 to 1",
        "outputs": "mos: about 0 to 1, not clipped, higher is better; attributes: unbounded, higher is better or more",
    }
