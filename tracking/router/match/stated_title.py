"""The titles of candidates against what a mail says: its stated title, and its words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracking.mail import Mail, Reading
from tracking.router.match.prepared import Index, Prepared
from tracking.router.names import tokens
from tracking.router.titles import Title, contradicts, similarity, title, words_of

MAX_TEXT = 8_000  # characters of the body looked at for titles
UNCERTAIN = 0.4  # part of a contradiction that counts where the stated title may be no title
SAME, LIKE = 0.85, 0.6  # likeness from which two titles are one, or may be


class StatedTitle:
    """What one mail says of the job; each different title of a candidate is compared once."""

    def __init__(self, reading: Reading, mail: Mail) -> None:
        self.stated = title(reading.title) if reading.title else None
        self.certain = reading.title_is_certain
        self.subject = mail.subject
        self.text = f"{mail.subject}\n{mail.text[:MAX_TEXT]}"
        self.words = frozenset(tokens(self.text))
        self.seen: dict[str, dict[str, float]] = {}

    def met(self, among: Index) -> Iterator[tuple[int, Mapping[str, float]]]:
        """Places of candidates whose title the mail names or states, or one like it, each with its signs."""
        firsts = among.titles.maybe_named(self.words)
        if self.stated is not None:
            firsts |= among.titles.maybe_like(self.stated)
        for first in sorted(firsts):
            signs = self.of(among.prepared[first])
            if signs and "title_other" not in signs:
                for place in among.titles.bearers[first]:
                    yield place, signs

    def of(self, each: Prepared) -> Mapping[str, float]:
        """Signs of the title of one candidate; that it is another tells only where its company is named."""
        raw = each.candidate.title
        if raw not in self.seen:
            self.seen[raw] = self._signs(each)
        return self.seen[raw]

    def _signs(self, each: Prepared) -> dict[str, float]:
        named = self._names(each)
        found = {"title_named": named} if named else {}
        if self.stated is not None:
            found |= self._compared(self.stated, each.title, bool(named))
        return found

    def _names(self, each: Prepared) -> float:
        """How much the words of the title, in order, tell where they stand: more in the subject."""
        pattern = each.title_pattern
        if pattern is None or not each.title_words <= self.words or not pattern.search(self.text):
            return 0.0
        return min(1.0, 0.4 + 0.3 * len(each.title.roles)) + 0.5 * bool(pattern.search(self.subject))

    def _compared(self, stated: Title, own: Title, named: bool) -> dict[str, float]:
        likeness = similarity(stated, own)
        if likeness >= SAME:
            return {"title_same": 1.0}
        if likeness >= LIKE:
            return {"title_like": likeness}
        if named or not contradicts(stated, own, likeness):
            return {}
        return {"title_other": (1.0 - likeness) * (1.0 if self.certain else UNCERTAIN)}


def own_words(mail: Mail, among: Index, named: frozenset[int]) -> dict[int, float]:
    """Between applications of one company: how far subject and opening have words that only one title has."""
    rivals = [place for place in named if among.own_words[place]]
    if not rivals:
        return {}
    subject, opening = words_of(mail.subject), words_of(mail.text[:600])
    found = {}
    for place in rivals:
        own = among.own_words[place]
        count = len(own & subject) + 0.5 * len(own & opening - subject)
        found[place] = min(1.0, count / min(2, len(own)))
    return found
