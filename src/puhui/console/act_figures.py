"""What pages show of acts: which ones a person may ask for, what one would change, and what became of those that were asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from puhui.books.chart import chart
from puhui.console.act_options import parts_of
from puhui.console.act_words import (
    ANSWERS,
    ARGUMENTS,
    BUTTONS,
    CHOICES,
    CLASS,
    COMMAND,
    FITTING,
    GROUPS,
    LINE,
    NAMES,
    OWED,
)
from puhui.console.labels import CONTRACT, LOAN, PLAIN, State, state
from puhui.console.loan_figures import schedule_rows, totals_of
from puhui.console.templatetags.figures import enumerated, money, money_plain, rate
from puhui.console.words import role_label, word
from puhui.loans.act_registry import ACTS
from puhui.loans.command_models import Command
from puhui.loans.commands import LoanPreview, Preview
from puhui.loans.links import may_be_linked
from puhui.loans.powers import Power, power_of
from puhui.parties.models import Institution

OPEN_STATES = ("performing", "overdue", "non_accrual", "terminated", "written_off")


def power(act: str, target: Any) -> Power:
    """Who may ask for an act on a target, and when a second person must agree."""
    institution: Institution = target.institution
    return power_of(act, getattr(target, "product_code", ""), institution.currency, institution.business_date)


def act_link(act: str, target: Any) -> dict[str, Any]:
    """An act with the address of its form."""
    kind = ACTS[act].target
    return {"name": act, "label": NAMES[act], "url": reverse("console:act", args=[kind, target.pk, act])}


#: acts whose answer is told beside what becomes of the loan
TOLD_BESIDE = ("record_misuse", "extend", "restructure", "renew", "review_link", "correct_link")


def act_groups(user: Any, loan: Any, status: str, held: str) -> list[dict[str, Any]]:
    """The acts that a person may ask for on a loan in a state, by subject; those of the firm among them."""
    groups = []
    for label, names in GROUPS:
        links = [_link(each, loan) for each in names if _fits(each, loan, status, held) and user.role in power(each, loan).makers]
        if links:
            groups.append({"label": label, "links": links})
    return groups


def _link(act: str, loan: Any) -> dict[str, Any]:
    return act_link(act, loan.firm if ACTS[act].target == "firm" else loan)


def _fits(act: str, loan: Any, status: str, held: str) -> bool:
    if status not in FITTING.get(act, OPEN_STATES):
        return False
    if act == "draw_more":
        return not loan.contract.revolves and loan.lent_fen < loan.amount_fen
    if act in ("review_link", "correct_link"):
        return may_be_linked(loan.product_code)
    if act == "refund":
        return bool(loan.overpaid_fen > 0)
    return not (act == "upgrade" and held == "normal") and not (act == "downgrade" and held == "loss")


def button(act: str, target: Any, arguments: Mapping[str, Any]) -> str:
    """What the button says when the act is carried out."""
    amount = arguments.get("amount_fen") or arguments.get("limit_fen") or 0
    return str(BUTTONS[act]) % {"amount": money_plain(amount), "number": getattr(target, "number", "")}


def second_person(found: Power, why: str) -> dict[str, Any] | None:
    """Whether a second person must agree, from which amount, and who can; None where none must."""
    if not why:
        return None
    least = found.second_person_from or 0
    text = _("This act always needs one.") if not least else _("From %(amount)s yuan on it needs one.") % {"amount": money_plain(least)}
    return {"why": text, "who": enumerated(role_label(role) for role in found.checkers)}


def preview_context(seen: Preview, institution: Institution, language: str, act: str, target: Any) -> dict[str, Any]:
    """A preview as the page shows it: each loan before and after, its schedule and entries; what else the act answers."""
    return {
        "loans": [_loan(each, institution, language) for each in seen.loans],
        "answers": answer_rows(seen.answer) if not seen.loans or act in TOLD_BESIDE else [],
        "second": second_person(power(act, target), seen.second_person),
    }


def _loan(seen: LoanPreview, institution: Institution, language: str) -> dict[str, Any]:
    day = institution.business_date
    rows = schedule_rows(seen.schedule, day)
    names = ("status", "days_past_due")
    changes = [
        {"label": word(OWED, name), "before_fen": before, "after_fen": seen.after[name], "change_fen": seen.after[name] - before}
        for name, before in seen.before.items()
        if name not in names and (before or seen.after[name] or name == "principal_fen")
    ]
    owed = [row for row in changes if row["label"] != str(OWED["overpaid_fen"])]
    sums = {each: sum(row[each] for row in owed) for each in ("before_fen", "after_fen", "change_fen")}
    accounts = chart(institution.kind, day)
    return {
        "number": seen.number, "loan_id": seen.loan_id, "changes": changes, "sums": sums, "schedule": rows, "totals": totals_of(rows),
        "state_before": state(LOAN, seen.before["status"]), "state_after": state(LOAN, seen.after["status"]),
        "days_before": seen.before["days_past_due"], "days_after": seen.after["days_past_due"],
        "transfers": [
            {"debit": _account(accounts, debit, language), "credit": _account(accounts, credit, language), "amount_fen": amount}
            for debit, credit, amount in seen.transfers
        ],
    }  # fmt: skip


def _account(accounts: Any, role: str, language: str) -> str:
    code = accounts.roles.get(role, role)
    account = accounts.accounts.get(code)
    return f"{code} {account.name_english if language == 'en' else account.name}" if account else code


def answer_rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What an act answered, as far as a person needs it."""
    rows = []
    for name, label in ANSWERS.items():
        value = answer.get(name)
        if value in (None, ""):
            continue
        shown = state(CLASS, value) if name == "class" else state(LINE | CONTRACT, value) if name == "status" else None
        value = money(value) if name.endswith("_fen") else rate(value) if name.endswith("_ppm") else value
        rows.append({"label": label, "value": value, "state": shown})
    return rows


