"""Reads the expressions of a product file: parsed against the facts of their stage, compiled, faults collected with their places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from puhui.calculations.faults import Fault, FaultsError
from puhui.calculations.rule_tree import Constant, Expression, expression_of
from puhui.calculations.rule_tree import Node as Tree
from puhui.calculations.rule_units import TEXT, Kind, kind_of_unit, number
from puhui.calculations.rules import Place, TableKind, Vocabulary, parse
from puhui.calculations.rules_python import compile_python
from puhui.products import vocabulary
from puhui.products.documents import Document
from puhui.products.fields import Fields
from puhui.products.terms import Formula

_NOTHING = Expression("", Constant(None, number("ratio")), (), ())


class Formulas:
    """The expressions of one document. Admission rules know the case, bounds of the limit also the score and the class; derived values
    are added one by one, so that each may speak of those before it."""

    def __init__(
        self,
        faults: list[Fault],
        document: Document,
        variables: Mapping[str, str],
        tables: Mapping[str, Mapping[str | float, float]],
        application: Mapping[str, str] | None = None,
    ) -> None:
        self.faults = faults
        self.document = document
        declared = {name: kind_of_unit(unit) for name, unit in variables.items()} | self._constant_kinds()
        for name in declared.keys() & (vocabulary.CASE_FACTS | vocabulary.SCORED_FACTS).keys():
            faults.append(Fault(document.where("variables", name), name, "a name that is not a fact of every case", "Rename or remove it."))
        for part, names in (("variables", variables), ("application", application or {})):
            for name in filter(vocabulary.is_protected, names):
                faults.append(Fault(document.where(part, name), name, "nothing that a person may not be decided on by", "Remove it."))
        kinds = {name: self._table_kind(name, values) for name, values in tables.items()}
        facts = {name: kind_of_unit(unit) for name, unit in (application or {}).items()}
        for name in facts.keys() & (declared.keys() | vocabulary.CASE_FACTS.keys() | vocabulary.SCORED_FACTS.keys()):
            faults.append(Fault(document.where("application", name), name, "a name that nothing else has", "Rename it."))
        case = vocabulary.kinds(vocabulary.CASE_FACTS)
        self.case = Vocabulary(facts | declared | case, kinds)
        self.scored = Vocabulary(facts | declared | case | vocabulary.kinds(vocabulary.SCORED_FACTS), kinds)

    def add(self, name: str, kind: Kind, *, after_class: bool) -> None:
        """Lets what comes after speak of a derived value."""
        if not after_class:
            self.case = Vocabulary({**self.case.names, name: kind}, self.case.tables)
        self.scored = Vocabulary({**self.scored.names, name: kind}, self.scored.tables)

    def is_after_class(self, names: Iterable[str]) -> bool:
        """Whether any of the names is known only with the score or the class."""
        return any(name in self.scored.names and name not in self.case.names for name in names)

    def read(self, row: Fields, key: str, unit: str | Kind, *, scored: bool, more: Mapping[str, str] = MappingProxyType({})) -> Formula:
        """The formula under `key`, whose value is of `unit` (`BARE`: a number in any); one that gives null where it is faulty.

        `more`: facts with their units that this formula alone may speak of.
        """
        text = row.text(key)
        expression = _NOTHING
        if text:
            kind = unit if isinstance(unit, Kind) else kind_of_unit(unit)
            known = self.scored if scored else self.case
            known = (
                Vocabulary({**known.names, **{name: kind_of_unit(each) for name, each in more.items()}}, known.tables) if more else known
            )
            try:
                expression = parse(text, known, kind, self._place(*row.path, key))
            except FaultsError as error:
                self.faults.extend(error.faults)
        return Formula(expression, compile_python(expression))

    @staticmethod
    def of_tree(text: str, tree: Tree) -> Formula:
        """The formula of a tree put together from read ones."""
        expression = expression_of(text, tree)
        return Formula(expression, compile_python(expression))

    def _constant_kinds(self) -> dict[str, Kind]:
        constants = self.document.body.get("constants", {})
        units = {name: body.get("unit") for name, body in constants.items() if isinstance(body, dict)}
        return {name: kind_of_unit(unit) for name, unit in units.items() if isinstance(unit, str)}

    def _place(self, *path: str | int) -> Place:
        if self.document.positions:
            return self.document.positions.place(path)
        return Place(f"{self.document.kind} {self.document.name}")

    def _table_kind(self, name: str, values: Mapping[str | float, float]) -> TableKind:
        body = self.document.body["tables"][name]
        unit = body.get("unit")
        key = vocabulary.kinds(vocabulary.CASE_FACTS, vocabulary.SCORED_FACTS).get(body.get("key"), TEXT)
        if key != TEXT:
            self.faults.append(Fault(self.document.where("tables", name, "key"), repr(body.get("key")), "a fact that is a text"))
        return TableKind(TEXT, kind_of_unit(unit) if isinstance(unit, str) else Kind("number"), frozenset(values))
