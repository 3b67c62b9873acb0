"""Keeping what the lab found, so that it can be cited: what was asked, what came out, by whom, under a number and a digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from django.db import transaction
from django.db.models import QuerySet

from puhui.calculations.canonical import digest_of
from puhui.decisions.lab.comparison import Compared
from puhui.decisions.lab.policies import Policy
from puhui.parties.audit import record_act
from puhui.parties.models import Institution, User
from puhui.products.strategy_models import Comparison

__all__ = ["MOST_CHANGED", "comparisons", "keep", "keep_optimum", "optima"]

OPTIMUM = "optimum"  # the kind of a finding that compares nothing
MOST_CHANGED = 200
"""Cases that change, kept with the record of each comparison; the number of all of them stands beside."""


@transaction.atomic
def keep(institution: Institution, policies: Sequence[Policy], asked: Mapping[str, Any], compared: Compared, user: User) -> Comparison:
    """The record of a comparison; it is never changed. asked: plain data, as somebody asked it."""
    found = compared.found | {"cases_changed": {label: _rows(frame) for label, frame in compared.changed.items()}}
    row = Comparison.objects.create(
        institution=institution,
        product_code=policies[0].product.code,
        digests=[one.product.digest for one in policies],
        asked=dict(asked),
        found=found,
        digest=digest_of({"asked": dict(asked), "found": found}),
        made_by=user,
    )
    record_act(institution, user.username, "lab.compare", row, {"product": row.product_code, "digest": row.digest})
    return row


@transaction.atomic
def keep_optimum(institution: Institution, policy: Policy, asked: Mapping[str, Any], found: Mapping[str, Any], user: User) -> Comparison:
    """The record of an optimum of one policy's cases (`lab.optimum`): a finding of the lab like a comparison, with one policy in it."""
    row = Comparison.objects.create(
        institution=institution,
        product_code=policy.product.code,
        digests=[policy.product.digest],
        asked={**asked, "kind": OPTIMUM},
        found=dict(found),
        digest=digest_of({"asked": {**asked, "kind": OPTIMUM}, "found": dict(found)}),
        made_by=user,
    )
    record_act(institution, user.username, "lab.optimum", row, {"product": row.product_code, "digest": row.digest})
    return row


def optima(institution: Institution) -> QuerySet[Comparison]:
    """The optima on record, the newest first."""
    return _findings(institution).filter(asked__kind=OPTIMUM)


def _findings(institution: Institution) -> QuerySet[Comparison]:
    return Comparison.objects.filter(institution=institution).select_related("made_by").order_by("-pk")


def comparisons(institution: Institution, product_code: str = "") -> QuerySet[Comparison]:
    """Those on record, the newest first."""
    rows = _findings(institution).exclude(asked__has_key="kind")
    return rows.filter(product_code=product_code) if product_code else rows


def _rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    shown = frame.head(MOST_CHANGED)
    days = [name for name, kind in shown.schema.items() if kind == pl.Date]
    return shown.with_columns(pl.col(days).dt.to_string("%Y-%m-%d")).to_dicts()
