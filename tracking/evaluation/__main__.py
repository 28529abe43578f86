"""`python -m tracking.evaluation DIR [--json] [--engine NAME] [--by-author] [--verbose]`, without Django."""

from __future__ import annotations

import sys

from tracking.evaluation.command import main

if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]) + "\n")
