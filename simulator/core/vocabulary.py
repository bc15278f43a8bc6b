"""The lists of words that commands, calls and files share, each stated once.

This module imports nothing slow, so that the command line can name the words before anything else is loaded.
"""

from __future__ import annotations

from typing import Literal, get_args

TimeUnit = Literal["s", "min", "h", "d"]

#: Searches: what happens to a trial when its result arrives. It goes on at once or stops; or it pauses until it is
#: promoted, which may never happen; or it pauses until its rung halves, and then goes on or stops.
Advance = Literal["stops", "pauses", "halves"]

#: Pictures
ThemeName = Literal["light", "dark"]
#: Themes that may be requested.
ThemeChoice = Literal["light", "dark", "both"]
#: Styles of an animation. side shows the pictures of docs next to each other, in one file.
Style = Literal["docs", "timeline", "side"]
STYLES: tuple[Style, ...] = get_args(Style)
#: Styles that are drawn by default.
USUAL_STYLES: tuple[Style, ...] = ("docs", "timeline")
#: Languages of snippets to paste into a page.
SnippetKind = Literal["rst", "md", "html"]
Motion = Literal["gif", "mp4", "webm", "webp"]
PictureFormat = Literal["gif", "mp4", "webm", "webp", "html", "perfetto"]
PICTURE_FORMATS: tuple[PictureFormat, ...] = get_args(PictureFormat)
#: Formats that are videos, which readers can pause; a browser takes the first that it can play.
VIDEOS: tuple[Motion, ...] = ("mp4", "webm")
PlotFormat = Literal["png", "svg"]
PLOT_FORMATS: tuple[PlotFormat, ...] = get_args(PlotFormat)
#: Styles of a plot: for a page, or for a slide on a wall.
PlotSize = Literal["page", "slide"]
PlotKind = Literal["utilization", "gantt", "rungs", "split", "curves", "curves-in-time", "incumbent", "regret"]
PLOT_KINDS: tuple[PlotKind, ...] = get_args(PlotKind)
#: Plots of searches that share a cluster; the last one needs further runs.
SharedPlotKind = Literal["timeline", "stays", "load"]
SHARED_PLOT_KINDS: tuple[SharedPlotKind, ...] = get_args(SharedPlotKind)
#: The function that draws each kind of plot for one run of each searcher, as MODULE.FUNCTION in
#: simulator/render/plots.
PLOTS_OF_RUNS: dict[PlotKind, str] = {
    "utilization": "plots.utilization",
    "gantt": "plots.gantt",
    "rungs": "plots.rung_occupancy",
    "split": "plots.time_split",
    "curves": "learning.curves",
    "curves-in-time": "learning.curves_in_time",
}
#: The function that draws each kind of plot for many runs of each searcher.
PLOTS_OF_REPLICATES: dict[PlotKind, str] = {
    "incumbent": "learning.incumbent",
    "regret": "learning.regret",
}

#: Curves
Family = Literal["pow3", "pow4", "exp3", "exp4", "logpower3", "mmf4", "vap3", "ilog2"]
FAMILIES: tuple[Family, ...] = get_args(Family)
#: Treatments of a trial that was stopped early, on import.
Censored = Literal["drop", "hold", "extrapolate"]
ImporterKind = Literal[
    "csv", "parquet", "jsonl", "json", "optuna", "ray", "mlflow", "tensorboard", "wandb", "lcbench", "syne-tune",
    "huggingface", "dvclive", "determined", "keras-tuner",
]  # fmt: skip
#: The module of simulator/curves/importers that reads each kind of source.
IMPORTERS: dict[ImporterKind, str] = {
    "csv": "tabular",  # the file's suffix says which of the four formats it has
    "parquet": "tabular",
    "jsonl": "tabular",
    "json": "tabular",
    "optuna": "optuna_study",
    "ray": "ray_results",
    "mlflow": "mlflow_runs",
    "tensorboard": "tensorboard_events",
    "wandb": "wandb_history",
    "lcbench": "lcbench",
    "syne-tune": "syne_tune_results",
    "huggingface": "trainer_states",
    "dvclive": "dvclive_runs",
    "determined": "determined_metrics",
    "keras-tuner": "keras_tuner_trials",
}

#: Where the runs of a plan are simulated.
BackendName = Literal["loky", "dask", "ray"]
