from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.router.values import NORTHWIND, NOW, SABLE, known, mail, reading
from tracking.mail import Address, Candidate, Kind, Known
from tracking.router.match import lasting_keys, match, memory_keys, weigh
from tracking.router.match.mentions import mentions
from tracking.router.match.prepared import index
from tracking.router.match.site import employer_site
from tracking.router.names import label_words
from tracking.router.titles import contradicts, similarity, title


def test_it_matches_the_company_of_the_senders_domain() -> None:
    found = match(reading(title="Data Engineer"), mail(subject="Your application", text="Hello Ada"), known())
    assert found.application == "a1"
    assert found.confidence >= 95
    assert any("northwindrobotics.com" in piece.text for piece in found.evidence)


def test_it_gives_nothing_without_candidates() -> None:
    found = match(reading(), mail(), Known(known().person))
    assert found.application is None
    assert found.confidence == 0


def test_nothing_in_common_gives_no_confidence() -> None:
    found = match(reading(), mail("news@gardenclub.org", text="The tulips are out."), known())
    assert found.confidence < 30


@pytest.mark.parametrize("auth", ["none", "fail"])
def test_unauthenticated_sender_is_capped(auth: str) -> None:
    shown = mail(auth=auth, subject="Northwind Robotics: Data Engineer")
    found = match(reading(company="Northwind Robotics", title="Data Engineer"), shown, known())
    assert found.application == "a1"
    assert found.confidence <= 89


def test_words_alone_never_make_it_certain() -> None:
    shown = mail("someone@elsewhere.net", "Northwind Robotics", subject="Northwind Robotics: Data Engineer")
    found = match(reading(company="Northwind Robotics", title="Data Engineer"), shown, known())
    assert found.application == "a1"
    assert found.confidence <= 94
    assert found.capped_by in ("one_identity", "")


def test_digest_never_links() -> None:
    shown = mail(subject="Northwind Robotics and 4 more are hiring", list_unsubscribe=True)
    found = match(reading(company="Northwind Robotics", companies_named=4), shown, known())
    assert found.confidence <= 49


TWO_ROLES = (NORTHWIND, replace(NORTHWIND, id="a3", title="Field Technician"))


def test_two_open_roles_and_no_title_is_a_tie() -> None:
    found = match(
        reading(company="Northwind Robotics"), mail(subject="Northwind Robotics"), known(*TWO_ROLES)
    )
    assert found.confidence <= 80
    assert {found.application, found.runner_up} == {"a1", "a3"}


def test_vague_title_does_not_choose_between_two_roles() -> None:
    roles = (NORTHWIND, replace(NORTHWIND, id="a3", title="Senior Product Designer"))
    found = match(reading(company="Northwind Robotics", title="lead engineer"), mail(), known(*roles))
    assert found.confidence <= 80


def test_open_application_is_not_tied_with_a_closed_one() -> None:
    closed = replace(NORTHWIND, id="a3", title="Field Technician", status="rejected")
    found = match(
        reading(company="Northwind Robotics"), mail(subject="Northwind Robotics"), known(NORTHWIND, closed)
    )
    assert (found.application, found.capped_by) != ("a1", "tie")
    assert found.application == "a1"


def test_title_tells_two_roles_apart() -> None:
    shown = mail(subject="Northwind Robotics: Field Technician")
    found = match(reading(company="Northwind Robotics", title="Field Technician"), shown, known(*TWO_ROLES))
    assert found.application == "a3"
    assert found.confidence >= 90


def test_words_of_one_title_tell_two_roles_apart_without_extraction() -> None:
    shown = mail(subject="Assessment day for our field technicians")
    assert match(reading(), shown, known(*TWO_ROLES)).application == "a3"


def test_other_title_at_the_company_speaks_against() -> None:
    same = match(reading(title="Data Engineer"), mail(), known())
    other = match(reading(title="Head Chef"), mail(), known())
    assert other.confidence < same.confidence
    assert any(piece.code == "title_other" and "Head Chef" in piece.text for piece in other.evidence)


def test_everyday_word_is_not_a_company() -> None:
    target = Candidate("a1", "Target", "Cashier", "applied")
    assert (
        match(reading(), mail("hr@else.example", text="Target start date: 1 May."), known(target)).confidence
        < 50
    )


# Exact keys


def test_linked_thread_is_exact() -> None:
    state = known(links={"thread:t1": "a2"}, correspondents=frozenset({"kim@agency.example"}))
    found = match(reading(), mail("kim@agency.example"), state)
    assert (found.application, found.exact) == ("a2", True)
    assert found.confidence >= 95


