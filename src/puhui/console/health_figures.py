"""What the page on the health of sources shows: each source and kind of record with its state and what is odd about its last delivery."""

from __future__ import annotations

import datetime as dt
from itertools import groupby
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from puhui.console.evidence_figures import record_title, title_of
from puhui.console.labels import LATE, OK, PLAIN, REFUSED, WATCH, State
from puhui.evidence import access, delivered
from puhui.evidence.layouts import classes
from puhui.features import queries as features
from puhui.features.beyond_bounds import beyond_bounds
from puhui.features.profiles import classes_of
from puhui.features.registry import catalogue
from puhui.features.source_health import Delivery, FieldChange, Health, health_of
from puhui.parties.models import Institution
from puhui.products.parameters import table

HEALTHY = State(gettext_lazy("well"), OK, "check")
STALE = State(gettext_lazy("out of date"), WATCH, "clock")
LATE_FEED = State(gettext_lazy("late"), LATE, "clock")
CHANGED = State(gettext_lazy("changed"), LATE, "alert-triangle")
SHORT = State(gettext_lazy("too little history"), PLAIN, "help")
SNAPSHOTS_LOOKED_AT = 500
Newest = list[tuple[int, str, dict[str, float | None]]]  # firm, its name, variable → value
PULLS = {
    "stored": State(gettext_lazy("stored"), OK, "check"),
    "nothing_new": State(gettext_lazy("nothing new"), OK, "check"),
    "changed": State(gettext_lazy("changed shape"), REFUSED, "alert-triangle"),
}


def health_rows(institution: Institution, now: dt.datetime) -> list[dict[str, Any]]:
    """Every source and kind of record, those that are unwell first."""
    day = institution.business_date
    limits = table("source-health", settings.PUHUI_CATALOGUE).row(day)
    groups = [
        (key, [_delivery(row) for row in rows])
        for key, rows in groupby(delivered.deliveries(institution), key=lambda row: (row["evidence_class"], row["record"], row["source"]))
    ]
    compared = 1 + int(limits["deliveries_before"])
    parts = [(each.batch, each.record, each.evidence_class) for _key, found in groups for each in found[:compared]]
    sampled = delivered.sampled_rows(parts, day)
    rows = []
    for (evidence_class, record, _source), found in groups:
        contents = {each.batch: sampled.get((each.batch, record), []) for each in found[:compared]}
        rows.append(_row(health_of(found, contents, classes()[evidence_class].fresh_days, day, now, limits)))
    return sorted(rows, key=lambda row: (not row["changes"], not row["is_late"], not row["is_stale"], row["evidence_class"]))


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(
        row["id"], row["evidence_class"], row["record"], row["source"], int(row["rows"]), row["firms"], row["last_observed_on"],
        row["received_at"], int(row["counts"].get("rejected") or 0),
    )  # fmt: skip


def _row(found: Health) -> dict[str, Any]:
    newest = found.newest
    state = CHANGED if found.changes else LATE_FEED if found.is_late else STALE if found.is_stale else SHORT if found.is_short else HEALTHY
    return {
        "evidence_class": newest.evidence_class,
        "class_title": title_of(classes()[newest.evidence_class].title),
        "record": record_title(newest.record),
        "source": newest.source or _("files by hand"),
        "state": state,
        "is_late": found.is_late,
        "is_stale": found.is_stale,
        "is_short": found.is_short,
        "newest": newest,
        "deliveries": found.deliveries,
        "age_days": found.age_days,
        "silent_days": found.silent_days,
        "usual_days": found.usual_days,
        "completeness": found.completeness,
        "completeness_before": found.completeness_before,
        "changes": [_words(each) for each in found.changes],
    }


def bound_rows(institution: Institution) -> list[dict[str, Any]]:
    """Variables whose values cannot be, in the snapshots taken last, with the firm that is furthest out."""
    newest = _allowed(institution, features.newest_values(institution, SNAPSHOTS_LOOKED_AT))
    names = {firm_id: name for firm_id, name, _values in newest}
    return [
        {
            "title": title_of(each.variable.titles),
            "name": each.variable.name,
            "evidence_class": each.variable.evidence_class,
            "bounds": _bounds_words(*each.variable.bounds),
            "firms": each.firms,
            "valued": each.valued,
            "furthest": f"{each.furthest:,.4g}",
            "firm_id": each.firm_id,
            "firm": names[each.firm_id],
        }
        for each in beyond_bounds((firm_id, values) for firm_id, _name, values in newest)
    ]


def _allowed(institution: Institution, newest: Newest) -> Newest:
    """The values that rest on classes which the firm lets be read on the open business day, for any purpose."""
    allowed = access.consented_classes(institution, [firm_id for firm_id, _name, _values in newest])
    rests_on = classes_of()
    return [
        (firm_id, name, {each.name: values.get(each.name) for each in catalogue() if rests_on[each.name] <= allowed.get(firm_id, set())})
        for firm_id, name, values in newest
    ]


def _bounds_words(least: float | None, most: float | None) -> str:
    texts = {"least": f"{least or 0:g}", "most": f"{most or 0:g}"}
    if least is None:
        return _("at most %(most)s") % texts if most is not None else _("a number")
    return _("at least %(least)s") % texts if most is None else _("%(least)s to %(most)s") % texts


def _words(change: FieldChange) -> str:
    texts = {
        "field": change.field.replace("_", " "),
        "now": f"{change.null_share:.0%}",
        "before": f"{change.null_share_before:.0%}",
        "shift": f"{change.shift or 0:.2f}",
    }
    if change.kind == "gone":
        return _("%(field)s: holds nothing any more (empty before: %(before)s)") % texts
    if change.kind == "new":
        return _("%(field)s: was never told before (empty now: %(now)s)") % texts
    if change.kind == "nulls":
        return _("%(field)s: empty in %(now)s of the rows, before in %(before)s") % texts
    return _("%(field)s: other values than before (stability index %(shift)s)") % texts


def pull_rows(institution: Institution) -> list[dict[str, Any]]:
    """The last pull of each source that answers questions, failed ones first."""
    rows = [
        {**row, "state": PULLS.get(row["outcome"], State(row["outcome"].replace("_", " "), LATE, "alert-triangle"))}
        for row in delivered.newest_pulls(institution)
    ]
    return sorted(rows, key=lambda row: (row["state"].tone in (OK, PLAIN), row["source"]))
