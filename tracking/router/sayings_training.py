"""Learn what sentences say, from lists of them. Needs scikit-learn and numpy; never imported at run time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracking.router.lexicon.text import fold
from tracking.router.sayings import pieces_of, save

SENTENCES: Final = Path(__file__).parent / "sentences"
STRENGTH: Final = 30.0  # inverse of the regularisation
BALANCE: Final = 0.5  # 0: sayings count as often as they come, 1: all count alike


@dataclass(frozen=True)
class Example:
    """One sentence, folded, with its author and what it says."""

    author: str
    saying: str
    sentence: str


def examples(directory: Path = SENTENCES) -> list[Example]:
    """Every sentence of the lists in `directory`: one file an author, a [saying] line above its sentences."""
    found = []
    for path in sorted(directory.glob("*.txt")):
        saying = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            line = line.strip()
            if line.startswith("[") and line.endswith("]"):
                saying = line[1:-1]
            elif line:
                found.append(Example(path.stem, saying, fold(line)))
    return found


def train(out: Path, directory: Path = SENTENCES) -> dict[str, Any]:
    """Learn from the lists in `directory`, write the model to `out`; gives a summary with its digest."""
    learnt = examples(directory)
    names = sorted({each.saying for each in learnt})
    counts = Counter(piece for each in learnt for piece in set(pieces_of(each.sentence)))
    pieces = sorted(piece for piece, count in counts.items() if count > 1 or " " not in piece)
    model = fit(learnt, names, pieces)
    rows, scale, intercept = _quantised(model)
    kept = [(piece, row) for piece, row in zip(pieces, rows, strict=True) if any(row)]
    meta = {
        "names": names,
        "pieces": [piece for piece, _ in kept],
        "scale": scale,
        "intercept": intercept,
        "sentences": len(learnt),
        "authors": sorted({each.author for each in learnt}),
        "data_digest": data_digest(learnt),
    }
    digest = save(out, meta, [row for _, row in kept])
    return {"digest": digest, "pieces": len(kept), "sentences": len(learnt), "authors": meta["authors"]}


def data_digest(learnt: Sequence[Example]) -> str:
    """SHA-256 over all sentences with their authors and sayings."""
    return hashlib.sha256(repr(learnt).encode()).hexdigest()


def fit(learnt: Sequence[Example], names: Sequence[str], pieces: Sequence[str]) -> Any:
    """A multinomial logistic regression over `pieces`; its classes are places in `names`."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    counts = Counter(each.saying for each in learnt)
    shares = [(len(learnt) / (len(counts) * counts[each.saying])) ** BALANCE for each in learnt]
    with threadpool_limits(1):
        model = LogisticRegression(C=STRENGTH, max_iter=500)
        return model.fit(matrix(learnt, pieces), [names.index(each.saying) for each in learnt], shares)


def matrix(learnt: Sequence[Example], pieces: Sequence[str]) -> Any:
    """One row a sentence, one column a piece; each row as long as it has pieces at all."""
    from scipy.sparse import csr_matrix

    places = {piece: place for place, piece in enumerate(pieces)}
    columns: list[int] = []
    values: list[float] = []
    starts = [0]
    for each in learnt:
        found = pieces_of(each.sentence)
        known = [places[piece] for piece in found if piece in places]
        columns.extend(known)
        values.extend([len(found) ** -0.5] * len(known))
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), shape=(len(learnt), len(pieces)))


def _quantised(model: Any) -> tuple[list[list[int]], list[float], list[float]]:
    """Weights as whole numbers of -127..127 with one scale for each saying."""
    import numpy

    highest = numpy.abs(model.coef_).max(axis=1)
    scale = numpy.array([float(f"{max(value, 1e-6) / 127:.3g}") for value in highest])
    whole = numpy.clip(numpy.rint(model.coef_ / scale[:, None]), -127, 127)
    rows = [[int(value) for value in column] for column in whole.T]
    return rows, [float(value) for value in scale], [round(float(value), 3) for value in model.intercept_]