def test_colleague_at_a_correspondents_company_is_believed_in_the_thread() -> None:
    state = known(links={"thread:t1": "a2"}, correspondents=frozenset({"kim@agency.example"}))
    assert match(reading(), mail("lee@agency.example"), state).exact


@pytest.mark.parametrize(
    ("sender", "auth"),
    [("stranger@evil.example", "pass"), ("kim@gmail.com", "pass"), ("kim@agency.example", "fail")],
)
def test_forged_references_are_not_exact(sender: str, auth: str) -> None:
    links = {"message:<old@x>": "a2", "thread:t1": "a2"}
    state = known(links=links, correspondents=frozenset({"kim@agency.example", "someone@gmail.com"}))
    shown = mail(sender, auth=auth, in_reply_to="<old@x>", references=("<old@x>",))
    found = match(reading(), shown, state)
    assert not found.exact
    assert found.confidence < 95


def test_job_link_of_the_application_is_exact_from_a_platform() -> None:
    posted = replace(NORTHWIND, url="https://boards.greenhouse.io/northwind/jobs/5518204")
    shown = mail(
        "no-reply@us.greenhouse-mail.io",
        "Northwind Robotics",
        links=("https://boards.greenhouse.io/northwind/jobs/5518204?t=1",),
    )
    found = match(reading(), shown, known(posted, replace(posted, id="a3", title="Welder", url="")))
    assert (found.application, found.exact) == ("a1", True)


def test_public_job_link_from_a_stranger_is_not_exact() -> None:
    posted = replace(NORTHWIND, url="https://boards.greenhouse.io/northwind/jobs/5518204")
    shown = mail("hr@stranger.example", links=("https://boards.greenhouse.io/northwind/jobs/5518204",))
    found = match(reading(), shown, known(posted, SABLE))
    assert not found.exact
    assert found.confidence < 95


def test_number_of_the_posting_tells_two_roles_apart() -> None:
    first = replace(NORTHWIND, url="https://careers.pageuppeople.com/9/cw/en/job/515003")
    second = replace(NORTHWIND, id="a3", url="https://careers.pageuppeople.com/9/cw/en/job/514872")
    shown = mail("no-reply@pageuppeople.com", "Northwind Robotics", subject="Outcome 514872")
    found = match(reading(), shown, known(first, second))
    assert (found.application, found.exact) == ("a3", True)


def test_conversation_outranks_a_quoted_number() -> None:
    first = replace(NORTHWIND, requisition="R-20418")
    state = known(
        first, SABLE, links={"thread:t1": "a2"}, correspondents=frozenset({"kim@sabletherapeutics.com"})
    )
    assert match(reading(), mail("kim@sabletherapeutics.com", text="R-20418"), state).application == "a2"


def test_own_mail_is_exact_by_its_thread_only() -> None:
    state = known(links={"thread:t1": "a1"})
    to = (Address("", "kim@sabletherapeutics.com"),)
    assert match(reading(Kind.OTHER_SENT), mail(sent=True, recipients=to), state).exact
    alone = match(reading(Kind.OTHER_SENT), mail(sent=True, recipients=to, thread_id="t9"), state)
    assert (alone.application, alone.exact) == ("a2", False)


# Memory and exclusions


def test_remembered_sender_is_recognised() -> None:
    state = known(
        recall=lambda kind, key: {"a2": (3.0, 0.0)} if (kind, key) == ("sender", "kim@gmail.com") else {}
    )
    found = match(reading(), mail("kim@gmail.com"), state)
    assert found.application == "a2"
    assert found.confidence > match(reading(), mail("kim@gmail.com"), known()).confidence
    assert any(piece.code == "memory_sender" for piece in found.evidence)


def test_memory_of_a_domain_does_not_choose_between_two_roles() -> None:
    state = known(*TWO_ROLES, recall=lambda kind, key: {"a1": (9.0, 0.0)} if kind == "domain" else {})
    found = match(reading(), mail(), state)
    assert found.confidence <= 80


def test_unmatched_sender_speaks_against() -> None:
    state = known(recall=lambda kind, key: {"a1": (0.0, 2.0)})
    assert match(reading(), mail(), state).confidence < match(reading(), mail(), known()).confidence


def test_excluded_application_is_never_suggested() -> None:
    state = known(excluded=lambda message, thread: frozenset({"a1"}))
    found = match(reading(title="Data Engineer"), mail(), state)
    assert found.application == "a2"
    assert found.confidence < 50
    assert "a1" not in dict(found.ranked)
    everything = known(excluded=lambda message, thread: frozenset({"a1", "a2"}))
    assert match(reading(), mail(), everything).application is None


