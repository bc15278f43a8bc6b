"""Every seed meets recorded trials in another order, so the band of the incumbent is wide."""

from simulator.cluster.engine import Cluster, simulate
from simulator.experiment.replicates import Replicates
from simulator.scenario.loading import load
from simulator.searchers.halving import sha
from simulator.trace import metrics
from tests.support.runner import ROOT


def test_the_band_of_the_digits_is_wide():
    traces = [
        simulate(sha(max_trials=81, max_length=81, divisor=3), replicate.curves, Cluster(8))
        for replicate in Replicates(load(ROOT / "scenarios" / "digits.yaml"), 20, 0)
    ]
    band = metrics.incumbent_band(traces)
    assert (band.high - band.low).max() > 0.1
