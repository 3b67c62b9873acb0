"""The audit trail: who did what to which record.

A record is written by one database function, which dates it to the open business day, seals it with a digest over all its columns
and counts it, so that a record changed or taken away afterwards is found (`puhui books verify`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from puhui.parties.models import Institution
from puhui.parties.statements import Statement, together

Detail = Mapping[str, Any]


def record_audit(
    institution: Institution, actor: str, act: str, subject_kind: str, subject_id: object, detail: Detail | None = None
) -> int:
    """Add one record to the trail, inside the caller's transaction; returns its id.

    `detail` is a small JSON document of particulars; never put an identity number, a phone or a password into it.
    """
    return record_audits(institution, actor, act, subject_kind, [(subject_id, detail)])[0]


def record_audits(
    institution: Institution, actor: str, act: str, subject_kind: str, subjects: Sequence[tuple[object, Detail | None]]
) -> list[int]:
    """The same act on many subjects, in one statement: pairs of subject id and detail. Returns the ids in order."""
    if not subjects:
        return []
    ((ids,),) = together(recording(institution, actor, act, subject_kind, subjects))[0]
    return list(ids)


def recording(
    institution: Institution, actor: str, act: str, subject_kind: str, subjects: Sequence[tuple[object, Detail | None]]
) -> Statement:
    """The statement that `record_audits` runs, for what travels together with others."""
    identifiers = [str(subject) for subject, _ in subjects]
    details = [json.dumps(detail or {}, cls=DjangoJSONEncoder, ensure_ascii=False) for _, detail in subjects]
    text = "SELECT parties_record_audit(%s, %s, %s, %s, %s::text[], %s::text[])"
    return text, [institution.pk, actor, act, subject_kind, identifiers, details]


def record_act(institution: Institution, actor: str, act: str, subject: models.Model, detail: Detail | None = None) -> int:
    """`record_audit` with the kind and id of a stored row."""
    return record_audit(institution, actor, act, str(subject._meta.model_name), subject.pk, detail)
