"""The made-up county meets a lender: registration, evidence, training, decisions, loans, and a year of days.

Every step goes through the platform's public actions, as an officer, a borrower or a nightly run would take it. What the county adds
is only what comes from outside: the firms' papers, and the money on their accounts when dues come. A part is left undone on purpose
(cases to decide, a payout to check, an offer to accept), so that whoever opens the console finds work.
"""

from __future__ import annotations

import importlib
import tempfile
import threading
import tomllib
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import polars as pl

from puhui.books.actions import open_books
from puhui.county import economy as economies
from puhui.county import files, fortune, names, trade
from puhui.county.desk import Desk, sign_contracts
from puhui.county.lives import LIVES, ORDINARY, Life
from puhui.county.year import Year
from puhui.decisions import actions as decisions
from puhui.decisions.models import Application, Decision, Offer
from puhui.evidence.actions import import_invoices
from puhui.features import actions as features
from puhui.features.queries import frame as snapshot_frame
from puhui.loans import actions as loans
from puhui.loans import day_end
from puhui.loans.models import DebitAccount, Loan
from puhui.parties import actions as parties
from puhui.parties.models import Firm, Institution, Person, Role, User
from puhui.payments.actions import open_bank_account
from puhui.scoring import actions as scoring
from puhui.scoring.configuration import Configuration, read_configuration
from puhui.scoring.training import train

CODE = "YUNXI"
PRODUCT = "invoice-working-capital"
CONSENT_TEXT = (
    "本企业同意云溪县农村商业银行为审批和管理本企业贷款的目的，查询和使用本企业的增值税发票数据（C07 类），"
    "期限至到期日止。本企业可随时撤回同意，撤回后不再查询。"
)
PURPOSES = ("存货采购", "支付货款", "原材料采购", "季节性备货")
REASON_FOR = "已电话核实经营情况与订单，同意按建议额度发放。"
REASON_AGAINST = "资料不足以支持该额度，风险类别偏高。"
PASSWORD = "puhui-demo"
ACCOUNT_NUMBER = "6222020200112233445"  # the lender's, at a made-up bank
LOST_TO_OTHERS = 0.3  # share of offers that are declined
USERS = (
    ("officer", Role.OFFICER, "信贷员 林晓"),
    ("approver", Role.APPROVER, "审批人 周敏"),
    ("risk", Role.RISK_MANAGER, "风险经理 陈立"),
    ("accountant", Role.ACCOUNTANT, "会计 王芳"),
    ("auditor", Role.AUDITOR, "审计 赵诚"),
)


class Teller(Protocol):
    """Tells how far things are: a stage is entered with its length and advanced."""

    def __call__(self, label: str, total: int | None = None) -> AbstractContextManager[Any]: ...


@dataclass(frozen=True)
class Plan:
    """How large the county is and when things happen. Evidence reaches back `history_months`; the loans are kept `loan_months`."""

    firms: int = 300
    seed: int = 2025
    first_month: date = date(2022, 11, 1)
    history_months: int = 36
    loan_months: int = 12

    @property
    def decision_month(self) -> int:
        return self.history_months

    @property
    def decision_day(self) -> date:
        return economies.month_after(self.first_month, self.history_months) + timedelta(days=9)

    @property
    def last_day(self) -> date:
        return economies.month_after(self.decision_day.replace(day=1), self.loan_months) + timedelta(days=9)


@dataclass
class County:
    """The county's side of the story: its economy, invoices, and which firm of the lender is which of the county."""

    plan: Plan
    economy: economies.Economy
    invoices: pl.DataFrame
    institution: Institution
    firms: list[Firm]


def tell(plan: Plan, teller: Teller) -> County:
    """The whole story on an empty database."""
    with teller("making up the county"):
        economy = economies.build(plan.firms, plan.first_month, plan.history_months + plan.loan_months, plan.seed)
        invoices = trade.invoices(economy, plan.seed)
    with teller("registering the lender, its people and the firms"):
        institution = found(plan)
        firms = register(institution, economy, plan)
    county = County(plan, economy, invoices, institution, firms)
    # Training's libraries take seconds to load; the import leaves Python waiting for the database meanwhile.
    threading.Thread(target=importlib.import_module, args=("optbinning",), daemon=True).start()
    take_evidence(county, plan.decision_day.replace(day=1), teller)
    learn(county, teller)
    decide_all(county, teller)
    with teller("contracts and payouts"):
        year = pay_out_all(county)
    live_on(county, year, teller)
    with teller("new invoices and applications"):
        leave_work(county)
    return county


