"""The made-up county asks for loans: the engine decides, officers decide what it refers, contracts are made and money goes out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from puhui.county.desk import Desk
from puhui.county.lives import LIVES, ORDINARY, Life
from puhui.county.plan import PRODUCT, County, Teller
from puhui.county.year import Year
from puhui.decisions import actions as decisions
from puhui.decisions.models import Application, Decision, Offer
from puhui.parties.models import Firm, Institution, User

REASON_FOR = "已电话核实经营情况与订单，同意按建议额度发放。"
REASON_AGAINST = "资料不足以支持该额度，风险类别偏高。"
LOST_TO_OTHERS = 0.3  # share of offers that are declined


def decide_all(county: County, teller: Teller) -> None:
    """Every firm asks for a loan in proportion to its sales; the engine decides, officers decide what it refers."""
    generator = np.random.default_rng(county.plan.seed + 2)
    rows = []
    for firm, each in zip(county.firms, county.economy.firms, strict=True):
        yearly = county.economy.sales_yuan[each.number, county.plan.decision_month - 12 : county.plan.decision_month].sum()
        asked = float(np.clip(yearly * generator.uniform(0.02, 0.10), 20_000, 1_000_000))
        rows.append(
            {
                "firm": firm,
                "product_code": PRODUCT,
                "amount_fen": int(asked // 1_000) * 100_000,
                "term_months": int(generator.choice([6, 12, 12])),
                "purpose": "inventory",
                "channel": "phone",
                "key": f"county:{firm.pk}",
            }
        )
    applications = decisions.submit_many(county.institution, rows, "borrower")
    with teller("deciding", total=len(applications)) as stage:
        decisions.decide_many(county.institution, applications, "system", stage.advance)
    review_some(county, leave=12)


def review_some(county: County, leave: int) -> None:
    """Officers look at the referred cases, the oldest first, and leave the last ones for whoever opens the console."""
    referred = Application.objects.filter(institution=county.institution, status=Application.Status.REFERRED).order_by("pk")
    users = {user.username: user for user in User.objects.filter(institution=county.institution)}
    people = [users[name] for name in ("officer", "approver", "risk")]
    for application in list(referred)[: max(len(referred) - leave, 0)]:
        decision = Decision.objects.filter(application=application).latest("pk")
        sound = decision.risk_class in ("A", "B") and decision.amount_fen > 0
        outcome, reason = ("approve", REASON_FOR) if sound else ("refuse", REASON_AGAINST)
        speak(people, decision, outcome, reason)


def speak(people: Sequence[User], decision: Decision, outcome: str, reason: str) -> None:
    """Officer, approver and risk manager say what they have to on a referred case; for a yes its questions are answered before.

    Where a committee decides, it is called and votes.
    """
    if outcome == "refuse":
        decisions.review(decision, people[0], outcome, reason, cause="unexplained")
        return
    settle_questions(decision, people[0], reason)
    if decision.authority != "committee":
        for user in three_voices(people, decision, outcome):
            decisions.review(decision, user, outcome, reason)
        return
    sitting = decisions.call_committee(decision, people[0], reason)
    for user in people:
        decisions.vote(sitting, user, "yes", reason)
    decisions.end_sitting(sitting, people[-1])


def settle_questions(decision: Decision, user: User, reason: str) -> None:
    """Somebody answers what must be answered before a yes, with one word on all of it."""
    required = decision.questions.filter(is_required=True).values_list("pk", flat=True)
    if answers := dict.fromkeys(required, ("settled", reason)):
        decisions.answer_questions(decision, user, answers, f"answers:{decision.pk}")


def three_voices(people: Sequence[User], decision: Decision, outcome: str) -> Sequence[User]:
    """Of officer, approver and risk manager: as many as the decision's authority asks for, the highest of them last; one for a no."""
    needed = {"straight_through": 1, "officer": 1, "two_officers": 2}.get(decision.authority, 3) if outcome == "approve" else 1
    return people[:needed]


def pay_out_all(county: County) -> Year:
    """Most offers are accepted, contracts signed, conditions met by one person and checked by another, money goes out.

    Each life of the county begins on one of them, as far as there are enough; the others are repaid in ordinary ways.
    """
    institution = county.institution
    generator = np.random.default_rng(county.plan.seed + 4)
    accepted = []
    for offer in Offer.objects.filter(institution=institution, status=Offer.Status.OPEN).select_related("decision", "firm").order_by("pk"):
        takes = generator.random() >= LOST_TO_OTHERS
        answered = decisions.answer_offer(offer, takes, "borrower")
        answered.decision, answered.firm = offer.decision, offer.firm  # read with the others, not one by one
        accepted += [answered] if takes else []
    users = {user.username: user for user in User.objects.filter(institution=institution)}
    desk = Desk(institution, {name: users[name] for name in ("officer", "risk", "accountant")}, partial(lend_again, institution))
    year = Year(desk)
    followed = deal(accepted)
    known = {offer.pk for offer, _ in followed}
    ordinary = [offer for offer in accepted if offer.pk not in known]
    year.begin([*followed, *((offer, ORDINARY[place % len(ORDINARY)]) for place, offer in enumerate(ordinary))])
    year.notes = [note for note in year.notes if note.contract.offer_id in known]
    return year


def deal(offers: Sequence[Offer]) -> list[tuple[Offer, Life]]:
    """A life to each of some offers of a year, those with the most room beside them first; lives without an offer are left out."""
    free = [offer for offer in offers if offer.terms["instalments"] == 12]
    free.sort(key=lambda offer: (-(offer.decision.limit_fen // offer.amount_fen), offer.pk))
    dealt = []
    for life in sorted(LIVES, key=lambda life: -life.room):
        if free and free[0].decision.limit_fen >= life.room * free[0].amount_fen:
            dealt.append((free.pop(0), life))
    return dealt


def lend_again(institution: Institution, firm: Firm, amount_fen: int, months: int, purpose: str) -> Offer:
    """A further loan of a firm within the year: asked for, decided, agreed by persons where the engine refers it, and accepted."""
    row = {
        "firm": firm, "product_code": PRODUCT, "amount_fen": amount_fen, "term_months": months, "purpose": purpose, "channel": "phone",
        "key": f"further:{firm.pk}:{institution.business_date}",
    }  # fmt: skip
    decision = decisions.decide(decisions.submit_many(institution, [row], "borrower")[0], "system")
    if decision.outcome == Decision.Outcome.REFER:
        users = {user.username: user for user in User.objects.filter(institution=institution)}
        speak([users[name] for name in ("officer", "approver", "risk")], decision, "approve", REASON_FOR)
    return decisions.answer_offer(Offer.objects.get(decision=decision, status=Offer.Status.OPEN), True, "borrower")
