"""Every text that a user sees goes through gettext: seen in the templates, and on every page when shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.base import DebugLexer, Token, TokenType
from django.utils.functional import Promise

from tests.readers import Text, texts_of
from tracking.words import WORDS

ROOT = Path(__file__).parents[1]
TEMPLATES = ROOT / "templates"
# Seen by staff and operators alone, who read English.
FOR_STAFF = ("admin/", "design.html", "design/")
# The same in every language: our name, and those in made-up mail.
ALLOWED = {"Heardback", "QA Engineer", "Ostrava Games"}
GAP = "\f"
WITHOUT_TEXT = {"page_class", "body_data"}  # blocks of base.html
LETTER = re.compile(r"[^\W\d_]")
# Filters whose argument is shown as it stands; `_("…")` has it translated.
SHOWN_ARGUMENTS = re.compile(r"\|(default|default_if_none|yesno|join):(\"[^\"]*\"|'[^']*')")
PLURALIZE = re.compile(r"\|pluralize\b")


def untranslated(source: str) -> list[Text]:
    """The texts of a template that stand outside of translate and blocktranslate."""
    tokens = DebugLexer(source).tokenize()
    pieces = [(text.line, piece) for text in texts_of(bared(tokens)) for piece in text.words.split(GAP)]
    texts = [Text(line, piece.strip(" ·")) for line, piece in pieces]
    found = [text for text in texts if LETTER.search(text.words) and text.words not in ALLOWED]
    return found + [text for token in tokens for text in arguments(token)]


def bared(tokens: list[Token]) -> str:
    """The source with a gap for each tag and variable, and for what is translated; its lines stay."""
    parts, until, block = [], "", ""
    for token in tokens:
        name = token.split_contents()[0] if token.token_type == TokenType.BLOCK else ""
        if not until and name in {"blocktranslate", "comment"}:
            until = f"end{name}"
        elif not until and name == "block":
            block = token.split_contents()[1]
        is_shown = token.token_type == TokenType.TEXT and not until and block not in WITHOUT_TEXT
        parts.append(token.contents if is_shown else GAP + "\n" * token.contents.count("\n"))
        until = "" if name == until else until
        block = "" if name == "endblock" else block
    return "".join(parts)


def arguments(token: Token) -> list[Text]:
    """What filters of a tag or variable show as it stands."""
    if token.token_type not in {TokenType.VAR, TokenType.BLOCK}:
        return []
    found = [value.strip("\"'") for _name, value in SHOWN_ARGUMENTS.findall(token.contents)]
    found += PLURALIZE.findall(token.contents)
    return [Text(token.lineno, words) for words in found if LETTER.search(words)]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p>{% translate "Hello" %}</p>', []),
        ("<p>{% blocktranslate %}Hello {{ name }}{% plural %}Hello all{% endblocktranslate %}</p>", []),
        ("<p>{{ count }} mails</p>", ["mails"]),
        ("{% if a %}Yes{% else %}No{% endif %}", ["Yes", "No"]),
        ('<a title="Go on" href="there">{{ name }} · 5 %</a>', ["Go on"]),
        ('<input placeholder="{{ what }} here">', ["here"]),
        ('<input{% if a %} checked{% endif %} value="a">', []),
        ('{{ name|default:"nobody" }}', ["nobody"]),
        ('{{ name|default:_("nobody") }}', []),
        ("{{ count|pluralize }}", ["|pluralize"]),
        ("{% comment %}Not shown{% endcomment %}<!-- nor this --><kbd>Ctrl</kbd>", []),
        ("{% block page_class %}narrow{% endblock %}", []),
        ("<b>Heardback</b> &amp; &nbsp;…", []),
    ],
)
def test_what_stands_outside_is_found(source, words):
    assert [text.words for text in untranslated(source)] == words


def test_it_is_found_where_it_stands():
    source = (
        "{% load i18n %}\n{% blocktranslate trimmed %}\nOne\n{% endblocktranslate %}\n<p\n>Two\nThree</p>"
    )
    assert untranslated(source) == [Text(6, "Two"), Text(7, "Three")]


def test_templates_hold_no_text_of_their_own():
    """Wrap what is listed: {% translate "…" %}, {% blocktranslate %}…, or default:_("…")."""
    paths = [path for path in sorted(TEMPLATES.rglob("*.*")) if path.suffix in {".html", ".txt"}]
    names = {path: str(path.relative_to(TEMPLATES)) for path in paths}
    found = [
        f"templates/{name}:{text.line}: {text.words[:100]}"
        for path, name in names.items()
        if not name.startswith(FOR_STAFF)
        for text in untranslated(path.read_text())
    ]
    assert not found, "Not translated:\n" + "\n".join(found)


# Calls of ours whose texts a user reads: where in the call they stand.
SAYING = {"success": 1, "info": 1, "warning": 1, "add_error": 1, "say": 1, "notify": 3, "Usage": 0}
SAYING |= dict.fromkeys(
    ["ValidationError", "LimitError", "RefusedError", "DecidedError", "UnreadableError"], 0
)
NAMING = {"label", "help_text", "verbose_name", "empty_label"}
APPS = ("accounts", "applications", "billing", "config", "tracking")
# Not on pages: for operators, for programs that read JSON, and rules that know no Django.
UNSEEN = re.compile(r"/(migrations|management|router|evaluation|api)/|/admin\.py$|tracking/latency\.py$")


def bare(tree: ast.AST) -> Iterator[Text]:
    """The texts that are said without gettext."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        place = len(call.args) if is_log(call.func) else SAYING.get(name, len(call.args))
        said = [*call.args[place : place + 1], *(each.value for each in call.keywords if each.arg in NAMING)]
        yield from (Text(call.lineno, words) for node in said for words in literals(node))


def is_log(func: ast.expr) -> bool:
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id == "log"


def literals(node: ast.expr) -> list[str]:
    """The texts that an expression can come to as they stand: of one, of either, of what holds values."""
    if isinstance(node, ast.IfExp):
        return [*literals(node.body), *literals(node.orelse)]
    if isinstance(node, ast.JoinedStr):
        return [ast.unparse(node)] if any(map(literals, node.values)) else []
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return [node.value] if is_text and LETTER.search(node.value) else []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('messages.success(request, "Saved.")', ["Saved."]),
        ('messages.success(request, _("Saved."))', []),
        ('messages.info(request, f"{count} mails")', ["f'{count} mails'"]),
        ('raise LimitError("No" if a else _("Yes"))', ["No"]),
        ('forms.CharField(label="Note", initial="x")', ["Note"]),
        ('log.info("mailbox %s", "is read")', []),
    ],
)
def test_what_is_said_bare_is_found(source, words):
    assert [text.words for text in bare(ast.parse(source))] == words


def test_code_says_nothing_without_gettext():
    """Wrap what is listed in gettext, in a module in gettext_lazy; put values in afterwards."""
    paths = [
        path
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if not UNSEEN.search(path.relative_to(ROOT).as_posix())
    ]
    found = [
        f"{path.relative_to(ROOT)}:{text.line}: {text.words[:100]}"
        for path in paths
        for text in bare(ast.parse(path.read_text()))
    ]
    assert not found, "Not translated:\n" + "\n".join(found)


@pytest.mark.parametrize("code", sorted(WORDS))
def test_words_of_codes_follow_the_language(code):
    assert all(isinstance(words, Promise) or words == "" for words in WORDS[code])
