"""Evidence pulled from a source that is slow, down, wrong, busy or changed: all of a record or nothing, and only by consent."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
import subprocess
import sys
import tomllib
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.evidence.conftest import BUSINESS_DATE, HEADINGS, consent, line

from puhui.calculations.faults import FaultsError
from puhui.county.sources import SAMPLE_ROWS, SimulatedSource, samples
from puhui.evidence import queries
from puhui.evidence.layouts import layouts
from puhui.evidence.models import Batch, Invoice, ReadLog, Record
from puhui.evidence.pulling.actions import pull, records_of
from puhui.evidence.pulling.breaker import Breaker
from puhui.evidence.pulling.client import Client, Clock, SourceError
from puhui.evidence.pulling.source_files import parse_source
from puhui.evidence.pulling.sources import source as described
from puhui.evidence.pulling.sources import source_paths
from puhui.evidence.pulling.transport import NoAnswerError, get
from puhui.evidence.reading.faults import RefusedFileError
from puhui.evidence.reading.records import read_records
from puhui.parties.models import AuditRecord

DESCRIPTION = """
base_url_from = "TAX_LINE"
token_from = "TAX_LINE_KEY"
consent_header = "X-Authorisation"
[firm]
parameter = "taxpayer"
scheme = "platform"
column = "taxpayer"
[since]
parameter = "since"
[paging]
kind = "page"
size = 2
rows = "data.rows"
total = "data.total"
[patience]
timeout_seconds = 5.0
retries = 3
first_wait_seconds = 1.0
longest_wait_seconds = 60.0
jitter = 0.5
requests_per_second = 10.0
[breaker]
failures = 6
open_seconds = 300.0
[records.penalty]
path = "/firms/{firm}/penalty"
[records.penalty.fields]
number = { means = "decision_number", type = "string" }
decided = { means = "decided_on", type = "string" }
kind = { means = "kind", type = "string" }
"fine.amount" = { means = "amount_fen", type = "number", may_lack = true }
told = { means = "known_at", type = "string" }
[records.penalty.known_at]
from = "column"
[records.penalty.words.kind]
FINE = "fine"
"""


class Time:
    """A clock that moves only when somebody waits."""

    def __init__(self) -> None:
        self.moment, self.waits = dt.datetime(2026, 1, 5, 1, tzinfo=dt.UTC), list[float]()

    def sleep(self, seconds: float) -> None:
        self.waits.append(round(seconds, 3))
        self.moment += dt.timedelta(seconds=seconds)

    def clock(self, chance: float = 0.0) -> Clock:
        return Clock(lambda: self.moment, lambda: self.moment.timestamp(), self.sleep, lambda: chance)


def description(text: str = DESCRIPTION, **changes):
    return replace(parse_source(tomllib.loads(text), "tax-line", "tax-line.toml"), **changes)


def penalty(number: int, /, **changes):
    day = f"2025-03-{number:02}"
    told = f"{day}T10:00:00+08:00"
    row = {"number": f"A{number}", "decided": day, "kind": "FINE", "fine": {"amount": 1000.10}, "told": told, "taxpayer": "F1"}
    return {name: value for name, value in (row | changes).items() if value is not ...}


@pytest.fixture
def line_up():
    with SimulatedSource() as simulated:
        for number in range(1, 6):
            simulated.publish("penalty", [penalty(number)], dt.datetime(2025, 3, number, 2, tzinfo=dt.UTC))
        yield simulated


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def pulling(lender, line_up, time):
    """Pull penalties of 甲公司 through the simulator."""
    consent([lender.firm, lender.other], ["C03", "C07"])

    def run(source=None, record="penalty", firm=None, **options):
        environment = {"TAX_LINE": line_up.address, "TAX_LINE_KEY": "secret", "COUNTY_SIMULATOR_URL": line_up.address}
        options = {"clock": time.clock(), "environment": environment, "actor": "clerk"} | options
        return pull(source or description(), record, firm or lender.firm, **options)

    return run


def known(lender, day=BUSINESS_DATE):
    frame = queries.records_as_of(lender.institution, "penalty", day, [lender.firm])
    return frame.select("decision_number", "amount_fen").sort("decision_number").rows()


def trail():
    return list(AuditRecord.objects.filter(act="pull_evidence").order_by("id").values_list("detail", flat=True))


def test_all_pages_come_in_as_a_file_would_under_a_named_consent(lender, pulling, line_up, time):
    result = pulling()
    assert (result.pages, result.rows, result.requests, result.imported.counts["accepted"]) == (3, 5, 3, 5)
    assert known(lender) == [(f"A{number}", 100_010) for number in range(1, 6)]
    asked = line_up.asked[1]
    assert (asked.path, asked.parameters) == ("/firms/F1/penalty", {"taxpayer": "F1", "size": "2", "page": "2"})
    assert (asked.headers["x-authorisation"], asked.headers["authorization"]) == (str(result.consent), "Bearer secret")
    assert time.waits == [0.1, 0.1]  # ten requests in a second
    assert Record.objects.order_by("observed_on").first().known_at == dt.datetime(2025, 3, 1, 2, tzinfo=dt.UTC)
    assert Batch.objects.get().source == "tax-line"
    assert ReadLog.objects.get(reader="clerk, pulling from tax-line").consent_id == result.consent
    assert trail()[0] | {"outcome": "stored", "rows": 5, "consent": result.consent, "batch": Batch.objects.get().pk} == trail()[0]


def test_the_next_pull_asks_only_for_what_is_new(lender, pulling, line_up):
    pulling()
    counts = pulling().imported.counts
    assert (counts["read"], counts["accepted"], counts["unchanged"]) == (2, 0, 2)
    # The newest row was known on 5 March at 10:00; a day less, for rows that come late.
    assert line_up.asked[-1].parameters["since"] == "2025-03-04T10:00:00+08:00"
    newer = penalty(1, fine={"amount": 900}, told="2025-06-01T08:00:00+08:00")
    line_up._rows["penalty"] = [(dt.datetime(2025, 6, 1, tzinfo=dt.UTC), newer)]
    result = pulling()
    assert (result.rows, result.imported.counts["replaced"]) == (1, 1)
    assert known(lender)[0] == ("A1", 90_000)
    assert known(lender, dt.date(2025, 5, 31))[0] == ("A1", 100_010)
    line_up._rows["penalty"] = []
    result = pulling()
    assert (result.rows, result.imported, trail()[-1]["outcome"]) == (0, None, "nothing_new")
    pulling(whole=True)
    assert "since" not in line_up.asked[-1].parameters


@pytest.mark.parametrize("kind", ["none", "offset", "cursor"])
def test_every_kind_of_paging_brings_the_same(lender, pulling, kind):
    parameter = {"none": "x", "offset": "offset", "cursor": "cursor"}[kind]
    paging = replace(description().paging, kind=kind, parameter=parameter, next="data.next", size=2)
    result = pulling(description(paging=paging))
    assert (result.rows, result.pages) == (5, 1 if kind == "none" else 3)
    assert len(known(lender)) == 5


def test_without_a_live_consent_nothing_is_asked(lender, pulling, line_up):
    with pytest.raises(FaultsError, match=r"戊公司.*no live consent for credit_decision.*C03"):
        pulling(firm=lender.silent)
    with pytest.raises(FaultsError, match="no live consent for post_loan_monitoring"):
        pulling(purpose="post_loan_monitoring")
    assert line_up.asked == []
    assert not ReadLog.objects.exists()


def test_errors_and_broken_answers_are_asked_again_with_growing_waits(lender, pulling, line_up, time):
    line_up.behaviour.errors, line_up.behaviour.cut, line_up.behaviour.hang_up = 1, 1, 1
    result = pulling(clock=time.clock(chance=1.0))
    assert (result.requests, len(known(lender))) == (6, 5)
    assert time.waits[:3] == [0.5, 1.0, 2.0]  # 1, 2, 4 seconds, less the half that chance takes off


def test_a_source_that_stays_wrong_is_given_up_and_nothing_is_stored(lender, pulling, line_up, time):
    line_up.behaviour.errors = 99
    with pytest.raises(SourceError, match=r"4 failures, the last: HTTP 500.*Try again later") as caught:
        pulling()
    assert (caught.value.kind, len(line_up.asked), time.waits) == ("silent", 4, [1.0, 2.0, 4.0])
    assert not Record.objects.exists()
    assert (trail()[0]["outcome"], trail()[0]["failures"]) == ("silent", 4)


def test_the_breaker_opens_says_until_when_and_lets_one_question_try(lender, pulling, line_up, time):
    line_up.behaviour.errors = 7
    with pytest.raises(SourceError):
        pulling()
    began = time.moment
    with pytest.raises(
        SourceError, match=r"6 failures one after the other, the last: HTTP 500; the breaker is open until 2026-01-05 09:05"
    ):
        pulling()
    assert len(line_up.asked) == 6
    with pytest.raises(SourceError, match="open until") as caught:
        pulling()
    assert (caught.value.kind, len(line_up.asked)) == ("open", 6)
    time.moment = began + dt.timedelta(seconds=302)
    with pytest.raises(SourceError, match="7 failures one after the other"):  # the one that tries fails: open again
        pulling()
    assert len(line_up.asked) == 7
    time.moment += dt.timedelta(seconds=301)
    assert pulling().rows == 5
    assert trail()[-1] | {"failures": 0, "open_until": None} == trail()[-1]


def test_a_source_that_is_busy_is_asked_when_it_says(lender, pulling, line_up, time):
    line_up.behaviour.busy, line_up.behaviour.retry_after = 1, "7"
    assert pulling().rows == 5
    assert time.waits[0] == 7
    line_up.behaviour.busy, line_up.behaviour.retry_after = (
        1,
        (time.moment + dt.timedelta(seconds=30)).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    )
    time.waits.clear()
    pulling(whole=True)
    assert 29 <= time.waits[0] <= 30
    line_up.behaviour.busy, line_up.behaviour.retry_after = 1, "3600"
    with pytest.raises(SourceError, match="none before 2026-01-05 10:0") as caught:
        pulling(whole=True)
    assert caught.value.kind == "busy"


@pytest.mark.parametrize(("status", "told"), [(401, "key of access"), (404, "base_url and path"), (302, "sent on to 'http://elsewhere")])
def test_what_a_source_refuses_is_not_asked_again(pulling, line_up, status, told):
    line_up.behaviour.refuse = status
    with pytest.raises(SourceError, match=told) as caught:
        pulling()
    assert (caught.value.kind, len(line_up.asked)) == ("refused", 1)


def test_a_slow_source_and_one_that_is_not_there_end_in_time(line_up, time):
    line_up.behaviour.slow_seconds = 5
    with pytest.raises(NoAnswerError, match=r"within 0\.1 seconds"):
        get(f"{line_up.address}/penalty", {}, 0.1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    source = description()
    client = Client(source, f"http://127.0.0.1:{port}", {}, Breaker(source.breaker), time.clock())
    with pytest.raises(SourceError, match="ConnectionRefusedError"):
        client.document("/penalty", {})


def test_nothing_is_told_to_whom_nobody_vouches_for(tmp_path, line_up, time):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    began = dt.datetime.now(dt.UTC)
    own = x509.CertificateBuilder(name, name, key.public_key(), 1, began, began + dt.timedelta(days=1)).sign(key, hashes.SHA256())
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "own.pem").write_bytes(own.public_bytes(Encoding.PEM) + key.private_bytes(*plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "own.pem")
    line_up._server.socket = context.wrap_socket(line_up._server.socket, server_side=True)
    source = description()
    client = Client(source, line_up.address.replace("http:", "https:"), {}, Breaker(source.breaker), time.clock())
    with pytest.raises(SourceError, match="a certificate that is not trusted") as caught:
        client.document("/penalty", {})
    assert (caught.value.kind, client.requests, line_up.asked) == ("refused", 1, [])


def test_an_answer_that_drips_for_ever_ends_in_time():
    """Each piece comes in time, the whole never does."""
    program = """
