"""The catalogue of every variable, gathered from the modules of the evidence classes.

A class of evidence is a module of this package: what it reads (`RECORDS`), the measures it makes of them (`measures`), and the
variables declared over the measures of any class (`VARIABLES`). A new class is a module and a name in `MODULES`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module, resources
from typing import Any

from puhui.features.variable import LeftOut, Variable
from puhui.products.parameters import table

__all__ = [
    "MODULES",
    "EvidenceModule",
    "catalogue",
    "catalogue_digest",
    "catalogue_hash",
    "left_out",
    "modules",
    "records",
    "select",
    "variable",
]

MODULES: tuple[str, ...] = (
    "invoices",
    "suspicions",
    "tax",
    "payroll",
    "staff_told",
    "housing_fund",
    "customs",
    "utilities",
    "power_and_sales",
    "account_flows",
    "payers_and_invoices",
    "platforms",
    "machines",
    "scenario",
    "registration",
    "ownership",
    "licences",
    "judicial",
    "public_lists",
    "property",
    "research",
    "procurement",
    "credit_bureau",
    "owner_credit",
    "environment",
    "site_visits",
    "statements",
)  # fmt: skip
"""Modules of `puhui.features` that declare variables, in the order of the catalogue."""

_SHARED = ("formulas.py", "months.py", "variable.py", "windows.py")
"""What defines values beside the modules themselves."""


@dataclass(frozen=True, eq=False)
class EvidenceModule:
    """One module of a class of evidence.

    records     kinds of records it reads; `invoice` is the invoice frame
    measures    (frames, as-of) → one row per firm with columns firm_id and measures; lazy native frames in and out
    portable    written in Narwhals, so that the same text runs on polars, DuckDB and Spark
    prepared    optional: the same measures from polars frames, by plans of the module's own
    eager       collects inside `measures`: run as it is, never as a prepared plan
    defined_by  files beside its own that define its values
    parameters  tables of `catalogue/parameters` that its values rest on
    """

    name: str
    evidence_class: str
    records: tuple[str, ...]
    measures: Callable[[Mapping[str, Any], Any], Any]
    variables: tuple[Variable, ...]
    left_out: tuple[LeftOut, ...]
    portable: bool
    prepared: Callable[[Mapping[str, Any], Any], Any] | None
    eager: bool
    defined_by: tuple[str, ...]
    parameters: tuple[str, ...]


@cache
def modules() -> tuple[EvidenceModule, ...]:
    """Every module, read once. Raises ValueError naming every variable that is declared twice."""
    read = tuple(_module(name) for name in MODULES)
    names = [variable.name for module in read for variable in module.variables]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"variables declared twice: {', '.join(twice)}; a name is used once over all classes")
    return read


def _module(name: str) -> EvidenceModule:
    source = import_module(f"puhui.features.{name}")
    return EvidenceModule(
        name,
        source.EVIDENCE_CLASS,
        tuple(source.RECORDS),
        source.measures,
        tuple(replace(variable, evidence_class=variable.evidence_class or source.EVIDENCE_CLASS) for variable in source.VARIABLES),
        tuple(source.LEFT_OUT),
        getattr(source, "PORTABLE", False),
        getattr(source, "PREPARED", None),
        getattr(source, "EAGER", False),
        tuple(getattr(source, "DEFINED_BY", ())),
        tuple(getattr(source, "PARAMETERS", ())),
    )


@cache
def _catalogue() -> tuple[Variable, ...]:
    return tuple(variable for module in modules() for variable in module.variables)


def catalogue() -> list[Variable]:
    """Every declared variable, in the order of the declarations."""
    return list(_catalogue())


def left_out() -> list[LeftOut]:
    """Variables of the field's list that are not computed yet, each with what it would need."""
    return [item for module in modules() for item in module.left_out]


def records() -> tuple[str, ...]:
    """Every kind of record that some variable reads, in the order of the modules."""
    return tuple(dict.fromkeys(record for module in modules() for record in module.records))


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
    defining = {*_SHARED, *(file for module in modules() for file in (f"{module.name}.py", *module.defined_by))}
    document = {
        "variables": [
            [v.name, v.evidence_class, v.unit, v.sign, v.window, v.history_months, v.sides, v.null_reason, v.personal] for v in catalogue()
        ],
        "modules": {name: hashlib.sha256(folder.joinpath(name).read_bytes()).hexdigest() for name in sorted(defining)},
        "parameters": {name: table(name).digest for name in sorted({name for module in modules() for name in module.parameters})},
    }
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


catalogue_hash = catalogue_digest


@cache
def _by_name() -> dict[str, Variable]:
    return {variable.name: variable for variable in catalogue()}
