"""Readings of minutes become days, and rows that are none of the record are left out, as a mapping file says."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from puhui.evidence.layouts import layout
from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.mapping import load_mapping
from puhui.evidence.reading.parties import FirmIdentity
from puhui.evidence.reading.records import read_records

MAPPING = """
class = "C17"
record = "machine_day"
[columns]
"moment" = "day"
"press" = "machine"
[fold.fields]
readings = "count"
mean_value = "mean heat"
largest_value = "max heat"
silent_hours = "silence"
"""
READINGS = """moment,press,heat,state
2024-03-05 08:00:00,A,10,run
2024-03-05 08:30:00,A,20,run
2024-03-05 12:00:00,A,60,run
2024-03-05 09:00:00,B,5,run
2024-03-06 08:00:00,A,7,stop
2024-03-06 08:00:00,A,9,run
"""


def read(folder: Path, text: str = READINGS, mapping: str = MAPPING):
    (folder / "a.csv").write_text(text, "utf-8")
    (folder / "a.toml").write_text(mapping, "utf-8")
    form = layout("machine_day")
    chosen = load_mapping(folder / "a.toml", form.vocabulary(), form.known_at)
    now = dt.datetime(2024, 4, 1, tzinfo=dt.UTC)
    return read_records(folder / "a.csv", form, today=dt.date(2024, 4, 1), now=now, mapping=chosen, firm=FirmIdentity("own", 1))


def test_readings_of_a_day_become_a_row(tmp_path):
    reading = read(tmp_path)
    rows = (
        reading.accepted.sort("machine", "day").select("machine", "day", "readings", "mean_value", "largest_value", "silent_hours").rows()
    )
    assert rows == [
        ("A", dt.date(2024, 3, 5), 3, 30.0, 60.0, 3.5),
        ("A", dt.date(2024, 3, 6), 2, 8.0, 9.0, 0.0),
        ("B", dt.date(2024, 3, 5), 1, 5.0, 5.0, None),
    ]
    assert "readings folded into days: 6 into 3" in reading.notes and "readings of a moment that was told before: 1" in reading.notes


def test_only_the_rows_that_are_meant(tmp_path):
    reading = read(tmp_path, mapping=MAPPING + '[only]\nstate = "run"\n')
    assert reading.accepted["readings"].sum() == 5 and "rows that are none of this record, left out: 1" in reading.notes


@pytest.mark.parametrize(
    ("text", "mapping", "said"),
    [
        (READINGS.replace("2024-03-05 08:30:00", "half past eight"), MAPPING, ("row 3", "moment", "half past eight")),
        (READINGS.replace(",20,", ",hot,"), MAPPING, ("row 3", "heat", "'hot'")),
        (READINGS.replace("heat", "warmth"), MAPPING, ("no column heat",)),
        (READINGS, MAPPING + '[only]\nstate = "asleep"\n', ("rows with state = asleep",)),
        (READINGS, MAPPING + '[only]\ncolour = "red"\n', ("no column colour",)),
        (READINGS, MAPPING + "[only]\nstate = 1\n", ("[only] state", "a text")),
        (READINGS, MAPPING.replace('"mean heat"', '"mean"'), ("[fold.fields] mean_value",)),
        (READINGS, MAPPING.replace('"count"', '"count heat"'), ("[fold.fields] readings",)),
        (READINGS, MAPPING.replace("silent_hours", "colour"), ("[fold.fields] colour",)),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, mapping, said):
    with pytest.raises(RefusedFileError) as refusal:
        read(tmp_path, text, mapping)
    assert [part for part in said if part not in str(refusal.value)] == [], str(refusal.value)
