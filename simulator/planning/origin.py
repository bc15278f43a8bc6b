"""The origin of a plan's trials, in words."""

from __future__ import annotations

from simulator.core.formatting import counted
from simulator.scenario import curves as curve_models
from simulator.scenario.loading import Loaded


def origin(loaded: Loaded, trials: int | None, fitted_to: int | None) -> str:
    """A sentence on the origin of a plan's trials: recorded trials, a law that was fitted to trials, or neither."""
    curves = loaded.scenario.curves
    if isinstance(curves, curve_models.RecordedSection):
        how = (
            "each replicate draws from them with replacement"
            if curves.resample
            else "each replicate meets them in another order"
        )
        return f"It rests on {counted(trials or 0, 'recorded trial')}; {how}."
    if fitted_to is not None:
        fitted = counted(fitted_to, "recorded trial")
        text = f"It rests on curves fitted to {fitted}; each replicate draws trials of its own."
        if isinstance(curves, curve_models.SyntheticSection) and not curves.trials:
            text += (
                " The intervals don't say how uncertain so few trials leave the fit, because the law does not hold "
                "the trials that it was fitted to; fit again with `curves fit`."
            )
        return text
    return "The trials are made up, and none was recorded. Each replicate draws trials of its own."
