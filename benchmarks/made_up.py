"""Lenders, firms and contracts for benchmarks, made in bulk past the steps that are not measured."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

OPENED = date(2026, 1, 5)
PRODUCT = "invoice-working-capital"
TERMS = {
    "amount": "120000.00", "rate_annual": "0.0435", "day_count": "M/360", "instalments": 12, "every": "1 month",
    "method": "equal_instalment", "penalty": {"markup_overdue": "0.5"},
}  # fmt: skip
AMOUNT_FEN = 120_000_00


def lender() -> Any:
    """A bank with open books on an empty database."""
    from puhui.books.actions import open_books
    from puhui.parties.actions import create_institution

    institution = create_institution("BENCH", "Benchmark Bank", "bank", OPENED)
    open_books(institution, "benchmark")
    return institution


def firms(institution: Any, count: int) -> list[Any]:
    from puhui.parties.actions import register_firms

    rows = [{"name": f"Firm {n}", "founded_on": date(2015, 1, 1), "identifiers": {"platform": f"{n:07}"}} for n in range(count)]
    return register_firms(institution, rows, "benchmark")


def cleared_contracts(institution: Any, borrowers: Sequence[Any], terms: dict[str, Any] | None = None) -> list[Any]:
    """A cleared contract for each firm, with the application, decision, exposure and offer that must stand behind it."""
    from puhui.decisions.models import Application, Decision, Exposure, Offer
    from puhui.loans.models import Contract

    day = institution.business_date
    common = {"institution": institution, "amount_fen": AMOUNT_FEN}
    applications = Application.objects.bulk_create(
        Application(
            **common, firm=firm, product_code=PRODUCT, term_months=12, purpose="stock", channel="benchmark", key=f"bench {firm.pk}",
            business_date=day, submitted_by="benchmark", status="accepted",
        )
        for firm in borrowers
    )  # fmt: skip
    decisions = Decision.objects.bulk_create(
        Decision(
            **common, application=each, firm=each.firm, business_date=day, outcome="approve", risk_class="B", probability_ppm=40_000,
            limit_fen=AMOUNT_FEN, rate_ppm=43_500, authority="straight_through", record={}, digest="",
        )
        for each in applications
    )  # fmt: skip
    Exposure.objects.bulk_create(
        Exposure(institution=institution, firm=each.firm, decision=each, reserved_fen=AMOUNT_FEN) for each in decisions
    )
    offers = Offer.objects.bulk_create(
        Offer(
            **common, application=each.application, decision=each, firm=each.firm, rate_ppm=43_500, terms=terms or TERMS,
            annual_cost_ppm=44_400, expires_on=date(2026, 12, 31), status="accepted",
        )
        for each in decisions
    )  # fmt: skip
    digest = hashlib.sha256("合同".encode()).hexdigest()
    return Contract.objects.bulk_create(
        Contract(
            **common, firm=each.firm, decision=each.decision, offer=each, number=f"BENCH-{each.pk:07}", product_code=PRODUCT,
            terms=terms or TERMS, text="合同", text_digest=digest, status="cleared",
        )
        for each in offers
    )  # fmt: skip


def paid_out(institution: Any, contracts: Sequence[Any]) -> list[Any]:
    """The loans of these contracts, paid out on the open day."""
    from puhui.loans.actions import draw_down_many

    loans = []
    for start in range(0, len(contracts), 2_000):
        chunk = contracts[start : start + 2_000]
        loans += draw_down_many(institution, [(contract, f"pay {contract.pk}") for contract in chunk], "benchmark")
    return loans


def model_body(variables: Sequence[str]) -> dict[str, Any]:
    """A scorecard of five bins a variable."""
    return {
        "format": "puhui/scorecard/1",
        "name": "invoice-scorecard",
        "title": "Made up for benchmarks",
        "target": {},
        "columns": [{"name": name, "kind": "number"} for name in variables],
        "preparation": [],
        "variables": [_variable(name) for name in variables],
        "intercept_points": 560,
        "scaling": {"base_points": 600.0, "base_odds": 20.0, "points_to_double_odds": 20.0},
        "calibration": {"method": "platt", "intercept": 0.0, "slope": 1.0, "curve": []},
        "reasons": {"against": "best", "count": 4},
        "training": {},
    }


def _variable(name: str) -> dict[str, Any]:
    cuts = (0.0, 10.0, 1_000.0, 100_000.0, None)
    bins = [_bin(f"below {cut}", points, cut) for points, cut in zip((2, 4, 6, 8, 10), cuts, strict=True)]
    return {
        "name": name, "kind": "number", "sign": "+", "coefficient": 1.0, "information_value": 0.3, "bins": bins,
        "missing": _bin("missing", 0, None), "unseen": None, "neutral_points": 6,
    }  # fmt: skip


def _bin(label: str, points: int, upper: float | None) -> dict[str, Any]:
    return {"label": label, "points": points, "woe": 0.0, "share": 0.2, "event_rate": 0.1, "upper": upper, "levels": []}
