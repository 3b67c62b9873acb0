"""The layouts as a page of documentation: `python -m puhui.evidence.layouts_page > docs/record-layouts.md`.

The files under `catalogue/evidence/` are the truth; the page shows what each class is and what a record of it holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from puhui.evidence.layouts import EvidenceClass, Field, Layout, classes, layouts

__all__ = ["page"]

_HEAD = """# Records of evidence

What stands in `src/puhui/catalogue/evidence/`, written by `python -m puhui.evidence.layouts_page > docs/record-layouts.md`; a test fails
when this page and the files differ. What the parts mean, and how a layout is written: [evidence](evidence.md). A file of each record, to
try an import or to show a source what is wanted, is written by `puhui evidence sample RECORD PATH`. Every layout here is tested by being
there: its sample is read alike from CSV, XLSX, Parquet and JSON, and spoilt in every cell.

**N** after a name: every row needs it. **P**: personal information even for a company. **K**: part of what names the fact, so that a later
row with the same corrects this one. **D**: the day on which it was true. Amounts are yuan in files and fen inside. *Not verified* means
that nobody has yet compared the layout with its source.
"""


def page() -> str:
    """The whole page, Markdown."""
    lines = [_HEAD]
    for kind in classes().values():
        lines += _class(kind)
    return "\n".join(lines) + "\n"


def _class(kind: EvidenceClass) -> Iterator[str]:
    yield f"## {kind.code} {kind.title['en']} · {kind.title['zh-hans']}"
    yield ""
    yield f"From {kind.provider}: {kind.refresh}. Basis: {kind.legal_basis}. Consent: {kind.consent}. Late after {kind.fresh_days} days;"
    yield f"kept for {kind.keep_days} days after the last consent has ended."
    yield ""
    if kind.code == "C07":
        yield "Invoices have a reader and tables of their own ([decision 3](decisions/0003-invoice-identity.md)); their words stand in"
        yield "`src/puhui/catalogue/mappings/C07.toml`."
        yield ""
    for each in layouts(kind.code):
        yield from _layout(each)


def _layout(layout: Layout) -> Iterator[str]:
    yield f"### `{layout.record}`: {layout.title['en']} · {layout.title['zh-hans']}"
    yield ""
    since = {"now": "when it is imported", "column": "the moment in a column that the mapping names"}
    lag = f"{layout.known_at.lag_days} days after its day (assumed)"
    traits = [f"Known from {since.get(layout.known_at.origin, lag)}", f"nothing before {layout.earliest}"]
    traits += ["a time series"] * layout.series + ["may lie ahead"] * layout.future + ["repeats are left out"] * layout.repeats_left_out
    yield f"{'; '.join(traits)}. Source: {layout.source}{'' if layout.verified else ' *(not verified)*'}."
    yield ""
    yield "| Field | Type | Headings | Values |"
    yield "|---|---|---|---|"
    for field in layout.fields.values():
        marks = "N" * field.needed + "P" * field.personal + "K" * (field.name in layout.identity) + "D" * (field.name == layout.observed)
        name = f"`{field.name}`" + (f" **{marks}**" if marks else "")
        yield f"| {name} | {field.type} | {_cell(', '.join(field.headings))} | {_cell(_values(field))} |"
    yield ""


def _values(field: Field) -> str:
    if field.type == "word":
        return "; ".join(f"`{meaning}`: {', '.join(words)}" for meaning, words in field.words.items())
    scale = 100 if field.type == "amount" else 1
    bounds = [f"at {name} {bound / scale:,g}" for name, bound in (("least", field.least), ("most", field.most)) if bound is not None]
    if field.table:
        bounds.append(f"table `{field.table}`")
    if field.type in ("text", "code"):
        bounds.append(f"{field.longest} characters")
    return ", ".join(bounds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
