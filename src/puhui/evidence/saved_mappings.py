"""Mapping files that are kept under a name: those of an institution's own sources, and those that come with Puhui for public data.

An institution keeps its own in `mappings/` of its catalogue folder (`PUHUI_CATALOGUE`); one of the same name goes before Puhui's. From
outside a mapping is chosen by its name or sent along as a file: a name is never a path.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence.layouts import classes

__all__ = ["saved_mapping", "saved_mappings"]

FOLDER = "mappings"


def saved_mappings(own: Path | None = None) -> dict[str, Path]:
    """Name → file, by name. `own` is the institution's catalogue folder."""
    shipped = Path(str(files("puhui") / "catalogue" / FOLDER))
    folders = [shipped, *([own / FOLDER] if own else [])]
    found = {file.stem: file for folder in folders if folder.is_dir() for file in sorted(folder.glob("*.toml"))}
    return {name: found[name] for name in sorted(found) if name not in classes()}


def saved_mapping(name: str, own: Path | None = None) -> Path:
    """The file of a name. Raises `FaultsError` for a name under which none is kept."""
    found = saved_mappings(own)
    if name not in found:
        raise FaultsError(
            [Fault("mapping", repr(name), f"one of {', '.join(found)}", "Choose one of these, or send a mapping file along.")]
        )
    return found[name]
