"""The licence in the repository is the one that the package names."""

import tomllib
from hashlib import sha256

from tests.support.runner import ROOT

#: SHA-256 of LICENSE-2.0.txt as the Apache Software Foundation publishes it.
APACHE_2_0 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_the_licence_is_the_one_named_in_its_standard_wording():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["license"] == "Apache-2.0"
    assert sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2_0
