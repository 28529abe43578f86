"""Files of comma-separated values as spreadsheets write them, and as nobody should."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applications import csvfile
from applications.csvfile import UnreadableError
from tests.factories import ApplicationFactory

LINES = "Company,Job title\nZażółć,Café manager\n"
ROWS = [["Zażółć", "Café manager"]]


@pytest.mark.parametrize(
    "content",
    [
        LINES.encode(),
        codecs.BOM_UTF8 + LINES.encode(),
        LINES.encode("utf-16"),
        LINES.encode("utf-16-le"),
        LINES.encode("utf-16-be"),
        codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"),
        LINES.replace("\n", "\r\n").encode(),
        LINES.replace("\n", "\r").encode(),
        LINES.replace(",", ";").encode(),
        LINES.replace(",", "\t").encode(),
        LINES.replace(",", "|").encode(),
        f"\n\n{LINES}\n,\n".encode(),
    ],
)
def test_it_reads_what_spreadsheets_write(content):
    assert csvfile.read(content) == (["Company", "Job title"], ROWS)


def test_it_reads_latin_1():
    assert csvfile.read("Company,Job title\nCafé Grün,Köchin\n".encode("latin-1"))[1] == [
        ["Café Grün", "Köchin"]
    ]


def test_commas_inside_quotes_do_not_decide_the_delimiter():
    content = b'Company;Job title;Notes\n"Harbor, Pine, Co";Editor;"a, b, c"\n'
    assert csvfile.read(content)[1] == [["Harbor, Pine, Co", "Editor", "a, b, c"]]


def test_short_and_long_rows_fit_the_headings():
    content = b"Company,Job title,Notes\nQuillstone\nLumen,Analyst,x,too,many\n"
    assert csvfile.read(content)[1] == [["Quillstone", "", ""], ["Lumen", "Analyst", "x"]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"Company,Job title\n", "no rows"),
        (b"PK\x03\x04rest of a workbook", "Save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Save it as CSV"),
        (b"Company,Job title,Status,Applied on,Location\nQuill\x00stone,Editor\n", "no text"),
        (b"\xff\xfea", "damaged"),
        (b'Company,Job title\n"Quillstone,' + b"x" * 30_000, "never closed"),
        (b"Company,Job title\n" + b"a,b\n" * (csvfile.MAX_ROWS + 1), "2,001 rows"),
        (b"a," * csvfile.MAX_COLUMNS + b"\na\n", "columns"),
        (b"a" * (csvfile.MAX_BYTES + 1), "larger than 2 MB"),
    ],
)
def test_it_says_why_it_cannot_read(content, words):
    with pytest.raises(UnreadableError, match=words):
        csvfile.read(content)


@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_otherwise(content):
    try:
        header, rows = csvfile.read(content)
    except UnreadableError:
        return
    assert all(len(row) == len(header) for row in rows)


@pytest.mark.parametrize("text", ["=1+1", "+49", "-5", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''=1", "＝1"])
def test_nothing_is_left_that_a_spreadsheet_would_run(text):
    assert csvfile.guarded(text) == f"'{text}"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20))
def test_guarding_loses_nothing(text):
    assert csvfile.unguarded(csvfile.guarded(text)) == text


def test_what_is_plain_stays_plain():
    assert csvfile.guarded("O'Neill & Sons") == "O'Neill & Sons"


@pytest.mark.django_db
def test_what_is_written_reads_back(user):
    row = ApplicationFactory(
        user=user, company='=HYPERLINK("x")', title='Editor, "senior"', status="offer_extended", notes="a\nb"
    )
    content = csvfile.written([row])
    assert content.startswith(codecs.BOM_UTF8)
    assert b"'=HYPERLINK" in content
    header, ((company, title, status, applied_on, *_),) = csvfile.read(content)
    assert header == list(csvfile.HEADINGS.values())
    assert (company, title, status) == (row.company, row.title, "Offer Extended")
    assert applied_on == row.applied_on.isoformat()
