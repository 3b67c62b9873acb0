"""Day ends: which days are closed and how the chain holds; one day with its steps, control totals, trial balance and late items."""

from __future__ import annotations

import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from puhui.books import queries
from puhui.books.checks import Days, day_findings, total_findings
from puhui.books.models import Account, ClosedDay, Entry
from puhui.books.queries import TrialBalanceRow
from puhui.console.access import Request, page
from puhui.console.book_words import DAY, ROLES, STEP_AMOUNTS, STEP_FIGURES, STEPS
from puhui.console.labels import state
from puhui.console.loan_figures import account_name
from puhui.console.paging import paged
from puhui.console.words import BOOK_ACTS, product_name, word
from puhui.loans.control_totals import control_totals
from puhui.loans.day_queries import DayEnd, day_end, day_ends, set_aside

LATE_SHOWN = 50


@page("books")
def days(request: Request) -> HttpResponse:
    """Days, newest first: the open one, one that has ended and is not sealed, and the closed ones."""
    institution = request.institution
    context = paged(request, queries.closed_days(institution))
    closed = list(context["page"].object_list)
    today = institution.business_date
    first = closed[-1].date if closed else today - datetime.timedelta(days=1)
    ends = day_ends(institution, first, today)
    troubles: dict[datetime.date, int] = {}
    for each in set_aside(institution, first, today):
        troubles[each.date] = troubles.get(each.date, 0) + (each.resolved_at is None)
    rows = [_day_row(each.date, each, ends, troubles, today) for each in closed]
    if context["page"].number == 1:
        ahead = [today, *([today - datetime.timedelta(days=1)] if closed and closed[0].date < today - datetime.timedelta(days=1) else [])]
        rows = [_day_row(day, None, ends, troubles, today) for day in ahead if not closed or day > closed[0].date] + rows
    return render(request, "console/days.html", {**context, "tab": "days", "rows": rows})


def _day_row(
    day: datetime.date,
    closed: ClosedDay | None,
    ends: dict[datetime.date, DayEnd],
    troubles: dict[datetime.date, int],
    today: datetime.date,
) -> dict[str, Any]:
    end = ends.get(day) or day_end(day, {})
    figures = end.figures
    return {
        "date": day, "state": state(DAY, _day_code(day, closed, end, today)), "done": end.done_count, "asked": len(end.asked),
        "set_aside": troubles.get(day, 0), "differences": len(figures.get("differences") or {}),
        "interest_fen": figures["interest_fen"] + figures["penalty_fen"] if figures else None,
        "entries": closed.entry_count if closed else None, "total_fen": closed.total_fen if closed else None,
        "digest": bytes(closed.chain_digest).hex() if closed else "", "has_end": end.has_begun,
    }  # fmt: skip


def _day_code(day: datetime.date, closed: ClosedDay | None, end: DayEnd, today: datetime.date) -> str:
    if closed is not None:
        return "closed"
    if day < today:
        return "ended"
    return "ending" if end.has_begun else "open"


@page("books")
def day(request: Request, date_text: str) -> HttpResponse:
    """One day: how its end went, and that its books hold."""
    institution = request.institution
    try:
        date = datetime.date.fromisoformat(date_text)
    except ValueError as error:
        raise Http404 from error
    around = list(queries.closed_days(institution).filter(date__lte=date)[:2])
    closed = around[0] if around and around[0].date == date else None
    if date > institution.business_date or (closed is None and date < institution.business_date - datetime.timedelta(days=1)):
        raise Http404
    before = next((each for each in around if each.date < date), None)
    end = day_ends(institution, date, date).get(date) or day_end(date, {})
    ledger = queries.trial_balance(institution, date, date, by_branch=True, by_product=True)
    aside = list(set_aside(institution, date, date))
    context = {
        "tab": "days", "date": date, "state": state(DAY, _day_code(date, closed, end, institution.business_date)), "end": end,
        "running": end.has_begun and not end.has_ended, "steps": _step_rows(end), "aside": aside,
        "is_open": date == institution.business_date,
        "open_aside": sum(each.resolved_at is None for each in aside), "controls": _controls(request, date, end, ledger),
        "sides": [_side(ledger, memo) for memo in (False, True)], "closed": closed, "chain": _chain(closed, before),
        "late": _late_rows(queries.late_entries(institution, date)), "after": _late_rows(queries.entries_after(institution, date)),
        "previous": date - datetime.timedelta(days=1) if before else None,
        "following": date + datetime.timedelta(days=1) if date < institution.business_date else None,
    }  # fmt: skip
    if closed is not None and request.GET.get("prove"):
        span = Days(date, date)
        context["findings"] = [*day_findings(institution, span), *total_findings(institution, span)]
        context["proved"] = True
    return render(request, "console/day.html", context)


