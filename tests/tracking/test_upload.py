from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.factories import ApplicationFactory, MailboxFactory
from tests.tracking.mails import confirmation, everyday
from tracking.models import Mailbox, Message, SyncRun, Upload, UploadChunk
from tracking.providers import UnreadableFileError
from tracking.providers.upload import CHUNK_BYTES, ChunkedFile, store
from tracking.sync import sync

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(user):
    ApplicationFactory(user=user, company="Lumen Health", title="Data Analyst", applied_on="2026-10-30")
    return MailboxFactory(user=user, provider=Mailbox.Provider.UPLOAD, address="Uploaded files")


def mbox(*mails) -> bytes:
    return b"".join(b"From x@y Mon Nov 02 09:00:00 2026\n" + raw.content + b"\n" for raw in mails)


def upload(mailbox, content: bytes, name: str = "mail.mbox") -> Upload:
    return store(mailbox, name, io.BytesIO(content), limit=50 * CHUNK_BYTES)


def test_an_uploaded_file_is_read_once_and_then_gone(mailbox):
    content = mbox(confirmation(1), everyday(2), confirmation(3, title="Data Lead"))
    upload(mailbox, content)
    first = sync(mailbox.pk)
    upload(mailbox, content)
    second = sync(mailbox.pk)

    assert (first.state, first.looked_at, first.kept, first.ignored) == ("completed", 3, 2, 1)
    assert (second.looked_at, second.kept, second.duplicates) == (3, 0, 2)
    assert {first.trigger, second.trigger} == {SyncRun.Trigger.UPLOAD}
    assert not UploadChunk.objects.exists()
    assert Message.objects.count() == 2


def test_a_file_waits_sealed(mailbox):
    upload(mailbox, mbox(everyday(1)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM tracking_uploadchunk")
        assert b"garden" not in bytes(cursor.fetchone()[0])


def test_pieces_make_one_seekable_file(mailbox):
    content = bytes(range(256)) * 10_000  # more than two pieces
    file = io.BufferedReader(ChunkedFile(upload(mailbox, content)))
    assert file.read() == content
    file.seek(-1000, io.SEEK_END)
    assert file.read() == content[-1000:]
    file.seek(CHUNK_BYTES - 5)
    assert file.read(10) == content[CHUNK_BYTES - 5 : CHUNK_BYTES + 5]


def test_a_file_over_the_limit_is_refused_and_not_kept(mailbox):
    with pytest.raises(UnreadableFileError):
        store(mailbox, "big.mbox", io.BytesIO(bytes(3 * CHUNK_BYTES)), limit=2 * CHUNK_BYTES)
    assert not Upload.objects.exists()
    assert not UploadChunk.objects.exists()


def test_a_program_named_eml_ends_the_run_in_words_and_not_the_mailbox(mailbox):
    upload(mailbox, b"MZ\x90\x00\x03" + bytes(2000), "letter.eml")
    run = sync(mailbox.pk)
    mailbox.refresh_from_db()
    assert (run.state, run.error) == ("failed", "file_not_mail")
    assert mailbox.state == Mailbox.State.ACTIVE
    upload(mailbox, mbox(confirmation(1)))
    assert sync(mailbox.pk).kept == 1


def test_a_cut_file_gives_what_is_whole_and_the_rest_when_it_comes_again(mailbox):
    whole = mbox(confirmation(1), confirmation(2, title="Data Lead"))
    upload(mailbox, whole[:-41])
    run = sync(mailbox.pk)
    assert (run.state, run.kept, run.failed) == ("partial", 1, 1)
    upload(mailbox, whole)
    assert sync(mailbox.pk).kept == 1
    assert Message.objects.count() == 2


def test_a_mime_bomb_is_one_message(mailbox):
    nested = b"Subject: Your application\nFrom: a@b.example\nMessage-ID: <bomb@x>\n"
    for level in range(300):
        nested += b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (level, level)
    nested += b"Content-Type: text/plain\n\nThank you for applying\n"
    parts = b'Subject: x\nFrom: a@b.example\nContent-Type: multipart/mixed; boundary="b"\n\n'
    parts += b"--b\nContent-Type: text/plain\n\nhello\n" * 20_000 + b"--b--\n"
    separator = b"From x@y Mon Nov 02 09:00:00 2026\n"
    upload(mailbox, separator + nested + b"\n" + separator + parts + b"\n" + mbox(confirmation(5)))
    run = sync(mailbox.pk)
    assert run.state in (SyncRun.State.COMPLETED, SyncRun.State.PARTIAL)
    assert Message.objects.filter(company="Lumen Health").exists()


def test_import_mail_twice_adds_nothing(user, mailbox, tmp_path, capsys):
    path = tmp_path / "mail.mbox"
    path.write_bytes(mbox(confirmation(1), everyday(2)))
    call_command("import_mail", user.email.partition("@")[0], str(path))
    call_command("import_mail", user.email, str(path))
    first, second = capsys.readouterr().out.splitlines()
    assert "kept: 1" in first
    assert "kept: 0" in second
    assert "duplicates: 1" in second


@pytest.mark.parametrize("who", ["nobody", "sam"])
def test_import_mail_says_what_is_wrong(user, tmp_path, who):
    with pytest.raises(CommandError):
        call_command("import_mail", who, str(tmp_path / "none.mbox"))
    with pytest.raises(CommandError, match=r"none\.mbox"):
        call_command("import_mail", user.email, str(tmp_path / "none.mbox"))
