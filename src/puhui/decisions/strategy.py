"""What decides: a product, the model it names, and the parameter tables it names, as they stand or as they stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from puhui.calculations.faults import Fault, FaultsError
from puhui.decisions.concentration import limits_table
from puhui.parties.models import Institution
from puhui.products import queries as products
from puhui.products.actions import store
from puhui.products.parameters import Table
from puhui.products.terms import Product
from puhui.scoring.loading import AnyModel
from puhui.scoring.models import RegisteredModel
from puhui.scoring.queries import lineup, loaded, models
from puhui.scoring.trials import Beside, Lineup, Trial, place_ppm


@dataclass(frozen=True)
class Strategy:
    product: Product
    model: AnyModel | None  # None where a decision table of the product gives the class
    parameters: Mapping[str, Table]
    lineup: Lineup | None = None  # where challengers are tried beside the model
    trial: Trial | None = None  # of one application

    @property
    def wanted(self) -> frozenset[str]:
        """The variables that it reads."""
        models = (self.lineup or self.model).columns if self.model else ()
        return frozenset(self.product.variables) | frozenset(models)

    @property
    def digests(self) -> frozenset[str]:
        """Of the texts that decisions rest on: product and tables."""
        return frozenset({self.product.digest, *(table.digest for table in self.parameters.values())})

    def of_application(self, number: int) -> Strategy:
        """What decides on the application of this number: the same, unless challengers are tried."""
        if self.lineup is None:
            return self
        trial = self.lineup.trial(number)
        return replace(self, model=trial.model, trial=trial)


def in_force(institution: Institution, product_code: str, day: date) -> Strategy:
    """The product valid on a day, with the champion of the model it names. Raises FaultsError."""
    return of_product(institution, products.product(product_code, day, institution), day)


def of_product(institution: Institution, product: Product, day: date) -> Strategy:
    """A product, in force or not, with the champion of the model it names. Raises FaultsError."""
    if product.policy_class:
        return Strategy(product, None, products.tables_of(product))
    models_of_name = lineup(institution, product.model, day)
    if models_of_name is None:
        names = sorted(set(models(institution).values_list("name", flat=True)))
        found = f"registered: {', '.join(names)}" if names else "no model registered"
        remedy = "Train and register one with `puhui score train`."
        raise FaultsError([Fault("model", found, f"a champion named {product.model}, which product {product.code} names", remedy)])
    tried = models_of_name if models_of_name.challengers else None
    return Strategy(product, models_of_name.champion, products.tables_of(product), tried)


def part_strategies(institution: Institution, strategy: Strategy, day: date) -> list[Strategy]:
    """What decides the parts of a combined product, in the order of filling; none for a single loan. Raises FaultsError."""
    return [in_force(institution, part.product, day) for part in strategy.product.parts]


def keep(strategy: Strategy) -> None:
    """Store the texts that decisions by this strategy will rest on."""
    tables = [*strategy.parameters.values(), limits_table()]
    store([strategy.product.document, *(table.document for table in tables)])


class Stored:
    """Strategies as they stood, by the digests that records name; each text is read once."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self._products: dict[str, Product] = {}
        self._tables: dict[str, Table] = {}
        self._models: dict[str, AnyModel] = {}

    def strategy(self, versions: Mapping[str, Any]) -> Strategy:
        """Raises FaultsError where a text or model is missing, or is not what its digest says."""
        product = versions["product"]["digest"]
        if product not in self._products:
            self._products |= products.stored_products([product])
        tables = {part: named["digest"] for part, named in versions["parameters"].items()}
        missing = set(tables.values()) - self._tables.keys()
        if missing:
            self._tables |= products.stored_tables(missing)
        digest = versions["model"]["digest"]
        model = self._model(digest) if digest else None
        return Strategy(self._products[product], model, {part: self._tables[digest] for part, digest in tables.items()})

    def table(self, digest: str) -> Table:
        """A table that a record names beside those of the product. Raises FaultsError."""
        if digest not in self._tables:
            self._tables |= products.stored_tables([digest])
        return self._tables[digest]

    def trial(self, recorded: Mapping[str, Any] | None, strategy: Strategy, application_id: int) -> Trial | None:
        """How an application was tried, from what its record names; its place is reckoned again."""
        if recorded is None or strategy.model is None:
            return None
        beside = tuple(Beside(each["role"], self._model(each["digest"])) for each in recorded["beside"])
        place = place_ppm(recorded["code"], application_id)
        return Trial(recorded["code"], recorded["promotion"], place, recorded["decided_by"], strategy.model, beside)

    def _model(self, digest: str) -> AnyModel:
        if digest not in self._models:
            self._models[digest] = self._read(digest)
        return self._models[digest]

    def _read(self, digest: str) -> AnyModel:
        row = RegisteredModel.objects.filter(institution=self.institution, digest=digest).first()
        if row is None:
            raise FaultsError([Fault(f"model {digest}", "nothing registered", "its content")])
        return loaded(row)
