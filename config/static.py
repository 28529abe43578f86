"""How scripts and styles are served: under names that change with their content, as small as can be."""

from __future__ import annotations

from typing import Any

import rjsmin
from django.core.files.base import ContentFile, File
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Our own scripts go out without their comments; what others wrote stays as it came."""

    def _save(self, name: str, content: File[Any]) -> Any:
        if name.startswith("js/") and name.endswith(".js"):
            content = ContentFile(minified(b"".join(content.chunks())))
        return super()._save(name, content)


def minified(script: bytes) -> bytes:
    """The script without comments and indentation."""
    return rjsmin.jsmin(script.decode()).encode()  # type: ignore[no-any-return]
