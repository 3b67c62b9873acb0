"""The chart of accounts and the roles that its accounts play in postings, read from the catalogue by date.

Two dated tables: `parameters/chart-of-accounts.toml` and `parameters/posting-roles.toml`. An institution's own catalogue folder
(setting PUHUI_CATALOGUE) may hold files of the same names, which then stand in their place. Read once per process.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from puhui.books.models import Account
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.parties.models import Institution

_PACKAGED = Path(__file__).parent.parent / "catalogue"


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """A row of the chart as it holds on a day."""

    code: str
    name: str
    name_english: str
    kind: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Accounts by code and codes by role, for one kind of institution on one day."""

    accounts: Mapping[str, ChartAccount]
    roles: Mapping[str, str]

    def code(self, role_or_code: str) -> str | None:
        """The account's code of a role, or the code itself where it is one; None for neither."""
        code = self.roles.get(role_or_code, role_or_code)
        return code if code in self.accounts else None


def chart(institution_kind: str, on: date) -> Chart:
    """The chart of a kind of institution (`bank`, `micro_lender`) as it holds on a day.

    Raises:
        FaultsError: a file of the catalogue is not there or not right; every fault of both.
    """
    folder = getattr(settings, "PUHUI_CATALOGUE", None)
    return _chart(institution_kind, on, Path(folder) if folder else None)


@lru_cache(maxsize=4096)
def _chart(institution_kind: str, on: date, folder: Path | None) -> Chart:
    accounts_file, roles_file = _file("chart-of-accounts", folder), _file("posting-roles", folder)
    account_rows, role_rows = _rows(accounts_file, "account"), _rows(roles_file, "role")
    check([*_account_faults(account_rows, accounts_file.name), *_role_faults(role_rows, roles_file.name)])
    accounts = {
        row["code"]: ChartAccount(row["code"], row["name"], row["name_english"], row["kind"])
        for row in account_rows
        if institution_kind in row["institutions"] and _holds(row, on)
    }
    roles = {row["role"]: row["accounts"][institution_kind] for row in role_rows if institution_kind in row["accounts"] and _holds(row, on)}
    loose = sorted(f"{role} → {code}" for role, code in roles.items() if code not in accounts)
    if loose or not accounts:
        raise FaultsError([Fault(f"{roles_file.name} on {on}", ", ".join(loose) or "no account", f"accounts of {accounts_file.name}")])
    return Chart(accounts, roles)


def role_code(institution: Institution, role: str, on: date | None = None) -> str:
    """The code of the account that plays a role at an institution on a day (default: its business day).

    Raises:
        FaultsError: no account plays that role.
    """
    roles = chart(institution.kind, on or institution.business_date).roles
    if role not in roles:
        raise FaultsError([Fault("role", role, ", ".join(sorted(roles)))])
    return roles[role]


def _file(name: str, folder: Path | None) -> Path:
    own = folder / "parameters" / f"{name}.toml" if folder else None
    return own if own and own.exists() else _PACKAGED / "parameters" / f"{name}.toml"


@lru_cache(maxsize=16)
def _rows(path: Path, heading: str) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8")).get(heading, [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FaultsError([Fault(str(path), str(error), f"a TOML file of [[{heading}]] rows")]) from error
    return rows


def _holds(row: Mapping[str, Any], on: date) -> bool:
    return bool(row["valid_from"] <= on and ("valid_to" not in row or on < row["valid_to"]))


def _account_faults(rows: Iterable[Mapping[str, Any]], file_name: str) -> Iterable[Fault]:
    for number, row in enumerate(rows, 1):
        where = f"{file_name}, account {number} ({row.get('code', '?')})"
        yield from _missing(row, ("code", "name", "name_english", "kind", "institutions", "valid_from"), where)
        if row.get("kind") not in Account.Kind.values:
            yield Fault(f"{where}, kind", str(row.get("kind")), ", ".join(Account.Kind.values))
        if unknown := set(row.get("institutions", [])) - set(Institution.Kind.values):
            yield Fault(f"{where}, institutions", ", ".join(sorted(unknown)), ", ".join(Institution.Kind.values))


def _role_faults(rows: Iterable[Mapping[str, Any]], file_name: str) -> Iterable[Fault]:
    for number, row in enumerate(rows, 1):
        yield from _missing(row, ("role", "accounts", "valid_from"), f"{file_name}, role {number} ({row.get('role', '?')})")


def _missing(row: Mapping[str, Any], columns: Iterable[str], where: str) -> Iterable[Fault]:
    for column in columns:
        if column not in row:
            yield Fault(f"{where}, {column}", "nothing", "a value")
        elif column == "valid_from" and not isinstance(row[column], date):
            yield Fault(f"{where}, valid_from", str(row[column]), "a date")
