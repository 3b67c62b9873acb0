"""The questions of a referral and the page of the firm hold a figure against the same like firms."""

from __future__ import annotations

from datetime import timedelta

from tests.decisions.conftest import DAY

from puhui.decisions import actions

LIKE = 299
VARIABLE = "si_revenue_per_head"


def like_firms(bank) -> None:
    """299 firms of the industry with 100,000 … 398,000 yuan by head: a hundredth of them lies above 395,020."""
    from puhui.features.models import Snapshot
    from puhui.parties.models import Firm

    rows = [Firm(institution=bank.institution, name=f"Like {n}", industry_code="1310", staff_count=9) for n in range(LIKE)]
    Firm.objects.bulk_create(rows)
    Snapshot.objects.bulk_create(
        Snapshot(
            institution=bank.institution, firm=firm, as_of=DAY - timedelta(days=2), catalogue_digest="x", digest="x",
            values={VARIABLE: 100_000 + 1_000 * number},
        )
        for number, firm in enumerate(rows)
    )  # fmt: skip


def question_of(bank, firm):
    decision = actions.decide(bank.apply(firm), "system")
    return decision.questions.filter(subject="sales_and_heads").first()


def test_a_referral_asks_by_the_bounds_of_like_firms(bank):
    """A million by head is within the table's 20,000 to 5,000,000, and far outside what like firms have."""
    from puhui.console import evidence_figures as figures
    from puhui.features.like_firms import check_bounds
    from puhui.features.queries import snapshot_among_others

    odd = {"inv_out_gap_days_max_12m": 100, VARIABLE: 1_000_000}
    assert question_of(bank, bank.firm("Alone", **odd)) is None
    like_firms(bank)
    firm = bank.firm("Among others", **odd)
    asked = question_of(bank, firm)
    snapshot, newest = snapshot_among_others(firm, DAY)
    bounds = check_bounds([firm], {firm.pk: snapshot}, newest)
    found = figures.found_checks(firm.pk, snapshot.values, firm.industry_code, DAY, bounds)
    shown = found.filter(code="sales_and_heads").row(0, named=True)
    assert {name: asked.detail[name] for name in ("least", "most", "value", "outcome")} == {
        name: shown[name] for name in ("least", "most", "value", "outcome")
    }
    assert 390_000 < asked.detail["most"] < 1_000_000 and shown["outcome"] == "explain"
