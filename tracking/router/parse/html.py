"""HTML to the text that a reader sees."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from tracking.router.parse.styles import Look, hiding_classes, inherit

MAX_NODES: Final = 30_000
MAX_PREHEADER: Final = 250  # letters of hidden text before the visible text that senders use as a preview
MAX_HIDDEN: Final = 80  # letters of hidden text anywhere else that need no remark

_SKIPPED: Final = frozenset(
    {"script", "style", "head", "title", "meta", "link", "noscript", "template", "-comment"}
)
_LINE: Final = frozenset(
    [
        "div",
        "tr",
        "br",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "section",
        "header",
        "footer",
        "center",
        "form",
        "hr",
        "address",
    ]
)
_PARAGRAPH: Final = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "blockquote", "pre", "article", "main"]
)
_CELL: Final = frozenset({"td", "th"})
_SPACE: Final = re.compile(r"[ \t\n\r\f\v]+")
_QUOTE_CLASS: Final = re.compile(
    r"gmail_quote|yahoo_quoted|moz-cite|protonmail_quote|divRplyFwdMsg|appendonsend", re.I
)
_LETTER: Final = re.compile(r"[^\W\d_]")
_INSTRUCTIONS: Final = re.compile(
    r"ignore (?:all |any |the )*(?:previous|prior|above)|instruction|\bprompt\b|language model"
    r"|\bassistant\b|classif"
    r"|confidence|\"kind\"|\"company\"|mark (?:this|as)|set (?:the )?status",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Visible:
    """Visible text, link targets, and whether the HTML hid more than a preview line."""

    text: str
    links: tuple[str, ...]
    hidden_text: bool
    instructions: bool = False


NOTHING: Final = Visible("", (), False)


@dataclass
class _Page:
    chunks: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    preheader: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    seen: bool = False

    def add(self, text: str, look: Look) -> None:
        text = _SPACE.sub(" ", text)
        if not look.hidden:
            self.chunks.append(text)
            self.seen = self.seen or not text.isspace()
        elif not text.isspace():
            (self.hidden if self.seen else self.preheader).append(text)


def visible_text(html: str) -> Visible:
    """Read `html`: hidden elements left out, blocks on lines of their own, quoted replies marked by ">"."""
    tree = LexborHTMLParser(html)
    root = tree.body or tree.root
    if root is None:
        return NOTHING
    sheet = " ".join(node.text() for node in tree.css("style")[:10])
    page = _Page()
    start = Look(background="" if "background" in sheet else "ffffff")
    _walk(root, start, page, hiding_classes(sheet) if sheet else frozenset())
    hidden = " ".join(page.hidden)
    everything = " ".join(page.preheader) + " " + hidden
    letters, preview = (
        len(_LETTER.findall(hidden)),
        len(_LETTER.findall(everything)) - len(_LETTER.findall(hidden)),
    )
    instructions = bool(_INSTRUCTIONS.search(everything))
    hides = letters > MAX_HIDDEN or preview > MAX_PREHEADER or instructions
    return Visible(_quoted_lines("".join(page.chunks)), tuple(page.links), hides, instructions)


_OPEN_QUOTE, _CLOSE_QUOTE = "\ue000", "\ue001"  # private characters: cleaned away from the text itself


def _walk(root: LexborNode, look: Look, page: _Page, hiding: frozenset[str]) -> None:
    """Depth first without recursion, so that no nesting can exhaust the stack."""
    stack: list[LexborNode | str] = [root]
    looks: list[Look] = [look]
    for _ in range(MAX_NODES):
        if not stack:
            break
        node = stack.pop()
        if isinstance(node, str):
            page.chunks.append(node)
            looks.pop()
            continue
        tag = node.tag or ""
        if tag == "-text":
            page.add(node.text_content or "", looks[-1])
        elif tag not in _SKIPPED:
            _enter(node, tag, stack, looks, page, hiding)


def _enter(
    node: LexborNode,
    tag: str,
    stack: list[LexborNode | str],
    looks: list[Look],
    page: _Page,
    hiding: frozenset[str],
) -> None:
    attributes = node.attributes
    look, quoted = looks[-1], False
    if attributes:
        look = _look(look, attributes, hiding)
        quoted = _is_quote(tag, attributes)
        link = attributes.get("href")
        if link and tag in {"a", "area"}:
            page.links.append(link.strip())
    before = "\n\n" if tag in _PARAGRAPH else "\n" if tag in _LINE else ""
    after = "\t" if tag in _CELL else "" if tag == "br" else before
    page.chunks.append("\n" + _OPEN_QUOTE + before if quoted else before)
    stack.append("\n" + _CLOSE_QUOTE + "\n" if quoted else after)
    looks.append(look)
    children = []
    child = node.child
    while child is not None:
        children.append(child)
        child = child.next
    stack.extend(reversed(children))


def _look(look: Look, attributes: dict[str, str | None], hiding: frozenset[str]) -> Look:
    names = (attributes.get("class") or "").split()
    hidden = "hidden" in attributes or (bool(hiding) and any(name in hiding for name in names))
    style = attributes.get("style") or ""
    bgcolor, color = attributes.get("bgcolor") or "", attributes.get("color") or ""
    return inherit(look, style, bgcolor, color, hidden) if hidden or style or bgcolor or color else look


def _is_quote(tag: str, attributes: dict[str, str | None]) -> bool:
    marks = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if _QUOTE_CLASS.search(marks) and "gmail_attr" not in marks:
        return True
    return tag == "blockquote" and ("type" in attributes or "cite" in attributes)


def _quoted_lines(text: str) -> str:
    """Lines between the quote marks with ">" in front, as plain text would have them."""
    if _OPEN_QUOTE not in text:
        return text.replace(_CLOSE_QUOTE, "")
    lines, depth = [], 0
    for line in text.split("\n"):
        depth += line.count(_OPEN_QUOTE)
        bare = line.replace(_OPEN_QUOTE, "").replace(_CLOSE_QUOTE, "").strip(" ")
        lines.append("> " + bare if depth > 0 and bare else bare)
        depth = max(0, depth - line.count(_CLOSE_QUOTE))
    return "\n".join(lines)
