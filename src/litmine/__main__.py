"""``python -m litmine``."""

from litmine.cli import main

main()
