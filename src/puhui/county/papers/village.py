"""The village is filed household by household: registered with consent, and its papers given to the lender through the import.

The panel's points, its list, the register of land, crops and animals, the payments of the finance bureau and a search at court.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from puhui.county.papers.writing import write_frames
from puhui.county.village import CROPS, Household, build, rows_to_register
from puhui.evidence.actions import import_records
from puhui.evidence.layouts import layout
from puhui.parties import actions as parties
from puhui.parties.borrowers import register_borrowers
from puhui.parties.models import Firm, Institution, User

CLASSES = ("C04", "C17", "S2")
FILED_BEFORE = timedelta(days=40)  # how long before the day of lending the village was filed
HEADING = "农户编号"
CONSENT_TEXT = (
    "本户户主及全体共同借款人同意云溪县农村商业银行为审批和管理本户贷款的目的，查询和使用本户的司法、农业经营（土地、作物、养殖、补贴、村级评议）"
    "和走访记录（C04、C17、S2 类），期限至到期日止。本户可随时撤回同意，撤回后不再查询。"
)


def file_village(institution: Institution, lending_day: date, seed: int) -> dict[str, Household]:
    """Register the village with its consents and take in what was known of it on `lending_day`; number of the household → household."""
    village = build(seed)
    filed_on = lending_day - FILED_BEFORE
    firms = register_borrowers(institution, rows_to_register(village, User.objects.get(username="officer")), "officer")
    consent(institution, firms, filed_on, lending_day + timedelta(days=730))
    with tempfile.TemporaryDirectory() as folder:
        codes = dict(enumerate(one.number for one in village))
        paths = write_frames(codes, frames(village, filed_on), Path(folder), HEADING)
        for record, path in paths.items():
            import_records(institution, path, layout(record).evidence_class, record, business_date=lending_day, actor="officer")
    return {one.number: one for one in village}


def consent(institution: Institution, firms: Sequence[Firm], granted_on: date, expires_on: date) -> None:
    """Each household's yes to the three classes that farm products read, for the decision and for watching the loan."""
    for purpose in ("credit_decision", "post_loan_monitoring"):
        parties.grant_consents(
            institution, firms, purpose=purpose, classes=CLASSES, expires_on=expires_on, text_version="2026-10", text=CONSENT_TEXT,
            channel="demonstration", granted_by="户主", at=parties.start_of_day(granted_on),
        )  # fmt: skip


def frames(village: Sequence[Household], filed_on: date) -> Mapping[str, pl.DataFrame]:
    """Record → rows, each with a column `firm` (place in the village)."""
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for place, one in enumerate(village):
        rows["court_search"].append({"firm": place, "searched_on": filed_on, "found": 0})
        rows["village_list"].append({"firm": place, "stated_on": filed_on, "list": one.listed, "reason": ""})
        rows["farm_asset"] += _assets(place, one, filed_on)
        rows["farm_subsidy"].append(
            {"firm": place, "kind": "耕地地力保护补贴", "paid_on": filed_on - timedelta(days=100), "amount_fen": one.subsidy_yuan * 100}
        )
        rows["informant_note"] += [
            {
                "firm": place, "noted_on": filed_on, "informant": f"评议员{judge}", "relation": "committee", "independent": True,
                "score": points,
            }
            for judge, points in enumerate(one.points, 1)
        ]  # fmt: skip
    return {record: pl.DataFrame(each, infer_schema_length=None) for record, each in rows.items()}


def _assets(place: int, one: Household, stated_on: date) -> list[dict[str, Any]]:
    _, kilograms, price_fen, _, _ = CROPS[one.crop]
    common = {"firm": place, "stated_on": stated_on, "insured": one.insured}
    nothing = {"area_mu": None, "yield_per_mu": None, "price_fen": None, "heads": None}
    found = [
        {**common, **nothing, "kind": "land", "asset": f"承包地{place + 1}号", "area_mu": one.area_mu},
        {
            **common, **nothing, "kind": "crop", "asset": one.crop, "area_mu": one.area_mu, "yield_per_mu": float(kilograms),
            "price_fen": price_fen,
        },
    ]  # fmt: skip
    if one.heads:
        found.append({**common, **nothing, "kind": "livestock", "asset": one.herd, "heads": one.heads})
    return found
