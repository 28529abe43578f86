"""The local engine: weights in a file, arithmetic in Python, nothing leaves the machine."""

from __future__ import annotations

from dataclasses import dataclass

from tracking.mail import Known, Mail, Reading
from tracking.router.read import read
from tracking.router.weights import Weights, load


@dataclass(frozen=True)
class LocalEngine:
    """Reads with one set of weights; `name` is what decisions and evaluations record."""

    weights: Weights | None = None
    name: str = "local"

    def read(self, mail: Mail, known: Known) -> Reading:
        """What `mail` says; see `tracking.router.read`."""
        return read(mail, known, self.weights or load())
