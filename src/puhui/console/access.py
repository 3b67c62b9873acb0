"""Who may open which page, in one table, and the menu that follows from it.

The table names roles only. Which rows a user may see on a page is not decided here: every noun's `queries.py` scopes its
rows to the user's institution, and a row of somebody else's does not exist for the page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext_lazy

from puhui.parties.models import Firm, Institution, Role, User

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
    "evidence": (*LENDING, *OVERSIGHT),
    "payouts": (*LENDING, Role.ACCOUNTANT, Role.AUDITOR),
    "loans": STAFF,
    "acts": STAFF,
    "renewals": STAFF,
    "lines": STAFF,
    "portfolio": STAFF,
    "product": (*LENDING, *OVERSIGHT),
    "model": (*LENDING, *OVERSIGHT),
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
    "evidence": LENDING,
    "payouts": (*LENDING, Role.ACCOUNTANT),
    "acts": STAFF,  # who may ask for which act, and who may check it, is in the dated table act-powers
    "renewals": STAFF,
    "books": (Role.ACCOUNTANT,),
    "reconciliation": (Role.ACCOUNTANT,),
    "suspense": (Role.ACCOUNTANT,),
    "payments": (Role.ACCOUNTANT, Role.RISK_MANAGER),
    "borrower": (Role.BORROWER,),
}

#: the menu, in the order of a loan's journey: page, name of the address, label
MENU: tuple[tuple[str, str, Any], ...] = (
    ("queue", "console:queue", gettext_lazy("Work queue")),
    ("firm", "console:firms", gettext_lazy("Firms")),
    ("evidence", "console:evidence", gettext_lazy("Evidence")),
    ("payouts", "console:payouts", gettext_lazy("Payout")),
    ("loans", "console:loans", gettext_lazy("Loans")),
    ("portfolio", "console:portfolio", gettext_lazy("Portfolio")),
    ("product", "console:products", gettext_lazy("Products")),
    ("model", "console:models", gettext_lazy("Model")),
    ("books", "console:books", gettext_lazy("Books")),
    ("trail", "console:trail", gettext_lazy("Trail")),
)

#: role → the page it starts on
START: dict[str, str] = {
    Role.OFFICER: "console:queue",
    Role.APPROVER: "console:queue",
    Role.RISK_MANAGER: "console:portfolio",
    Role.ACCOUNTANT: "console:books",
    Role.COLLECTOR: "console:loans",
    Role.AUDITOR: "console:trail",
    Role.BORROWER: "console:borrower_home",
}

View = Callable[..., HttpResponseBase]


class Request(HttpRequest):
    """A request that has passed `page`: of somebody signed in, at an institution."""

    user: User
    institution: Institution
    puhui_section: str
    puhui_firms: list[Firm]


def may_read(user: Any, page: str) -> bool:
    """Whether the user's role may open the page."""
    return user.is_authenticated and user.is_active and user.role in READERS[page]


def may_act(user: Any, page: str) -> bool:
    """Whether the user's role may send the page's forms."""
    return user.is_authenticated and user.is_active and user.role in ACTORS.get(page, ())


def page(name: str) -> Callable[[View], View]:
    """A view for the readers of the page `name`; a form sent to it is for those who may act. Others get 403, strangers the sign-in."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("console:sign_in"))
            allowed = may_read if request.method in ("GET", "HEAD") else may_act
            if not allowed(request.user, name) or request.user.institution is None:
                raise PermissionDenied
            request.institution = request.user.institution  # type: ignore[attr-defined]
            request.puhui_section = name  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        guarded.puhui_page = name  # type: ignore[attr-defined]
        return guarded

    return wrap


def menu_of(user: Any) -> list[dict[str, Any]]:
    """The menu entries that the user may open."""
    return [
        {"name": name, "url": reverse(address), "label": label}
        for name, address, label in MENU
        if user.role in READERS[name]
    ]  # fmt: skip
