"""The guard of every page by the table of roles (`parties/roles.py`), and the menu that follows from it."""

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
from puhui.parties.roles import ACTORS as ACTORS
from puhui.parties.roles import READERS as READERS
from puhui.parties.roles import may_act as may_act
from puhui.parties.roles import may_read as may_read

#: the menu, in the order of a loan's journey: page, name of the address, label
MENU: tuple[tuple[str, str, Any], ...] = (
    ("queue", "console:queue", gettext_lazy("Work queue")),
    ("firm", "console:firms", gettext_lazy("Firms")),
    ("evidence", "console:evidence", gettext_lazy("Evidence")),
    ("payouts", "console:payouts", gettext_lazy("Payout")),
    ("loans", "console:loans", gettext_lazy("Loans")),
    ("portfolio", "console:portfolio", gettext_lazy("Portfolio")),
    ("product", "console:products", gettext_lazy("Products")),
    ("lab", "console:lab", gettext_lazy("Policy lab")),
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
