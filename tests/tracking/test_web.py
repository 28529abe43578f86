"""HTTP to providers: what is read of an answer, over which connections, and through which proxy."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tracking.providers import web


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.seen.append((self.client_address, self.path, dict(self.headers)))
        status = 302 if self.path.startswith("/moved") else 200
        body = b"x" * 1000
        self.send_response(status)
        self.send_header("X-Kind", "Test")
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.daemon_threads, made.seen = True, []
        made.url = f"http://127.0.0.1:{made.server_port}"
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


@pytest.fixture(autouse=True)
def fresh():
    web._proxy_of.cache_clear()
    yield
    web._proxy_of.cache_clear()


def get(url, query=None, limit=None):
    return web.get(url, query or {}, {"Authorization": "Bearer secret"}, 5, limit)


def test_an_answer(server):
    answer = get(f"{server.url}/path", {"q": "after:1 {a b}"})
    assert (answer.status, answer.headers["x-kind"], len(answer.body)) == (200, "Test", 1000)
    _, path, headers = server.seen[0]
    assert path == "/path?q=after%3A1+%7Ba+b%7D"
    assert headers["Authorization"] == "Bearer secret"


def test_calls_share_a_connection(server):
    for _ in range(5):
        get(f"{server.url}/path")
    assert len({address for address, _, _ in server.seen}) == 1


def test_no_more_than_the_limit_is_read(server):
    assert get(f"{server.url}/path", limit=100).body == b"x" * 100
    assert get(f"{server.url}/path", limit=2000).body == b"x" * 1000


def test_a_redirect_is_not_followed_with_the_token(server):
    assert get(f"{server.url}/moved").status == 302
    assert len(server.seen) == 1


def test_nobody_answers(server):
    with pytest.raises(web.UnansweredError, match="provider_unreachable"):
        get("http://127.0.0.1:9/path")


def test_the_proxy_of_the_environment(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert get("http://provider.example/path").status == 200
    assert server.seen[0][1] == "http://provider.example/path"
    with pytest.raises(web.UnansweredError):
        get("http://127.0.0.1:9/path")
