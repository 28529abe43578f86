"""Search for words in the subject and sender of mail: whole ones and beginnings, whatever their accents."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Expression, F, Func, TextField, Value

WORDS_AT_MOST = 8
_MARKS = "[\u0300-\u036f]"
_PUNCTUATION = r"[-!\"#$%&'()*+,./:;<=>?@\[\]^_`{|}~\\]+"
_STROKED, _PLAIN = "łŁøØđĐıħ", "lLoOdDih"  # letters that Unicode does not take apart


def search_vector(*fields: str) -> Expression:
    """The words of text fields without case, accents and punctuation; fit for a generated column."""
    joined = Func(*map(F, fields), arg_joiner=" || ' ' || ", template="(%(expressions)s)")
    apart = Func(joined, template="normalize(%(expressions)s, NFKD)", output_field=TextField())
    bare = _replace(_replace(apart, _MARKS, ""), _PUNCTUATION, " ")
    plain = Func(bare, Value(_STROKED), Value(_PLAIN), function="translate", output_field=TextField())
    vector: Expression = SearchVector(plain, config="simple")
    return vector


def search_query(text: str) -> Any:
    """The query for mail in which each word of `text` begins a word; None if it holds none."""
    apart = re.sub(_MARKS, "", unicodedata.normalize("NFKD", text))
    plain = apart.translate(str.maketrans(_STROKED, _PLAIN)).lower().replace("_", " ")
    words = re.findall(r"\w+", plain)[:WORDS_AT_MOST]
    if not words:
        return None
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")


def _replace(text: Expression, pattern: str, by: str) -> Func:
    return Func(
        text, Value(pattern), Value(by), Value("g"), function="regexp_replace", output_field=TextField()
    )
