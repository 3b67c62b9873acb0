"""A bank with a tiny model, and firms whose variables are written by hand: what a decision needs, and nothing computed."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

DAY = date(2026, 3, 2)

SOLID = {
    "inv_out_amt_12m": 6_000_000.0,
    "inv_out_amt_6m": 2_500_000.0,
    "inv_out_active_months_12m": 12,
    "inv_out_gap_days_max_12m": 20,
    "inv_out_last_days": 3,
    "inv_out_yoy": 0.1,
    "inv_out_void_rate_12m": 0.02,
    "inv_out_red_rate_12m": 0.01,
    "inv_buyer_top1_share": 0.3,
    "inv_in_out_ratio": 0.7,
    "inv_gross_margin_proxy": 0.3,
    "inv_buyer_cnt_12m": 12,
}


def _bin(label: str, points: int, upper: float | None = None) -> dict[str, Any]:
    return {"label": label, "points": points, "woe": 0.0, "share": 0.5, "event_rate": 0.1, "upper": upper, "levels": []}


def _variable(name: str, bins: list[dict[str, Any]], missing: int) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "number",
        "sign": "+",
        "coefficient": 1.0,
        "information_value": 0.3,
        "bins": bins,
        "missing": _bin("missing", missing),
        "unseen": None,
        "neutral_points": 30,
    }


def tiny_model_body() -> dict[str, Any]:
    """Two variables. 600 points are odds of 20 to 1, every 20 points double them: 660 points are 0.62%, 610 3.4%, 550 22%."""
    return {
        "format": "puhui/scorecard/1",
        "name": "invoice-scorecard",
        "title": "Two variables, made by hand",
        "target": {},
        "columns": [{"name": "inv_out_yoy", "kind": "number"}, {"name": "inv_buyer_cnt_12m", "kind": "number"}],
        "preparation": [],
        "variables": [
            _variable("inv_out_yoy", [_bin("below 0", 0, 0.0), _bin("0 and more", 60)], 20),
            _variable("inv_buyer_cnt_12m", [_bin("below 5", 0, 5.0), _bin("5 and more", 50)], 0),
        ],
        "intercept_points": 550,
        "scaling": {"base_points": 600.0, "base_odds": 20.0, "points_to_double_odds": 20.0},
        "calibration": {"method": "platt", "intercept": 0.0, "slope": 1.0, "curve": []},
        "reasons": {"against": "best", "count": 4},
        "training": {},
    }


def snapshot_digest(day: date, values: dict[str, Any]) -> str:
    from puhui.products.documents import digest_of

    return digest_of({"as_of": day.isoformat(), "catalogue": "by hand", "values": values, "null_reasons": {}})


class Bank:
    """One institution and what a test does to it."""

    def __init__(self) -> None:
        from puhui.parties.actions import create_institution, create_user
        from puhui.scoring.actions import register
        from puhui.scoring.model import Model

        self.institution = create_institution("demo", "Demonstration Bank", "bank", DAY)
        self.model = register(self.institution, SimpleNamespace(model=Model.load(tiny_model_body()), card="# Tiny", plots={}), "system")
        roles = {"officer": "officer", "second": "officer", "approver": "approver", "risk": "risk_manager", "auditor": "auditor"}
        self.users = {name: create_user(self.institution, name, "secret-secret", role) for name, role in roles.items()}

    def firm(self, name: str = "Firm", *, consent: bool = True, kind: str = "enterprise", **variables: Any) -> Any:
        from django.utils import timezone

        from puhui.features.models import Snapshot
        from puhui.parties.actions import register_firm
        from puhui.parties.models import Consent

        firm = register_firm(
            self.institution,
            name,
            kind=kind,
            industry_code="1310",
            founded_on=date(2015, 1, 1),
            staff_count=9,
            identifiers={},
            actor="system",
        )
        values = SOLID | variables
        as_of = DAY - timedelta(days=2)
        Snapshot.objects.create(
            institution=self.institution,
            firm=firm,
            as_of=as_of,
            catalogue_digest="by hand",
            values=values,
            digest=snapshot_digest(as_of, values),
        )
        if consent:
            Consent.objects.create(
                institution=self.institution,
                firm=firm,
                purpose="credit_decision",
                classes=["C07"],
                text_version="1",
                text_digest="0" * 64,
                channel="counter",
                granted_by="owner",
                granted_at=timezone.make_aware(timezone.datetime(2026, 1, 5)),
                expires_on=date(2027, 1, 5),
            )
        return firm

    def apply(self, firm: Any, amount_yuan: int = 200_000, *, key: str = "", term_months: int = 12, purpose: str = "stock") -> Any:
        from puhui.decisions.actions import submit

        return submit(
            self.institution,
            firm,
            "invoice-working-capital",
            amount_yuan * 100,
            term_months,
            purpose,
            channel="counter",
            key=key or f"key-{firm.pk}-{amount_yuan}-{term_months}",
            actor="owner",
        )


@pytest.fixture
def bank(database: str) -> Bank:
    return Bank()