import socket, time
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
asked, _ = server.accept()
asked.recv(9999)
asked.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n")
while True:
    asked.sendall(b" ")
    time.sleep(0.02)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as dripping:
        port = int(dripping.stdout.readline())
        with pytest.raises(NoAnswerError, match=r"within 0\.2 seconds"):
            get(f"http://127.0.0.1:{port}/", {}, 0.2)
        dripping.kill()


CHANGED = {
    "renamed": (
        lambda row: {**{k: v for k, v in row.items() if k != "decided"}, "decidedOn": 1},
        r'field "decided".*not known are: decidedOn',
    ),
    "optional renamed": (lambda row: {**row, "fine": {"sum": 1}, "penalty": 2}, r'field "fine.amount".*number \(amount_fen\)'),
    "lost by some": (lambda row: penalty(3, number=...) if row["number"] == "A3" else row, r"1 of 5 rows, first in row 3"),
    "another type": (lambda row: {**row, "fine": {"amount": "1000"}}, r'field "fine.amount": found string in 5 of 5.*a number'),
    "nested": (lambda row: {**row, "kind": ["FINE"]}, r'field "kind": found list in 5'),
    "no object": (lambda row: "A1;2025-03-01", r"page 1, row 1: found string"),
}


@pytest.mark.parametrize("name", CHANGED)
def test_rows_of_another_shape_are_refused_by_the_name_of_the_field(pulling, line_up, name):
    line_up.behaviour.reshape, told = CHANGED[name]
    with pytest.raises(SourceError, match=told) as caught:
        pulling()
    assert caught.value.kind == "changed"
    assert not Record.objects.exists()
    assert trail()[-1]["outcome"] == "changed"


