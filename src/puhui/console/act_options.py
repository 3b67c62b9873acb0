"""What the form of an act offers to choose from, where an argument names a record: events, findings, branches, managers, notes, dues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from puhui.calculations.classification import CLASSES
from puhui.console.act_words import CHOICES, SECURITIES
from puhui.console.templatetags.figures import money
from puhui.console.words import EVENTS, in_language, role_label, word
from puhui.evidence.layouts import classes
from puhui.loans.class_models import Finding
from puhui.loans.class_queries import class_of
from puhui.loans.correcting import REVERSIBLE
from puhui.loans.links import links_of
from puhui.loans.models import Contract, Event, Loan
from puhui.loans.renewing import conditions_on
from puhui.loans.transferring import MANAGERS
from puhui.parties.models import Firm, User
from puhui.parties.queries import branches

__all__ = ["is_left_out", "options_of", "parts_of"]

Options = list[tuple[str, str]]
MOST = 300


def options_of(act: str, argument: str, target: Any) -> Options | None:
    """Value and label of each record that an argument may name; None where it names none."""
    offered = _OFFERED.get((act, argument))
    return None if offered is None else offered(target)


def _events(loan: Loan) -> Options:
    events = list(loan.events.order_by("-number")[:MOST])
    undone = {str(each.detail.get("of")) for each in events if each.type == "reversal"}
    standing = [each for each in events if each.type in REVERSIBLE and str(each.number) not in undone]
    return [(str(each.number), _event(each)) for each in standing]


def _event(event: Event) -> str:
    amount = f" {money(event.amount_fen)}" if event.amount_fen else ""
    return f"{event.number} · {event.date} · {word(EVENTS, event.type)}{amount}"


def _findings(loan: Loan) -> Options:
    rows = Finding.objects.filter(Q(loan=loan) | Q(loan=None), firm_id=loan.firm_id, ended_on=None).order_by("pk")
    return [(str(each.pk), f"{word(CHOICES, each.code)} · {each.since} · {each.evidence[:60]}") for each in rows]


def _branches(loan: Loan) -> Options:
    rows = list(branches(loan.institution))
    own = loan.branch_id or next((each.pk for each in rows if each.parent_id is None), None)
    return [(each.code, f"{each.code} {each.name}") for each in rows if each.pk != own]


def _managers(firm: Firm) -> Options:
    rows = User.objects.filter(institution=firm.institution_id, is_active=True, role__in=MANAGERS).exclude(pk=firm.manager_id or 0)
    return [(str(each.pk), f"{each.get_full_name() or each.username} · {role_label(each.role)}") for each in rows.order_by("username")]


def _coming(loan: Loan) -> Options:
    rows = loan.instalments.filter(due__gte=loan.institution.business_date).order_by("due")
    return [(each.due.isoformat(), f"{each.due} · {money(each.principal_fen + each.interest_fen + each.fee_fen)}") for each in rows]


def _notes(contract: Contract) -> Options:
    rows = Loan.objects.filter(firm_id=contract.firm_id, institution_id=contract.institution_id, contract__revolves=False)
    rows = rows.exclude(status__in=("closed", "undrawn", "written_off")).order_by("maturity", "pk")
    return [(str(each.pk), f"{each.number} · {money(each.principal_fen)} · {each.maturity}") for each in rows]


def _steps(loan: Loan) -> Options:
    return [(step, word(CHOICES, step)) for step in ("1 month", "2 month", "3 month", "6 month", "1 week", "2 week")]


def _worse(loan: Loan) -> Options:
    return [(code, word(CHOICES, code)) for code in CLASSES[CLASSES.index(class_of(loan)) + 1 :]]


def _better(loan: Loan) -> Options:
    return [(code, word(CHOICES, code)) for code in CLASSES[: CLASSES.index(class_of(loan))]]


def _securities(contract: Contract) -> Options:
    rows = contract.securities.filter(release=None).order_by("pk")
    return [(str(each.pk), f"{each.provider} · {word(SECURITIES, each.kind)}") for each in rows]


def _links(loan: Loan) -> Options:
    language = get_language() or "en"
    return [(code, in_language(dict(link.texts), language) or code) for code, link in links_of(loan).items()]


_OFFERED: dict[tuple[str, str], Callable[[Any], Options]] = {
    ("reverse", "event"): _events,
    ("end_finding", "finding"): _findings,
    ("transfer_branch", "branch"): _branches,
    ("transfer_manager", "manager"): _managers,
    ("move_due_date", "due"): _coming,
    ("renew", "loans"): _notes,
    ("restructure", "every"): _steps,
    ("downgrade", "to"): _worse,
    ("upgrade", "to"): _better,
    ("value_security", "security"): _securities,
    ("release_security", "security"): _securities,
    ("review_link", "code"): _links,
    ("correct_link", "code"): _links,
}


def is_left_out(act: str, argument: str, target: Any) -> bool:
    """Whether a form need not ask for an argument: one value, where each link of the loan is reckoned from facts."""
    if argument != "value" or act not in ("review_link", "correct_link"):
        return False
    found = links_of(target)
    return bool(found) and all(link.formula for link in found.values())


def parts_of(act: str, argument: str, target: Any) -> list[tuple[str, str, str, Options]]:
    """The codes of an argument that is several texts: code, label, kind, options."""
    if argument == "consents":
        contract = target if isinstance(target, Contract) else target.contract
        rows = contract.securities.order_by("pk")
        return [(each.provider, f"{each.provider} · {word(SECURITIES, each.kind)}", "text", []) for each in rows]
    if argument == "evidence" and isinstance(target, Loan):
        asked = dict.fromkeys(code for link in links_of(target).values() for code in link.evidence)
        return [(code, f"{code} · {in_language(dict(classes()[code].title), get_language() or 'en')}", "text", []) for code in asked]
    if argument == "facts" and isinstance(target, Loan):
        facts = {name: fact for link in links_of(target).values() for name, fact in link.observed.items()}
        return [(name, in_language(dict(fact.texts), get_language() or "en"), "text", []) for name, fact in facts.items()]
    if argument == "conditions":
        language = get_language() or "en"
        return [(row["code"], _condition(row, language), "text", []) for row in conditions_on(target.institution.business_date)]
    if argument == "waiver":
        of = [(code, word(CHOICES, code)) for code in ("penalty", "compound", "fee", "interest", "principal")]
        return [("of", _("What is forgiven"), "choice", of), ("amount_fen", _("Amount, yuan"), "amount", [])]
    return []


def _condition(row: Any, language: str) -> str:
    return in_language({"en": row["name_en"], "zh-hans": row["name_zh_hans"], "zh-hant": row["name_zh_hant"]}, language)
