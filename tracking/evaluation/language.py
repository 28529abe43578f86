"""Which language a text is in, as far as its commonest words tell: to say what the data is made of."""

from __future__ import annotations

import re

_WORD = re.compile(r"[^\W\d_]+")
LANGUAGES = {
    "English": "the and you your we for have this our with that are will from not be would",
    "German": "und die der sie wir ihre ihr für mit nicht den das ist ein haben zu bei",
    "French": "et les vous nous votre pour le des une est dans avec que notre sur pas",
    "Spanish": "y los que el para con su por una del las en nos gracias hemos se tu",
    "Portuguese": "e os que para com sua uma não em do da você por nosso obrigado seu",
    "Italian": "e il che per con la di una non gli del sua nostra le siamo è grazie",
    "Dutch": "en de het een je van voor met niet we ons dat op bij jouw uw zijn",
    "Polish": "i w na do się nie że za dla jest pani pana oraz dziękujemy z o",
    "Danish": "og det til vi du for med har ikke dig som er på din vil af tak",
    "Swedish": "och det till vi du för med har inte dig som är på din att av tack",
}
_WORDS = {language: frozenset(words.split()) for language, words in LANGUAGES.items()}


def language_of(text: str) -> str:
    """The name of the language with most of its commonest words in `text`; "Other" where none has two."""
    words = [word.lower() for word in _WORD.findall(text[:5_000])]
    found = {language: sum(word in common for word in words) for language, common in _WORDS.items()}
    best = max(found, key=lambda language: found[language])
    return best if found[best] >= 2 else "Other"
