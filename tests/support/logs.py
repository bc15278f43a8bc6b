"""Tables of logs, written as texts and imported."""

from __future__ import annotations

import pytest

from simulator.core.errors import InputError
from tests.support.sources import imported


def csv(folder, text, name="log.csv", **options):
    """The import of a table."""
    how = {key: options.pop(key) for key in ("censored", "offset", "grid") if key in options}
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return imported(path, "csv", options=options, **how)


def said(folder, text, name="log.csv", **options):
    """The text of the error about a table."""
    with pytest.raises(InputError) as caught:
        csv(folder, text, name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def timed(*rows, head="trial,resource,loss,elapsed_s"):
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n"
