"""What the register of shareholders means for the credit view: firms of one group are linked as soon as evidence of class C02 is taken in.

`take_in` is the way in for a file that a person sends: what it tells is stored, and the links that follow from it are made, in one
transaction, so that no shareholding can be known of which the group limit does not know. Links that the newest statement no longer bears
out end; those that an officer declared stay. All firms of a file are looked at together, in a number of statements that does not grow
with them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
from django.db import transaction

from puhui.decisions.credit_models import CreditLink
from puhui.decisions.credit_view import lock_groups
from puhui.evidence import queries as evidence
from puhui.evidence.actions import ImportResult
from puhui.evidence.company_tree import customers_named, holdings_of, own_names
from puhui.evidence.importing import import_file
from puhui.evidence.models import BatchFirm
from puhui.evidence.relations import group
from puhui.parties.actions import record_audits
from puhui.parties.consents import CREDIT_DECISION
from puhui.parties.models import Institution
from puhui.parties.queries import firms_with_live_consent

__all__ = ["REGISTER", "after_import", "link_by_register", "take_in"]

RECORD = "shareholding"
EVIDENCE_CLASS = "C02"
REGISTER = "shareholding register, a quarter or more"
"""How a link made here says what shows it; by this text it is known when the register changes."""


def take_in(institution: Institution, path: Path, evidence_class: str, *arguments: Any, actor: str, **options: Any) -> list[ImportResult]:
    """`puhui.evidence.importing.import_file`, and for class C02 the links that follow. Raises `FaultsError`; nothing is changed then."""
    if evidence_class != EVIDENCE_CLASS:
        return import_file(institution, path, evidence_class, *arguments, actor=actor, **options)
    with transaction.atomic():
        results = import_file(institution, path, evidence_class, *arguments, actor=actor, **options)
        after_import(institution, results, actor)
    return results


def after_import(institution: Institution, results: Iterable[ImportResult], actor: str) -> list[CreditLink]:
    """The links that follow from batches just taken in; batches of other records change nothing."""
    batches = [each.batch_id for each in results if each.record == RECORD and each.batch_id]
    if not batches:
        return []
    firms = set(BatchFirm.objects.filter(batch__in=batches, record=RECORD).values_list("firm_id", flat=True))
    return link_by_register(institution, firms, actor)


@transaction.atomic
def link_by_register(institution: Institution, firms: Collection[int], actor: str) -> list[CreditLink]:
    """Links of firms to customers of the lender that are in their group by the register as known on the open day; the new ones.

    A firm without a live consent to class C02 for the decision of credit is left as it is: its holdings may not be read for it.
    """
    readable = firms_with_live_consent(institution, CREDIT_DECISION, EVIDENCE_CLASS, institution.business_date)
    names = dict(readable.filter(pk__in=list(firms)).values_list("pk", "name"))
    if not names:
        return []
    wanted = _wanted(institution, names, actor)
    ending, beginning = _changes(names, wanted)
    if not ending and not beginning:
        return []
    lock_groups(institution, {firm for pair in [*beginning, *((one.firm_id, one.other_id) for one in ending)] for firm in pair if firm})
    ending, beginning = _changes(names, wanted)  # again under the lock: somebody may have linked them in the meantime
    _end(institution, ending, actor)
    return _begin(institution, beginning, actor)


def _changes(firms: Iterable[int], wanted: set[tuple[int, int]]) -> tuple[list[CreditLink], list[tuple[int, int]]]:
    """(links from the register that it does not bear out any more, pairs that are not linked yet)."""
    standing = CreditLink.objects.filter(firm__in=list(firms), kind=CreditLink.Kind.HOLDING, ended_on=None)
    held = {(one.firm_id, one.other_id): one for one in standing}
    return [one for pair, one in held.items() if pair not in wanted and one.evidence == REGISTER], sorted(wanted - held.keys())


def _wanted(institution: Institution, names: Mapping[int, str], actor: str) -> set[tuple[int, int]]:
    """(firm, customer in its group) of all firms; the customers' names are looked up at once."""
    rows = evidence.records_as_of(institution, RECORD, institution.business_date, list(names), reader=actor)
    rows = rows.filter(pl.col("stated_on") <= institution.business_date)
    groups = {
        int(key[0]): group(holdings_of(part, own_names(names[int(key[0])]))).members
        for key, part in rows.partition_by("firm_id", as_dict=True).items()
    }
    numbers = customers_named(institution, {name for members in groups.values() for name in members})
    pairs = {(firm, numbers[name]) for firm, members in groups.items() for name in members if name in numbers}
    return {(firm, other) for firm, other in pairs if firm != other}


def _end(institution: Institution, links: Collection[CreditLink], actor: str) -> None:
    if not links:
        return
    CreditLink.objects.filter(pk__in=[one.pk for one in links]).update(ended_on=institution.business_date)
    record_audits(institution, actor, "end_credit_link", "firm", [(one.firm_id, _detail(one)) for one in links])


def _begin(institution: Institution, pairs: Iterable[tuple[int, int]], actor: str) -> list[CreditLink]:
    links = CreditLink.objects.bulk_create(
        [
            CreditLink(
                institution=institution, firm_id=firm, other_id=other, kind=CreditLink.Kind.HOLDING, evidence=REGISTER, recorded_by=actor
            )
            for firm, other in pairs
        ]
    )  # fmt: skip
    if links:
        record_audits(institution, actor, "credit_link", "firm", [(one.firm_id, _detail(one)) for one in links])
    return links


def _detail(link: CreditLink) -> dict[str, Any]:
    return {"other": link.other_id, "kind": link.kind, "evidence": link.evidence}
