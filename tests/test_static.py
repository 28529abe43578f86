"""What browsers are given of the scripts where they are served from collected files."""

from __future__ import annotations

from pathlib import Path

from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command


def test_our_scripts_go_out_without_comments_and_those_of_others_as_they_came(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static.Storage"}}
    call_command("collectstatic", interactive=False, verbosity=0)

    def served(name: str) -> str:
        url = staticfiles_storage.url(name)
        assert url != f"/static/{name}"  # its name changes with its content
        return (tmp_path / url.removeprefix("/static/")).read_text()

    for source in sorted(Path("static/js").glob("*.js")):
        script = served(f"js/{source.name}")
        assert source.read_text().startswith("// ")
        assert 0.5 < len(script) / len(source.read_text()) < 0.97
        assert "\n//" not in script
        assert not script.startswith("//")
    assert served("vendor/htmx.min.js") == Path("static/vendor/htmx.min.js").read_text()
