"""Infos of many episodes in Gymnasium's vector convention: an array for each key, and a mask `_key` of the rows that have it."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def info_of(
    names: Sequence[str],
    terms: Sequence[str],
    parts: np.ndarray | None = None,
    stepped: np.ndarray | None = None,
    rows: np.ndarray | None = None,
) -> dict[str, Any]:
    """Return the infos of `rows`, a mask, all by default: pictures by name and, for the rows `stepped`, parts of the reward,
    whose names are `terms`."""
    rows = np.ones(len(names), bool) if rows is None else rows
    images = np.array(names, object)
    images[~rows] = None
    infos = _masked("image", images, rows)
    if parts is not None and stepped is not None and stepped.any():
        values: dict[str, Any] = {}
        for term, column in zip(terms, parts.T, strict=True):
            values |= _masked(term, np.where(stepped, column, 0.0), stepped)
        infos |= _masked("reward_parts", values, stepped)
    return infos


def final_info(
    names: Sequence[str], terms: Sequence[str], observations: np.ndarray, parts: np.ndarray, ended: np.ndarray
) -> dict[str, Any]:
    """Return what SAME_STEP autoreset keeps of the episodes that `ended`, a mask: last observation, and info of the last step."""
    if not ended.any():
        return {}
    last = np.full(len(names), None, object)
    for row in np.flatnonzero(ended):
        last[row] = observations[row].copy()
    of_last_step = info_of(names, terms, parts, ended, ended)
    return _masked("final_obs", last, ended) | _masked("final_info", of_last_step, ended)


def _masked(key: str, values: Any, rows: np.ndarray) -> dict[str, Any]:
    return {key: values, f"_{key}": rows.copy()}
