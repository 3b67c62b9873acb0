"""The catalogue of products and parameter tables as a page of documentation: `python -m puhui.products.catalogue_page > docs/products.md`.

The files under `catalogue/` are the truth; the page shows what each product asks and offers in its own words and formulas, and of each
table what its columns are, where the figures come from, and whether a person has compared them with that source.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from puhui.products.documents import CATALOGUE
from puhui.products.mechanisms_page import product_mechanisms
from puhui.products.page_parts import Body
from puhui.products.page_parts import listed as _listed
from puhui.products.page_parts import pairs as _pairs
from puhui.products.page_parts import row as _row
from puhui.products.page_parts import shown as _shown
from puhui.products.page_parts import words as _words

__all__ = ["page"]

_HEAD = """# Products and parameters

What stands in `src/puhui/catalogue/`, written by `python -m puhui.products.catalogue_page > docs/products.md`; a test fails when this page
and the files differ. Nothing here is code: an institution puts files of the same form into a folder of its own
([`PUHUI_CATALOGUE`](settings.md)), which go before these, and checks them with [`puhui products check`](commands.md). How such a file is
written: [product files](product-files.md). How a limit and a price follow from it: [limit](algorithms/limit.md),
[price](algorithms/price.md). What the variables mean: [variables](variables.md).

