"""All drawings of static/icons in one file, which a page names piece by piece and a browser keeps."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

_BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_SYMBOL = '<symbol id="{}" viewBox="0 0 24 24">{}</symbol>'


@require_safe
def icons(request: HttpRequest) -> HttpResponse:
    """The file itself. Its address changes with its content, so it may be kept for good."""
    response = HttpResponse(sprite(), content_type="image/svg+xml")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@cache
def sprite() -> str:
    """The drawings as symbols, each under its name."""
    symbols = "".join(_SYMBOL.format(name, body) for name, body in sorted(drawings().items()))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'


@cache
def drawings() -> dict[str, str]:
    """Name -> what is inside its <svg>."""
    folder = Path(str(finders.find("icons")))
    found = {path.stem: _BODY.search(path.read_text()) for path in folder.glob("*.svg")}
    return {name: body[1] for name, body in found.items() if body}


@cache
def version() -> str:
    """Stands for the content of the file."""
    return hashlib.sha256(sprite().encode()).hexdigest()[:6]
