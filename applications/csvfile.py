"""Files of comma-separated values: read whatever spreadsheets write, write what they read without harm."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from applications.models import Application
from applications.status import Status

MAX_BYTES, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 2 * 1024 * 1024, 2000, 50, 20_000
DELIMITERS = ",;\t|"
# As they stand in files, in one language, so that every installation reads what another wrote.
HEADINGS = {
    "company": gettext_noop("Company"),
    "title": gettext_noop("Job title"),
    "status": gettext_noop("Status"),
    "applied_on": gettext_noop("Applied on"),
    "location": gettext_noop("Location"),
    "url": gettext_noop("Link to the job"),
    "requisition": gettext_noop("Requisition number"),
    "notes": gettext_noop("Notes"),
    "archived": gettext_noop("Archived"),
}
_FORMULA = re.compile(r"'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")  # spreadsheets run what begins so
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class UnreadableError(Exception):
    """The file is no list of applications. Its text is a sentence for the user."""


def written(rows: Iterable[Application]) -> bytes:
    """`rows` with the columns of HEADINGS, in UTF-8 with the mark that Excel looks for."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADINGS.values())
    for row in rows:
        writer.writerow([guarded(text) for text in _cells(row)])
    return codecs.BOM_UTF8 + file.getvalue().encode()


def guarded(text: str) -> str:
    """`text` so that no spreadsheet takes it for a formula; `unguarded` gives it back."""
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def read(content: bytes) -> tuple[list[str], list[list[str]]]:
    """(headings, rows) of a file, every row as long as the headings; raises UnreadableError.

    Takes UTF-8, UTF-16 and Windows-1252 (Latin-1), and commas, semicolons, tabs or bars.
    """
    text = decoded(content)
    lines = [row for row in _parsed(text, delimiter_of(text)) if any(cell.strip() for cell in row)]
    if len(lines) < 2:
        raise UnreadableError(_("This file has no rows below its headings."))
    if len(lines) - 1 > MAX_ROWS:
        words = _("This file has %(rows)s rows; at most %(most)s are taken at once.")
        raise UnreadableError(words % {"rows": f"{len(lines) - 1:,}", "most": f"{MAX_ROWS:,}"})
    header, rows = [cell.strip()[:200] for cell in lines[0]], lines[1:]
    width = len(header)
    if width > MAX_COLUMNS or any(len(row) > MAX_COLUMNS for row in rows):
        words = _("This file has more than %(most)s columns. Is it a list of applications?")
        raise UnreadableError(words % {"most": MAX_COLUMNS})
    return header, [[unguarded(cell.strip()) for cell in (row + [""] * width)[:width]] for row in rows]


def decoded(content: bytes) -> str:
    """The text of a file; raises UnreadableError where it is none."""
    if len(content) > MAX_BYTES:
        raise UnreadableError(_("This file is larger than %(most)s MB.") % {"most": MAX_BYTES // 1024**2})
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableError(_("This is a workbook. Save it as CSV in your spreadsheet, then upload that."))
    text = _decode(content)
    if "\x00" in text or not text.strip():
        raise UnreadableError(_("This file holds no text.") if text.strip() else _("This file is empty."))
    return text


def delimiter_of(text: str) -> str:
    """The one of DELIMITERS that cuts the first lines into the most, and equally many, columns."""
    return max(DELIMITERS, key=lambda delimiter: _regularity(text[:20_000], delimiter))


def _cells(row: Application) -> list[str]:
    texts = [getattr(row, name) for name in ("location", "url", "requisition", "notes")]
    day = row.applied_on.isoformat() if row.applied_on else ""
    return [row.company, row.title, Status(row.status).label, day, *texts, "yes" if row.archived_at else ""]


def _decode(content: bytes) -> str:
    mark = next((encoding for bom, encoding in _BOMS.items() if content.startswith(bom)), None)
    guess = "utf-16-le" if content[1:40:2].count(0) > content[0:40:2].count(0) else "utf-16-be"
    first = mark or (guess if b"\x00" in content[:40] else "utf-8")
    try:
        return content.decode(first)
    except UnicodeDecodeError:
        if first != "utf-8":
            raise UnreadableError(_("This file is damaged: its text cannot be read.")) from None
    return content.decode("cp1252", errors="replace")


def _parsed(text: str, delimiter: str) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise UnreadableError(_("A quotation mark in this file is never closed.")) from error
    if any(len(cell) > MAX_CELL for row in rows for cell in row):
        raise UnreadableError(_("A cell of this file is too long. Is a quotation mark never closed?"))
    return rows


def _regularity(text: str, delimiter: str) -> tuple[float, int]:
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row][:20]
    width = len(rows[0]) if rows else 0
    alike = sum(len(row) == width for row in rows) / max(1, len(rows))
    return (alike if width > 1 else 0, width)
