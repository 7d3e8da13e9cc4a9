"""How near `isp_env.fitting` comes, as Markdown tables: `python -m experiments.isp_quality.fit_table RAWS... [--only NAMES]`.

"planted": parameters drawn with their usual spread, rendered at full size and by the proxy itself, and found again; errors in half
widths of a parameter's range. "pictures": LibRaw's own rendering (AHD, its sRGB), our render in looks that the fitted profile has no
parameter for, and the camera default through a tone curve of sixteen drawn steps; mean Delta E 2000 at the proxies' size after
the parameters, after a curve and after a 3D table on top, both judged where they were not fitted: "image", on squares of a
chessboard over each picture in turn, and "set", fitted on the other scenes. "search": the same distance descended by Gauss and
Newton's steps, by Adam through the ISP's own gradient and by CMA-ES, each for as much process time as the first takes; proxies alone.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rawpy
import torch
from cmaes import CMA
from torch import Tensor

from agents.baselines.cma import STEP
from agents.seeds import seed_of
from attiqa_core.tensors import PerImage
from experiments.paper.markdown import grid
from isp_env.fitting.correction import CorrectionRecipe, held_out_stages
from isp_env.fitting.curve import PIECES, DisplayCurve
from isp_env.fitting.descent import descend
from isp_env.fitting.distance import bounded
from isp_env.fitting.fit import FEW, MANY, FitRecipe, Fitted, fit_each
from isp_env.fitting.matching import Picture
from isp_env.fitting.problem import Problem
from isp_env.fitting.residuals import Residual
from isp_env.fitting.search_space import DETAIL, Points, SearchSpace
from isp_env.fitting.views import Pair, Views
from isp_env.loading import read_frames
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.profiles import CORE, PROFILES, Profile
from isp_env.raw import RawFrame
from isp_env.raw_io.find import find_raws
from isp_env.scenes import scene_finder
from isp_env.tiles import render_full
