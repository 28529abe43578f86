from __future__ import annotations

from tests.standins.outlook.server import Handler
from tests.standins.outlook.world import World
from tests.standins.serving import run

if __name__ == "__main__":
    run("tests.standins.outlook", Handler, World)
