"""A firm among others as its page shows it: the pictures of holdings and guarantees, and tables with the same content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from puhui.console.templatetags.figures import money
from puhui.console.tree_drawing import Line, Picture, draw, layers_around
from puhui.evidence.company_tree import CompanyTree
from puhui.evidence.control import MAJORITY, Control
from puhui.evidence.relations import ITSELF, OWNER_SHARE

LATE, CYCLE, CONTROL, PLAIN = "late", "cycle", "control", "plain"


def tree_view(tree: CompanyTree, firm_name: str) -> dict[str, Any]:
    """Everything that the panel shows."""
    named = _Names(firm_name, tree)
    return {
        "stated_on": tree.stated_on,
        "is_empty": tree.is_empty,
        "holdings": _holdings(tree, named),
        "holdings_picture": _picture(_holdings_picture(tree, named), named) if tree.holdings else None,
        "people": _people(tree),
        "controllers": [_control(each, named, tree) for each in tree.controllers],
        "investments": [_control(each, named, tree) for each in tree.investments],
        "guarantees": _guarantees(tree, named),
        "guarantees_picture": _picture(_guarantees_picture(tree, named), named) if tree.guarantees else None,
        "circle": tree.circle,
        "share_cycles": [named.way([*each, each[0]]) for each in tree.share_cycles],
        "guarantee_cycles": [named.way([*each, each[0]]) for each in tree.guarantee_cycles],
        "former_names": _(", ").join(tree.former_names),
    }


class _Names:
    """The names as the page writes them, and the numbers of those that are customers."""

    def __init__(self, firm_name: str, tree: CompanyTree) -> None:
        self.firm_name, self.customers = firm_name, tree.customers
        self.persons = {each.holder for each in tree.holdings if each.person}
        self.open_ends, self.overdue = tree.open_ends, tree.overdue

    def of(self, name: str) -> str:
        return name or self.firm_name

    def cell(self, name: str) -> dict[str, Any]:
        return {"name": self.of(name), "number": self.customers.get(name)}

    def way(self, names: Iterable[str]) -> str:
        return " → ".join(self.of(name) for name in names)

    def kind(self, name: str) -> str:
        """What a box is, as a word: for the reader of the picture who does not see its shape."""
        if name == ITSELF:
            return _("this firm")
        if name in self.overdue:
            return _("does not pay")
        if name in self.persons:
            return _("person or state")
        if name in self.open_ends:
            return _("firm, its holders not told")
        return _("firm")

    def shape(self, name: str) -> str:
        shapes = {ITSELF: "self"} | dict.fromkeys(self.open_ends, "open") | dict.fromkeys(self.persons, "person")
        return shapes.get(name, "firm") if name not in self.overdue else "late"


def percent(share: float) -> str:
    return f"{share * 100:.4g}%"


def _on_cycles(cycles: Iterable[tuple[str, ...]]) -> set[tuple[str, str]]:
    return {pair for way in cycles for pair in zip(way, [*way[1:], way[0]], strict=True)}


def _holdings_picture(tree: CompanyTree, named: _Names) -> Picture:
    up, down, circular = defaultdict(set), defaultdict(set), _on_cycles(tree.share_cycles)
    lines = []
    for each in tree.holdings:
        up[each.target].add(each.holder)
        down[each.holder].add(each.target)
        tone = CYCLE if (each.holder, each.target) in circular else CONTROL if each.share > MAJORITY else PLAIN
        lines.append(Line(each.holder, each.target, percent(each.share), tone))
    layers = layers_around(ITSELF, up, down)
    beside = {name for line in lines for name in (line.start, line.end)} - layers.keys()
    layers |= {name: _beside(name, lines, layers) for name in sorted(beside)}
    return draw(layers, lines, {ITSELF: named.firm_name})


def _beside(name: str, lines: Iterable[Line], layers: Mapping[str, int]) -> int:
    """Sisters, and other holders of what the firm holds: one layer below who holds them, or above what they hold."""
    below = [layers[line.start] + 1 for line in lines if line.end == name and line.start in layers]
    above = [layers[line.end] - 1 for line in lines if line.start == name and line.end in layers]
    return min(below, default=max(above, default=0))


def _guarantees_picture(tree: CompanyTree, named: _Names) -> Picture:
    links, circular = defaultdict(set), _on_cycles(tree.guarantee_cycles)
    lines = []
    for each in tree.guarantees:
        links[each.guarantor].add(each.debtor)
        links[each.debtor].add(each.guarantor)
        tone = LATE if each.overdue else CYCLE if (each.guarantor, each.debtor) in circular else PLAIN
        lines.append(Line(each.guarantor, each.debtor, _wan(each.amount_fen), tone))
    return draw(layers_around(ITSELF, {}, links), lines, {ITSELF: named.firm_name})


def _wan(amount_fen: int) -> str:
    return _("%(amount)s wan") % {"amount": f"{amount_fen / 1_000_000:,.4g}"}


def _picture(picture: Picture, named: _Names) -> dict[str, Any]:
    boxes = [
        {
            "box": box, "name": named.of(box.name), "number": named.customers.get(box.name), "kind": named.kind(box.name),
            "shape": named.shape(box.name),
        }
        for box in picture.boxes
    ]  # fmt: skip
    paths = [{"line": line, "path": path, "x": round(x), "y": round(y)} for line, path, x, y in picture.paths]
    return {"picture": picture, "boxes": boxes, "paths": paths}


def _holdings(tree: CompanyTree, named: _Names) -> list[dict[str, Any]]:
    circular = _on_cycles(tree.share_cycles)
    return [
        {
            "holder": named.cell(each.holder), "target": named.cell(each.target), "kind": named.kind(each.holder),
            "share": percent(each.share), "decides": each.share > MAJORITY, "in_circle": (each.holder, each.target) in circular,
        }
        for each in sorted(tree.holdings, key=lambda each: (each.target, -each.share, each.holder))
    ]  # fmt: skip


def _people(tree: CompanyTree) -> list[dict[str, Any]]:
    """The persons behind the firm with their shares in effect, the largest first; those with a quarter are owners by the rules."""
    persons = {each.holder for each in tree.holdings if each.person}
    found = sorted(((name, share) for name, share in tree.shares.items() if name in persons), key=lambda pair: (-pair[1], pair[0]))
    return [{"name": name, "share": percent(share), "is_owner": share >= OWNER_SHARE - 1e-5} for name, share in found]


def _control(each: Control, named: _Names, tree: CompanyTree) -> dict[str, Any]:
    return {
        "who": named.cell(each.name), "kind": named.kind(each.name), "share": percent(each.share), "by_product": each.by_product,
        "chain": named.way(each.chain) if each.chain else "",
    }  # fmt: skip


def _guarantees(tree: CompanyTree, named: _Names) -> list[dict[str, Any]]:
    circular = _on_cycles(tree.guarantee_cycles)
    return [
        {
            "guarantor": named.cell(each.guarantor), "debtor": named.cell(each.debtor), "amount": money(each.amount_fen),
            "overdue": each.overdue, "in_circle": (each.guarantor, each.debtor) in circular,
        }
        for each in tree.guarantees
    ]  # fmt: skip
