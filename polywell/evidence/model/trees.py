"""Boosted trees as a table: read and written as text, evaluated with arrays, without scikit-learn.

A tree is one line: its nodes in preorder, a split as ``column<threshold`` (missing values go right) or
``column?threshold`` (they go left), a leaf as its value. The left branch follows its split at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]
Bools = NDArray[np.bool_]

DIGITS = 6
"""Significant digits of values: more would differ from machine to machine."""
THRESHOLD_DIGITS = 10
"""Of thresholds, which lie between two inputs of six decimals."""
CHUNK = 512
"""Rows that are sent down all trees at once."""
_NODE = re.compile(r"^(\d+)([<?])(.+)$")


@dataclass(frozen=True)
class Trees:
    """A sum of regression trees: `baseline` plus one leaf of each line."""

    baseline: float
    lines: tuple[str, ...]

    @cached_property
    def _nodes(self) -> tuple[Ints, Ints, Floats, Ints, Floats, int]:
        """Roots (T,); of all nodes column, threshold, left child and value; depth of the deepest leaf.

        The right child stands behind the left one. A column whose missing values go left is counted from -1
        downwards. A leaf is its own left child.
        """
        roots: list[int] = []
        columns: list[int] = []
        thresholds: list[float] = []
        lefts: list[int] = []
        values: list[float] = []
        deepest = 0

        def room() -> int:
            columns.append(0)
            thresholds.append(np.inf)
            lefts.append(len(lefts))
            values.append(0.0)
            return len(values) - 1

        for line in self.lines:
            roots.append(room())
            waiting = [(roots[-1], 0)]
            for word in line.split():
                if not waiting:
                    raise ValueError(f"a tree ends before its line: {line[:60]!r}")
                place, depth = waiting.pop()
                deepest = max(deepest, depth)
                split = _NODE.match(word)
                if split is None:
                    values[place] = float(word)
                    continue
                column = int(split[1])
                columns[place] = column if split[2] == "<" else -1 - column
                thresholds[place] = float(split[3])
                lefts[place] = room()
                room()
                waiting += [(lefts[place] + 1, depth + 1), (lefts[place], depth + 1)]
            if waiting:
                raise ValueError(f"a tree lacks {len(waiting)} of its nodes: {line[:60]!r}")
        return (
            np.array(roots, dtype=np.int32),
            np.array(columns, dtype=np.int32),
            np.array(thresholds, dtype=np.float64),
            np.array(lefts, dtype=np.int32),
            np.array(values, dtype=np.float64),
            deepest,
        )

    def predict(self, inputs: Floats) -> Floats:
        """Sums (N,) of the leaves for inputs (N, D); nan stands for what is missing."""
        roots, columns, thresholds, lefts, values, deepest = self._nodes
        made = np.full(len(inputs), self.baseline)
        if not len(roots) or not len(inputs):
            return made
        width = inputs.shape[1]
        missing = np.isnan(inputs)
        both = np.hstack([np.where(missing, np.inf, inputs), np.where(missing, -np.inf, inputs)])
        asked = np.where(columns < 0, width - 1 - columns, columns).astype(np.int32)
        for start in range(0, len(inputs), CHUNK):
            flat = both[start : start + CHUNK].ravel()
            count = len(flat) // (2 * width)
            offset = (np.arange(count, dtype=np.int32) * 2 * width)[:, None]
            node = np.tile(roots, (count, 1))
            for _ in range(deepest):
                right = flat.take(asked.take(node) + offset) > thresholds.take(node)
                node = lefts.take(node) + right
            made[start : start + CHUNK] += values.take(node).sum(axis=1)
        return made


def trees_of(fitted: Any) -> Trees:
    """The trees of a fitted histogram gradient boosting of scikit-learn (regression or two classes).

    Their nodes have no public form; the test of this module compares with `predict`, so that another layout
    of scikit-learn is noticed.
    """
    lines = [_line(one.nodes) for stage in fitted._predictors for one in stage]
    return Trees(_short(float(np.ravel(fitted._baseline_prediction)[0])), tuple(lines))


def _line(nodes: Any) -> str:
    words = []
    waiting = [0]
    while waiting:
        node = nodes[waiting.pop()]
        if node["is_leaf"]:
            words.append(_text(node["value"]))
            continue
        mark = "?" if node["missing_go_to_left"] else "<"
        words.append(f"{node['feature_idx']}{mark}{_text(node['num_threshold'], THRESHOLD_DIGITS)}")
        waiting += [int(node["right"]), int(node["left"])]
    return " ".join(words)


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def _text(value: Any, digits: int = DIGITS) -> str:
    return f"{float(value):.{digits}g}"
