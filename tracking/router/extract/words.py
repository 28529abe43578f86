"""Word lists for titles and names, and tokens of a text with their places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from tracking.router.lexicon.text import fold

_FILE: Final = Path(__file__).parent / "job_words.txt"
_TOKEN: Final = re.compile(r"[^\W_](?:[\w+#]|['’.\-/](?=\w))*(?:\+\+|#)?(?:\((?:a|o|e|in|r)\)|[:*/_](?:in|innen|a|e|r|frau)\b)?")
_ENDING: Final = re.compile(r"(?:\((?:a|o|e|in|r)\)|[:*/_](?:in|innen|a|e|r|frau))$")

HIRING: Final = frozenset(
    "hiring careers career recruiting recruitment recruiter recruiters talent team teams hr human resources people acquisition"
    " staffing jobs job university early campus graduate graduates students candidate candidates experience ops operations"
    " group office department dept desk services service notifications notification no-reply noreply via the from at"
    " karriere bewerbung bewerbungen personal personalabteilung personalamt recrutement rh drh rrhh seleccion selezione"
    " risorse umane gente vagas sollicitaties hrm p&o kadry rekrutacja vacancies admin info mail support global culture"
    " opportunities employment apply application applications workday selection screening interviews interview scheduling"
    " assessment assessments onboarding emerging returnship resourcing".split()
)
NOT_NAMES: Final = frozenset(
    "the we i you your our my this that these those it he she they if when while with for from and but or so as at in on to by"
    " please thank thanks hi hello dear hey kind best warm regards sincerely cheers unfortunately congratulations welcome good great"
    " monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october"
    " november december am pm re fw fwd subject date time where what who how why once after before all any each no not yes ok"
    " position role job title application interview offer update status next step steps round stage final first second new team"
    " zoom teams google meet microsoft linkedin cv resume pdf us uk usa eu hr id ref req sie wir ich ihre ihr ihnen die der das"
    " herr frau vous nous votre notre je le la les un une el los las su tu usted nos o a os as sua seu voce il lo gli lei suo"
    " de het een uw je wij we ik bonjour hola ola oi ciao buongiorno guten hallo beste geachte madame monsieur mr mrs ms dr"
    " wir-suchen everyone everybody somebody anyone there here today tomorrow tonight now just also still only more most many".split()
)


@dataclass(frozen=True)
class Token:
    """One word of a text: as written, folded, and where it stands."""

    text: str
    plain: str
    start: int
    end: int

    @property
    def is_capital(self) -> bool:
        return self.text[:1].isupper() or self.text[:1].isdigit()


def tokens_of(text: str) -> list[Token]:
    """The words of `text`, with apostrophes and dots inside kept out of the folded form."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group().rstrip(".-/'’")
        found.append(Token(word, plain_word(word), match.start(), match.start() + len(word)))
    return found


@lru_cache(maxsize=50_000)
def plain_word(word: str) -> str:
    """A word folded, without apostrophes and dots."""
    return _ENDING.sub("", fold(word)).replace("'", "").replace(".", "").strip("-/ \n")


@lru_cache(maxsize=1)
def _tables() -> tuple[frozenset[str], tuple[str, ...], frozenset[str]]:
    heads: set[str] = set()
    stems: set[str] = set()
    ranks: set[str] = set()
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        name, _, words = line.partition(":")
        for word in words.split():
            if name == "head":
                (stems if word.endswith("*") else heads).add(word.rstrip("*"))
            elif name == "rank":
                ranks.add(word)
    return frozenset(heads), tuple(sorted(stems)), frozenset(ranks)


@lru_cache(maxsize=20_000)
def is_head(word: str) -> bool:
    """Whether a folded word names a kind of work ("analyst", "infirmier", "sachbearbeiterin")."""
    heads, stems, _ = _tables()
    parts = [word, *re.split(r"[-/]", word)] if "-" in word or "/" in word else [word]
    return any(part in heads or part.endswith("s") and part[:-1] in heads or part.startswith(stems) for part in parts if part)


def is_rank(word: str) -> bool:
    """Whether a folded word ranks or qualifies a kind of work ("senior", "clinical")."""
    return word in _tables()[2]
