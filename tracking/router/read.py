"""What one mail says: kind, employer, title, dates, and how sure that is."""

from __future__ import annotations

from tracking.mail import Evidence, Known, Mail, Reading, gettext_noop
from tracking.router.classify import Classification, classify
from tracking.router.extract import Extraction, extract
from tracking.router.keys import job_keys, requisitions
from tracking.router.lexicon.explain import explain
from tracking.router.suspicion import suspicions
from tracking.router.weights import Weights, load

RULES_VERSION = "2"
_NAMES_COMPANY = gettext_noop("It names %(company)s.")
_NAMES_TITLE = gettext_noop("It names the position %(title)s.")


def version(weights: Weights | None = None) -> str:
    """What a stored decision records, so that it can be explained and run again."""
    return f"local-{RULES_VERSION}-{(weights or load()).digest[:12]}"


def read(mail: Mail, known: Known, model: Weights | None = None) -> Reading:
    """Classify `mail` and extract what it names. `model` are weights other than the shipped ones."""
    weights = model or load()
    judged = classify(mail, known, weights)
    found = extract(mail, known, judged)
    return Reading(
        kind=judged.kind,
        kind_confidence=judged.confidence,
        about_job=judged.about_job,
        probabilities=judged.probabilities,
        company=found.company,
        title=found.title,
        company_is_certain=found.company_is_certain,
        title_is_certain=found.title_is_certain,
        requisitions=requisitions(mail),
        job_keys=job_keys(mail),
        deadline=found.deadline,
        deadline_text=found.deadline_text,
        interview_at=found.interview_at,
        recruiter=found.recruiter,
        next_steps=found.next_steps,
        companies_named=found.companies_named,
        cancels=found.cancels,
        withdraws=mail.sent and _withdraws(judged),
        suspicious=suspicions(mail, known, judged),
        evidence=_evidence(judged, found),
        version=version(weights),
    )


def _withdraws(judged: Classification) -> bool:
    hits = (*judged.features.hits, *judged.features.subject_hits)
    return any(hit.concept == "user_withdraws" and not hit.conditional for hit in hits)


def _evidence(judged: Classification, found: Extraction) -> tuple[Evidence, ...]:
    reasons = [
        Evidence("kind", sentence, judged.confidence)
        for sentence in explain(judged.features.hits, judged.kind)
    ]
    if found.company:
        reasons.append(
            Evidence(
                "company",
                _NAMES_COMPANY,
                1.0 if found.company_is_certain else 0.5,
                {"company": found.company},
            )
        )
    if found.title:
        reasons.append(
            Evidence("title", _NAMES_TITLE, 1.0 if found.title_is_certain else 0.5, {"title": found.title})
        )
    return tuple(reasons[:5])
