"""Pages and their parts: one template gives both, so they cannot differ."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails

from accounts.requests import UserRequest


class Request(UserRequest):
    """A request of somebody signed in, with what htmx said about itself."""

    htmx: HtmxDetails


def wants_fragment(request: Request, partials: Container[str] = ()) -> bool:
    """Whether htmx asks for a part of the page. Restored history wants all of it, and so do boosted links
    but those that fill one of the elements named in `partials`."""
    htmx = request.htmx
    whole = htmx.history_restore_request or (htmx.boosted and htmx.target not in partials)
    return bool(htmx) and not whole


def show(
    request: Request,
    template: str,
    context: dict[str, Any],
    partials: Mapping[str, str],
    status: int = 200,
) -> HttpResponse:
    """The page `template`, or the partial of it that fills the element htmx wants to fill.

    `partials` maps ids of elements to names of partials; the first is for any other element.
    """
    fragment = wants_fragment(request, partials)
    name = template
    if fragment:
        default = next(iter(partials.values()))
        name = f"{template}#{partials.get(request.htmx.target or '', default)}"
    response = render(request, name, {**context, "fragment": fragment}, status=status)
    if fragment and request.method == "POST":
        response.headers["HX-Push-Url"] = "false"  # the address of an action is no page to come back to
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response
