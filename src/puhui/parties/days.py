"""The open business day of an institution, and the gate that keeps it from moving on while an act is under way.

An act enters the day first of all: until its transaction ends the day cannot be closed. A day end holds the day for itself: it waits
for the acts under way, and acts that come later wait for it and then see the next day.
"""

from __future__ import annotations

from datetime import date

from django.db import connection

from puhui.parties.models import Institution


def enter_day(institution: Institution) -> date:
    """The open day, which stays open until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT business_day FROM parties_enter_day(%s)", [institution.pk])
        institution.business_date = cursor.fetchone()[0]
    return institution.business_date


def hold_day(institution: Institution) -> date:
    """The open day, with nobody else acting in it until the caller's transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT parties_hold_day(%s)", [institution.pk])
    institution.refresh_from_db(fields=["business_date"])
    return institution.business_date
