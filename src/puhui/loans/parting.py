"""Drafted contracts that still name somebody who has left the household since they were drafted.

Who left owes nothing that is lent from then on (`parties.leaving`), so a text that names them may not be signed: it is found by its own
words, told where somebody leaves and on the contract, and drafted anew (`replanning.draft_anew`). What is signed stays as it was signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from puhui.calculations.faults import Fault
from puhui.loans.models import Contract
from puhui.parties.borrowers import names_of_those_who_left
from puhui.parties.models import Firm
from puhui.parties.registration import PEOPLE_KINDS

__all__ = ["drafts_naming_who_left", "naming_faults", "who_left"]


def who_left(contracts: Iterable[Contract]) -> dict[int, list[str]]:
    """Drafted contract → names in its text of those who are in the household no more. Two statements where people owe, else none."""
    drafted = [one for one in contracts if one.status == Contract.Status.DRAFTED and one.firm.kind in PEOPLE_KINDS]
    gone = names_of_those_who_left([one.firm for one in drafted])
    found = {one.pk: [name for name, words in gone.get(one.firm_id, []) if words in one.text] for one in drafted}
    return {number: names for number, names in found.items() if names}


def drafts_naming_who_left(firm: Firm) -> list[Contract]:
    """The drafted contracts of a household that must be drafted anew."""
    drafts = list(Contract.objects.filter(firm=firm, status=Contract.Status.DRAFTED).select_related("firm").order_by("pk"))
    stale = who_left(drafts)
    return [one for one in drafts if one.pk in stale]


def naming_faults(contracts: Iterable[Contract]) -> Iterator[Fault]:
    """Why such a contract is not signed."""
    drafts = list(contracts)
    stale = who_left(drafts)
    for contract in drafts:
        if contract.pk in stale:
            names = ", ".join(stale[contract.pk])
            yield Fault(f"contract {contract.number}", f"a text that names {names}, who left", "a text of those who owe", "Draft it anew.")
