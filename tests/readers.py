"""What of a page of HTML a person can read, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

# Attributes that are read aloud or shown.
ATTRIBUTES = ("title", "aria-label", "placeholder", "alt", "aria-description", "label")
# Elements whose text is no prose: code, and names of keys as they are printed on keyboards.
SILENT = {"script", "style", "kbd", "code"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass(frozen=True)
class Text:
    """A text of a page, the line it stands in, and the element or attribute that holds it."""

    line: int
    words: str
    holder: str = ""
    is_attribute: bool = False


class Reader(HTMLParser):
    """Collects every text of a page in order, but for that of silent elements and classes."""

    def __init__(self, silent_classes: frozenset[str] = frozenset()) -> None:
        super().__init__()
        self.silent_classes = silent_classes
        self.texts: list[Text] = []
        self._open: list[tuple[str, str, bool]] = []  # tag, how it is named, whether it is silent

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        named = ".".join([tag, *classes])
        is_silent = tag in SILENT or not self.silent_classes.isdisjoint(classes)
        if not self._is_silent:
            shown = [(name, value) for name, value in given.items() if name in ATTRIBUTES]
            self.texts += [Text(self._line, value, f"{named}[{name}]", True) for name, value in shown]
        if tag not in VOID:
            self._open.append((tag, named, is_silent))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, (name, *_) in enumerate(self._open) if name == tag]
        if places:
            del self._open[places[-1] :]

    def handle_data(self, data: str) -> None:
        if not self._is_silent:
            named = self._open[-1][1] if self._open else ""
            lines = enumerate(data.split("\n"), self._line)
            self.texts += [Text(line, words, named) for line, words in lines if words.strip()]

    @property
    def _line(self) -> int:
        return self.getpos()[0]

    @property
    def _is_silent(self) -> bool:
        return any(is_silent for *_, is_silent in self._open)


def texts_of(html: str, *silent_classes: str) -> list[Text]:
    """Every text of `html` in its order, line by line."""
    reader = Reader(frozenset(silent_classes))
    reader.feed(html)
    reader.close()
    return reader.texts