def _step_rows(end: DayEnd) -> list[dict[str, Any]]:
    rows, waiting = [], True
    for name in end.asked:
        step = end.done.get(name)
        figures = step.figures if step else {}
        rows.append(
            {
                "name": name, "label": word(STEPS, name), "step": step, "is_next": step is None and waiting and end.has_begun,
                "counts": [(label, figures[key]) for key, label in STEP_FIGURES.items() if isinstance(figures.get(key), int)],
                "amounts": [(label, figures[key]) for key, label in STEP_AMOUNTS.items() if isinstance(figures.get(key), int)],
                "refused": figures.get("refused") or [],
            }
        )  # fmt: skip
        waiting = waiting and step is not None
    return rows


def _side(ledger: list[TrialBalanceRow], memo: bool) -> dict[str, Any]:
    """What moved on the balance sheet or in the memo books on the day, and what all balances come to."""
    rows = [row for row in ledger if (row.kind == Account.Kind.MEMO) == memo]
    debit, credit, balance = (sum(getattr(row, name) for row in rows) for name in ("debit_fen", "credit_fen", "balance_fen"))
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.branch_code or ""] = sums.get(row.branch_code or "", 0) + row.balance_fen
    off = sorted(code for code, total in sums.items() if total)
    return {
        "memo": memo, "debit_fen": debit, "credit_fen": credit, "balance_fen": balance, "branches": len(sums), "off": off,
        "balanced": debit == credit and not balance and not off,
    }  # fmt: skip


def _controls(request: Request, date: datetime.date, end: DayEnd, ledger: list[TrialBalanceRow]) -> dict[str, Any]:
    """Sub-ledger against ledger: of the open day as of now, by account, branch and product; of an ended day as its night found them."""
    names = {row.code: row.name_english if get_language() == "en" else row.name for row in ledger}
    if date == request.institution.business_date:
        rows = [
            _kept_row([each.code, each.branch_code, each.product_code, each.kept_fen, each.booked_fen], names)
            for each in control_totals(request.institution, ledger)
        ]
        return {"known": True, "rows": rows, "now": True, "agree": not any(row["difference_fen"] for row in rows)}
    if not end.has_ended:
        return {"known": False, "rows": [], "agree": False}
    kept = end.figures.get("controls")
    if kept is not None:
        rows = [_kept_row(each, names) for each in kept]
        return {"known": True, "rows": rows, "agree": not any(row["difference_fen"] for row in rows)}
    found = end.figures.get("differences") or {}
    rows = [
        {"code": "", "name": word(ROLES, role), "branch": None, "product": "", "kept_fen": kept_fen, "booked_fen": booked,
         "difference_fen": kept_fen - booked}
        for role, (kept_fen, booked) in found.items()
    ]  # fmt: skip
    return {"known": True, "rows": rows, "agree": not found}


def _kept_row(cell: list[Any], names: dict[str, str]) -> dict[str, Any]:
    code, branch, product, kept_fen, booked_fen = cell
    return {
        "code": code, "name": names.get(code, ""), "branch": branch, "product": product_name(product), "kept_fen": kept_fen,
        "booked_fen": booked_fen, "difference_fen": kept_fen - booked_fen,
    }  # fmt: skip


def _chain(closed: ClosedDay | None, before: ClosedDay | None) -> dict[str, Any] | None:
    """The day's digests, and whether it continues the closed day before it."""
    if closed is None:
        return None
    names = ("entries_digest", "audit_digest", "accounts_digest", "totals_digest", "previous_digest", "chain_digest")
    digests = {name: bytes(getattr(closed, name)).hex() for name in names}
    expected = bytes(before.chain_digest).hex() if before else "00" * 32
    return {**digests, "before": before, "continues": digests["previous_digest"] == expected}


def _late_rows(entries: Any) -> dict[str, Any]:
    found = list(entries[: LATE_SHOWN + 1])
    return {"rows": [_late_row(each) for each in found[:LATE_SHOWN]], "more": len(found) > LATE_SHOWN}


def _late_row(entry: Entry) -> dict[str, Any]:
    transfers = list(entry.transfers.all())
    language = get_language() or "en"
    first = transfers[0] if transfers else None
    return {
        "entry": entry, "act": word(BOOK_ACTS, entry.act), "amount_fen": sum(each.amount_fen for each in transfers),
        "days": abs((entry.posting_date - entry.effective_date).days),
        "accounts": f"{account_name(first.debit_account, language)} / {account_name(first.credit_account, language)}" if first else "–",
    }  # fmt: skip
