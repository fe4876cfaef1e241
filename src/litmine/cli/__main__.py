"""``python -m litmine.cli``."""

from litmine.cli import main

main()
