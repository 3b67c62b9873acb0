"""The renewal cockpit's figures: each condition met or not and why, the new contract, security, tax and class."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from puhui.calculations.stamp_duty import duty_of_contract
from puhui.console.act_figures import class_state
from puhui.console.act_words import CHOICES, EXEMPTIONS, SECURITIES
from puhui.console.labels import CONTRACT, LATE, OK, WATCH, State, state
from puhui.console.templatetags.figures import money, rate
from puhui.console.words import in_language, word
from puhui.loans.credit_models import Security
from puhui.loans.drawing import new_loan
from puhui.loans.models import Contract, Loan
from puhui.loans.queries import Owed
from puhui.loans.renewing import Hindrance, conditions_on
from puhui.loans.taxing import firm_size, tax_of_contract
from puhui.products.taxes import stamp_duty_on

__all__ = ["checks", "conditions", "renewal_row"]


def _met() -> State:
    return State(_("met"), OK, "circle-check")


def _not_met() -> State:
    return State(_("not met"), LATE, "circle-x")


def _to_show() -> State:
    return State(_("to be shown"), WATCH, "help")


def conditions(hindrances: Iterable[Hindrance], evidence: Mapping[str, str], on: datetime.date, language: str) -> list[dict[str, Any]]:
    """The conditions of a renewal: each met by evidence and with nothing against it, not met and why, or still to be shown."""
    against: dict[str, list[str]] = {}
    for each in hindrances:
        against.setdefault(each.condition, []).append(_why(each))
    rows = []
    for row in conditions_on(on):
        code = row["code"]
        text = in_language({"en": row["name_en"], "zh-hans": row["name_zh_hans"], "zh-hant": row["name_zh_hant"]}, language)
        if why := against.get(code):
            found, said = _not_met(), "; ".join(why)
        elif evidence.get(code):
            found, said = _met(), evidence[code]
        else:
            held = _("The loan itself speaks for it; name the evidence.") if row["checked"] else _("Name what shows it.")
            found, said = _to_show(), held
        rows.append({"code": code, "text": text, "state": found, "why": said})
    return rows


def _why(each: Hindrance) -> str:
    """What speaks against a condition, in words."""
    if each.kind == "past_due":
        return _("past due since %(day)s") % {"day": each.since}
    if each.kind == "class":
        return _("the old note is %(risk_class)s") % {"risk_class": word(CHOICES, each.what)}
    return _("%(finding)s since %(day)s") % {"finding": word(CHOICES, each.what), "day": each.since}


def renewal_row(
    loan: Any, day: datetime.date, hindrances: Sequence[Hindrance], contracts: Sequence[Contract], generation: int, language: str
) -> dict[str, Any]:
    """A note that matures soon, as a row of the list."""
    shown = conditions(hindrances, {}, day, language)
    kept = getattr(loan, "held_class", None)
    fitting = [each for each in contracts if each.amount_fen == loan.principal_fen]
    ready = next(iter([*fitting, *contracts]), None)
    return {
        "loan": loan, "last_due": loan.last_due, "days": (loan.last_due - day).days, "principal_fen": loan.principal_fen,
        "class": class_state(kept.risk_class if kept else "normal"), "conditions": shown, "generation": generation,
        "not_met": sum(each["state"].tone == LATE for each in shown), "contract": ready,
        "contract_state": state(CONTRACT, ready.status) if ready else None, "fits": bool(fitting),
    }  # fmt: skip


def checks(loan: Loan, owed: Owed, last_due: datetime.date, contract: Contract | None, held: str) -> list[dict[str, Any]]:
    """What else a renewal needs, one after the other: time, money, contract, guarantors and registration, tax, class."""
    day = owed.as_of
    cash = owed.interest_due_fen + owed.accrued_fen + owed.penalty_fen + owed.fee_fen
    rows = [
        _row(
            _("Before the old note matures"),
            day <= last_due,
            _("It matures on %(day)s.") % {"day": last_due}
            if day <= last_due
            else _("It matured on %(day)s: only as other refinancing.") % {"day": last_due},
        ),
        _row(_("All interest is paid in cash"), True, _("%(amount)s yuan are taken with the renewal.") % {"amount": money(cash)}),
    ]
    if contract is None:
        return [*rows, _row(_("New contract"), False, _("There is none yet: the borrower applies, and it is decided and signed."))]
    rows += [_contract(contract, owed.principal_fen), *_securities(loan, contract, day), *_taxes(loan, contract, day)]
    normal = held == "normal"
    text = _("normal, if every condition is met; otherwise at least special mention")
    carried = _("the old note is %(risk_class)s: the new one is not better") % {"risk_class": word(CHOICES, held)}
    return [*rows, _row(_("Class of the new note"), normal, text if normal else carried)]


def _row(label: str, holds: bool | None, text: str) -> dict[str, Any]:
    return {"label": label, "state": _to_show() if holds is None else _met() if holds else _not_met(), "text": text}


def _contract(contract: Contract, principal_fen: int) -> dict[str, Any]:
    fits, cleared = contract.amount_fen == principal_fen, contract.status == Contract.Status.CLEARED
    text = _("%(number)s, %(state)s, %(amount)s yuan at %(rate)s") % {
        "number": contract.number, "state": state(CONTRACT, contract.status).label, "amount": money(contract.amount_fen),
        "rate": rate(contract.offer.rate_ppm),
    }  # fmt: skip
    if not fits:
        text += " · " + _("the principal of the old note is %(amount)s") % {"amount": money(principal_fen)}
    if not cleared:
        text += " · " + _("a second person clears it first")
    return _row(_("New contract"), fits and cleared, text)


def _securities(loan: Loan, contract: Contract, day: datetime.date) -> list[dict[str, Any]]:
    """Guarantors and registrations behind the new note: an old guarantor stays bound by its new signature, a new one must know."""
    rows = list(Security.objects.filter(contract__in=[loan.contract_id, contract.pk]).order_by("pk"))
    before = {(each.kind, each.provider) for each in rows if each.contract_id == loan.contract_id}
    now = [each for each in rows if each.contract_id == contract.pk]
    lost = before - {(each.kind, each.provider) for each in now}
    maturity = new_loan(contract, day).maturity
    found = [_security(each, before, maturity) for each in now]
    for kind, provider in sorted(lost):
        label = f"{word(SECURITIES, kind)} · {provider}"
        found.append(_row(label, None, _("stood behind the old note and not behind the new one")))
    return found or [_row(_("Guarantor, registration"), True, _("unsecured, before and after"))]


def _security(each: Security, before: set[tuple[str, str]], maturity: datetime.date) -> dict[str, Any]:
    label = f"{word(SECURITIES, each.kind)} · {each.provider}"
    if each.kind == Security.Kind.GUARANTOR:
        if (each.kind, each.provider) in before:
            return _row(label, True, _("guaranteed the old note too"))
        return _row(label, None, _("new: must know in writing that the new note repays an old one"))
    if each.registered_until is not None and each.registered_until < maturity:
        text = _("registered until %(until)s, the new note until %(maturity)s") % {"until": each.registered_until, "maturity": maturity}
        return _row(label, False, text)
    return _row(label, None, _("registered as %(number)s; its owner consents in writing") % {"number": each.registration})


def _taxes(loan: Loan, contract: Contract, day: datetime.date) -> list[dict[str, Any]]:
    """Value added tax inside the new note's interest, and the stamp duty on its contract."""
    tax = tax_of_contract(contract, day, contract.offer.rate_ppm)
    taxed = _("%(rate)s inside the interest") % {"rate": rate(tax.interest_ppm)}
    text = _("interest exempt: %(ground)s") % {"ground": word(EXEMPTIONS, tax.exemption)} if tax.exemption else taxed
    if tax.interest_ppm != loan.interest_tax_ppm:
        text += " · " + _("the old note: %(rate)s") % {"rate": rate(loan.interest_tax_ppm)}
    size = firm_size(contract.firm, day)
    rule, lender = stamp_duty_on(day, settings.PUHUI_CATALOGUE), contract.institution.kind
    duty = duty_of_contract(contract.amount_fen, rule, lender=lender, borrower=contract.firm.kind, size=size)
    text += " · " + (_("stamp duty %(amount)s yuan") % {"amount": money(duty)} if duty else _("no stamp duty"))
    return [_row(_("Tax"), True, text)]
