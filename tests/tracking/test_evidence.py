"""Reasons as they are kept and said."""

from __future__ import annotations

from tracking.evidence import said, stored
from tracking.mail import Evidence

FITS = "The sender's domain is %(domain)s, which fits %(company)s"


def test_only_the_values_that_are_said_are_kept() -> None:
    kept = stored(
        Evidence("display", "It says %(company)s", 4.0, {"company": "100% Pure", "domain": "x.test"})
    )
    assert kept == {
        "code": "display",
        "text": "It says %(company)s",
        "values": {"company": "100% Pure"},
        "weight": 4.0,
    }
    assert said(kept) == "It says 100% Pure"


def test_values_are_as_postgresql_takes_them() -> None:
    kept = stored(Evidence("subject", "%(company)s", 1.0, {"company": "a\x00b" + "c" * 500}))
    assert kept["values"]["company"] == "ab" + "c" * 198


def test_what_was_kept_as_a_whole_sentence_is_said_as_it_is() -> None:
    assert (
        said({"code": "body", "text": "The text names 100% Pure", "weight": 1.0})
        == "The text names 100% Pure"
    )


def test_it_is_said_in_the_language_of_its_reader(monkeypatch) -> None:
    german = {FITS: "Die Domain %(domain)s passt zu %(company)s"}
    monkeypatch.setattr("tracking.evidence.gettext", german.__getitem__)
    kept = stored(Evidence("domain", FITS, 5.0, {"domain": "lumen.test", "company": "Lumen"}))
    assert said(kept) == "Die Domain lumen.test passt zu Lumen"