def test_keys_of_memory_tell_senders_of_a_platform_apart() -> None:
    assert list(memory_keys(mail("no-reply@us.greenhouse-mail.io", "Sable"))) != list(
        memory_keys(mail("no-reply@us.greenhouse-mail.io", "Northwind"))
    )
    assert ("domain", "gmail.com") not in list(memory_keys(mail("kim@gmail.com")))


def test_lasting_keys_leave_out_what_a_digest_lists() -> None:
    links = tuple(f"https://boards.greenhouse.io/x/jobs/{number}" for number in (5518204, 5518205))
    one, two = (set(lasting_keys(mail(links=some))) for some in (links[:1], links))
    assert any(key.startswith("job:") for key in one)
    assert not any(key.startswith("job:") for key in two)


# The parts


@pytest.mark.parametrize(
    ("text", "company", "named"),
    [
        ("Thank you for applying to Brightloom!", "Brightloom", True),
        ("brightlooms are nice", "Brightloom", False),
        ("Metabase is hiring", "Meta", False),
        ("T&R Mechanical - Installer", "T & R Mechanical", True),
        ("Your Harbor Coffee Roasters order", "Harbor", False),
        ("We use a common format", "Common", False),
        ("An update from Common Recruiting", "Common", True),
        ("the northwindrobotics team", "Northwind Robotics", True),
        ("Café Lumière vous remercie", "Cafe Lumiere", True),
    ],
)
def test_company_is_found_by_whole_words(text: str, company: str, named: bool) -> None:
    places = mentions(text, index((Candidate("a1", company, "x", "applied"),)))
    assert (places.get(0, 0) >= 0.6) is named


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://jobs.lever.co/tessellatelabs/0f6c1d3a", ("", "tessellatelabs")),
        ("https://piedmont.wd1.myworkdayjobs.com/en-US/Careers/job/x_R-1", ("", "piedmont")),
        ("https://careers.northwind.example.com/jobs/7", ("example.com", "")),
        ("", ("", "")),
        ("not a url", ("", "")),
    ],
)
def test_employer_site_is_read_from_the_postings_address(url: str, site: tuple[str, str]) -> None:
    assert employer_site(url) == site


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Sr. SWE (m/f/d)", "Senior Software Engineer"),
        ("RN Medical/Surgical", "RN Med/Surg"),
        ("Guest Relations Officer", "GRO"),
        ("Systems Engineer III", "SE III"),
        ("Senior PT", "Senior Physical Therapist"),
        ("Private Credit Associate", "Associate, Private Credit"),
        ("QA Co-op (Summer)", "QA Co-op"),
        ("Data Engineer - Remote", "Data Engineer"),
    ],
)
def test_one_title_in_two_spellings(a: str, b: str) -> None:
    assert similarity(title(a), title(b)) >= 0.85
    assert not contradicts(title(a), title(b))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Data Analyst", "Data Engineer"),
        ("Senior Data Engineer", "Junior Data Engineer"),
        ("Financial Analyst II", "Financial Analyst III"),
        ("Welder", "Accountant"),
    ],
)
def test_titles_that_contradict(a: str, b: str) -> None:
    assert contradicts(title(a), title(b))


@given(st.text(max_size=50), st.text(max_size=50))
def test_likeness_of_titles_is_a_share(a: str, b: str) -> None:
    assert 0 <= similarity(title(a), title(b)) <= 1


WORDS = st.sampled_from(
    [
        "senior",
        "junior",
        "data",
        "engineer",
        "engineering",
        "eng",
        "product",
        "designer",
        "design",
        "pt",
        "se",
        "physical",
        "therapist",
        "me",
        "2",
        "iii",
        "sales",
        "mechanical",
        "mech",
        "nurse",
        "rn",
        "registered",
        "qa",
        "quality",
        "assurance",
        "lead",
        "manager",
        "of",
    ]
)


@given(st.lists(WORDS, max_size=5).map(" ".join), st.lists(WORDS, max_size=5).map(" ".join))
def test_a_quick_look_at_titles_overlooks_nothing(a: str, b: str) -> None:
    """Titles that the quick look finds nothing in common between have nothing in common."""
    hasty = replace(title(a), stems=frozenset("*"), shorts=frozenset("*"), runs=frozenset("*"))
    assert similarity(title(a), title(b)) == similarity(hasty, replace(title(b), stems=frozenset("*")))


