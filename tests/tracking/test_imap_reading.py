"""What is told by heads and host names alone: identity, conversations, whose verdict is believed."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.mail import RawMail
from tracking.providers import MessageError
from tracking.providers.imap.reading import day_of, head_of
from tracking.providers.imap.servers import SERVERS, server_of, trusted_hosts
from tracking.providers.imap.uids import ranges_of, take_last
from tracking.router.parse import parse

AT = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
NAME = b"BODY[HEADER.FIELDS (FROM)]"


def head(fields, **values):
    fetched = {b"RFC822.SIZE": 100, b"INTERNALDATE": AT, NAME: fields.encode(), **values}
    return head_of(7, fetched)


class TestIdentity:
    def test_it_is_the_same_however_the_head_is_folded(self):
        one = head("Message-ID: <1@a.example>\r\nSubject: Your application\r\n at Lumen Health\r\n\r\n")
        two = head("Message-ID:  <1@a.example>\nSubject: Your application at Lumen Health\n\n")
        assert one.provider_id == two.provider_id

    @pytest.mark.parametrize("other", ["From: b@b.example", "Date: Thu, 5 Mar 2026 09:00:00 +0000"])
    def test_it_takes_more_than_the_message_id(self, other):
        assert (
            head("Message-ID: <1@a.example>\n\n").provider_id
            != head(f"Message-ID: <1@a.example>\n{other}\n\n").provider_id
        )

    def test_nothing_of_the_mail_can_be_read_in_it(self):
        found = head("Message-ID: <secret@a.example>\nSubject: Secret\nFrom: secret@a.example\n\n")
        assert "secret" not in found.provider_id.lower() + found.thread_id.lower()

    @pytest.mark.parametrize(
        ("line", "day"),
        [
            ("Date: Wed, 4 Mar 2026 23:30:00 -0800", date(2026, 3, 4)),
            ("Date: nonsense", None),
            ("Date: Wed, 99 Mar 2026 09:00:00 +0000", None),
            ("Subject: x", None),
        ],
    )
    def test_its_day_is_the_one_the_message_names(self, line, day):
        assert day_of(head(f"{line}\n\n").provider_id) == day

    @pytest.mark.parametrize(
        "lacking", [{b"RFC822.SIZE": None}, {b"INTERNALDATE": b"never"}, {NAME: None}, {NAME: "text"}]
    )
    def test_a_listing_that_lacks_something_is_damaged(self, lacking):
        with pytest.raises(MessageError, match="message_damaged"):
            head_of(7, {b"RFC822.SIZE": 1, b"INTERNALDATE": AT, NAME: b"", **lacking})

    @given(st.binary(max_size=400))
    def test_any_head_can_be_taken(self, fields):
        found = head_of(7, {b"RFC822.SIZE": 1, b"INTERNALDATE": AT, NAME: fields})
        assert len(found.provider_id) <= 255
        assert len(found.thread_id) <= 255
        assert found.mail.provider_id == found.provider_id


class TestVerdicts:
    FASTMAIL = (
        "Received: from mx.example by phl-mx-03.messagingengine.com; Wed, 4 Mar 2026 09:00:00 +0000\n"
        "Authentication-Results: phl-mx-03.messagingengine.com; dmarc=pass header.from=lumenhealth.example\n"
    )
    ICLOUD = "Authentication-Results: dmarc.icloud.com; dmarc=pass header.from=lumenhealth.example\n"

    def auth(self, host, headers):
        content = f"{headers}From: jobs@lumenhealth.example\n\nhi".encode()
        return parse(RawMail("1", "1", content, AT, trusted_authserv=trusted_hosts(host, content))).auth

    @pytest.mark.parametrize(
        ("host", "headers"), [("imap.fastmail.com", FASTMAIL), ("imap.mail.me.com", ICLOUD)]
    )
    def test_a_known_provider_is_believed(self, host, headers):
        assert self.auth(host, headers) == "pass"

    @pytest.mark.parametrize("host", ["mail.own.example", "imap.gmx.net", "imap.mail.me.com", "localhost"])
    def test_nobody_else_can_claim_to_be_one(self, host):
        assert self.auth(host, self.FASTMAIL) == "none"

    @pytest.mark.parametrize("host", ["mail.own.example", "imap.fastmail.com"])
    def test_nor_be_the_other(self, host):
        assert self.auth(host, self.ICLOUD) == "none"

    def test_a_forged_verdict_beside_another_servers_mail(self):
        forged = self.FASTMAIL.replace("by phl-mx-03.messagingengine.com", "by mail.own.example")
        assert self.auth("imap.fastmail.com", forged) == "none"


class TestServers:
    def test_each_domain_leads_to_one(self):
        domains = [domain for server in SERVERS for domain in server.domains]
        assert len(domains) == len(set(domains))

    @pytest.mark.parametrize("server", SERVERS, ids=lambda server: server.domains[0])
    def test_it_can_be_reached_or_says_why_not(self, server):
        assert server.refuses or server.host
        assert not server.refuses or server.hint.endswith(".")
        assert server.password_url.startswith("https://") or not server.password_url

    @pytest.mark.parametrize("address", ["", "ada", "ada@own.example", "@"])
    def test_an_address_of_an_unknown_one(self, address):
        assert server_of(address) is None


class TestUids:
    @given(st.sets(st.integers(1, 60)), st.integers(1, 20))
    def test_they_come_back_highest_first_each_once(self, uids, size):
        left, taken = ranges_of(uids), []
        while left:
            some, left = take_last(left, size)
            assert 0 < len(some) <= size
            taken += some
        assert taken == sorted(uids, reverse=True)

    def test_ranges_are_short(self):
        assert ranges_of([5, 1, 2, 3, 9]) == [[1, 3], [5, 5], [9, 9]]
