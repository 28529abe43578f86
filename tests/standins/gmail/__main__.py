from __future__ import annotations

import argparse
import json
from http.server import ThreadingHTTPServer

from tests.standins.gmail.server import Handler
from tests.standins.gmail.world import World


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.standins.gmail")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--client-id", default="client.apps.example")
    parser.add_argument("--client-secret", default="GOCSPX-secret")
    parser.add_argument("--redirect-uri", action="append", required=True)
    parser.add_argument("--user", action="append", default=[], help="address of an account to begin with")
    options = parser.parse_args()
    world = World(options.client_id, options.client_secret, options.redirect_uri)
    for address in options.user:
        world.do_add_user(address)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), type("Bound", (Handler,), {"world": world}))
    server.daemon_threads = True
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
