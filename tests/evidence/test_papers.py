"""A document that is doubtful waits; a person corrects it; it is evidence as any other, and the first reading stays."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.evidence.conftest import BUSINESS_DATE, consent
from tests.evidence.papers import NUMBER, SELLER, invoice_pdf, statement_pdf

from puhui.calculations.faults import FaultsError
from puhui.evidence import deleting, queries
from puhui.evidence.documents import waiting
from puhui.evidence.documents.checks import Circumstances, checks, failed
from puhui.evidence.documents.model import Document, DocumentField, invoice_row
from puhui.evidence.documents.pictures import page_count, page_picture
from puhui.evidence.importing import import_file
from puhui.evidence.models import Batch, DocumentReview, Invoice, PaperDocument, Record
from puhui.evidence.reading.faults import RefusedFileError
from puhui.parties.actions import withdraw_consent
from puhui.parties.models import AuditRecord


def kept(lender, data: bytes, evidence_class: str = "C07", name: str = "invoice.pdf") -> PaperDocument:
    """The document that an import keeps for a person."""
    path = lender.write(data, name)
    result, *others = import_file(lender.institution, path, evidence_class, firm=lender.firm, actor="clerk", to_correct=True)
    assert not others and result.waiting and result.batch_id is None
    assert (Invoice.objects.count(), Record.objects.count(), Batch.objects.count()) == (0, 0, 0)
    return PaperDocument.objects.get(pk=result.waiting)


def names(found) -> set[str]:
    return {each.name for each in failed(found)}


def test_what_is_sure_does_not_wait(lender):
    path = lender.write(invoice_pdf("甲公司"), "invoice.pdf")
    (result,) = import_file(lender.institution, path, "C07", firm=lender.firm, actor="clerk", to_correct=True)
    assert (result.counts["accepted"], result.waiting, PaperDocument.objects.count()) == (1, None, 0)


def test_a_field_that_is_not_there_is_typed_in(lender):
    paper = kept(lender, invoice_pdf("甲公司", day=""))
    assert names(waiting.checks_of(paper, waiting.rows_of(paper))) == {"told"}
    with pytest.raises(waiting.ChecksFailError, match="issued_on"):
        waiting.confirm(paper, {}, "officer")
    with pytest.raises(RefusedFileError, match="no such field"):
        waiting.confirm(paper, {"colour": "blue"}, "officer")
    assert DocumentReview.objects.count() == Invoice.objects.count() == 0
    result = waiting.confirm(paper, {"issued_on": "2024-11-01", "number": NUMBER}, "officer")
    assert result.counts["accepted"] == 1
    stored = Invoice.objects.get()
    assert (stored.invoice_number, stored.issued_on, stored.direction, stored.total_fen) == (NUMBER, dt.date(2024, 11, 1), "out", 106_000)
    review = DocumentReview.objects.get()
    assert (review.corrections, review.reviewed_by, review.as_printed, review.batch_id) == (
        {"issued_on": ["", "2024-11-01"]}, "officer", False, result.batch_id,
    )  # fmt: skip
    batch = Batch.objects.get(pk=result.batch_id)
    assert (batch.file_name, batch.file_digest, batch.received_by) == ("invoice.pdf", paper.file_digest, "officer")
    again = PaperDocument.objects.get()
    assert Document.of_dict(again.reading).value("issued_on") == ""  # as it was read first
    acts = list(AuditRecord.objects.filter(subject_kind="paper_document").order_by("pk").values_list("act", "actor"))
    assert acts == [("keep_document", "clerk"), ("review_document", "officer")]
    with pytest.raises(FaultsError, match="taken in by officer"):
        waiting.confirm(paper, {"issued_on": "2024-11-02"}, "approver")
    with pytest.raises(FaultsError, match="taken in by officer"):
        waiting.set_aside(paper, "twice", "approver")


def test_sums_that_do_not_add_up_are_corrected_or_stand_so_on_the_paper(lender):
    paper = kept(lender, invoice_pdf("甲公司", total="1160.00", amount="1000.00"))
    rows = waiting.rows_of(paper)
    assert "sum" in names(waiting.checks_of(paper, rows))
    right = waiting.rows_of(paper, {"tax": "60.00", "total": "1,060.00"})
    assert names(waiting.checks_of(paper, right)) == set()
    result = waiting.confirm(paper, {"total": "1160.00", "tax": "60.00"}, "officer", as_printed=True)
    assert result.counts["total_differs"] == 1 and DocumentReview.objects.get().as_printed


def test_the_same_file_is_kept_once_and_set_aside_with_a_reason(lender):
    data = invoice_pdf("甲公司", day="")
    paper = kept(lender, data)
    assert kept(lender, data).pk == paper.pk
    with pytest.raises(FaultsError, match="why the document"):
        waiting.set_aside(paper, " ", "officer")
    waiting.set_aside(paper, "A copy of an invoice of another firm", "officer")
    assert [each.review.outcome for each in waiting.papers(lender.institution)] == ["set_aside"]
    assert Invoice.objects.count() == 0


def test_a_statement_whose_balance_does_not_run(lender):
    consent([lender.firm], ["C15"])
    path = lender.write(statement_pdf(), "sure.pdf")
    (sure,) = import_file(lender.institution, path, "C15", firm=lender.firm, to_correct=True)
    assert sure.waiting is None and sure.counts["accepted"] == 3
    document = Document.of_dict({"kind": "bank_statement", "fields": [], "faults": [], "rows": [
        {"交易日期": "2024-11-01", "借方发生额": "", "贷方发生额": "1,000.00", "账户余额": "5,000.00"},
        {"交易日期": "2024-11-02", "借方发生额": "800.50", "贷方发生额": "", "账户余额": "4,799.50"},
        {"交易日期": "2024-13-03", "借方发生额": "1.00", "贷方发生额": "100.00", "账户余额": "4,299.50"},
    ]})  # fmt: skip
    found = failed(checks(document, document.rows, Circumstances(BUSINESS_DATE, ())))
    assert [(each.name, each.fields[0], each.found) for each in found] == [
        ("balance", "账户余额#2", "4,199.50"), ("day", "交易日期#3", "2024-13-03"), ("one_side", "贷方发生额#3", "2"),
    ]  # fmt: skip


def test_movements_are_corrected_one_by_one(lender, monkeypatch):
    from puhui.evidence.documents import reading

    consent([lender.firm], ["C15"])
    real = reading.read_document

    def unsure(*arguments):
        document = real(*arguments)
        fields = [
            DocumentField(each.name, each.value, each.box, 0.4 if each.name == "借方发生额#2" else each.confidence, each.page)
            for each in document.fields
        ]
        return Document(document.kind, tuple(fields), document.rows, document.faults)

    monkeypatch.setattr(waiting, "read_document", unsure)
    paper = kept(lender, statement_pdf(("5,000.00", "4,139.50", "4,239.50")), "C15", "statement.pdf")
    assert list(waiting.rows_of(paper)[0]) == ["交易日期", "摘要", "借方发生额", "贷方发生额", "账户余额", "对方户名"], "as on the paper"
    assert names(waiting.checks_of(paper, waiting.rows_of(paper))) == {"balance"}
    result = waiting.confirm(paper, {"借方发生额#2": "860.50"}, "officer")
    assert result.counts["accepted"] == 3
    rows = queries.records_as_of(lender.institution, "account_flow", BUSINESS_DATE, [lender.firm]).sort("booked_on")
    assert rows.select("direction", "amount_fen", "balance_fen").rows() == [
        ("in", 100_000, 500_000), ("out", 86_050, 413_950), ("in", 10_000, 423_950),
    ]  # fmt: skip
    assert DocumentReview.objects.get().corrections == {"借方发生额#2": ["800.50", "860.50"]}


def test_what_each_check_looks_at():
    good = {
        "number": "12345678", "code": "3300241130", "issued_on": "2025-03-01", "seller_id": SELLER, "seller_name": "甲公司",
        "buyer_id": "", "buyer_name": "乙公司", "amount": "1000.00", "tax": "130.00", "total": "1,130.00",
    }  # fmt: skip
    around = Circumstances(BUSINESS_DATE, ("甲公司",))

    def fails(words: str = "", **changes: str) -> set[str]:
        document = Document("vat_invoice", (DocumentField("total_in_words", words),) if words else (), (invoice_row(good | changes),))
        return names(checks(document, document.rows, around))

    assert fails() == fails("壹仟壹佰叁拾圆整") == set()
    assert fails("壹仟壹佰肆拾圆整") == {"words"}
    assert fails(number="1234567") == {"number"} and fails(code="33") == {"code"} and fails(code="") == {"code"}
    assert fails(number=NUMBER, code="", issued_on="2024-03-01") == set()
    assert fails(number=NUMBER, code="") == {"year"}
    assert fails(seller_id=SELLER[:-1] + "0") == {"tax_number"}
    assert fails(issued_on="2025-02-30") == fails(issued_on="2026-02-01") == {"day"}
    assert fails(seller_name="丙公司") == {"party"} and fails(buyer_name="") == {"told"}
    assert fails(total="1131.00") == {"sum"} and fails(tax="77.00", total="1077.00") == {"rate"}


def test_consent_and_class(lender):
    data = invoice_pdf("甲公司", day="")
    path = lender.write(data, "invoice.pdf")
    for firm, evidence_class, said in (
        (lender.silent, "C07", "no live consent"), (lender.firm, "C15", "Import it as C07"), (None, "C07", "Say whose it is"),
    ):  # fmt: skip
        with pytest.raises(RefusedFileError, match=said):
            import_file(lender.institution, path, evidence_class, firm=firm, to_correct=True)
    assert PaperDocument.objects.count() == 0
    with pytest.raises(RefusedFileError, match="issued_on"):  # without the wish to correct it, it is refused as ever
        import_file(lender.institution, path, "C07", firm=lender.firm)


def test_documents_go_when_the_firm_asks_for_it(lender):
    from puhui.parties.models import Consent

    paper = kept(lender, invoice_pdf("甲公司", day=""))
    waiting.set_aside(paper, "not ours", "officer")
    second = kept(lender, invoice_pdf("甲公司", day="", total="1070.00"))
    with pytest.raises(FaultsError):
        deleting.delete_evidence(lender.firm, "C07", "officer", firm_asked=True)
    for each in Consent.objects.filter(firm=lender.firm):
        withdraw_consent(each, "owner")
    proof = deleting.delete_evidence(lender.firm, "C07", "officer", firm_asked=True)
    assert proof.counts == {"paper_document": 2} and PaperDocument.objects.count() == DocumentReview.objects.count() == 0
    assert second.file_digest not in proof.content_digest
    with pytest.raises(FaultsError):
        deleting.delete_evidence(lender.firm, "C07", "officer", firm_asked=True)


def test_pages_are_drawn():
    from io import BytesIO

    from PIL import Image

    data = statement_pdf()
    assert page_count(data) == 1
    image = Image.open(BytesIO(page_picture(data, 1)))
    assert image.format == "JPEG" and image.width == 1400 and 900 < image.height < 960
    with pytest.raises(IndexError):
        page_picture(data, 2)
    scan = BytesIO()
    Image.new("RGB", (3000, 100), "white").save(scan, "PNG")
    assert page_count(scan.getvalue()) == 1 and Image.open(BytesIO(page_picture(scan.getvalue(), 1))).width == 1400
