"""Applications to decisions, a set at a time: everything they need is read once, the engine runs on each, the rows are written once.

The same few statements serve one application and a thousand. The firms are locked, so what they owe cannot change while it is read
and promised; within the set a firm's own earlier yes counts against its later ones.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings

from puhui.calculations.canonical import canonical, digest_of_text
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.decisions import combining, engine, facts, referral
from puhui.decisions.concentration import Rooms, promising, rooms_of
from puhui.decisions.credit_view import CreditViews, Rows, locked_views
from puhui.decisions.evidence import Evidence, evidence_in, reading
from puhui.decisions.models import Application, Decision, Exposure, Offer
from puhui.decisions.shares import Combination, is_split
from puhui.decisions.strategies import Strategies
from puhui.decisions.strategy import Strategy
from puhui.parties.audit import recording
from puhui.parties.models import Firm, Institution
from puhui.parties.statements import Statement, columns, insertion, instances, new_numbers, together
from puhui.products.lawful import check_terms

STATUS_OF_OUTCOME = {
    Decision.Outcome.APPROVE: Application.Status.OFFERED,
    Decision.Outcome.REFER: Application.Status.REFERRED,
    Decision.Outcome.REFUSE: Application.Status.REFUSED,
}


@dataclass
class Batch:
    """What came of a set: decisions in the order of the applications, and faults of those that could not be decided."""

    decided: list[Decision] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def decide_set(
    institution: Institution, applications: Sequence[Application], strategies: Strategies, actor: str, groups: Rows | None = None
) -> Batch:
    """Decide the applications that are still undecided, inside the caller's transaction.

    They are read again under the lock of their firms' groups: another run may have decided some of them in the meantime.
    `groups`: the answer to `credit_view.connected` for their firms, where it was asked for already.
    """
    batch, asking = Batch(), {one.firm_id for one in applications}
    firms, views = locked_views(institution, asking, groups)
    rooms = rooms_of(institution, [firms[number] for number in asking])
    waiting, numbers, evidence = _locked(applications, institution, strategies, rooms)
    chosen = _strategies(waiting, strategies, institution.business_date, batch)
    for application in waiting:
        if application.pk in chosen:
            with _collecting(application, batch):
                firm = firms[application.firm_id]
                strategy = chosen[application.pk]
                decision = _decide_one(institution, application, firm, strategy, evidence, views, rooms)
                decision.pk = next(numbers)
                parts = _parts(decision, strategies, evidence, views, rooms) if strategy.product.parts else []
                batch.decided.extend([decision, *parts])
    if batch.decided:
        _write(institution, batch.decided, actor, rooms)
        referral.ask([one for one in batch.decided if not is_split(one.record)], evidence.snapshots)
    return batch


def _locked(
    given: Sequence[Application], institution: Institution, strategies: Strategies, rooms: Rooms
) -> tuple[list[Application], Iterator[int], Evidence]:
    """The applications that wait for a decision, locked, in the order of their numbers, a number for the decision of each, and evidence.

    In the same trip the strategies learn whether what they know still stands, and `rooms` what is out in industries and regions.
    """
    text = f"""SELECT {columns(Application)} FROM decisions_application
                WHERE id = ANY(%s) AND institution_id = %s AND status = %s ORDER BY id FOR NO KEY UPDATE"""
    waiting = (text, [[one.pk for one in given], institution.pk, Application.Status.SUBMITTED])
    codes, day = {one.product_code for one in given}, institution.business_date
    evidence = reading(institution, {one.firm_id for one in given}, day)
    figures = rooms.reading(institution.pk, sum(one.amount_fen for one in given))
    answers = iter(together(waiting, new_numbers(Decision, len(given)), *evidence, *figures, *strategies.statements(codes, day)))
    rows, numbers, known = next(answers), next(answers), evidence_in([next(answers) for _ in evidence], day)
    rooms.read([next(answers) for _ in figures])
    strategies.see(codes, day, list(answers))
    applications = instances(Application, rows)
    for one in applications:
        one.institution = institution
    return applications, iter(number for (number,) in numbers), known


def _strategies(applications: Sequence[Application], strategies: Strategies, day: date, batch: Batch) -> dict[int, Strategy]:
    """Application → strategy; those without one are faults of the batch."""
    chosen = {}
    for application in applications:
        with _collecting(application, batch):
            if application.stated:
                found = "only what the borrower says"
                check([Fault("facts of the form", found, "facts that an officer has checked", "Check the papers on the case.")])
            chosen[application.pk] = strategies.of(application.product_code, day)
    return chosen


@contextmanager
def _collecting(application: Application, batch: Batch) -> Iterator[None]:
    """An application that cannot be decided leaves its faults and lets the others go on."""
    try:
        yield
    except FaultsError as error:
        for one in error.faults:
            batch.faults.append(Fault(f"application {application.pk}: {one.where}", one.found, one.expected, one.remedy))


def _parts(whole: Decision, strategies: Strategies, evidence: Evidence, views: CreditViews, rooms: Rooms) -> list[Decision]:
    """The decisions of a combined loan's parts. Own limits are less what the firm owed before; the ceilings of law see every part."""
    firm, before, used = whole.firm, dict(views.exposures[whole.firm_id]), dict(rooms.used)

    def decide_one(application: Application, strategy: Strategy, combination: Combination) -> Decision:
        return _decide_one(whole.institution, application, firm, strategy, evidence, views, rooms, combination, before)

    try:
        parts = combining.parts_of(whole, lambda code: strategies.of(code, whole.business_date), decide_one)
    except FaultsError:
        views.exposures[firm.pk], rooms.used = before, used
        raise
    promises_fen = sum(promised(one) for one in parts)
    views.exposures[firm.pk], rooms.used = before | {"reserved_fen": before["reserved_fen"] + promises_fen}, used
    rooms.take(firm.pk, promises_fen)
    for one, (number,) in zip(parts, together(new_numbers(Decision, len(parts)))[0], strict=True):
        one.pk = number
    return parts


