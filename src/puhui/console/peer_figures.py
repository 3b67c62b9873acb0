"""A firm among like firms, as its pages show it: where it stands out, and who the like firms are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl
from django.conf import settings
from django.utils.translation import gettext as _

from puhui.console.decision_figures import variable_title, variable_value
from puhui.features import queries, registry
from puhui.features.models import Snapshot
from puhui.features.peers import group_figures, peers_of
from puhui.parties.models import Firm, Institution

OUTER = ("p10", "p90")


def like_firms(firm: Firm, snapshot: Snapshot | None, newest: int, needed: str = "p50") -> dict[str, dict[str, Any]]:
    """Variable → the figures of the firm's narrowest group that tells the percentile `needed`; empty without a snapshot.

    newest  number of the institution's snapshot taken last (`puhui.features.queries.snapshot_among_others`)
    """
    if snapshot is None:
        return {}
    figures = _figures(firm.institution_id, snapshot.as_of, newest, settings.PUHUI_CATALOGUE)
    own = {"industry": firm.industry_code, "region": firm.division_code, "staff": firm.staff_count}
    return peers_of(figures, own, snapshot.as_of, needed, settings.PUHUI_CATALOGUE)


@lru_cache(maxsize=8)
def _figures(institution_id: int, as_of: date, newest: int, folder: Path | None) -> pl.DataFrame:
    """The groups of a month; kept until another snapshot is taken."""
    values, firms = queries.peer_frames(Institution(pk=institution_id), as_of)
    return group_figures(values, firms, as_of, folder)


def _range(name: str, row: Mapping[str, Any]) -> str:
    low, middle, high = (variable_value(name, row[percentile]) for percentile in ("p25", "p50", "p75"))
    texts = {"low": low, "middle": middle, "high": high, "group": group_label(row)}
    if row["p25"] is None:
        return _("middle %(middle)s (%(group)s)") % texts
    return _("half between %(low)s and %(high)s, middle %(middle)s (%(group)s)") % texts


def standing_out(values: Mapping[str, Any], like: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The variables by which the firm lies outside the middle eight tenths of its like, in the order of the catalogue."""
    return list(_outside(values, like))


def _outside(values: Mapping[str, Any], like: Mapping[str, Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for variable in registry.catalogue():
        row, value = like.get(variable.name), values.get(variable.name)
        if row is None or value is None or row["p10"] is None or row["p90"] is None or row["p10"] <= value <= row["p90"]:
            continue
        low, middle, high = (variable_value(variable.name, row[name]) for name in ("p10", "p50", "p90"))
        yield {
            "name": variable.name,
            "title": variable_title(variable.name),
            "value": variable_value(variable.name, value),
            "low": low,
            "middle": middle,
            "high": high,
            "is_below": value < row["p10"],
            "like": _range(variable.name, row),
        }


def group_label(row: Mapping[str, Any]) -> str:
    """Who the like firms are: how many, and by what they are alike."""
    sizes = {"micro": _("micro firms"), "small": _("small firms"), "medium": _("medium-sized firms"), "large": _("large firms")}
    parts = [
        _("industry %(code)s") % {"code": row["industry"]} if row["industry"] else "",
        _("region %(code)s") % {"code": row["region"]} if row["region"] else "",
        sizes.get(row["size"], ""),
    ]
    alike = " · ".join(part for part in parts if part) or _("all firms")
    return _("%(count)s firms: %(alike)s") % {"count": row["firms"], "alike": alike}
