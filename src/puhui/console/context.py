"""What every page shows around its subject: menu, institution, business date, and who is signed in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from puhui.console.access import menu_of
from puhui.console.words import role_label

#: the page whose menu entry is lit while one of these is open
PARENTS = {
    "case": "queue", "decision": "queue", "reconciliation": "books", "suspense": "books", "payments": "books", "acts": "loans",
    "renewals": "loans", "lines": "loans", "watch": "loans", "committee": "queue",
    "campaigns": "queue", "duties": "queue", "factory": "queue", "matching": "firm", "drafts": "lab", "training": "model",
}  # fmt: skip


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: reads nothing but the user and the institution that the request already holds."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"navigation": [], "section": ""}
    institution = user.institution
    section = getattr(request, "puhui_section", "")
    return {
        "navigation": menu_of(user),
        "section": PARENTS.get(section, section),
        "institution_name": institution.name if institution else "",
        "business_date": institution.business_date if institution else None,
        "user_name": user.get_full_name() or user.username,
        "user_roles": role_label(user.role),
    }
