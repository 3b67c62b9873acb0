"""A document as PDF: one HTML page styled for print, given to WeasyPrint.

Each page bears the institution, the title, the day, the moment it was made, the digest and its number of how many. Nothing is fetched
from anywhere: fonts are those of the machine. WeasyPrint draws text with Pango, a library of the system.
"""

from __future__ import annotations

import html
import re
from datetime import UTC
from functools import singledispatch
from typing import Any

from puhui.calculations.faults import Fault, FaultsError
from puhui.reports.documents.document import Document, Facts, Rows, Section, Signatures, Text
from puhui.reports.documents.pango import MEND, missing_library
from puhui.reports.documents.words import word
from puhui.reports.tables import LEFT, Column, shown

__all__ = ["render"]

_FONTS = {
    "en": '"Noto Sans", "DejaVu Sans", "Noto Sans CJK SC"',
    "zh-hans": '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", "WenQuanYi Micro Hei"',
    "zh-hant": '"Noto Sans CJK TC", "Source Han Sans TC", "PingFang TC", "Microsoft JhengHei", "Noto Sans CJK SC"',
}
_STYLE = """
@page {{ size: A4 {orientation}; margin: 22mm 15mm 20mm; font: 8pt {fonts}, sans-serif; color: #555;
  @top-left {{ content: string(institution) }} @top-right {{ content: string(title) }}
  @bottom-left {{ content: string(made); white-space: pre }} @bottom-right {{ content: "{page}" }} }}
html {{ font: 9pt/1.45 {fonts}, sans-serif; color: #111 }}
.running {{ position: absolute; visibility: hidden; height: 0; overflow: hidden }}
.institution {{ string-set: institution content() }} .title {{ string-set: title content() }} .made {{ string-set: made content() }}
h1 {{ font-size: 16pt; text-align: center; margin: 0 0 1mm }} .subtitle {{ text-align: center; margin: 0 0 5mm; color: #444 }}
h2 {{ font-size: 10.5pt; margin: 5mm 0 1.5mm; break-after: avoid }}
table {{ border-collapse: collapse; width: 100% }} thead {{ display: table-header-group }} tr {{ break-inside: avoid }}
th, td {{ border: .4pt solid #999; padding: 1.1mm 1.8mm; vertical-align: top }} th {{ background: #f1f1ef; font-weight: 500 }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }}
td.text, th.text {{ text-align: left; overflow-wrap: break-word }} table.long {{ table-layout: fixed }} td.date {{ white-space: nowrap }}
tr.strong td {{ font-weight: 600; background: #f8f8f6 }}
.facts th {{ width: 19%; text-align: left }} .facts td {{ width: 31% }} .facts td.wide {{ width: 81% }}
p {{ margin: 2mm 0 }} .signatures {{ display: flex; gap: 8mm; margin-top: 10mm; break-inside: avoid }}
.signatures div {{ flex: 1; min-height: 26mm }} .signatures span {{ display: block; margin-top: 14mm; border-top: .6pt solid #333 }}
"""
LONG = 60  # rows from which widths are reckoned here: WeasyPrint would lay each cell out several times
LONG_WORD = 20  # places of a word that may be broken
WIDE = 34  # places of a value that takes a whole line of a form


def render(document: Document) -> bytes:
    """The document as PDF. Raises FaultsError where the machine cannot draw one."""
    fault = missing_library()
    if fault:
        raise FaultsError([Fault("pdf", fault, "Pango, which draws the text", MEND)])
    from weasyprint import HTML

    written: bytes | None = HTML(string=page(document), url_fetcher=_fetch_nothing).write_pdf()
    assert written is not None
    return written


