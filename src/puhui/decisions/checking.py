"""Facts that the borrower only states become facts that count when an officer has seen the papers.

An application sent from a phone carries the borrower's own word on what the product's form asks. Nothing is decided on it. The officer
looks at the papers, corrects what differs, adds what only the lender's people can find out (that the machines were seen, the panel's
score), names the paper behind each fact, and the engine decides on what was found. What was stated and what was found stay side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import transaction

from puhui.calculations.faults import Fault, check
from puhui.decisions.derived import application_fact_faults
from puhui.decisions.factory_models import FactCheck
from puhui.decisions.models import Application
from puhui.decisions.standing import REVIEWERS, standing_faults, standing_of
from puhui.parties.actions import record_audit
from puhui.parties.models import User
from puhui.products.queries import product as product_in_force
from puhui.products.terms import Product

__all__ = ["check_facts", "needs_papers", "stated_facts"]

_LONGEST_PAPER = 200


def needs_papers(product: Product) -> bool:
    """Whether an application for this product waits for somebody who looks at papers: its form asks for something."""
    return bool(product.application)


def stated_facts(product: Product) -> list[str]:
    """The facts that a borrower can state; the others are the lender's to find out."""
    return [name for name, fact in product.application.items() if fact.by == "borrower"]


@transaction.atomic
def check_facts(application: Application, user: User, found: Mapping[str, Any], papers: Mapping[str, str]) -> FactCheck:
    """Put what was found in the place of what was stated; checked already, the check that is there.

    Args:
        found: fact of the form → value; absent or None where it could not be found out, which each rule answers in its own way
        papers: fact → the paper that shows it, or who looked; needed for every fact with a value
    Raises:
        FaultsError: a person who may not, an application that waits for no papers, facts and papers that do not fit the form.
    """
    application = (
        Application.objects.select_for_update(no_key=True, of=("self",)).select_related("institution", "firm").get(pk=application.pk)
    )
    there = FactCheck.objects.filter(application=application).first()
    if there is not None:
        return there
    product = product_in_force(application.product_code, application.institution.business_date)
    given = {name: value for name, value in found.items() if value is not None}
    check([*_who_faults(application, user), *application_fact_faults(product, given), *_paper_faults(product, given, papers)])
    row = FactCheck.objects.create(
        institution=application.institution, application=application, stated=application.facts,
        found={name: given.get(name) for name in product.application}, papers={name: papers[name].strip() for name in given},
        checked_by=user,
    )  # fmt: skip
    changed = sorted(name for name, value in given.items() if name in row.stated and row.stated[name] != value)
    application.facts, application.stated = given, False
    application.save(update_fields=["facts", "stated"])
    record_audit(application.institution, user.username, "check_facts", "application", application.pk, {"differ": changed})
    return row


def _who_faults(application: Application, user: User) -> list[Fault]:
    faults = []
    if user.institution_id != application.institution_id or user.role not in REVIEWERS:
        faults.append(Fault("user", f"{user.username}, {user.role}", f"one of {', '.join(REVIEWERS)} of this institution"))
    if user.username == application.submitted_by:
        faults.append(Fault("user", f"{user.username}, who applied", "another person: maker and checker differ"))
    if not application.stated or application.status != Application.Status.SUBMITTED:
        faults.append(Fault("application", application.status, "one whose facts wait to be checked"))
    standing = standing_of(user, application.firm, application.institution.business_date)
    return faults + standing_faults(user, standing)


def _paper_faults(product: Product, given: Mapping[str, Any], papers: Mapping[str, str]) -> Iterator[Fault]:
    for name in given:
        paper = str(papers.get(name, "")).strip()
        if name in product.application and not 1 <= len(paper) <= _LONGEST_PAPER:
            asked = product.application[name].texts["en"]
            yield Fault(f"paper of {name}", repr(paper)[:60], f"what shows “{asked}”, in 1 to {_LONGEST_PAPER} characters")
