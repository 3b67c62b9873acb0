"""Lending to the village: a campaign from the panel's list, households that take their offers up, and loans repaid when the crop is sold.

The officer screens the list, the approver lets it out. Some households answer at once: the officer compares what the list says with the
file, the engine decides, and of the offers most are accepted and paid out; the others wait for an answer, as invitations do. A few farm
more land than a village credit is meant for and ask for the loan by season, whose dues follow the harvest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from puhui.county.desk import sign_contracts
from puhui.county.plan import County
from puhui.county.village import VILLAGE, Household
from puhui.decisions import actions as decisions
from puhui.decisions import campaigns, checking
from puhui.decisions.factory_models import Campaign
from puhui.decisions.models import Application, Offer
from puhui.loans import actions as loans
from puhui.loans.models import Loan
from puhui.parties.models import Firm, FirmIdentifier, User

CREDIT, SEASON = "village-batch-credit", "farm-season-loan"
ANSWER, SIGN = 8, 5  # households that take their offer up at once, and of them those that sign
SEASONAL = 4
SEASON_MONTHS_AFTER = 2  # the last due of the loan by season follows the harvest so far
PAPER = "整村建档表与村委会评议记录"


def lend_to_the_village(county: County, people: Mapping[str, User]) -> None:
    firms = households(county)
    by_area = sorted(firms, key=lambda number: (-county.village[number].area_mu, number))
    seasonal = [number for number in by_area if county.village[number].listed == "white"][:SEASONAL]
    campaign = list_a_village(county, people, [number for number in firms if number not in seasonal])
    take_up_some(county, people, campaign)
    lend_by_season(county, people, {number: firms[number] for number in seasonal})


def households(county: County) -> dict[str, Firm]:
    """Number of the household → the lender's row of it, in the order of the numbers."""
    found = FirmIdentifier.objects.filter(institution=county.institution, scheme="household").select_related("firm").order_by("value")
    return {one.value: one.firm for one in found}


def list_a_village(county: County, people: Mapping[str, User], numbers: Sequence[str]) -> Campaign:
    """The list of the village with what its panel judged: screened by the officer, let out by the approver."""
    heads = "identifier,amount,panel_score,panel_members,household_income,household_debts,shown_in_public"
    campaign = campaigns.make(
        people["officer"],
        data="\n".join([heads, *(_line(county.village[number]) for number in numbers)]).encode(),
        file_name=f"{VILLAGE}.csv",
        key="county:village",
        name=f"{VILLAGE}整村授信",
        kind=Campaign.Kind.VILLAGE,
        product_code=CREDIT,
        term_months=12,
        purpose="materials",
        amount_fen=5_000_000,
        expires_on=county.institution.business_date + timedelta(days=60),
        budget_fen=100_000_000,
    )
    return campaigns.release(campaign, people["approver"])


def _line(one: Household) -> str:
    return f"{one.number},50000,{one.panel_score},{len(one.points)},{one.income_yuan},{one.debts_yuan},1"


def take_up_some(county: County, people: Mapping[str, User], campaign: Campaign) -> list[Loan]:
    """The first households with an offer take it up; the officer sees their file, the engine decides, and some sign at once."""
    offered = campaign.invitees.filter(outcome="offer").select_related("firm").order_by("row_number")[:ANSWER]
    asked = [campaigns.take_up(invitee, "borrower") for invitee in offered]
    return _lend(county, people, asked, SIGN)


def lend_by_season(county: County, people: Mapping[str, User], firms: Mapping[str, Firm]) -> list[Loan]:
    """The households with most land ask for seed and fertiliser, 70% of what the season costs, until the crop is sold."""
    asked = []
    for number, firm in firms.items():
        one = county.village[number]
        facts = {"season_cost": float(one.season_cost_yuan), "months_to_harvest": float(one.months_to_harvest), "land_contract_seen": True}
        amount_fen = max(5_000, one.season_cost_yuan * 7 // 10 // 1_000 * 1_000) * 100
        asked.append(
            decisions.submit(
                county.institution, firm, SEASON, amount_fen, one.months_to_harvest + SEASON_MONTHS_AFTER, "materials", channel="counter",
                key=f"season:{number}", actor="borrower", facts=facts, stated=True,
            )
        )  # fmt: skip
    return _lend(county, people, asked, len(asked))


def _lend(county: County, people: Mapping[str, User], asked: Sequence[Application], most: int) -> list[Loan]:
    """The papers of applications are seen and each is decided; of the offers the first `most` are accepted, signed and paid out."""
    for application in asked:
        papers = dict.fromkeys(application.facts, PAPER)
        checking.check_facts(application, people["officer"], application.facts, papers)
    batch = decisions.decide_many(county.institution, [Application.objects.get(pk=each.pk) for each in asked], "system")
    offers = Offer.objects.filter(decision__in=batch.decided, status=Offer.Status.OPEN).order_by("pk")[:most]
    signed = sign_contracts(county.institution, [(decisions.answer_offer(offer, True, "borrower"), None, "") for offer in offers])
    cleared = loans.clear_contracts(signed, people["accountant"])
    return loans.draw_down_many(county.institution, [(one, f"payout:{one.pk}") for one in cleared], "accountant")
