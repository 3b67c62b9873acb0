"""A model's card as a page: Markdown without raw HTML, tables without style attributes, plots from their own address."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_BELOW_NOUGHT = re.compile(r"(?<![\w.)-])-(?=\d)")
"""The hyphen of a figure below nought, and none of a day, a code or a range."""


def rendered(text: str, address_of: Callable[[str], str]) -> SafeString:
    """Markdown as HTML that is safe to put on a page; `address_of` gives the address of a plot by its file name.

    Raw HTML in the text is shown as text; figures below nought have a minus, as everywhere on a page. Alignment of table cells becomes a
    class, because the page's policy forbids styles.
    """
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            # The page has its own first heading: those of the text stand below it.
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
        if token.type == "th_open":
            token.attrSet("scope", "col")
        if token.attrGet("style"):
            align_right = "right" in str(token.attrGet("style"))
            token.attrs.pop("style")
            if align_right:
                token.attrSet("class", "number")
        for child in token.children or ():
            if child.type == "text":
                child.content = _BELOW_NOUGHT.sub("−", child.content)
            elif child.type == "image":
                child.attrSet("src", address_of(str(child.attrGet("src"))))
    html: str = reader.renderer.render(tokens, reader.options, {})
    return mark_safe(html)  # raw HTML is off: everything in it is escaped