def request_rows(command: Command, target: Any) -> list[dict[str, Any]]:
    """What was asked for, argument by argument, in words."""
    rows = []
    for name, value in command.request.items():
        if value in (None, "", {}, []):
            continue
        if name == "facts":
            facts = {code: label for code, label, *_ in parts_of(command.act, name, target)}
            value = "; ".join(f"{facts.get(code, code)}: {each}" for code, each in value.items())
        rows.append({"label": word(ARGUMENTS, name), "value": _argument(name, value)})
    return rows


def _argument(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        shown = {code: money(each) if code == "amount_fen" else word(CHOICES, each) for code, each in value.items()}
        return "; ".join(f"{word(CHOICES, code) if code != 'of' else ''} {each}".strip() for code, each in shown.items())
    if isinstance(value, list):
        return enumerated(value)
    if name in ("amount_fen", "limit_fen"):
        return money(value)
    if name == "rate_annual":
        return rate(round(float(value) * 1_000_000), 4)
    if name == "share_ppm":
        return rate(value)
    return word(CHOICES, str(value))


def command_rows(commands: Iterable[Command], names: Mapping[tuple[str, int], str]) -> list[dict[str, Any]]:
    """Commands as rows of a list; `names`: (kind, id) → the number or name of the target."""
    return [command_row(each, names.get((each.target_kind, each.target_id), str(each.target_id))) for each in commands]


def command_row(command: Command, name: str) -> dict[str, Any]:
    """One command: what, on what, by whom, and where it stands."""
    amount = command.request.get("amount_fen")
    return {
        "command": command, "label": word(NAMES, command.act), "name": name, "amount_fen": amount, "state": state(COMMAND, command.status),
        "target_url": target_url(command.target_kind, command.target_id),
        "why": request_reason(command.request), "said": command.reason if command.status == Command.Status.REFUSED else "",
    }  # fmt: skip


def request_reason(request: Mapping[str, Any]) -> str:
    """The reason that whoever asked gave."""
    return next((str(request[name]) for name in ("reason", "evidence", "difficulty") if request.get(name)), "")


def target_url(kind: str, target_id: int) -> str:
    """The page of an act's target."""
    pages = {"loan": "console:loan", "contract": "console:payout", "firm": "console:firm"}
    return reverse(pages[kind], args=[target_id])


def class_state(code: str) -> State:
    """How a class is shown."""
    return CLASS.get(code) or State(code, PLAIN, "progress")
