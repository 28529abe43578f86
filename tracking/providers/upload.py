"""Mail from files: those that users upload, kept sealed in pieces until read, and local ones of operators."""

from __future__ import annotations

import base64
import io
from collections.abc import Generator, Iterator
from itertools import islice
from typing import IO

from django.utils import timezone

from tracking.mail import RawMail
from tracking.models import Mailbox, Upload
from tracking.providers import Cursor, MessageError, Page, UnreadableFileError
from tracking.providers.mbox import Piece, pieces, raw_mail

CHUNK_BYTES = 1024 * 1024
PAGE_SIZE = 25


class ChunkedFile(io.RawIOBase):
    """An upload's pieces as one seekable file. One piece is held in memory at a time."""

    def __init__(self, upload: Upload) -> None:
        self.upload, self.position = upload, 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.upload.size}[whence]
        self.position = max(0, start + offset)
        return self.position

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        number, offset = divmod(self.position, CHUNK_BYTES)
        taken = self._chunk(number)[offset : offset + len(buffer)]
        buffer[: len(taken)] = taken
        self.position += len(taken)
        return len(taken)

    def _chunk(self, number: int) -> bytes:
        if self._held[0] != number:
            chunk = self.upload.chunks.filter(number=number).first()
            self._held = (number, base64.b64decode(chunk.data) if chunk else b"")
        return self._held[1]


class UploadSource:
    """The complete, unread uploads of a mailbox, oldest first."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    def pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        for upload in self.mailbox.uploads.filter(complete=True, done_at=None).order_by("created_at"):
            read = int(cursor.get("pieces", 0)) if cursor.get("upload") == str(upload.pk) else 0
            file = io.BufferedReader(ChunkedFile(upload), CHUNK_BYTES)  # type: ignore[type-var]
            for page in file_pages(upload.name, file, skip=read, owner=self.mailbox.user.email):
                yield Page(page.mails, {"upload": str(upload.pk), **page.cursor}, page.failed)
            upload.chunks.all().delete()
            upload.done_at = timezone.now()
            upload.save(update_fields=["done_at"])

    def get(self, provider_id: str) -> RawMail:
        raise MessageError("upload_again")  # what could not be read is in the file the user has


class FileSource:
    """A file on this machine, for operators."""

    def __init__(self, name: str, file: IO[bytes], owner: str) -> None:
        self.name, self.file, self.owner = name, file, owner

    def pages(self, cursor: Cursor) -> Generator[Page, None, None]:
        for page in file_pages(self.name, self.file, skip=0, owner=self.owner):
            yield Page(page.mails, cursor, page.failed)

    def get(self, provider_id: str) -> RawMail:
        raise MessageError("upload_again")


def file_pages(name: str, file: IO[bytes], skip: int, owner: str) -> Iterator[Page]:
    """The mail of `file` beyond its first `skip` pieces, in pages; raises UnreadableFileError."""
    stream = islice(pieces(name, file), skip, None)
    read = skip
    while batch := list(islice(stream, PAGE_SIZE)):
        read += len(batch)
        yield _page(batch, read, frozenset({owner.lower()}))


def store(mailbox: Mailbox, name: str, file: IO[bytes], limit: int) -> Upload:
    """Keep an uploaded file, sealed, for the worker.

    Raises UnreadableFileError if it is larger than `limit` bytes.
    """
    upload = Upload.objects.create(mailbox=mailbox, name=name[:200])
    number = 0
    while block := file.read(CHUNK_BYTES):
        upload.size += len(block)
        if upload.size > limit:
            upload.delete()
            raise UnreadableFileError("file_too_large")
        upload.chunks.create(number=number, data=base64.b64encode(block).decode())
        number += 1
    upload.complete = True
    upload.save(update_fields=["size", "complete"])
    return upload


def _page(batch: list[Piece], read: int, own_addresses: frozenset[str]) -> Page:
    good = [piece for piece in batch if not piece.error]
    failed = tuple((f"piece-{piece.number}", piece.error) for piece in batch if piece.error)
    return Page(tuple(raw_mail(piece, own_addresses) for piece in good), {"pieces": read}, failed)
