"""`python -m simulator` is `asha-sim`."""

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the next lines are done, a traceback would be all it gives

from simulator.io import signals


def main() -> None:
    """Run the command line, however long its imports take, so that signals end it in good order."""
    with signals.orderly():
        from simulator.cli.main import main

        main()


if __name__ == "__main__":
    main()
