"""Weighed proposals for a name: several weak hints that agree beat one strong one that stands alone."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Proposal:
    """One name as the mail writes it, with the weight of everything that speaks for it."""

    text: str
    key: tuple[str, ...]
    weight: float
    best: float
    tracked: bool = False


@dataclass
class Ballot:
    """Collects proposals; names that lead one another ("Acme", "Acme Labs") support each other."""

    proposals: list[Proposal] = field(default_factory=list)

    def add(self, text: str, key: tuple[str, ...], weight: float, tracked: bool = False) -> None:
        """Count one hint. The form with the strongest single hint is the one that is shown."""
        if not key or not text.strip():
            return
        for proposal in self.proposals:
            if _leads(proposal.key, key):
                proposal.weight += weight * (1.0 if proposal.key == key else 0.8)
                if weight > proposal.best or (weight == proposal.best and len(key) > len(proposal.key)):
                    proposal.text, proposal.key, proposal.best = text, key, weight
                proposal.tracked = proposal.tracked or tracked
                return
        self.proposals.append(Proposal(text, key, weight, weight, tracked))

    def winner(self) -> tuple[Proposal | None, float]:
        """The heaviest proposal and its lead over the next."""
        ranked = sorted(self.proposals, key=lambda proposal: -proposal.weight)
        if not ranked:
            return None, 0.0
        return ranked[0], ranked[0].weight - (ranked[1].weight if len(ranked) > 1 else 0.0)


def _leads(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    size = min(len(one), len(other))
    return one[:size] == other[:size]
