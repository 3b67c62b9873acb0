"""Repayments from a file: what falls due today by the database alone, in chunks, and the rest one by one.

Most lines of such a file pay exactly what falls due. They need nothing computed (see `settling`), so key with answer, event, entry,
transfers, instalment, loan, exposure, audit record and outbox of thousands of lines are written by one statement each, and end in the same
rows as single repayments. A line that pays another amount, is late, or is of a loan that has to be folded goes through the act, as if a
clerk had entered it; what the act refuses is set aside with its reason, and the other lines are not held up by it.

Each chunk is one transaction on one partition, so several connections can share them, and each line has a key that repays once for ever.
So a file that was cut off is simply given again: what was done is found by its key and counted as known. A file whose lines cannot be read
is refused whole, every fault named.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import psycopg
from django.db import DatabaseError, connection, transaction

from puhui.books.actions import open_day
from puhui.calculations.faults import Fault, FaultsError, check
from puhui.loans import settling
from puhui.loans.models import Loan
from puhui.loans.paying import repay
from puhui.loans.workers import again_after_a_deadlock
from puhui.parties.models import Institution

__all__ = ["COLUMNS", "Aside", "Taken", "as_csv", "repay_file"]

COLUMNS = ("key", "number", "amount")
CHUNK = 5_000  # about a second: whoever wants one of these loans waits no longer
BLOCK = 1 << 20


@dataclass(frozen=True)
class Aside:
    """A line that was not taken in, and why."""

    line: int
    key: str
    number: str
    amount_fen: int
    reason: str


@dataclass(frozen=True)
class Taken:
    """What became of the lines of a file: their counts, the money of those that are done, and those set aside."""

    at_once: int
    one_by_one: int
    known: int  # done by an earlier run
    amount_fen: int
    aside: tuple[Aside, ...]

    @property
    def figures(self) -> dict[str, int]:
        return {
            "lines": self.at_once + self.one_by_one + self.known + len(self.aside),
            "at_once": self.at_once,
            "one_by_one": self.one_by_one,
            "known": self.known,
            "set_aside": len(self.aside),
            "amount_fen": self.amount_fen,
        }


def repay_file(
    institution: Institution, path: Path, actor: str, tell: Callable[[int], None] = lambda count: None, *, workers: int = 1
) -> Taken:
    """Take in the repayments of a CSV file with the columns `key`, `number` (of the loan) and `amount` (yuan), effective on the open day.

    `tell` hears how many more lines are done; `workers`: connections that share what the database does alone. Raises FaultsError, and
    nothing is done: a file that cannot be read, headings, keys, numbers or amounts that do not fit, each with its line.
    """
    with connection.cursor() as cursor:
        try:
            _read(cursor, path)
            values: dict[str, Any] = {"institution": institution.pk, "day": open_day(institution), "actor": actor, "chunk": CHUNK}
            for name in ("given", "given_index"):
                cursor.execute(_text(name), values)
            cursor.execute("ANALYZE loans_given")
            settled, undone = _at_once(cursor, institution, values, tell, workers)
            one_by_one, money, aside = _rest(cursor, institution, actor, undone, tell)
            cursor.execute(_text("known"))
            (known,) = cursor.fetchone()
        finally:
            cursor.execute("DROP TABLE IF EXISTS loans_given_line, loans_given, loans_chunk, loans_asked")
    return Taken(settled.loans, one_by_one, known, settled.amount_fen + money, tuple(aside))


@cache
def _texts() -> dict[str, str]:
    text = files("puhui.loans").joinpath("sql/repay_file.sql").read_text(encoding="utf-8")
    return {name.strip(): body.strip() for name, body in (part.split("\n", 1) for part in text.split("-- name: ")[1:])}


def _text(name: str, part: int | None = None) -> str:
    return _texts()[name].replace("{part}", str(part))


def _read(cursor: Any, path: Path) -> None:
    """The lines of a file as they stand, in a table of the session, and the faults of all of them."""
    encoding = _encoding(path)
    columns = _columns(path, encoding)
    cursor.execute(_text("lines"))
    statement = f"COPY loans_given_line ({', '.join(columns)}) FROM STDIN (FORMAT csv, HEADER true, ENCODING 'UTF8')"
    try:
        with cursor.copy(statement) as copying, path.open(encoding=encoding, newline="") as file:
            while block := file.read(BLOCK):
                copying.write(block.encode())
    except (DatabaseError, psycopg.Error) as error:
        raise FaultsError([Fault(path.name, str(error).splitlines()[0], f"lines of {', '.join(columns)}, as CSV")]) from error
    cursor.execute("ANALYZE loans_given_line")
    cursor.execute(_text("faults"))
    check(Fault(f"{path.name}, line {line}, {column}", found or "nothing", expected) for line, column, found, expected in cursor.fetchall())


def _encoding(path: Path) -> str:
    """UTF-8 (with or without a mark) or GB18030. Raises FaultsError for a file that cannot be read or is neither."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            with path.open("rb") as file:
                decoder = codecs.getincrementaldecoder(encoding)()
                for block in iter(lambda: file.read(BLOCK), b""):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise FaultsError([Fault(str(path), error.strerror or "cannot be read", "a CSV file")]) from error
        return encoding
    raise FaultsError([Fault(path.name, "neither UTF-8 nor GB18030", "a CSV file in one of them")])


