"""Growing trees with LightGBM, and taking them over as plain numbers. Only training imports this module.

Each tree corrects those before it (gradient boosting, Friedman 2001). `signs` of variables are kept: where more is safer, no tree may say
otherwise. The library decides where to cut; what decides about a firm later is our own file (`trees`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from puhui.scoring.configuration import Boosting
from puhui.scoring.trees import LEFT, RIGHT, ZERO, Tree, Trees

__all__ = ["grow"]

FloatArray = NDArray[np.float64]
_NULL = {"NaN": None, "None": ZERO, "Zero": ZERO}


def grow(matrix: FloatArray, target: FloatArray, weight: FloatArray, signs: list[str], options: Boosting, seed: int) -> Trees:
    """Trees grown on n × inputs; `signs` by input (`+` more is safer). The same input gives the same trees."""
    return taken_over(booster(matrix, target, weight, signs, options, seed))


def booster(matrix: FloatArray, target: FloatArray, weight: FloatArray, signs: list[str], options: Boosting, seed: int) -> Any:
    """LightGBM's own model."""
    import lightgbm

    settings = {
        "objective": "binary",
        "learning_rate": options.learning_rate,
        "num_leaves": options.leaves,
        "min_data_in_leaf": options.least_cases,
        "feature_fraction": options.variable_share,
        "bagging_fraction": options.case_share,
        "bagging_freq": 1 if options.case_share < 1 else 0,
        "lambda_l2": options.ridge,
        "monotone_constraints": [{"+": -1, "-": 1}.get(sign, 0) for sign in signs],
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": options.threads,
        "verbose": -1,
    }
    names = [f"input_{place}" for place in range(matrix.shape[1])]
    data = lightgbm.Dataset(matrix, target, weight=weight, feature_name=names, free_raw_data=True)
    return lightgbm.train(settings, data, options.rounds)


def taken_over(grown: Any) -> Trees:
    """LightGBM's trees as ours."""
    return Trees(tuple(_tree(each["tree_structure"]) for each in grown.dump_model()["tree_info"]))


def _tree(root: Mapping[str, Any]) -> Tree:
    """Nodes in the order in which they are met from the root."""
    rows: list[list[Any]] = []

    def add(node: Mapping[str, Any]) -> int:
        place = len(rows)
        if "leaf_value" in node:
            rows.append([-1, 0.0, 0, 0, RIGHT, float(node["leaf_value"]), float(node.get("leaf_count", 1))])
            return place
        if node["decision_type"] != "<=":
            raise ValueError(f"a question of the kind {node['decision_type']} has no place here")
        null = _NULL[node["missing_type"]]
        null = (LEFT if node["default_left"] else RIGHT) if null is None else null
        rows.append([int(node["split_feature"]), float(node["threshold"]), 0, 0, null, 0.0, float(node["internal_count"])])
        rows[place][2] = add(node["left_child"])
        rows[place][3] = add(node["right_child"])
        return place

    add(root)
    return Tree(*(tuple(row[column] for row in rows) for column in range(7)))
