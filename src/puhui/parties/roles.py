"""Who may read what and who may act on it, by role, in one table for the pages and for the interface of other programs.

The table names roles only. Which rows a user may see is decided elsewhere: every noun's `queries.py` scopes its rows to the user's
institution (`parties.queries.limit_to_user`), and a row of somebody else's does not exist.
"""

from __future__ import annotations

from typing import Any

from puhui.parties.models import Role

LENDING = (Role.OFFICER, Role.APPROVER)
OVERSIGHT = (Role.RISK_MANAGER, Role.AUDITOR)
STAFF = (*LENDING, *OVERSIGHT, Role.ACCOUNTANT, Role.COLLECTOR)

#: page → roles that may read it
READERS: dict[str, tuple[str, ...]] = {
    "queue": (*LENDING, *OVERSIGHT),
    "case": (*LENDING, *OVERSIGHT),
    "committee": (*LENDING, *OVERSIGHT),
    "campaigns": (*LENDING, *OVERSIGHT),
    "factory": (*LENDING, *OVERSIGHT),
    "duties": (*LENDING, *OVERSIGHT),
    "decision": (*LENDING, *OVERSIGHT),
    "firm": STAFF,
    "matching": (*LENDING, *OVERSIGHT),
    "people": (*LENDING, *OVERSIGHT),
    "evidence": (*LENDING, *OVERSIGHT),
    "payouts": (*LENDING, Role.ACCOUNTANT, Role.AUDITOR),
    "loans": STAFF,
    "acts": STAFF,
    "renewals": STAFF,
    "lines": STAFF,
    "watch": STAFF,
    "portfolio": STAFF,
    "product": (*LENDING, *OVERSIGHT),
    "lab": (Role.APPROVER, *OVERSIGHT),
    "drafts": (Role.APPROVER, *OVERSIGHT),
    "model": (*LENDING, *OVERSIGHT),
    "training": (Role.APPROVER, *OVERSIGHT),
    "books": (Role.ACCOUNTANT, *OVERSIGHT),
    "reconciliation": (Role.ACCOUNTANT, *OVERSIGHT),
    "suspense": (Role.ACCOUNTANT, *OVERSIGHT),
    "payments": (Role.ACCOUNTANT, *OVERSIGHT),
    "trail": (Role.AUDITOR, Role.RISK_MANAGER),
    "borrower": (Role.BORROWER,),
}

#: page → roles that may act on it; reading is not acting
ACTORS: dict[str, tuple[str, ...]] = {
    "queue": (*LENDING, *OVERSIGHT),  # own filters
    "case": LENDING,
    "committee": (*LENDING, Role.RISK_MANAGER),
    "campaigns": (*LENDING, Role.RISK_MANAGER),
    "duties": (*LENDING, Role.RISK_MANAGER),
    "decision": (*LENDING, *OVERSIGHT),
    "matching": (*LENDING, Role.RISK_MANAGER),
    "people": LENDING,
    "lab": (Role.APPROVER, Role.RISK_MANAGER),  # a promotion is answered by another person than proposed it
    "drafts": (Role.RISK_MANAGER,),
    "evidence": LENDING,
    "payouts": (*LENDING, Role.ACCOUNTANT),
    "acts": STAFF,  # who may ask for which act, and who may check it, is in the dated table act-powers
    "renewals": STAFF,
    "model": (Role.RISK_MANAGER, Role.APPROVER),  # what one proposes, another must agree to
    "training": (Role.RISK_MANAGER,),
    "books": (Role.ACCOUNTANT,),
    "reconciliation": (Role.ACCOUNTANT,),
    "suspense": (Role.ACCOUNTANT,),
    "payments": (Role.ACCOUNTANT, Role.RISK_MANAGER),
    "borrower": (Role.BORROWER,),
}


def may_read(user: Any, page: str) -> bool:
    """Whether the user's role may open the page."""
    return user.is_authenticated and user.is_active and user.role in READERS[page]


def may_act(user: Any, page: str) -> bool:
    """Whether the user's role may send the page's forms."""
    return user.is_authenticated and user.is_active and user.role in ACTORS.get(page, ())
