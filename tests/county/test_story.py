"""The whole story of a small county over a short while: whoever opens the console afterwards finds work on every desk."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest


class Nobody:
    def advance(self, *arguments: Any) -> None:
        pass


@pytest.mark.timeout(600)
def test_a_small_county_leaves_work_on_every_desk(database: str) -> None:
    from puhui.county import story
    from puhui.county.desks import LARGE, OTHER_PRODUCTS
    from puhui.decisions.factory_models import Campaign, Invitee, Sitting
    from puhui.decisions.models import Application, Decision, Offer
    from puhui.features.models import Snapshot
    from puhui.loans.models import Loan
    from puhui.payments.models import PaymentOrder, Receipt, StatementMatch
    from puhui.products.strategy_models import Draft

    county = story.tell(story.Plan(firms=30, loan_months=1), lambda *told, **more: nullcontext(Nobody()))
    assert Loan.objects.filter(institution=county.institution).exists()
    decided = Decision.objects.filter(institution=county.institution)
    assert {LARGE, *OTHER_PRODUCTS} < set(decided.values_list("application__product_code", flat=True))
    newest = Snapshot.objects.filter(institution=county.institution, firm__kind="enterprise").order_by("-as_of", "pk").first()
    assert newest and newest.values["reg_status_normal_flag"] == 1  # the registers were asked before the firm was decided on
    campaign = Campaign.objects.get(institution=county.institution)
    outcomes = set(campaign.invitees.values_list("outcome", flat=True))
    assert campaign.status == Campaign.Status.RELEASED and {Invitee.Outcome.OFFER, Invitee.Outcome.NONE} <= outcomes
    sitting = Sitting.objects.get(institution=county.institution, outcome=Sitting.Outcome.OPEN)
    assert sitting.decision.authority == "committee" and sitting.votes.count() == 1
    draft = Draft.objects.get(institution=county.institution)
    assert [one.number for one in draft.versions.order_by("number")] == [1, 2]
    waiting = Application.objects.filter(institution=county.institution, status=Application.Status.REFERRED)
    assert waiting.count() > 1 and Offer.objects.filter(institution=county.institution, status=Offer.Status.OPEN).exists()
    receipts = Receipt.objects.filter(institution=county.institution)
    assert receipts.filter(statement_line__other_name="外县禾丰商贸行", applied_fen=0).count() == 1  # nobody knows whose it is
    confirmed = PaymentOrder.objects.filter(institution=county.institution, status="confirmed")
    assert StatementMatch.objects.filter(order__in=confirmed).count() == confirmed.count()
