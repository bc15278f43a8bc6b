"""The wheel is built from the tree and installed by itself, in another folder."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.runner import ROOT

pytestmark = pytest.mark.slow

#: The folder of the packages that the project depends on. The project itself is linked there; an installed wheel
#: comes before that link.
PACKAGES = [path for path in sys.path if path.endswith("site-packages")]


def done(*command, cwd):
    made = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
    return made.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation", "--no-index")
    done(sys.executable, "-m", "pip", "wheel", *options, "-w", folder, ROOT, cwd=folder)
    [made] = folder.glob("*.whl")
    return made


def test_it_holds_the_package_and_nothing_of_the_tests(wheel):
    with zipfile.ZipFile(wheel) as opened:
        names = opened.namelist()
    tops = {name.split("/")[0] for name in names}
    assert tops == {"simulator", f"{wheel.name.split('-py3')[0]}.dist-info"}
    assert any(name.endswith("player.js") for name in names)
    assert any(name.endswith(".LICENSE") or "LICENSE" in name for name in names)


def test_it_runs_alone(wheel, tmp_path):
    """The imported package is the wheel's, not the tree's, and a run makes the same bytes as here."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    python = tmp_path / "env" / "bin" / "python"
    site = done(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).strip()
    with zipfile.ZipFile(wheel) as opened:  # this is what installing a pure wheel does, without the network
        opened.extractall(site)
    Path(site, "packages.pth").write_text("\n".join(PACKAGES))
    where = done(python, "-c", "import simulator; print(simulator.__file__)", cwd=tmp_path)
    assert where.startswith(site)

    scenario = ROOT / "scenarios" / "digits.yaml"
    done(python, "-m", "simulator", "run", scenario, "--out", "alone", cwd=tmp_path)
    done(sys.executable, "-m", "simulator", "run", scenario, "--out", "here", cwd=tmp_path)
    for path in ("summary.json", "ASHA/trace.csv"):
        assert (tmp_path / "alone" / path).read_bytes() == (tmp_path / "here" / path).read_bytes()
