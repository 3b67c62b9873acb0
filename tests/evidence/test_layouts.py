"""Every layout of the catalogue: its sample is read alike from four formats, and whatever is wrong with a file of it is said.

The tests go through the layouts that are there; a new layout is tested by being there.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest
from tests.evidence.bad_files import Builder
from tests.evidence.bad_records import FIRM, csv_of, no_tables, spoilt_files, spoilt_headings, spoilt_rows
from tests.evidence.conftest import BUSINESS_DATE, consent

from puhui.calculations.faults import Fault, FaultsError
from puhui.evidence import layouts_page, queries
from puhui.evidence.actions import import_records
from puhui.evidence.layout_files import read_layout
from puhui.evidence.layouts import classes, folder, layout, layout_files, layouts
from puhui.evidence.models import Batch, BatchFirm, Record, SeriesMonth
from puhui.evidence.reading.faults import RefusedFileError, place, shown
from puhui.evidence.reading.invoices import LOCAL_TIME
from puhui.evidence.reading.limits import Limits
from puhui.evidence.reading.records import read_records
from puhui.evidence.samples import FORMATS, sample_text, write_sample
from puhui.parties.consents import EVIDENCE_CLASSES
from puhui.parties.models import AuditRecord

NOW = dt.datetime(2026, 1, 5, 9, 30, tzinfo=LOCAL_TIME)
FIRMS = {FIRM: 1, "戊公司": 2}
RECORDS = sorted(layout_files())
CLASSES_WITH_LAYOUT = sorted({file.name.split("-")[0] for file in layout_files().values()})


def read(path: Path, record: str, **options):
    given = {"today": BUSINESS_DATE, "now": NOW, "known_firms": FIRMS, "consented_firms": frozenset([1]), **options}
    return read_records(path, layout(record), **given)


def refusal_of(path: Path, record: str, **options) -> RefusedFileError:
    """What is said of a bad file: raised at once, or gathered from its rows."""
    try:
        reading = read(path, record, **options)
    except RefusedFileError as error:
        return error
    assert reading.rejected.height, f"{path.read_bytes()[:300]!r} was taken"
    return reading.faults.refusal()


def test_classes_are_those_a_consent_can_name():
    assert tuple(classes()) == EVIDENCE_CLASSES
    assert all(each.fresh_days > 0 and each.keep_days > 0 for each in classes().values())


@pytest.mark.parametrize("record", RECORDS)
def test_the_sample_is_read_alike_and_known_by_its_headings(record, tmp_path):
    kind, keys = layout(record), []
    # Workbooks and JSON once in each class; all records come as Parquet in the import below.
    formats = FORMATS if record == layouts(kind.evidence_class)[0].record else (".csv",)
    for ending in formats:
        path = tmp_path / f"sample{ending}"
        write_sample(kind, path, FIRM)
        reading = read_records(path, layouts(kind.evidence_class), today=BUSINESS_DATE, now=NOW, known_firms=FIRMS)
        assert [str(fault) for fault in reading.faults.listed()] == []
        assert (reading.record, reading.accepted.height) == (record, 3)
        keys.append(reading.accepted["content_key"].to_list())
    assert keys == [keys[0]] * len(formats)
    schema = {name: kind.schema()[name] for name in kind.fields}
    assert {name: reading.accepted.schema[name] for name in schema} == schema
    assert all(reading.accepted[name].null_count() == 0 for name in schema)


def check_refused(folder: Path, record: str, spoilt: Iterable[tuple[str, Builder, tuple[str, ...]]]) -> None:
    for number, (kind, build, said) in enumerate(spoilt):
        (folder / str(number)).mkdir()
        path = build(folder / str(number))
        refusal = refusal_of(path, record)
        text = str(refusal)
        assert [part for part in (path.name[:20], *said) if part not in text] == [], f"{kind}: {text[:2000]}"
        assert all(fault.where and fault.found and fault.expected and fault.remedy for fault in refusal.faults), kind


@pytest.mark.parametrize("record", RECORDS)
def test_spoilt_headings_are_named(record, tmp_path):
    check_refused(tmp_path, record, spoilt_headings(layout(record)))


@pytest.mark.parametrize("record", RECORDS)
def test_every_spoilt_cell_is_told_with_its_row_and_column(record, tmp_path):
    table, kinds = spoilt_rows(layout(record))
    path = tmp_path / "a.csv"
    path.write_text(csv_of(table))
    reading = read(path, record)
    told: dict[int, str] = {}
    for row, column, found, expected, remedy in reading.faults.table().iter_rows():
        told[row] = told.get(row, "") + str(Fault(place("a.csv", row=row, column=column), shown(found), expected, remedy))
    for row, (kind, said) in enumerate(kinds, start=2):
        assert [part for part in said if part not in told.get(row, "")] == [], f"{kind}: {told.get(row)}"
    assert reading.accepted.is_empty()


@pytest.mark.parametrize("evidence_class", CLASSES_WITH_LAYOUT)
def test_spoilt_files_are_refused_in_every_class(evidence_class, tmp_path):
    kind = layouts(evidence_class)[0]
    spoilt = [*no_tables(), *spoilt_files(kind)]
    check_refused(tmp_path, kind.record, spoilt)
    assert len(spoilt) + len(list(spoilt_headings(kind))) + len(spoilt_rows(kind)[1]) >= 40


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(file_bytes=100), "at most 100 bytes"),
        (Limits(rows=1), "at most 1"),
        (Limits(columns=2), "at most 2"),
        (Limits(unpacked_bytes=2_000), "unpacks to"),
        (Limits(seconds=-1), "longer than -1 seconds"),
    ],
)
def test_limits(tmp_path, limits, said):
    path = tmp_path / "a.xlsx"
    write_sample(layout("penalty"), path, FIRM)
    assert said in str(refusal_of(path, "penalty", limits=limits))


def test_all_samples_are_imported_and_come_back_as_they_were_read(lender, tmp_path):
    consent([lender.firm], EVIDENCE_CLASSES)
    frames = {}
    for number, record in enumerate(RECORDS, start=1):
        kind = layout(record)
        path = tmp_path / f"{record}.parquet"
        write_sample(kind, path, FIRM)
        result = import_records(lender.institution, path, kind.evidence_class, actor="clerk")
        assert (result.record, result.counts["accepted"], Batch.objects.count()) == (record, 3, number)
        frame = frames[record] = queries.records_as_of(lender.institution, record, BUSINESS_DATE)
        assert frame.schema == pl.Schema(kind.schema())
        write_sample(kind, path.with_suffix(".csv"), FIRM)
        told = read(path.with_suffix(".csv"), record).accepted.select(list(kind.fields))
        assert frame.select(list(kind.fields)).sort(pl.all()).equals(told.sort(pl.all())), record
    together = queries.evidence_as_of(lender.institution, dict.fromkeys(RECORDS, (lender.firm.pk,)), BUSINESS_DATE)
    assert [record for record in RECORDS if not together[record].equals(frames[record])] == []


def test_a_file_sent_twice_or_spoilt_changes_nothing_in_any_class(lender, tmp_path):
    consent([lender.firm], EVIDENCE_CLASSES)

    def state():
        return [model.objects.count() for model in (Batch, BatchFirm, Record, SeriesMonth, AuditRecord)]

    for evidence_class in CLASSES_WITH_LAYOUT:
        kind = layouts(evidence_class)[0]
        path, options = tmp_path / f"{kind.record}.csv", {"record": kind.record, "actor": "clerk"}
        write_sample(kind, path, FIRM)
        assert import_records(lender.institution, path, evidence_class, **options).counts["accepted"] == 3
        before = state()
        assert import_records(lender.institution, path, evidence_class, **options).counts["unchanged"] == 3
        table = sample_text(kind, FIRM, 4)
        path.write_text(csv_of([*table[:4], ["无此公司", *table[4][1:]]]))
        with pytest.raises(FaultsError, match="Register the firm first"):
            import_records(lender.institution, path, evidence_class, **options)
        assert state() == before


BROKEN = {
    "an unknown key": ('series = true\ncolour = "red"', "C11-a.toml, colour"),
    "an unknown type": ('[fields.b]\ntype = "colour"\nheadings = ["b"]', "[fields.b] type"),
    "a title missing": ('[title]\nen = "A"', "[title]"),
    "identity of no field": ('identity = ["z"]', "identity"),
    "observed is no day": ('observed = "kind"', "observed"),
    "an amount that does not say so": ('[fields.b]\ntype = "amount"\nheadings = ["b"]', "_fen"),
    "a word without words": ('[fields.b]\ntype = "word"\nheadings = ["b"]', "[fields.b] words"),
    "one heading for two fields": ('[fields.b]\ntype = "text"\nheadings = ["种类"]', "种类"),
    "one word for two meanings": ('[fields.b]\ntype = "word"\nheadings = ["b"]\nwords = { x = ["1"], y = ["１"] }', "[fields.b] words.y"),
    "bounds of a text": ('[fields.b]\ntype = "text"\nheadings = ["b"]\nleast = 1', "[fields.b] least"),
    "least above most": ('[fields.b]\ntype = "number"\nheadings = ["b"]\nleast = 2\nmost = 1', "[fields.b] least"),
    "a name of every record": ('[fields.known_at]\ntype = "text"\nheadings = ["b"]', "[fields.known_at]"),
    "no heading": ('[fields.b]\ntype = "text"\nheadings = []', "[fields.b] headings"),
    "a table nobody has": ('[fields.b]\ntype = "code"\nheadings = ["b"]\ntable = "moon"', "catalogue/codes"),
    "another class": ('class = "C10"', "class, record"),
    "a lag below 0": ("[known_at]\nlag_days = -1", "[known_at] lag_days"),
    "a time series of text": ("series = true", "fields"),
}
WHOLE = """
class = "C11"
record = "a"
source = "test"
verified = false
identity = ["kind", "day"]
observed = "day"
[title]
en = "A"
zh-hans = "甲"
zh-hant = "甲"
[fields.kind]
type = "text"
headings = ["种类"]
[fields.day]
type = "date"
needed = true
headings = ["日"]
[fields.remark]
type = "text"
headings = ["备注"]
"""


@pytest.mark.parametrize("kind", BROKEN)
def test_a_layout_with_a_fault_is_refused(kind):
    line, said = BROKEN[kind]
    document = tomllib.loads(WHOLE)
    for key, value in tomllib.loads(line).items():
        if isinstance(value, dict) and key == "fields":
            document["fields"] |= value
        else:
            document[key] = value
    with pytest.raises(FaultsError) as refusal:
        read_layout(document, "C11-a.toml")
    assert said in str(refusal.value)


def test_the_layout_they_are_made_from_is_right():
    assert read_layout(tomllib.loads(WHOLE), "C11-a.toml").record == "a"


def test_every_file_of_the_folder_is_a_layout_or_one_of_two_shared_ones():
    others = {file.name for file in folder().iterdir()} - {file.name for file in layout_files().values()}
    assert others == {"classes.toml", "common.toml"}


def test_the_page_of_layouts_is_up_to_date():
    written = (Path(__file__).parents[2] / "docs" / "record-layouts.md").read_text(encoding="utf-8")
    assert written == layouts_page.page(), "run: python -m puhui.evidence.layouts_page > docs/record-layouts.md"
