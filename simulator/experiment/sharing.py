"""Runs a scenario whose searches share a cluster, under a seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from importlib.metadata import version

from simulator.cluster import engine
from simulator.cluster.groups import Scaling
from simulator.cluster.sharing.engine import Arrival, share
from simulator.cluster.spec import Cluster
from simulator.core.errors import InputError, RunError
from simulator.core.streams import DRAWS_VERSION, Stream, words
from simulator.curves.protocol import Curves
from simulator.curves.recorded import Recorded, Resampled, Shuffled
from simulator.experiment.arrivals import arrivals_of, label_key
from simulator.experiment.clusters import build_cluster
from simulator.scenario import curves as curve_models
from simulator.scenario import effort
from simulator.scenario.loading import Loaded
from simulator.scenario.searches import SchedulerSection, SearchesSection
from simulator.searchers.protocol import Searcher
from simulator.trace.queueing import Queueing, queueing
from simulator.trace.trace import Trace
from simulator.trace.workload import Workload


class SharedExperiment:
    """A scenario of searches that share a cluster, whose parts are made and checked against each other.

    `seed` overrides the scenario's. The first search of the first label has that seed itself and, if curves are
    recorded, the file's order. So if it is alone, its run is that of the same searcher under `searchers`. Every other
    search has its own seed and trials, drawn by its label and number; in a replicate the first one has, too. Raises
    InputError for what is wrong in the scenario.
    """

    def __init__(self, loaded: Loaded, seed: int | None = None, *, replicate: bool = False) -> None:
        self.loaded = loaded
        self.seed = loaded.scenario.seed if seed is None else seed
        self._replicate = replicate
        self._pace = 1.0  # factor of all arrival times
        self._cluster = build_cluster(loaded)
        self._streams = list((loaded.scenario.searches or {}).items())
        self._files = {label: self._recorded(label, stream) for label, stream in self._streams}
        problems = []
        for label, stream in self._streams:
            problem = self._misfit(label, stream)
            if problem:
                problems.append(loaded.problem(("searches", label, "searcher"), problem))
        if problems:
            raise InputError(problems)
        self._check_effort()
        self._arrivals()  # this checks the files of arrivals

    def on_cluster_of(self, loaded: Loaded) -> SharedExperiment:
        """The same searches and trials on the cluster of another scenario, whose searches and trials are the same."""
        again = copy(self)
        again.loaded, again._cluster = loaded, build_cluster(loaded)
        return again

    def under_seed(self, seed: int) -> SharedExperiment:
        """The same experiment under another seed, as one of several runs."""
        again = copy(self)
        again.seed, again._replicate = seed, True
        return again

    def at_pace(self, pace: float) -> SharedExperiment:
        """The same experiment with all times between arrivals multiplied by `pace`."""
        again = copy(self)
        again._pace = pace
        return again

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the searches, in the scenario's order."""
        return tuple(label for label, _ in self._streams)

    @property
    def meta(self) -> dict[str, str | int | float]:
        """The trace's record of where it comes from."""
        scheduler = self._scheduler
        return {
            "scenario": self.loaded.title,
            "scenario_sha256": self.loaded.digest,
            "seed": self.seed,
            "asha_simulator": version("asha-simulator"),
            "draws": DRAWS_VERSION,
            "scheduler": f"{scheduler.policy} with preemption" if scheduler.preemption else scheduler.policy,
        }

    def run(self, on_search: Callable[[int], None] | None = None) -> Workload:
        """Simulate all searches; `on_search` is called with the number that have arrived."""
        stop = self.loaded.scenario.stop
        workload = share(
            self._heard(on_search),
            self._resuming,
            self._scheduler.build(),
            slots=self._all_slots,
            stop=None if stop is None else stop.time,
            seed=self.seed,
            meta=self.meta,
        )
        return workload.joined() if any(stream.searcher.stepwise for _, stream in self._streams) else workload

    def figures(
        self, workload: Workload, on_search: Callable[[int, int], None] | None = None, *, slowdown: bool = True
    ) -> Queueing:
        """The numbers of a run; each search that was done also runs on an empty cluster, which gives its slowdown.

        A search that an empty cluster can't finish has no slowdown; with `slowdown` false, no search has one.
        """
        alone: list[int | None] = []
        for number, visit in enumerate(workload.visits if slowdown else (), 1):
            try:
                alone.append(None if visit.done is None else self.run_alone(visit.label, visit.number).makespan)
            except RunError:
                alone.append(None)
            if on_search:
                on_search(number, len(workload))
        warm_up = self.loaded.scenario.warm_up
        return queueing(workload, rates=self.rates, warm_up=warm_up, alone=alone if slowdown else None)

    @property
    def rates(self) -> dict[str, float]:
        """Arrivals per tick by label, for labels whose rate the scenario gives."""
        gaps = {
            label: getattr(stream.arrivals, "mean_gap", None) or getattr(stream.arrivals, "gap", None)
            for label, stream in self._streams
        }
        return {label: 1 / (gap * self._pace) for label, gap in gaps.items() if gap}

    def run_alone(self, label: str, number: int) -> Trace:
        """The run of one search on the empty cluster."""
        place = self.labels.index(label)
        arrival = self._arrival(0, place, number)
        cluster = replace(self._cluster, slots_per_trial=arrival.slots, resume=arrival.resume)
        scaled = any(isinstance(group.release, Scaling) for group in cluster.machines)
        if scaled or arrival.max_slots is not None or any(group.slots < arrival.slots for group in cluster.machines):
            return share(
                iter([arrival]), self._resuming, self._scheduler.build(), slots=self._all_slots, seed=self.seed
            ).trace
        searcher, curves = arrival.open()
        return engine.simulate(searcher, curves, cluster, seed=arrival.seed)

    @property
    def _resuming(self) -> Cluster:
        """The cluster for several searches: each arrival says for itself whether its trials resume."""
        return replace(self._cluster, resume=True)

    @property
    def _scheduler(self) -> SchedulerSection:
        return self.loaded.scenario.scheduler or SchedulerSection()

    def _heard(self, on_search: Callable[[int], None] | None) -> Iterator[Arrival]:
        for number, arrival in enumerate(self._arrivals(), 1):
            if on_search:
                on_search(number)
            yield arrival

    def _arrivals(self) -> Iterator[Arrival]:
        coming = arrivals_of(self.loaded, self.seed)
        return (self._arrival(round(at * self._pace), place, number) for at, place, number in coming)

    def _arrival(self, at: int, place: int, number: int) -> Arrival:
        label, stream = self._streams[place]
        first = place == number == 0 and not self._replicate
        seed = self.seed
        if not first:
            seed = int(words(self.seed, Stream.SEARCH, label_key(label), number, n=1)[0] >> 1)

        def open_() -> tuple[Searcher, Curves]:
            return stream.searcher.build(seed), self._curves(label, stream, seed, first=first)

        return Arrival(
            at,
            label,
            number,
            open_,
            seed=seed,
            slots=self._slots(stream),
            weight=stream.weight,
            priority=stream.priority,
            max_slots=stream.max_slots,
            resume=stream.searcher.goes_on_from_its_last_result(resume=self._cluster.resume),
        )

    def _slots(self, stream: SearchesSection) -> int:
        return stream.slots_per_trial or self.loaded.scenario.cluster.slots_per_trial

    @property
    def _all_slots(self) -> list[int]:
        """The slots of a trial of each label; the size of a place on a machine depends on all of them."""
        return [self._slots(stream) for _, stream in self._streams]

    def _recorded(self, label: str, stream: SearchesSection) -> Recorded | None:
        """The trials of a label's file, which is read once; None if its trials are synthetic."""
        spec = stream.curves or self.loaded.scenario.curves
        if not isinstance(spec, curve_models.RecordedSection):
            return None
        where = ("curves", "file") if stream.curves is None else ("searches", label, "curves", "file")
        direction = {"smaller_is_better": self.loaded.scenario.smaller_is_better} if stream.curves is None else {}
        with self.loaded.blaming(*where):
            made = spec.model_copy(update={**direction, "resample": False, "order": "file"}).build(
                self.loaded.folder, self.seed
            )
        assert isinstance(made, Recorded)
        return made

    def _curves(self, label: str, stream: SearchesSection, seed: int, *, first: bool) -> Curves:
        """The trials of one search, drawn by its seed."""
        spec, recorded = stream.curves or self.loaded.scenario.curves, self._files[label]
        if recorded is None or not isinstance(spec, curve_models.RecordedSection):
            return spec.build(self.loaded.folder, seed)
        if spec.resample:
            return Resampled(recorded, seed)
        return recorded if first and spec.order == "file" else Shuffled(recorded, seed)

    def _check_effort(self) -> None:
        """Raise InputError for more trials than a run can have, unless a stop ends the run before."""
        if self.loaded.scenario.stop is not None:
            return
        started = {label: stream.expected * (stream.searcher.trials or 1) for label, stream in self._streams}
        if sum(started.values()) > effort.MOST:
            label = max(started, key=started.__getitem__)
            needs = effort.effort(round(sum(started.values())))
            most = f"{effort.MOST:,} are the most that end without a stop"
            message = f"{needs}; {most}: give fewer searches or trials, or a stop"
            raise InputError(self.loaded.problem(("searches", label), message))

    def _misfit(self, label: str, stream: SearchesSection) -> str | None:
        """The problem of a label's searcher on its trials; None if it fits."""
        spec = stream.searcher
        try:
            searcher = spec.build()
        except ValueError as error:
            return str(error)
        curves = self._curves(label, stream, self.seed, first=True)
        if spec.trials is not None and curves.trials is not None and spec.trials > curves.trials:
            return f"starts {spec.trials} trials and {curves.trials} are recorded; say `resample: true` under curves"
        if spec.endless and self.loaded.scenario.stop is None:
            return "never ends: give it max_trials, or add `stop: {time: …}`"
        return curves.reach(searcher.resources)
