"""`python -m simulator` is `asha-sim`."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C during the next imports would only print a traceback

from simulator.io import signals


def main() -> None:
    """Run the command line; a signal ends it in good order, even while its modules are still being imported."""
    with signals.orderly():
        from simulator.cli.main import main

        main()


if __name__ == "__main__":
    main()