def _columns(path: Path, encoding: str) -> list[str]:
    """The headings, each of COLUMNS once and no other."""
    with path.open(encoding=encoding, newline="") as file:
        headings = [heading.strip() for heading in next(csv.reader(file), [])]
    if sorted(headings) != sorted(COLUMNS):
        raise FaultsError([Fault(f"{path.name}, headings", ", ".join(headings) or "none", ", ".join(COLUMNS))])
    return headings


@dataclass(frozen=True)
class _Chunk:
    """What became of a chunk: what was settled, and the lines that were not what is due any more."""

    settled: settling.Settlement
    undone: list[int]


def _at_once(
    cursor: Any, institution: Institution, values: dict[str, Any], tell: Callable[[int], None], workers: int
) -> tuple[settling.Settlement, list[int]]:
    """All lines that pay what falls due, chunk by chunk; each worker has a connection of its own and is handed its lines."""
    settled, undone = settling.Settlement(), []
    cursor.execute(_text("chunks"), values)
    for done in _shared(cursor, institution, values, cursor.fetchall(), workers):
        settled += done.settled
        undone += done.undone
        tell(done.settled.loans)
    return settled, undone


def _shared(
    cursor: Any, institution: Institution, values: dict[str, Any], chunks: Sequence[tuple[int, int, int]], workers: int
) -> Iterator[_Chunk]:
    """What became of each chunk, as they end. With one worker all is done on the connection in hand."""
    works = ((part, {**values, "first": first, "last": last}) for part, first, last in chunks)
    if workers <= 1 or len(chunks) <= 1:
        for part, own in works:
            yield _chunk(institution, part, own, _sent(cursor, part, own))
        return
    waiting: set[Future[_Chunk]] = set()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for part, own in works:
                waiting.add(pool.submit(_by_worker, institution, part, own, _sent(cursor, part, own)))
                if len(waiting) > workers:  # one chunk more than they are at work on, so that none waits for lines
                    ended, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in ended)
            yield from (each.result() for each in as_completed(waiting))
        finally:
            for each in waiting:
                each.cancel()


def _sent(cursor: Any, part: int, values: dict[str, Any]) -> bytes:
    with cursor.copy(_text("send", part), values) as copying:
        return b"".join(copying)


def _by_worker(institution: Institution, part: int, values: dict[str, Any], lines: bytes) -> _Chunk:
    """A chunk in a thread of its own, with a connection that lasts as long."""
    try:
        return again_after_a_deadlock(lambda: _chunk(institution, part, values, lines))
    finally:
        connection.close()


@transaction.atomic
def _chunk(institution: Institution, part: int, values: dict[str, Any], lines: bytes) -> _Chunk:
    """The lines of a chunk that pay what falls due: keys first, then the loans, then everything else, one statement a table."""
    day = values["day"]
    if open_day(institution) != day:
        raise FaultsError([Fault("day", str(institution.business_date), f"{day}, on which this began", "Give the file again.")])
    with connection.cursor() as cursor:
        for name in ("chunk", "asked"):
            cursor.execute(_text(name))
        for name in ("work", "accounts"):
            cursor.execute(settling.statement(name, part))
        with cursor.copy(_text("take")) as copying:
            copying.write(lines)
        for name in ("keys", "lock", "list"):
            cursor.execute(_text(name, part), values)
        cursor.execute("ANALYZE loans_work")
        cursor.execute(_text("unused"))
        settled = settling.write(cursor, institution, values, part)
        for name in ("audit", "tell"):
            cursor.execute(_text(name, part), values)
        cursor.execute(_text("undone"))
        return _Chunk(settled, [line for (line,) in cursor.fetchall()])


def _rest(
    cursor: Any, institution: Institution, actor: str, undone: list[int], tell: Callable[[int], None]
) -> tuple[int, int, list[Aside]]:
    """The other lines, each by the act: how many were done, their money in fen, and those set aside."""
    count, fen, aside = 0, 0, []
    for line, key, number, amount_fen, loan_id in _left(cursor, undone):
        reason = _repaid(loan_id, amount_fen, key, actor) if loan_id is not None else f"number: {institution} has no such loan"
        if reason:
            aside.append(Aside(line, key, number, amount_fen, reason))
        else:
            count, fen = count + 1, fen + amount_fen
        tell(1)
    return count, fen, aside


def _left(cursor: Any, undone: list[int]) -> Iterator[tuple[int, str, str, int, int | None]]:
    after = 0
    while True:
        cursor.execute(_text("left"), {"after": after, "undone": undone})
        rows = cursor.fetchall()
        if not rows:
            return
        yield from rows
        after = rows[-1][0]


def _repaid(loan_id: int, amount_fen: int, key: str, actor: str) -> str:
    """Repay by the act; the reason where it refuses, else nothing."""
    try:
        repay(Loan.objects.select_related("institution").get(pk=loan_id), amount_fen, key, actor)
    except FaultsError as error:
        return "; ".join(str(fault) for fault in error.faults)
    return ""


def as_csv(aside: Iterable[Aside]) -> str:
    """The lines that were set aside, as CSV: what the file said, its line and the reason."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["line", *COLUMNS, "reason"])
    for each in aside:
        writer.writerow([each.line, each.key, each.number, f"{each.amount_fen // 100}.{each.amount_fen % 100:02}", each.reason])
    return text.getvalue()