def promised(decision: Decision) -> int:
    """What an engine's yes reserves, in fen; the whole of a combined loan promises nothing, its parts do."""
    is_promise = decision.outcome == Decision.Outcome.APPROVE and not is_split(decision.record)
    return decision.amount_fen if is_promise else 0


def _decide_one(
    institution: Institution,
    application: Application,
    firm: Firm,
    strategy: Strategy,
    evidence: Evidence,
    views: CreditViews,
    rooms: Rooms,
    combination: Combination | None = None,
    owed: dict[str, int] | None = None,
) -> Decision:
    """The decision, not stored yet. An approval is added to what the firm owes in `views`, for the next application of its group.

    `owed`: what the firm's own limit is less, where it is not all that it owes now.
    """
    started = time.perf_counter_ns()
    strategy = strategy.of_application(application.pk)
    exposure = views.exposures[firm.pk]
    frozen = frozen_facts(institution, firm, strategy, evidence, owed or exposure, views.facts(firm.pk), combination, rooms.facts(firm.pk))
    record = engine.decide(frozen, strategy.product, strategy.model, strategy.parameters, request_of(application), strategy.trial)
    result = record["result"]
    if result["outcome"] == Decision.Outcome.APPROVE and not is_split(record):
        exposure["reserved_fen"] += result["amount_fen"]
        rooms.take(firm.pk, result["amount_fen"])
    spelling = canonical(record)
    decision = Decision(
        institution=institution,
        application=application,
        firm=firm,
        snapshot_id=frozen["snapshot"]["id"],
        business_date=institution.business_date,
        record=record,
        digest=digest_of_text(spelling),
        duration_microseconds=(time.perf_counter_ns() - started) // 1000,
        **columns_of(result),
    )
    decision.spelling = spelling.decode()
    return decision


