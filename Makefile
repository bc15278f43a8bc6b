# Every target sets up what it needs: `make demo` on a fresh clone is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
# Tests that take long stand together: a process that is done takes over half of what another has left. There is one
# process more than there are cores, since some tests only wait.
SPREAD := -n $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1) --dist worksteal

.PHONY: demo test quick wheel rivals fuzz coverage mutants soak browser lint format bench gallery notebooks docs site lock clean

demo: $(READY)
	$(BIN)/asha-sim run scenarios/docs.yaml --out outputs/docs
	$(BIN)/asha-sim animate scenarios/docs.yaml --out outputs/docs
	$(BIN)/asha-sim run scenarios/digits.yaml --out outputs/digits
	$(BIN)/asha-sim animate scenarios/digits.yaml --out outputs/digits

test: $(READY) browser
	$(BIN)/pytest $(SPREAD)

# While at work: what takes no process, browser, disk fault, benchmark or made page; tests/conftest.py says what that is.
quick: $(READY)
	$(BIN)/pytest $(SPREAD) --quick -r f

# The wheel, installed alone with what it depends on, on this Python and on the newest that is there, and the quick tests
# against it: they run in a copy of the tree that has no simulator/. A command of pyenv may be on PATH and not run, so
# each is tried, and pyenv's own folders are looked at too; `make wheel NEWEST=/path/to/python3.13` names another one.
NEWEST = $(shell for name in python3.15 python3.14 python3.13 python3.12 python3; do \
  for python in $$name $${PYENV_ROOT:-$$HOME/.pyenv}/versions/*/bin/$$name; do \
  $$python --version > /dev/null 2>&1 && echo $$python && exit; done; done)
wheel: $(READY)
	rm -rf dist .wheel && mkdir -p .wheel/tree
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w dist .
	git ls-files tests tools scenarios notebooks docs outputs README.md CHANGELOG.md LICENSE pyproject.toml | tar -c -T - | tar -x -C .wheel/tree
	for python in $(PYTHON) $(NEWEST); do \
	  version=$$($$python -c "import sys; print('%d.%d' % sys.version_info[:2])") || exit 1; \
	  test -d .wheel/$$version && echo "no other Python than $$version is there" && continue; \
	  echo "the wheel on Python $$version ($$python)"; \
	  $$python -m venv .wheel/$$version && .wheel/$$version/bin/python -m pip install --quiet \
	  --disable-pip-version-check --require-hashes -r requirements.lock && .wheel/$$version/bin/python -m pip install --quiet \
	  --disable-pip-version-check --no-deps dist/*.whl && (cd .wheel/tree && ../$$version/bin/python -m pytest $(SPREAD) --quick) || exit 1; done

# Hostile input, the searchers' adversaries and the engines' scenarios, at length; -rP shows how many steps and rows.
# Then a fuzzer that is guided by coverage, for so many seconds of each kind of input; it keeps what it finds.
FUZZ_SECONDS ?= 120
fuzz: $(READY)
	FUZZ=1 $(BIN)/pytest $(SPREAD) -rP tests/fuzz tests/faults tests/contract tests/cluster/test_scenarios.py tests/cluster/test_faults.py \
	  tests/searchers/test_determined_rules.py
	@$(BIN)/python -c "import atheris" 2> /dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  $$($(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['dependency-groups']['fuzz'])")
	for kind in documents curves traces; do \
	  $(BIN)/python -m tests.fuzz.fuzz_documents $$kind $(FUZZ_SECONDS) || exit 1; done

# Branches, those of subprocesses included. Left out is what coverage's own files get in the way of.
coverage: $(READY)
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(SPREAD) --deselect tests/planning/test_sweep.py::test_a_folder_that_is_full \
	  --deselect tests/faults/test_disk.py::test_a_limit_on_the_size_of_files
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under 95
	$(BIN)/coverage report --fail-under 100 --include 'simulator/searchers/*,simulator/cluster/*'

# Decisions of the real schedulers beside ours, some 700,000: group rivals, and an older Syne Tune, in environments of their own.
rivals:
	for group in rivals rivals-older; do \
	  test -d .rivals/$$group || { $(PYTHON) -m venv .rivals/$$group && .rivals/$$group/bin/python -m pip install --quiet \
	  --disable-pip-version-check $$($(PYTHON) -c "import sys, tomllib; \
	  print(*tomllib.load(open('pyproject.toml', 'rb'))['dependency-groups'][sys.argv[1]])" $$group); } || exit 1; done
	.rivals/rivals/bin/python -W ignore -m tests.rivals.lockstep ray optuna syne_tune sklearn
	.rivals/rivals-older/bin/python -W ignore -m tests.rivals.lockstep syne_tune

# Which changes to searchers/ and cluster/ no test would notice. Takes hours; MUTANTS='simulator.searchers.rung*' some of it.
mutants: $(READY)
	@$(BIN)/python -c "import mutmut" 2> /dev/null || $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  $$($(BIN)/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['dependency-groups']['mutants'])")
	$(BIN)/mutmut run $(MUTANTS)
	$(BIN)/mutmut results

# What tests/browser drives. Without one they are skipped, but in CI they fail.
browser:
	@command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null || { \
	  [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium > /dev/null; \
	} || echo "no Chromium, and none could be installed: the tests of the player can't run"

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m tests.benchmarks.bench
	$(BIN)/python -m tests.benchmarks.rendering

# Plan after plan for half an hour, or SOAK_MINUTES: fails where memory or open files grow.
soak: $(READY)
	$(BIN)/python -m tools.soak

# The pictures of the README, byte for byte what tests/docs/test_gallery.py expects.
gallery: $(READY)
	rm -rf outputs/gallery/docs outputs/gallery/digits outputs/gallery/team outputs/gallery/plan outputs/plan
	$(BIN)/asha-sim animate scenarios/docs.yaml --style docs --out outputs/gallery/docs
	$(BIN)/asha-sim animate scenarios/digits.yaml --also scenarios/digits-40-workers.yaml \
	  --style timeline --format gif,html --out outputs/gallery/digits
	$(BIN)/asha-sim animate scenarios/team.yaml --out outputs/gallery/team
	$(BIN)/asha-sim plan scenarios/plan_spot_or_on_demand.yaml --out outputs/plan
	mkdir -p outputs/gallery/plan
	cp outputs/plan/plan.html outputs/plan/plan.json outputs/plan/plan.md outputs/plan/table.csv outputs/gallery/plan

# The notebooks with their outputs, and the pages of docs/ that are made; tests say whether they are fresh.
notebooks: $(READY)
	$(BIN)/python -m tools.notebooks

docs: $(READY)
	$(BIN)/asha-sim schema > scenarios/schema.json.new && mv scenarios/schema.json.new scenarios/schema.json
	$(BIN)/python -m tools.pages

# The same pages as a site, their pictures drawn as it is built: outputs/site/index.html.
site: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -q -b html -d outputs/site.doctrees docs outputs/site

# Names, versions and hashes only: no index address may enter the file.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-annotate --no-header --group dev --group sphinx --group mkdocs --extra calibrate --extra record --extra optuna \
	  --extra mlflow --extra tensorboard --extra wandb --extra dask pyproject.toml -o requirements.lock

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	touch $@

clean:
	rm -rf $(VENV) outputs/docs outputs/digits outputs/site outputs/site.doctrees
