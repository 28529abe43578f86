"""Whose a domain or tenant may be: how well it spells the names of candidates' companies."""

from __future__ import annotations

from tracking.router.match.prepared import Index, Prepared
from tracking.router.names import label_splits, label_words

MAX_DOMAINS = 2_000  # remembered with one set of candidates


def domain_fits(domain: str, among: Index) -> dict[int, float]:
    """Candidates whose company a registrable domain may belong to: {place: 0..1}."""
    if domain not in among.fits:
        if len(among.fits) > MAX_DOMAINS:
            among.fits.clear()
        among.fits[domain] = _domain_fits(domain, among)
    return among.fits[domain]


def _domain_fits(domain: str, among: Index) -> dict[int, float]:
    label = domain.partition(".")[0]
    fits = label_fits(label, among)
    for place, strength in among.by_form.get(domain.replace(".", "").replace("-", ""), {}).items():
        fits[place] = max(strength, fits.get(place, 0.0))
    for place in among.worded_in(label):
        each = among.prepared[place]
        if place not in fits and (fit := max(label_words(label, one) for one in each.company.names)):
            fits[place] = fit
    hosted = among.by_domain.get(domain, ())
    for place in hosted:
        alone = len(hosted) == 1 + len(among.siblings[place].intersection(hosted))
        fits[place] = max(0.85 if alone else 0.5, fits.get(place, 0.0))
    return fits


def label_fits(label: str, among: Index) -> dict[int, float]:
    """Candidates whose company's name a domain label or tenant slug may spell: {place: 0..1}."""
    fits: dict[int, float] = {}
    solid = ""
    for part, factor in label_splits(label):
        solid = solid or part
        for place, strength in among.by_form.get(part, {}).items():
            if not _says_again(solid, part, among.prepared[place]):
                fits[place] = max(factor * strength, fits.get(place, 0.0))
    for place in among.by_tenant.get(label, ()):
        fits[place] = 1.0
    return fits


def _says_again(label: str, part: str, each: Prepared) -> bool:
    """Whether a short form is followed by a word that it stands for already: "northwindr" and "robotics".

    A letter added to the name looks like that.
    """
    rest = label.removeprefix(part) if label.startswith(part) else label.removesuffix(part)
    return any(rest in one.words and part not in one.words for one in each.company.names)