Amounts are yuan, rates and shares decimals (0.04 is 4%). Sources such as `regulation.md §7 [P49]` are sections and marks of the reference
that the figures were taken from; it is not part of the repository. **Not verified** (and the mark `[GK]`, general knowledge) means that no
person has yet compared the figures with the source itself: do so before production.
"""


def page() -> str:
    """The whole page, Markdown."""
    lines = [_HEAD]
    products = {path.name: _read(path) for path in sorted((CATALOGUE / "products").glob("*.toml"))}
    lines += _listed("", ("Product", "简体", "Family", "Up to", "Class by"), (_index_cells(body) for body in products.values()))
    for name, body in products.items():
        lines += ["", *_product(body, name)]
    lines += ["", "## Parameter tables", "", "| Table | Title | 简体 | Source | Checked by a person |", "|---|---|---|---|---|"]
    tables = {path.stem: _read(path) for path in sorted((CATALOGUE / "parameters").glob("*.toml"))}
    lines += [_table_line(name, body) for name, body in tables.items()]
    for name, body in tables.items():
        lines += _table(name, body)
    return "\n".join(lines) + "\n"


def _read(path: Path) -> Body:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _product(body: Body, file: str) -> Iterator[str]:
    head, amount, term = body["product"], body["amount"], body["term"]
    names = head["names"]
    yield f"## `{head['code']}`: {names['en']}\n"
    yield f"{names['zh-hans']} · {names['zh-hant']}. In force from {head['valid_from']}."
    yield f"File `products/{file}`, source: {head['source']}.\n"
    yield f"- **Who**: {_words(head['borrower_kinds'])}. Not for: {_words(head['forbidden_purposes'])}."
    yield f"- **How much**: {amount['minimum']:,} to {amount['maximum']:,} {head['currency']}, in steps of {amount['multiple']:,}."
    yield f"- **How long**: {term['minimum_months']} to {term['maximum_months']} months."
    yield f"- **An offer stands**: {body['offer']['valid_days']} days."
    yield f"- **Repaid**: {_pairs(body['repayment']['terms'])}."
    if days := body["repayment"].get("days"):
        yield f"- **Due**: as many days after the payout as `{days}` of the form says, within the term."
    if season := body["repayment"].get("season"):
        yield f"- **Due with the harvest**: {_pairs(season)}."
    yield f"- **Reads**: evidence {_words(body['evidence']['classes'])} under consent to `{body['evidence']['purpose']}`;"
    yield f"  {_class_by(body)}; tables {', '.join(_link(name) for name in body['parameters'].values())}."
    yield f"- **Price**: {_pairs(body['price'])}."
    if least := body["score"].get("probability_minimum"):
        yield f"- **No firm counts as safer than**: a probability of default of {least}. Source: {body['score'].get('source', '–')}."
    yield from product_mechanisms(body)
    yield from _listed("Who may borrow", ("Rule", "Must hold", "Otherwise", "If not known", "Source"), _rules(body["rules"]))
    yield from _listed("Classes", ("Class", "Probability of default", "Lent to"), _classes(body["classes"]))
    yield from _listed("Limit: the least of", ("Bound", "Yuan", "If not known"), _bounds(body["limit"]["bounds"]))
    if parts := body.get("parts"):
        yield from _listed(
            "Becomes these loans, in this order", ("Part", "Product", "Yuan at most", "If not known", "Alone"), _parts(parts)
        )
    if body.get("constants") or body.get("tables"):
        yield from _listed("Figures of the formulas", ("Name", "Value", "Unit", "Source"), _figures(body))
    if unknowns := body.get("unknowns"):
        yield from _listed("Not known from the evidence", ("What", "How it is met", "Condition before payout"), _unknowns(unknowns))
    conditions = ((f"`{each['code']}`", each["texts"]["en"]) for each in body["offer"].get("conditions", ()))
    yield from _listed("Conditions before payout", ("Code", "Condition"), conditions)


def _index_cells(body: Body) -> tuple[str, ...]:
    head = body["product"]
    names, anchor = head["names"], f"{head['code']}-{head['names']['en'].lower().replace(' ', '-')}"
    anchor = "".join(letter for letter in anchor if letter.isalnum() or letter in "-_")
    link = f"[`{head['code']}`](#{anchor}) {names['en']}"
    return link, names["zh-hans"], head.get("family", "–").replace("_", " "), f"{body['amount']['maximum']:,}", _class_by(body)


def _class_by(body: Body) -> str:
    return f"score `{body['score']['model']}`" if "model" in body["score"] else f"table `{body['score']['policy_class']}`"


def _rules(rules: list[Body]) -> Iterator[tuple[str, ...]]:
    for rule in rules:
        cells = (f"{rule['names']['en']} (`{rule['code']}`)", f"`{rule['require']}`", rule["severity"], rule["null"])
        yield (*cells, rule.get("source", "–"))


def _classes(classes: list[Body]) -> Iterator[tuple[str, ...]]:
    for each in classes:
        below, own = each.get("probability_below"), each.get("probability")
        chance = f"{own}, taken" if own is not None else f"below {below}" if below is not None else "all above"
        yield each["names"]["en"], chance, "yes" if each["lent"] else "no"


def _bounds(bounds: list[Body]) -> Iterator[tuple[str, ...]]:
    for bound in bounds:
        yield f"{bound['names']['en']} (`{bound['code']}`)", f"`{' '.join(bound['yuan'].split())}`", bound["null"]


def _parts(parts: list[Body]) -> Iterator[tuple[str, ...]]:
    for part in parts:
        most = f"`{part['yuan']}`" + (f", at most {part['share']} of the whole" if "share" in part else "")
        yield part["names"]["en"], f"`{part['product']}`", most, part["null"], "yes" if part["stands_alone"] else "no"


def _figures(body: Body) -> Iterator[tuple[str, ...]]:
    for name, figure in body.get("constants", {}).items():
        yield f"`{name}`", _shown(figure["value"]), figure["unit"], _source(figure)
    for name, table in body.get("tables", {}).items():
        yield f"`{name}` by `{table['key']}`", _pairs(table["values"]), table["unit"], _source(table)


def _source(figure: Body) -> str:
    source = figure["source"]
    return str(source["en"] if isinstance(source, dict) else source)


def _unknowns(unknowns: list[Body]) -> Iterator[tuple[str, ...]]:
    for each in unknowns:
        yield each["names"]["en"], each["handling"]["en"], each.get("condition", {}).get("en", "–")


def _table_line(name: str, body: Body) -> str:
    head = body["table"]
    english, chinese = _titles(head)
    return _row((_link(name), english, chinese, head["source"], "yes" if head["verified"] else "**not verified**"))


def _table(name: str, body: Body) -> Iterator[str]:
    head = body["table"]
    (rows,) = [value for key, value in body.items() if key != "table"]
    columns = dict(head.get("columns") or {key: "text" for row in rows for key in row})
    dates = [str(row["valid_from"]) for row in rows if "valid_from" in row]
    yield f"\n### {name}\n"
    since = f"; valid from {min(dates)}" + (f" to {max(dates)}, by row" if max(dates) > min(dates) else "") if dates else ""
    yield f"{len(rows)} rows{since}.{'' if head['verified'] else ' **Not verified.**'}\n"
    if "columns" in head:
        yield f"Units: {', '.join(f'`{column}` {unit}' for column, unit in columns.items())}.\n"
    shown = [column for column in ("valid_from", *columns) if any(column in row for row in rows)]
    shown = list(dict.fromkeys([*shown, *(["source"] if any("source" in row for row in rows) else [])]))
    yield from _listed("", tuple(shown), (tuple(_shown(row.get(column, "–")) for column in shown) for row in rows))


def _titles(head: Body) -> tuple[str, str]:
    if "names" in head:
        return head["names"]["en"], head["names"]["zh-hans"]
    return head["title"], head["title_chinese"]


def _link(name: str) -> str:
    return f"[`{name}`](#{name})"


if __name__ == "__main__":
    sys.stdout.write(page())
