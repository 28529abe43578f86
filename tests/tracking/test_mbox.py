from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from tracking.providers import UnreadableFileError
from tracking.providers.mbox import Piece, pieces, raw_mail
from tracking.router.parse import parse

ONE = (
    b"From: Ann <ann@firm.example>\nTo: sam@example.org\nSubject: One\nMessage-ID: <1@firm.example>\n"
    b"Date: Mon, 2 Nov 2026 09:00:00 +0000\n\nHello\n\n"
)
TWO = ONE.replace(b"One", b"Two").replace(b"<1@", b"<2@")
SEPARATOR = b"From 1849@xxx Mon Nov 02 09:00:00 +0000 2026\n"
MBOX = SEPARATOR + ONE + SEPARATOR + TWO


def read(content: bytes, name: str = "mail.mbox") -> list[Piece]:
    return list(pieces(name, io.BytesIO(content)))


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return file.getvalue()


def raw(content: bytes):
    return raw_mail(Piece(0, content), frozenset({"sam@example.org"}))


def test_an_mbox_gives_its_messages():
    found = read(MBOX)
    assert [piece.number for piece in found] == [0, 1]
    assert found[0].content == ONE
    assert found[1].content == TWO


def test_quoted_from_lines_are_restored():
    content = SEPARATOR + ONE.replace(
        b"Hello", b"Dear all,\n>From here it is easy\n>>From there too\nFrom me"
    )
    (piece,) = read(content)
    assert b"\nFrom here it is easy\n>From there too\nFrom me" in piece.content


def test_line_ends_of_windows_are_read():
    assert len(read(MBOX.replace(b"\n", b"\r\n"))) == 2


def test_one_eml_is_one_message():
    assert [piece.content for piece in read(ONE, "letter.eml")] == [ONE]


def test_a_zip_of_both_kinds():
    found = read(zipped(a__eml=ONE, Takeout__mbox=MBOX, readme__txt=b"nothing"))
    assert [piece.number for piece in found] == [0, 1, 2]
    assert not any(piece.error for piece in found)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (
            b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00 This program cannot be run",
            "file_not_mail",
        ),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "file_not_mail"),
        (b"Dear diary,\n\ntoday: I saw a heron.\n", "file_not_mail"),
        (b"PK\x03\x04 this is no archive", "zip_damaged"),
        (zipped(readme__txt=b"nothing"), "zip_without_mail"),
        (zipped(bomb__mbox=bytes(60 * 1024 * 1024)), "zip_too_large"),
    ],
)
def test_what_is_not_mail_is_refused(content, code):
    with pytest.raises(UnreadableFileError) as refusal:
        read(content, "letter.eml")
    assert refusal.value.code == code


def test_a_program_inside_a_zip_stops_nothing():
    found = read(zipped(a__eml=ONE, virus__eml=b"MZ\x90\x00" + bytes(600), z__eml=TWO))
    assert [piece.error for piece in found] == ["", "file_not_mail", ""]


@pytest.mark.parametrize("cut", [20, 60, 130])
def test_a_file_cut_in_the_middle_says_so_and_gives_what_is_whole(cut):
    found = read(MBOX[: len(SEPARATOR + ONE + SEPARATOR) + cut])
    assert [piece.error for piece in found] == ["", "message_cut"]
    assert found[0].content == ONE


def test_a_part_left_open_is_a_cut():
    head = ONE.replace(
        b"\n\nHello\n\n", b'\nContent-Type: multipart/mixed; boundary="xyz"\n\n--xyz\n\nHello\n'
    )
    assert [piece.error for piece in read(SEPARATOR + head)] == ["message_cut"]
    assert [piece.error for piece in read(SEPARATOR + head + b"--xyz--\n")] == [""]


def test_a_message_without_end_is_passed_over_in_bounded_memory():
    huge = SEPARATOR + ONE + b"x" * (61 * 1024 * 1024) + b"\n\n" + SEPARATOR + TWO
    found = read(huge)
    assert [piece.error for piece in found] == ["message_too_large", ""]
    assert len(found[0].content) <= 64 * 1024


@given(st.binary(max_size=4000))
def test_no_bytes_whatever_break_it(content):
    try:
        for piece in read(content):
            raw_mail(piece, frozenset())
    except UnreadableFileError:
        pass


@given(st.binary(max_size=2000))
def test_no_message_whatever_breaks_the_reading_of_its_head(content):
    assert raw(content).received_at.tzinfo is not None


def test_the_same_message_has_the_same_id_and_another_with_its_message_id_has_not():
    assert raw(ONE).provider_id == raw(b"X-Gmail-Labels: Inbox\n" + ONE).provider_id
    assert raw(ONE).provider_id != raw(ONE.replace(b"ann@", b"forger@")).provider_id


def test_a_reply_is_in_the_thread_of_what_it_answers():
    reply = TWO.replace(b"Subject", b"In-Reply-To: <1@firm.example>\nReferences: <1@firm.example>\nSubject")
    assert raw(reply).thread_id == raw(ONE).thread_id
    assert raw(TWO).thread_id != raw(ONE).thread_id


def test_own_mail_is_told_by_label_or_address():
    assert raw(b"X-Gmail-Labels: =?UTF-8?Q?x?=,Sent\n" + ONE).sent
    assert raw(ONE.replace(b"ann@firm.example", b"Sam@Example.org")).sent
    assert not raw(ONE).sent


@time_machine.travel(datetime(2026, 11, 5, tzinfo=UTC), tick=False)
def test_the_time_of_receipt_comes_before_the_date_the_sender_claims():
    received = b"Received: by mx.google.com with SMTP id x; Tue, 3 Nov 2026 10:00:00 +0100\n" + ONE
    assert raw(received).received_at == datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    assert raw(ONE).received_at == datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    assert raw(ONE.replace(b"Mon, 2 Nov 2026", b"Mon, 2 Nov 9998")).received_at.year == 1990


GOOGLE = b"Received: by mx.google.com with SMTP id x; Mon, 2 Nov 2026 09:00:00 +0000\n"
INTERNAL = b"Received: by 2002:a05:6a10::1 with SMTP id x; Mon, 2 Nov 2026 09:00:00 +0000\n"
SMALL = b"Received: from a by mail.small.example; Mon, 2 Nov 2026 09:00:00 +0000\n"
VERDICT = b"Authentication-Results: mx.google.com; dmarc=pass\n"


@pytest.mark.parametrize(
    ("head", "trusted"),
    [
        (INTERNAL + GOOGLE + VERDICT, ("mx.google.com",)),
        (GOOGLE + VERDICT, ("mx.google.com",)),
        (SMALL + VERDICT, ()),  # forged by the sender: the server that received it gives none
        (SMALL + GOOGLE + VERDICT, ()),
        (VERDICT, ()),
        (SMALL + b"Authentication-Results: mail.small.example; dmarc=pass\n", ()),
    ],
)
def test_only_the_receiving_providers_verdict_is_believed(head, trusted):
    assert raw(head + ONE).trusted_authserv == trusted


def test_what_looks_like_exchange_online_in_a_file_is_not_believed():
    head = b"Authentication-Results: spf=pass smtp.mailfrom=a; dmarc=pass action=none header.from=a\n"
    mail = raw(head + b"X-MS-Exchange-Organization-AuthAs: Anonymous\n" + ONE)
    assert (mail.trusted_authserv, mail.unnamed_authserv) == ((), False)
    assert parse(mail).auth == "none"