def test_every_field_that_has_changed_is_named_at_once(pulling, line_up):
    line_up.behaviour.reshape = lambda row: {"number": int(row["number"][1:]), "fine": {"amount": 1}}
    with pytest.raises(SourceError) as caught:
        pulling()
    assert [fault.where.split('"')[1] for fault in caught.value.faults] == ["taxpayer", "number", "decided", "kind", "told"]


ENVELOPES = {
    "no rows": (lambda rows, total, following: {"code": 500, "message": "busy"}, r"no data\.rows among code, message"),
    "rows no list": (lambda rows, total, following: {"data": {"rows": {}, "total": 1}}, r"object as data\.rows"),
    "no total": (lambda rows, total, following: {"data": {"rows": rows}}, r"no data\.total"),
    "another total": (lambda rows, total, following: {"data": {"rows": rows, "total": 6}}, r"found 5 rows, expected 6"),
    "a list": (lambda rows, total, following: rows, r"no data\.rows in list"),
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_pages_of_another_shape_are_refused(pulling, line_up, name):
    line_up.behaviour.wrap, told = ENVELOPES[name]
    with pytest.raises(SourceError, match=told) as caught:
        pulling()
    assert caught.value.kind == "changed"
    assert not Record.objects.exists()


def test_pages_that_repeat_or_never_end_are_refused(pulling, line_up):
    line_up.behaviour.deaf_to_pages = True
    with pytest.raises(SourceError, match="page 2: found the rows of the page before"):
        pulling()
    paging = replace(description().paging, kind="cursor", parameter="cursor", next="data.next")
    line_up.behaviour.deaf_to_pages = False
    line_up.behaviour.wrap = lambda rows, total, following: {"data": {"rows": rows, "total": 5, "next": following or "at-2"}}
    with pytest.raises(SourceError, match="the cursor 'at-2' a second time"):
        pulling(description(paging=paging))
    with pytest.raises(SourceError, match="more than 1 pages"):
        pulling(description(paging=replace(description().paging, most_pages=1)))


def test_rows_meet_the_same_checks_as_those_of_a_file(lender, pulling, line_up):
    line_up.publish("penalty", [penalty(6, kind="?"), penalty(7, decided="2031-01-01"), penalty(8, taxpayer="F2")])
    with pytest.raises(RefusedFileError) as caught:
        pulling()
    assert [fault.where for fault in caught.value.faults] == [
        f'tax-line penalty, row {row}, column "{column}"' for row, column in ((6, "kind"), (7, "decided"), (7, "told"), (8, "taxpayer"))
    ]
    assert not Record.objects.exists()
    assert trail()[-1] | {"outcome": "rows_refused", "fault_count": 4} == trail()[-1]


def test_headings_are_recognised_where_no_fields_are_described_and_invoices_come_too(lender, pulling, line_up):
    invoices = [dict(zip(HEADINGS, line(number), strict=True)) for number in (1, 2, 3)]
    line_up.publish("invoice", invoices)
    result = pulling(described("county-simulator"), "invoice")
    assert (result.imported.counts["accepted"], Invoice.objects.count()) == (3, 3)
    pulling(described("county-simulator"), "invoice")
    assert line_up.asked[-1].parameters["since"]
    line_up.behaviour.reshape = lambda row: {"何日" if name == "开票日期" else name: value for name, value in row.items()}
    with pytest.raises(RefusedFileError, match="开票日期"):
        pulling(described("county-simulator"), "invoice", whole=True)


@pytest.mark.parametrize("evidence_class", ["C06", "C11"])
def test_every_kind_of_a_class_comes_in_from_the_simulator(lender, pulling, line_up, evidence_class):
    consent([lender.firm], [evidence_class])
    source = described("county-simulator")
    for record in records_of(source, evidence_class):
        result = pulling(source, record)
        assert (result.pages, result.imported.counts["accepted"]) == (3, SAMPLE_ROWS), record
        assert pulling(source, record).since, record
    assert len(records_of(source, evidence_class)) == len(layouts(evidence_class))


def test_what_the_simulator_makes_up_is_good_for_every_layout(tmp_path):
    now = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    for kind in layouts():
        path = tmp_path / f"{kind.record}.json"
        path.write_text(json.dumps(samples(kind.record, "F1")))
        reading = read_records(path, kind, today=dt.date(2030, 1, 1), now=now)
        assert (reading.accepted.height, reading.faults.listed()[:1]) == (SAMPLE_ROWS, []), kind.record


def test_every_description_that_comes_with_puhui_is_read():
    for name in source_paths():
        described(name)


def test_a_description_with_faults_is_refused_with_all_of_them(tmp_path):
    text = DESCRIPTION.replace('kind = "page"', 'kind = "pages"').replace("size = 2", "size = 0").replace("retries = 3", 'retries = "3"')
    text = text.replace("[records.penalty]\n", "[records.penaltys]\n[records.penalty]\nspeed = 1\n").replace(
        "[firm]", "base_url = 'x'\n[firm]"
    )
    text = text.replace('type = "number"', 'type = "float"') + "[typo]\n"
    (tmp_path / "evidence-sources").mkdir()
    (tmp_path / "evidence-sources" / "own.toml").write_text(text)
    with pytest.raises(FaultsError) as caught:
        described("own", tmp_path)
    told = str(caught.value)
    faults = ("[typo]", "base_url, base_url_from: found both", "[records.penaltys]", "[records.penalty] speed")
    faults += ("fields.fine.amount] type", "[paging] kind: found 'pages'", "[paging] size: found 0", "[patience] retries: found '3'")
    for each in faults:
        assert each in told, told
    with pytest.raises(FaultsError, match="expected one of county-simulator, own"):
        described("nobody", tmp_path)


def test_addresses_and_keys_that_cannot_be_used_are_named_before_anything_is_asked(pulling, line_up):
    for environment, told in (
        ({}, "TAX_LINE: found nothing"),
        ({"TAX_LINE": "http://tax.example/api", "TAX_LINE_KEY": "k"}, "without encryption"),
        ({"TAX_LINE": "https://tax.example:x", "TAX_LINE_KEY": "k"}, "TAX_LINE: found 'https"),
        ({"TAX_LINE": line_up.address}, "TAX_LINE_KEY: found nothing"),
        ({"TAX_LINE": line_up.address, "TAX_LINE_KEY": "k\r\nX: y"}, "other than printable"),
    ):
        with pytest.raises(FaultsError, match=told) as caught:
            pulling(environment=environment)
        assert "k\r\n" not in str(caught.value)
    fields = dict(description().records["penalty"].fields)
    fields["number"] = replace(fields["number"], means="decision_no")
    wrong = replace(description().records["penalty"], fields=fields)
    with pytest.raises(FaultsError, match="decision_no"):
        pulling(description(records={"penalty": wrong}))
    with pytest.raises(FaultsError, match=r"no licence of class C03.*one of penalty"):
        records_of(description(), "C03", "licence")
    assert line_up.asked == []


def test_the_command_pulls_and_says_what_came(lender, line_up, capsys, monkeypatch):
    from puhui.site import command
    from puhui.site.commands import support

    consent([lender.firm], ["C03"])
    monkeypatch.setattr(support, "start_django", lambda migrate=True: None)
    monkeypatch.setenv("COUNTY_SIMULATOR_URL", line_up.address)
    line_up._rows["penalty"] = []
    line_up.publish("penalty", samples("penalty", "F1", 3))
    arguments = ["evidence", "pull", "county-simulator", "--class", "c03", "--firm", "甲公司", "--record", "penalty"]
    assert command.run(arguments) == 0
    assert ["accepted", "3"] in [row.split() for row in capsys.readouterr().out.splitlines()]
    line_up.behaviour.refuse = 403
    assert command.run(arguments) == 2
    shown = capsys.readouterr()
    assert "HTTP 403" in shown.err and "1 fault; of those kinds of record nothing was changed" in shown.err