def found(plan: Plan) -> Institution:
    """A county bank with its people and open books."""
    institution = parties.create_institution(CODE, "云溪县农村商业银行（演示）", Institution.Kind.BANK, plan.decision_day)
    parties.create_branch(institution, "N01", "城北支行", actor="system")
    for username, role, name in USERS:
        parties.create_user(institution, username, PASSWORD, role, name=name)
    open_books(institution, "system")
    open_bank_account(institution, "MAIN", ACCOUNT_NUMBER, "邻县银行", "system", channel="simulated")
    return institution


def register(institution: Institution, economy: economies.Economy, plan: Plan) -> list[Firm]:
    """The county's firms with their owners and consents; the owner of the first firm can sign in as `borrower`."""
    officer = User.objects.get(institution=institution, username="officer")
    rows = [
        {
            "name": each.name,
            "kind": Firm.Kind.INDIVIDUAL_BUSINESS if each.individual else Firm.Kind.ENTERPRISE,
            "industry_code": each.industry.code,
            "division_code": names.DIVISION_CODE,
            "founded_on": each.founded_on,
            "staff_count": each.staff_count,
            "identifiers": {"uscc": each.unified_code},
            "manager": officer,
        }
        for each in economy.firms
    ]
    firms = parties.register_firms(institution, rows, "officer")
    people = parties.register_people(
        institution,
        [{"name": each.owner_name, "identity_number": each.owner_identity_number, "phone": each.owner_phone} for each in economy.firms],
        "officer",
    )
    links = [(firm, person, "legal_representative") for firm, person in zip(firms, people, strict=True)]
    parties.link_people(institution, links, "officer")
    for purpose in ("credit_decision", "post_loan_monitoring"):
        parties.grant_consents(
            institution,
            firms,
            purpose=purpose,
            classes=["C07"],
            expires_on=plan.last_day + timedelta(days=730),
            text_version="2025-11",
            text=CONSENT_TEXT,
            channel="demonstration",
            granted_by="legal representative",
        )
    return firms


def borrower_account(county: County, person: Person) -> User:
    """The person who signs in as `borrower`."""
    return parties.create_user(county.institution, "borrower", PASSWORD, Role.BORROWER, name=person.name, person=person)


def take_evidence(county: County, until: date, teller: Teller, since: date = date.min) -> None:
    """The firms' invoices issued from `since` and before `until`, as files, through the import."""
    with tempfile.TemporaryDirectory() as folder:
        paths = files.write_invoices(county.economy, county.invoices, Path(folder), until, since)
        with teller("importing invoices", total=len(paths)) as stage:
            for path, direction in zip(paths, ("out", "in"), strict=True):
                import_invoices(county.institution, path, files.mapping(direction), actor="officer")
                stage.advance()


def learn(county: County, teller: Teller) -> None:
    """Train the scorecard on what became of the firms' older loans in the year before, from what was known at its start."""
    plan = county.plan
    start = plan.decision_month - 12
    # On the first of a month the month before is complete: its last invoices and voids are known.
    day = economies.month_after(plan.first_month, start)
    with teller("variables of two days, for training and for deciding", total=2) as stage:
        features.refresh(county.institution, day, actor="risk")
        stage.advance()
        features.refresh(county.institution, plan.decision_day.replace(day=1), actor="risk")
        stage.advance()
    outcome = fortune.defaulted(county.economy, start, plan.decision_month)
    labels = pl.DataFrame({"firm_id": [firm.pk for firm in county.firms], "defaulted": [int(bad) for bad in outcome]})
    labelled = snapshot_frame(county.institution, day).join(labels, on="firm_id")
    configuration = score_configuration()
    with teller("training the scorecard, out of fold", total=configuration.split.folds * configuration.split.repeats + 1) as stage:
        trained = train(labelled, configuration, stage.advance)
    scoring.register(county.institution, trained, "risk")


def score_configuration() -> Configuration:
    """The platform's own configuration of the invoice scorecard, with the folds dealt once: enough to show one."""
    body = tomllib.loads(resources.files("puhui.catalogue").joinpath("scores/invoice-scorecard.toml").read_text(encoding="utf-8"))
    body["split"] = {**body.get("split", {}), "repeats": 1}
    return read_configuration(body)


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
        for user in three_voices(people, decision, outcome):
            decisions.review(decision, user, outcome, reason)


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
        for user in three_voices([users[name] for name in ("officer", "approver", "risk")], decision, "approve"):
            decisions.review(decision, user, "approve", REASON_FOR)
    return decisions.answer_offer(Offer.objects.get(decision=decision, status=Offer.Status.OPEN), True, "borrower")