def frozen_facts(
    institution: Institution,
    firm: Firm,
    strategy: Strategy,
    evidence: Evidence,
    exposure: dict[str, int],
    credit_view: dict[str, Any] | None = None,
    combination: Combination | None = None,
    concentration: dict[str, Any] | None = None,
) -> facts.Facts:
    """The facts of a firm as of the evidence's day. Raises FaultsError without consent or snapshot."""
    snapshot, consent = evidence.of(firm, strategy.product)
    return facts.freeze(
        business_date=evidence.day,
        snapshot={
            "id": snapshot.pk,
            "digest": snapshot.digest,
            "catalogue_digest": snapshot.catalogue_digest,
            "as_of": snapshot.as_of.isoformat(),
            "values": snapshot.values,
            "null_reasons": snapshot.null_reasons,
        },
        consent={"id": consent.pk, "text_version": consent.text_version},
        lender={"kind": institution.kind, "currency": institution.currency},
        firm={
            "kind": firm.kind,
            "industry_code": firm.industry_code,
            "founded_on": firm.founded_on.isoformat() if firm.founded_on else None,
            "staff_count": firm.staff_count,
        },
        exposure=exposure,
        credit_view=credit_view,
        combination=combination.facts() if combination else None,
        concentration=concentration,
        wanted=strategy.wanted,
        titles=evidence.titles,
    )


def request_of(application: Application) -> dict[str, Any]:
    """What was asked, as the engine takes it; `facts` of the form where there are any."""
    asked = {key: getattr(application, key) for key in ("amount_fen", "term_months", "purpose", "channel")}
    facts = getattr(application, "facts", None)
    return asked | {"facts": facts} if facts else asked


def columns_of(result: dict[str, Any]) -> dict[str, Any]:
    """The columns of a decision that repeat the record's result."""
    names = ("outcome", "risk_class", "probability_ppm", "points", "limit_fen", "amount_fen", "rate_ppm", "authority")
    return {name: result[name] for name in names}


def _write(institution: Institution, decisions: Sequence[Decision], actor: str, rooms: Rooms) -> None:
    """Stores the decisions, what they promise and offer, where their applications stand, and the trail: in one trip."""
    approved = [one for one in decisions if promised(one)]
    parts = combining.siblings(decisions)
    exposures = [Exposure(institution=institution, firm_id=one.firm_id, decision=one, reserved_fen=one.amount_fen) for one in approved]
    offers = [offer_of(one, one.record["stages"]["offer"], one.amount_fen, one.rate_ppm or 0) for one in approved]
    details = [(one.pk, {"application": one.application_id, "outcome": one.outcome, "digest": one.digest}) for one in decisions]
    together(
        *([insertion(parts)] if parts else []),
        insertion(decisions, {"record": [one.spelling for one in decisions]}),
        *(insertion(rows) for rows in (exposures, offers) if rows),
        *_statuses(decisions),
        *promising(institution, rooms, [(one.firm_id, one.amount_fen) for one in approved]),
        recording(institution, actor, "decide", "decision", details),
    )
    for stored in (*parts, *decisions):
        stored._state.adding = False


def _statuses(decisions: Sequence[Decision]) -> Iterator[Statement]:
    """Sets the status of each decided application, here and in the table."""
    reached = [(one.application, _status(one)) for one in decisions]
    for status in dict.fromkeys(status for _, status in reached):
        decided = [application for application, its in reached if its == status]
        for application in decided:
            application.status = status
        if decided:
            yield "UPDATE decisions_application SET status = %s WHERE id = ANY(%s)", [status, [one.pk for one in decided]]


def _status(decision: Decision) -> str:
    """Where a decision leaves its application."""
    return Application.Status.IN_PARTS if is_split(decision.record) else STATUS_OF_OUTCOME[Decision.Outcome(decision.outcome)]


def offer_of(decision: Decision, offer: dict[str, Any], amount_fen: int, rate_ppm: int) -> Offer:
    """The offer of an approved decision, not stored yet; `offer` holds terms, cost and expiry as the engine's offer stage gives them."""
    check_terms(offer["terms"], decision.business_date, f"offer of decision {decision.pk or 'to be'}", folder=settings.PUHUI_CATALOGUE)
    return Offer(
        institution_id=decision.institution_id,
        application_id=decision.application_id,
        decision=decision,
        firm_id=decision.firm_id,
        amount_fen=amount_fen,
        rate_ppm=rate_ppm,
        terms=offer["terms"],
        annual_cost_ppm=offer["cost"]["effective_ppm"],
        expires_on=offer["expires_on"],
    )
