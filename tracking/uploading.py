"""Receives an uploaded file of any size without keeping it in memory or leaving it on disk."""

from __future__ import annotations

import tempfile
from typing import IO, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class UnnamedFileHandler(FileUploadHandler):
    """Puts the file into one without a name, which is gone with the process, however that ends.

    A file of more than `limit` bytes is not read to its end, and `is_too_large` says so.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit, self.received, self.is_too_large = limit, 0, False
        self.file: IO[bytes] | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever reads it

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.received += len(raw_data)
        if self.received > self.limit or self.file is None:
            self.is_too_large = True
            self.close()
            raise StopUpload(connection_reset=True)
        self.file.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        assert self.file is not None
        self.file.seek(0)
        return UploadedFile(self.file, self.file_name, self.content_type, file_size, self.charset)

    def upload_interrupted(self) -> None:
        self.close()

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