def _fetch_nothing(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a document fetches nothing, and not {url}")


def page(document: Document) -> str:
    """The whole document as one page of HTML."""
    language = document.language
    page_number = word("page_of", language).format(page='" counter(page) "', pages='" counter(pages) "')
    orientation = "landscape" if document.landscape else "portrait"
    style = _STYLE.format(orientation=orientation, fonts=_FONTS[language], page=page_number)
    _, as_of, made_at, digest = document.heading
    separator = " · "
    made = separator.join(f"{fact.label} {shown(fact.value, fact.kind)}" for fact in (as_of, made_at, digest))
    running = (("institution", document.institution), ("title", f"{document.title} {document.number}"), ("made", made))
    body = "".join(f'<div class="running {name}">{html.escape(text)}</div>' for name, text in running)
    number = [document.number] if document.number != str(document.as_of) else []
    subtitle = " · ".join([document.institution, *number, f"{as_of.label} {document.as_of}"])
    body += f'<h1>{html.escape(document.title)}</h1><p class="subtitle">{html.escape(subtitle)}</p>'
    body += "".join(_section(section) for section in document.sections)
    title = html.escape(f"{document.title} {document.number}")
    created = document.made_at.astimezone(UTC).isoformat(timespec="seconds")
    return (
        f'<!doctype html><html lang="{_LANG[language]}"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="author" content="{html.escape(document.institution)}"><meta name="dcterms.created" content="{created}">'
        f"<style>{style}</style></head><body>{body}</body></html>"
    )


_LANG = {"en": "en", "zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}


@singledispatch
def _section(section: Section) -> str:
    raise TypeError(f"no such section: {section!r}")


@_section.register
def _facts(section: Facts) -> str:
    """Two facts a line; one whose value is long has a line of its own."""
    lines, pair = [], ""
    for fact in section.facts:
        value = shown(fact.value, fact.kind)
        label, text = html.escape(fact.label), html.escape(value)
        if _width(value) > WIDE:
            lines += [f"{pair}<th></th><td></td>"] if pair else []
            lines.append(f'<th>{label}</th><td class="wide" colspan="3">{text}</td>')
            pair = ""
            continue
        cell = f"<th>{label}</th><td>{text}</td>"
        if pair:
            lines.append(pair + cell)
        pair = "" if pair else cell
    lines += [f"{pair}<th></th><td></td>"] if pair else []
    rows = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<h2>{html.escape(section.title)}</h2><table class="facts"><tbody>{rows}</tbody></table>'


def _breakable(text: str) -> str:
    """Text for a cell, in which a word too long for a column may go on in the next line."""
    pieces = re.findall(rf"\S{{{LONG_WORD}}}(?=\S)|[\s\S]", text) if re.search(rf"\S{{{LONG_WORD + 1}}}", text) else [text]
    return "".join(html.escape(piece) + ("<wbr>" if len(piece) == LONG_WORD and len(pieces) > 1 else "") for piece in pieces)


def _width(text: str) -> int:
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text)


@_section.register
def _rows(section: Rows) -> str:
    table = section.table
    head = "".join(f'<th class="{_side(column)}">{html.escape(column.title)}</th>' for column in table.columns)
    lines = []
    for number, row in enumerate(table.rows):
        cells = "".join(
            f'<td class="{_side(column)} {column.kind}">{_breakable("" if value is None else shown(value, column.kind))}</td>'
            for value, column in zip(row, table.columns, strict=True)
        )
        lines.append(f'<tr class="strong">{cells}</tr>' if number in section.strong else f"<tr>{cells}</tr>")
    if not lines and section.empty:
        lines.append(f'<tr><td class="text" colspan="{len(table.columns)}">{html.escape(section.empty)}</td></tr>')
    opening = f'<table class="long"><colgroup>{_widths(section)}</colgroup>' if len(table.rows) > LONG else "<table>"
    return f"<h2>{html.escape(table.title)}</h2>{opening}<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def _widths(section: Rows) -> str:
    """The columns by their widest value, of text some of it: it goes on in a second line."""
    table = section.table
    places = []
    for index, column in enumerate(table.columns):
        widest = max((_width(shown(row[index], column.kind)) for row in table.rows if row[index] is not None), default=0)
        places.append(max(8, min(widest, 26) if column.kind == "text" else widest + 1))
    return "".join(f'<col style="width: {100 * each / sum(places):.2f}%">' for each in places)


def _side(column: Column) -> str:
    return "text" if column.kind in LEFT else "number"


@_section.register
def _text(section: Text) -> str:
    return "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in section.paragraphs)


@_section.register
def _signatures(section: Signatures) -> str:
    return '<div class="signatures">' + "".join(f"<div>{html.escape(place)}<span></span></div>" for place in section.places) + "</div>"
