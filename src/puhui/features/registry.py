"""The catalogue of every variable, whatever evidence class it is of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

from puhui.features import invoices
from puhui.features.variable import LeftOut, Variable

__all__ = ["catalogue", "catalogue_digest", "catalogue_hash", "left_out", "select", "variable"]

_DEFINING_MODULES = ("formulas.py", "invoice_stages.py", "invoices.py", "variable.py", "windows.py")


def catalogue() -> list[Variable]:
    """Every declared variable, in the order of the declarations."""
    return list(invoices.VARIABLES)


def left_out() -> list[LeftOut]:
    """Variables of the field's list that are not computed yet, each with what it would need."""
    return list(invoices.LEFT_OUT)


def variable(name: str) -> Variable:
    """The declaration of that name. Raises KeyError when there is none."""
    return _by_name()[name]


def select(names: Sequence[str] | None) -> list[Variable]:
    """The named declarations in that order, or all. Raises ValueError naming every name that is unknown."""
    if names is None:
        return catalogue()
    unknown = [name for name in names if name not in _by_name()]
    if unknown:
        raise ValueError(f"variables: not in the catalogue: {', '.join(unknown)}; see docs/variables.md")
    return [_by_name()[name] for name in names]


@cache
def catalogue_digest() -> str:
    """SHA-256 over every declaration and the text of every module that defines a value.

    Two snapshots with the same digest were computed by the same formulas. Titles and translations do not enter it.
    """
    folder = resources.files("puhui.features")
    document = {
        "variables": [
            [v.name, v.evidence_class, v.unit, v.sign, v.window, v.history_months, v.sides, v.null_reason, v.personal] for v in catalogue()
        ],
        "modules": {name: hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() for name in _DEFINING_MODULES},
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


catalogue_hash = catalogue_digest


@cache
def _by_name() -> dict[str, Variable]:
    return {variable.name: variable for variable in catalogue()}
