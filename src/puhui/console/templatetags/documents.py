"""Links to the documents that belong to a page. Their names are the titles of the documents themselves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.translation import get_language

from puhui.reports.documents.making import DOCUMENTS, FILES
from puhui.reports.documents.words import word

register = template.Library()


@register.inclusion_tag("console/parts/documents.html")
def document_links(address: str, kind: str, *arguments: Any, only: str = "", **query: Any) -> dict[str, Any]:
    """The documents about a kind of thing, each as every file there is.

    `address`: name of the address, whose last arguments are name and form; `only`: names with blanks between them; `query`: what stands
    behind the question mark, empty values left out (`since` is sent as `from`).
    """
    asked = {("from" if name == "since" else name): str(value) for name, value in query.items() if value}
    suffix = f"?{urlencode(asked)}" if asked else ""
    language = get_language() or "en"
    names = only.split() or [name for name, (kinds, _) in DOCUMENTS.items() if kind in kinds]
    links = [
        {
            "label": word(name.replace("-", "_"), language),
            "files": [{"form": form.upper(), "url": reverse(address, args=[*arguments, name, form]) + suffix} for form in FILES],
        }
        for name in names
    ]
    return {"title": word("documents", language), "links": links}