def live_on(county: County, year: Year, teller: Teller) -> None:
    """Day after day until the last: money comes to the accounts as the firms' business allows, what the lives hold happens, nights pass."""
    plan = county.plan
    capacity = fortune.capacity(county.economy)
    followed = {note.firm.pk for note in year.notes}
    numbers = {firm.pk: number for number, firm in enumerate(county.firms) if firm.pk not in followed}
    generator = np.random.default_rng(plan.seed + 3)
    days = (plan.last_day - plan.decision_day).days
    with teller("a year of days", total=days) as stage:
        for offset in range(days):
            day = plan.decision_day + timedelta(days=offset)
            if day.day == 8:
                bring_money(county, day, capacity, numbers, generator)
            if day.day == 20 and offset > 60:
                some_pay_early(county, day, followed, generator)
            year.morning()
            day_end.run_day(county.institution, "night run")
            stage.advance()


def bring_money(county: County, day: date, capacity: economies.Floats, numbers: dict[int, int], generator: np.random.Generator) -> None:
    """Before the dues of the month each firm of `numbers` puts on its account what it owes by then, as far as its business allows; a few
    forget. `numbers`: firm → its number in the county."""
    month = (day.year - county.plan.first_month.year) * 12 + day.month - county.plan.first_month.month
    wanted = dues_by(county.institution, day + timedelta(days=20))
    brought = {}
    for firm_id, due_fen in sorted(wanted.items()):
        if firm_id not in numbers:
            continue
        have_fen = int(capacity[numbers[firm_id], month - 1] * 100)
        forgets = generator.random() < 0.015
        if not forgets and min(due_fen, have_fen) > 0:
            brought[firm_id] = min(due_fen, have_fen)
    loans.deposit_many(county.institution.pk, brought)


def dues_by(institution: Institution, day: date) -> dict[int, int]:
    """Firm → what it owes by a day beyond what is on its account, fen."""
    held = dict(DebitAccount.objects.filter(institution=institution).values_list("firm_id", "balance_fen"))
    wanted: dict[int, int] = {}
    for loan in Loan.objects.filter(institution=institution, next_action_date__isnull=False).prefetch_related("instalments"):
        owed = sum(
            row.principal_fen + row.interest_fen + row.fee_fen + row.penalty_fen + row.compound_fen - row.paid_fen
            for row in loan.instalments.all()
            if row.due <= day
        )
        wanted[loan.firm_id] = wanted.get(loan.firm_id, 0) + owed
    return {firm_id: owed - held.get(firm_id, 0) for firm_id, owed in wanted.items() if owed > held.get(firm_id, 0)}


def some_pay_early(county: County, day: date, followed: Collection[int], generator: np.random.Generator) -> None:
    """One or two firms a month, none of those `followed`, repay a part early, or close their loan."""
    performing = Loan.objects.filter(institution=county.institution, status="performing", overdue_since__isnull=True)
    sound = list(performing.exclude(firm_id__in=followed).order_by("pk"))
    for index in generator.permutation(len(sound))[:2]:
        loan = sound[index]
        if generator.random() < 0.3:
            loans.pay_off(loan, f"early:{loan.pk}:{day}", "borrower")
        else:
            part = (loan.lent_fen - loan.principal_repaid_fen) // 4 // 10_000 * 10_000
            if part:
                loans.repay(loan, part, f"early:{loan.pk}:{day}", "borrower")


def leave_work(county: County) -> None:
    """A year on: the year's invoices arrive, and some firms apply again. One offer waits for the borrower, one payout for its check."""
    institution, plan = county.institution, county.plan
    take_evidence(county, plan.last_day.replace(day=1), _quiet, plan.decision_day.replace(day=1))
    features.refresh(institution, plan.last_day.replace(day=1), actor="night run")
    repaid = Loan.objects.filter(institution=institution, status="closed").order_by("pk").select_related("firm")
    rows = [
        {
            "firm": loan.firm,
            "product_code": PRODUCT,
            "amount_fen": loan.amount_fen,
            "term_months": 12,
            "purpose": "inventory",
            "channel": "phone",
            "key": f"again:{loan.pk}",
        }
        for loan in repaid[:25]
    ]
    batch = decisions.decide_many(institution, decisions.submit_many(institution, rows, "borrower"), "system")
    offers = list(Offer.objects.filter(decision__in=batch.decided, status=Offer.Status.OPEN).order_by("pk"))
    sign_contracts(institution, [(decisions.answer_offer(offer, True, "borrower"), None, "") for offer in offers[1:4]])
    shown = offers[0].firm if offers else county.firms[0]
    borrower_account(county, shown.people.get(role="legal_representative").person)


def _quiet(label: str, total: int | None = None) -> AbstractContextManager[Any]:
    return nullcontext(_Nobody())


class _Nobody:
    def advance(self, count: int = 1) -> None:
        return None
