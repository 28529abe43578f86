"""Every code that is raised or stored somewhere has words."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from accounts.grants.microsoft import LOST, REFUSALS
from tracking.words import WORDS, after_disconnecting, in_words

ROOT = Path(__file__).parents[2]
SOURCES = [
    *(ROOT / "accounts" / "grants").glob("*.py"),
    *(ROOT / "tracking" / "providers").rglob("*.py"),
    ROOT / "tracking" / "sync.py",
    ROOT / "tracking" / "skipped.py",
    ROOT / "tracking" / "connect.py",
    ROOT / "tracking" / "failures.py",
    ROOT / "tracking" / "runs.py",
    ROOT / "tracking" / "scheduling.py",
]
RAISED = {"ProviderError", "TemporaryError", "NeedsReconnectError", "MessageError", "UnreadableFileError"}
RAISED |= {"OverBudgetError"}
RAISED |= {"StateError", "ExchangeError", "MissingScopeError", "GrantLostError", "GrantUnavailableError"}
STORING = {"error", "state_reason", "reason", "code"}


def codes():
    """What is given to errors, to Refusal, to close, note_failure and fence, and to fields for codes."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                places = {"Refusal": 1, "close": 2, "_close": 1, "note_failure": 2, "fence": 2}
                at = 0 if name in RAISED else places.get(name)
                if at is not None and len(node.args) > at:
                    yield from strings(node.args[at])
                yield from (
                    text for each in node.keywords if each.arg in STORING for text in strings(each.value)
                )


def strings(node):
    """The texts that an expression can come to."""
    if isinstance(node, ast.IfExp):
        return [*strings(node.body), *strings(node.orelse)]
    return [
        each.value
        for each in ast.walk(node)
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value
    ]


FOUND = sorted(set(codes()))


def test_codes_are_found():
    assert {"grant_revoked", "rate_limited", "file_empty", "worker_lost", "message_cut"} <= set(FOUND)


@pytest.mark.parametrize("code", FOUND)
def test_every_code_has_words(code):
    assert code in WORDS


@pytest.mark.parametrize("code", sorted(WORDS.keys() - {""}))
def test_words_are_sentences(code):
    sentence, next_step = in_words(code)
    assert sentence.endswith(".")
    assert next_step == "" or next_step.endswith(".")


@pytest.mark.parametrize("code", sorted({*LOST.values(), *REFUSALS.values()}))
def test_every_code_for_an_error_of_microsoft_has_words(code):
    assert code in WORDS


def test_each_number_of_microsoft_has_words_of_its_own():
    told = [WORDS[code][0] for name, code in {**LOST, **REFUSALS}.items() if name.startswith("AADSTS")]
    assert len(set(told)) == len(told)


@pytest.mark.parametrize(
    ("provider", "revoked", "words"),
    [
        ("gmail", True, "Access was taken back at Google."),
        ("gmail", False, "Google did not confirm it"),
        ("outlook", None, "Microsoft has no way for an app to give its access back"),
    ],
)
def test_what_became_of_access_is_told(provider, revoked, words):
    assert words in after_disconnecting(provider, revoked)


@pytest.mark.parametrize(("provider", "revoked"), [("gmail", None), ("sample", None), ("upload", None)])
def test_nothing_is_claimed_where_there_was_nothing_to_take_back(provider, revoked):
    assert after_disconnecting(provider, revoked) == ""


def test_an_unknown_code_has_words_too():
    assert in_words("from_the_future")[0].endswith(".")


def test_no_code_no_words():
    assert in_words("") == ("", "")
