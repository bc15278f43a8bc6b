"""`python -m simulator` is `asha-sim`."""

from simulator.cli import main

main()
