"""A model from its file, whatever its kind: the file's `format` tells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from puhui.calculations.faults import Fault, FaultsError
from puhui.scoring.document import FORMAT, parse
from puhui.scoring.ensemble import CORES, Ensemble, read_ensemble
from puhui.scoring.model import Model

__all__ = ["AnyModel", "load_model"]

AnyModel = Model | Ensemble


def load_model(source: Mapping[str, Any] | str | bytes | Path) -> AnyModel:
    """From the JSON object, its text, or a file. FaultsError names what is wrong with it."""
    where = str(source) if isinstance(source, Path) else "model"
    body = source if isinstance(source, Mapping) else parse(source, where)
    found = body.get("format") if isinstance(body, Mapping) else type(body).__name__
    if found in CORES:
        return Ensemble(read_ensemble(body, where))
    if found != FORMAT:
        expected = ", ".join(repr(each) for each in (FORMAT, *CORES))
        raise FaultsError([Fault(f"{where}: format", repr(found), f"one of {expected}", "give a file that `puhui score train` wrote")])
    return Model.load(body)
