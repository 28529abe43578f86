from __future__ import annotations

from tests.standins.gmail.server import Handler
from tests.standins.gmail.world import World
from tests.standins.serving import run

if __name__ == "__main__":
    run("tests.standins.gmail", Handler, World)
