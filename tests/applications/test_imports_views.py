"""The pages of an import: upload, preview, result, undo."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from applications.models import Application, Import
from tests.factories import ApplicationFactory, ImportFactory

LINES = b"Employer,Position,Stage\nLumen Health,Data Analyst,Phone screen\nQuillstone,Editor,Lost\n"


@pytest.fixture
def client(user, client_of):
    return client_of(user)


def text_of(response):
    return " ".join(response.content.decode().split())


def upload(client, content=LINES, name="jobs.csv"):
    return client.post(reverse("application-import"), {"file": SimpleUploadedFile(name, content)})


class TestUpload:
    def test_it_works(self, client, user):
        response = upload(client)
        batch = Import.objects.get()
        assert response["Location"] == reverse("import", args=[batch.pk])
        assert (batch.user, batch.filename, len(batch.rows)) == (user, "jobs.csv", 2)
        assert not Application.objects.exists()

    @pytest.mark.parametrize(
        ("content", "words"),
        [(b"", "empty"), (b"PK\x03\x04", "Save it as CSV"), (b"x" * 2_200_000, "larger than 2 MB")],
    )
    def test_it_says_what_is_wrong_with_a_file(self, client, content, words):
        response = upload(client, content)
        assert response.status_code == 422
        assert words in text_of(response)
        assert not Import.objects.exists()

    def test_no_file_at_all(self, client):
        assert client.post(reverse("application-import")).status_code == 422

    def test_the_plan_is_told_before(self, free_user, client_of):
        assert "room for <strong>5</strong> more" in text_of(
            client_of(free_user).get("/applications/import/")
        )


class TestPreview:
    def test_it_shows_what_comes_of_it(self, client):
        content = text_of(client.get(upload(client)["Location"]))
        assert "Lumen Health" in content
        assert "1 will be added" in content
        assert "1 cannot be read" in content
        assert "stands for none of ours" in content
        assert "Add 1 application<" in content

    def test_a_status_can_be_explained(self, client):
        path = upload(client)["Location"]
        sent = {"column-0": "company", "column-1": "title", "column-2": "status"}
        response = client.post(path, {**sent, "status-0": "interviewing", "status-1": "rejected"})
        assert response["Location"] == path
        assert "Add 2 applications<" in text_of(client.get(path))

    def test_an_unknown_status_is_one_problem_with_its_choice_above(self, client):
        rows = "".join(f"Company {n},Editor,Lost\n" for n in range(30))
        content = text_of(client.get(upload(client, f"Employer,Position,Stage\n{rows}".encode())["Location"]))
        assert "<strong>1 status</strong> of this file is not one of ours" in content
        assert '<label for="id_status-0"><strong>Lost</strong></label>' in content
        assert "<strong>30 rows:</strong> The status “Lost” stands for none of ours yet." in content
        assert "row 2, row 3, row 4, row 5, row 6, row 7, row 8, row 9 …" in content

    def test_the_limit_is_told_before(self, free_user, client_of):
        client = client_of(free_user)
        ApplicationFactory.create_batch(3, user=free_user, at=timezone.now())
        with_four = b"Company,Title\nA,One\nB,Two\nC,Three\nD,Four\n"
        content = text_of(client.get(upload(client, with_four)["Location"]))
        assert "room for <strong>2</strong> more new applications this month, so 2 of these rows" in content
        assert "Add 2 applications<" in content
        content = text_of(client.get(upload(client, b"Company,Title\nA,One\n")["Location"]))
        assert "They fit: your plan has room for 2 more" in content

    @pytest.mark.parametrize(
        ("sent", "words"),
        [
            ({"column-0": "company", "column-1": "company"}, "Two columns cannot both be"),
            ({"column-0": "company"}, "Choose the column that holds “Job title”."),
            ({"column-0": "password", "column-1": "title"}, "Choose the column"),
        ],
    )
    def test_a_mapping_that_makes_no_sense_is_refused(self, client, sent, words):
        path = upload(client)["Location"]
        response = client.post(path, sent)
        assert response.status_code == 422
        assert words in text_of(response)
        assert Import.objects.get().mapping["columns"] == ["company", "title", "status"]

    def test_what_a_file_says_is_shown_as_text(self, client):
        content = text_of(
            client.get(upload(client, b"Company,<b>x</b>\n<script>alert(1)</script>,y\n")["Location"])
        )
        assert "<script>alert" not in content
        assert "<b>x" not in content

    def test_the_part_is_the_same_as_in_the_page(self, client):
        path = upload(client)["Location"]
        part = client.get(path, headers={"HX-Request": "true", "HX-Target": "preview"})
        assert part.content.decode().strip().startswith('<div id="preview"')


class TestRun:
    def test_it_adds_says_so_and_can_be_taken_back(self, client, user):
        path = upload(client)["Location"]
        batch = Import.objects.get()
        assert client.post(reverse("import-run", args=[batch.pk]))["Location"] == path
        content = text_of(client.get(path))
        assert "1 application added" in content
        assert "1 cannot be read" in content
        assert Application.objects.of(user).get().company == "Lumen Health"
        client.post(reverse("import-undo", args=[batch.pk]))
        assert not Application.objects.exists()
        assert "1 of 1 application removed" in text_of(client.get(path))

    def test_twice_is_once(self, client):
        upload(client)
        run = reverse("import-run", args=[Import.objects.get().pk])
        for _ in range(2):
            client.post(run)
        assert Application.objects.count() == 1

    @pytest.mark.parametrize("name", ["import-run", "import-undo"])
    def test_it_checks_ownership_and_method(self, client, other, name):
        theirs = ImportFactory(user=other)
        assert client.post(reverse(name, args=[theirs.pk])).status_code == 404
        assert client.get(reverse(name, args=[theirs.pk])).status_code == 405
        assert not Application.objects.exists()


class TestExport:
    def test_it_holds_what_is_asked_for(self, client, user, other):
        ApplicationFactory(user=user, company="Quillstone", status="rejected")
        ApplicationFactory(user=user, company="Lumen Health")
        ApplicationFactory(user=other, company="Theirs")
        response = client.get(reverse("application-export"))
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert 'attachment; filename="applications-' in response["Content-Disposition"]
        assert {b"Quillstone" in response.content, b"Lumen" in response.content} == {True}
        assert b"Theirs" not in response.content
        narrowed = client.get(reverse("application-export"), {"status": "rejected"}).content
        assert b"Quillstone" in narrowed
        assert b"Lumen" not in narrowed