@given(st.text(max_size=200), st.text(max_size=200), st.text(max_size=40), st.sampled_from(list(Kind)))
def test_match_is_total_and_bounded(subject: str, text: str, company: str, kind: Kind) -> None:
    found = match(reading(kind, company=company or None), mail(subject=subject, text=text), known())
    assert 0 <= found.confidence <= 99
    assert found.runner_up_confidence <= found.confidence
    assert found.application in ("a1", "a2")


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.text(max_size=60), st.text(max_size=60))
def test_any_entry_of_a_user_is_a_candidate(entries: list[str], subject: str, url: str) -> None:
    odd = tuple(Candidate(f"a{n}", entry, entry[::-1], "applied", url=url) for n, entry in enumerate(entries))
    assert 0 <= match(reading(company=entries[0]), mail(subject=subject), known(*odd)).confidence <= 99


@given(st.permutations([NORTHWIND, SABLE, *TWO_ROLES[1:]]))
def test_order_of_the_candidates_does_not_matter(candidates: list[Candidate]) -> None:
    shown = mail(subject="Northwind Robotics: Data Engineer")
    found = match(reading(title="Data Engineer"), shown, known(*candidates))
    assert found.application == "a1"
    assert found == match(reading(title="Data Engineer"), shown, known(NORTHWIND, SABLE, *TWO_ROLES[1:]))


def test_older_mail_than_the_application_counts_less() -> None:
    late = replace(NORTHWIND, applied_at=NOW + timedelta(days=30))
    assert (
        match(reading(), mail(), known(late)).confidence
        < match(reading(), mail(), known(NORTHWIND)).confidence
    )


def test_of_many_candidates_only_those_pointed_at_are_looked_at() -> None:
    many = tuple(
        Candidate(
            f"a{n}",
            f"Company{n} Works",
            f"Engineer {n}",
            "applied",
            applied_at=datetime(2026, 1, 1, tzinfo=UTC),
        )
        for n in range(200)
    )
    state, shown = known(*many), mail(text="Thank you for applying to Company7 Works. " * 50)
    assert match(reading(), shown, state).application == "a7"
    weighed = weigh(reading(), shown, state)
    assert weighed is not None
    assert len(weighed.signs) < 10  # the others differ in time and status alone
    assert len(weighed.scored.shares) == len(many)


def test_a_company_that_only_earlier_mail_tells_is_no_evidence() -> None:
    """What the reader took from the user's decisions must not come back as a word of the mail."""
    stated = reading(company="Northwind Robotics")
    silent = mail("lea@agency.test", text="Are you free tomorrow?")
    naming = mail("lea@agency.test", text="Northwind Robotics asks: are you free tomorrow?")
    assert "named" not in {piece.code for piece in match(stated, silent, known()).evidence}
    assert "named" in {piece.code for piece in match(stated, naming, known()).evidence}


TITLES = (
    "Senior Software Engineer", "SSE", "Software Developer II", "Site Reliability Engineer", "SRE",
    "PT per diem", "Physical Therapist", "Data Engineer", "Datenanalyst", "Head of Data", "QA Co-op",
    "Product Manager, Growth", "PM", "Associate", "Registered Nurse - ED", "RN", "", "Verkäuferin (m/w/d)",
)  # fmt: skip


@given(st.sampled_from(TITLES), st.lists(st.sampled_from(TITLES), min_size=1, max_size=8))
def test_the_index_of_titles_hides_none_that_is_alike(stated: str, tracked: list[str]) -> None:
    among = index(tuple(Candidate(str(n), "Acme", own, "applied") for n, own in enumerate(tracked)))
    found = among.titles.maybe_like(title(stated))
    places = {place for first in found for place in among.titles.bearers[first]}
    for each in among.prepared:
        assert each.place in places or similarity(title(stated), each.title) == 0


@given(
    st.sampled_from(["northwindrobotics", "southerncoastmuseum", "acme-careers", "nwind", "x", "coastal-hr"]),
    st.lists(
        st.sampled_from(["Northwind Robotics", "Museum of the Southern Coast", "Acme", "X", "Coast & Sons"]),
        min_size=1,
    ),
)
def test_a_domain_is_compared_with_every_name_that_it_may_spell(label: str, companies: list[str]) -> None:
    among = index(tuple(Candidate(str(n), own, "", "applied") for n, own in enumerate(companies)))
    compared = among.worded_in(label)
    for each in among.prepared:
        fits = any(label_words(label, one) for one in each.company.names)
        assert not fits or each.place in compared
