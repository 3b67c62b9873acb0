"""The made-up county meets a lender: registration, evidence, training, decisions, loans, and a year of days.

Every step goes through the platform's public actions, as an officer, a borrower or a nightly run would take it. What the county adds
is only what comes from outside: the firms' papers, and the money on their accounts when dues come. A part is left undone on purpose
(cases to decide, a payout to check, an offer to accept), so that whoever opens the console finds work.
"""

from __future__ import annotations

import importlib
import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from importlib import resources

import polars as pl

from puhui.books.actions import open_books
from puhui.county import economy as economies
from puhui.county import fortune, names, trade
from puhui.county.beside import commits_unwaited, two_at_once
from puhui.county.desk import sign_contracts
from puhui.county.desks import lay_out
from puhui.county.lending import decide_all, pay_out_all
from puhui.county.living import live_on
from puhui.county.papers.all import papers
from puhui.county.papers.handing_over import hand_over
from puhui.county.papers.village import file_village
from puhui.county.plan import CODE, PASSWORD, PRODUCT, USERS, County, Plan, Teller
from puhui.decisions import actions as decisions
from puhui.decisions.models import Offer
from puhui.evidence.layouts import classes as evidence_classes
from puhui.features import actions as features
from puhui.features.queries import frame as snapshot_frame
from puhui.loans.models import Loan
from puhui.parties import actions as parties
from puhui.parties.models import Firm, Institution, Person, Role, User
from puhui.payments.actions import open_bank_account
from puhui.products.queries import product
from puhui.scoring import actions as scoring
from puhui.scoring.configuration import Configuration
from puhui.scoring.configuration_file import read_configuration
from puhui.scoring.training import train

__all__ = ["CODE", "PASSWORD", "USERS", "Plan", "tell"]

CONSENT_TEXT = (
    "本企业及法定代表人同意云溪县农村商业银行为审批和管理本企业贷款的目的，查询和使用本企业的登记、纳税、发票、社保、公积金、海关、"
    "水电气、不动产与动产、知识产权、政府采购、账户流水、征信、经营平台、环境等数据（C01 至 C18 类）及报表和走访记录（S1、S2 类），"
    "期限至到期日止。本企业可随时撤回同意，撤回后不再查询。"
)
ACCOUNT_NUMBER = "6222020200112233445"  # the lender's, at a made-up bank


def tell(plan: Plan, teller: Teller) -> County:
    """The whole story on an empty database."""
    with commits_unwaited():
        county, shown = _told(plan, teller)
    borrower_account(county, shown.people.get(role="legal_representative").person)
    return county


def _told(plan: Plan, teller: Teller) -> tuple[County, Firm]:
    """All but the borrower who can sign in, and the firm that is theirs."""
    with teller("making up the county"):
        economy = economies.build(plan.firms, plan.first_month, plan.history_months + plan.loan_months, plan.seed)
        invoices = trade.invoices(economy, plan.seed)
    with ThreadPoolExecutor(1) as beside:
        writing = beside.submit(papers, economy, invoices, plan.decision_month + plan.loan_months, plan.seed)
        with teller("registering the lender, its people and the firms"):
            institution = found(plan)
            firms = register(institution, economy, plan)
        with teller("making up the firms' papers"):
            known = writing.result()
    county = County(plan, economy, known.invoices, institution, firms)
    # Training's libraries take seconds to load; the import leaves Python waiting for the database meanwhile.
    threading.Thread(target=importlib.import_module, args=("optbinning",), daemon=True).start()
    hand_over(institution, economy, known.invoices, known.frames, plan.decision_day, teller)
    learn(county, teller)
    decide_all(county, teller)
    with teller("contracts and payouts"):
        year = pay_out_all(county)
    live_on(county, year, teller)
    hand_over(institution, economy, known.invoices, known.frames, plan.last_day, teller, since=plan.decision_day)
    with teller("a village, and new applications"):
        shown = leave_work(county)
        lay_out(county)
    return county, shown


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
            classes=list(evidence_classes()),
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


def learn(county: County, teller: Teller) -> None:
    """Train the scorecard on what became of the firms' older loans in the year before, from what was known at its start; and know the
    firms as they are today, to decide on them."""
    today = county.plan.decision_day.replace(day=1)
    with teller("variables of a year ago and of today, and the scorecard"):
        two_at_once([partial(train_on_the_past, county), partial(features.refresh, county.institution, today, actor="risk")])


def train_on_the_past(county: County) -> None:
    plan = county.plan
    start = plan.decision_month - 12
    # On the first of a month the month before is complete: its last invoices and voids are known.
    day = economies.month_after(plan.first_month, start)
    features.refresh(county.institution, day, actor="risk")
    outcome = fortune.defaulted(county.economy, start, plan.decision_month)
    labels = pl.DataFrame({"firm_id": [firm.pk for firm in county.firms], "defaulted": [int(bad) for bad in outcome]})
    labelled = snapshot_frame(county.institution, day).join(labels, on="firm_id")
    trained = train(labelled, score_configuration(min(sum(outcome), len(outcome) - sum(outcome))))
    scoring.register(county.institution, trained, "risk")


def score_configuration(rarer: int) -> Configuration:
    """The platform's own configuration of the invoice scorecard, with the folds dealt once: enough to show one. `rarer`: cases of the rarer
    outcome, of which each fold needs one; a very small county has fewer than the folds of the configuration."""
    body = tomllib.loads(resources.files("puhui.catalogue").joinpath("scores/invoice-scorecard.toml").read_text(encoding="utf-8"))
    body["split"] |= {"repeats": 1, "folds": max(2, min(body["split"]["folds"], rarer))}
    return read_configuration(body)


def leave_work(county: County) -> Firm:
    """A year on, some firms apply again. One offer waits for its borrower, whose firm is returned, and payouts for their check."""
    institution, plan = county.institution, county.plan
    county.village = file_village(institution, plan.last_day, plan.seed)
    features.refresh(institution, plan.last_day.replace(day=1), actor="night run")
    least_fen = product(PRODUCT, institution.business_date).minimum_fen  # a draw or a part may have been less
    repaid = Loan.objects.filter(institution=institution, status="closed").order_by("pk").select_related("firm")
    rows = [
        {
            "firm": loan.firm,
            "product_code": PRODUCT,
            "amount_fen": max(loan.amount_fen, least_fen),
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
    return offers[0].firm if offers else county.firms[0]
