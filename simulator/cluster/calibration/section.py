"""A calibrated cluster as a scenario's `cluster:` section, with the uncertainty of each figure beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import isfinite
from typing import Any

import numpy as np

from simulator.cluster.calibration.calibrate import Calibration
from simulator.cluster.calibration.estimate import Estimate, in_unit, plain, seconds_of, unit_of
from simulator.core.escaping import printable
from simulator.core.formatting import counted

#: Ranges in which a scenario allows the parameters of straggler models.
LIMITS = {"std": (0, 100), "sigma": (0, 5), "alpha": (1.011, 100), "probability": (0, 1), "factor": (1, 1e6)}
#: Figures that are spans of time, by the last part of their key.
SPANS = {"mtbf", "repair", "up", "down", "trial_start", "save", "restore", "decision_time", "ramp_up", "retry_after"}
#: Smallest probability that is shown as a number.
LEAST = 1e-4

Take = Callable[[str], float]


def section(found: Calibration, rng: np.random.Generator | None = None) -> dict[str, Any]:  # noqa: C901  (an entry each)
    """The section as a scenario has it; with `rng`, its figures are drawn from their uncertainty."""
    figures = found.figures

    def take(key: str) -> float:
        return figures[key].value if rng is None else figures[key].draw(rng)

    made: dict[str, Any] = _workers(found, take)
    if "decision_time" in figures:
        made["decision_time"] = _seconds(take("decision_time"))
    if found.stragglers is not None:
        model = found.stragglers.section if rng is None else found.stragglers.drawn(rng)
        made["stragglers"] = {key: _within(key, value) for key, value in model.items()}
        if found.per_worker:
            made["stragglers"]["per"] = "worker"
    if "drops.probability" in figures:
        probability = min(max(take("drops.probability"), 0.0), 0.999)
        made["drops"] = {"probability": probability, "per": _seconds(found.drop_grid)}
    if "crashes" in figures:
        made["crashes"] = min(max(take("crashes"), 0.0), 1.0)
    for kind in ("failures", "preemption"):
        spans = {key.partition(".")[2]: key for key in figures if key.startswith(f"{kind}.")}
        if spans:
            made[kind] = {name: _seconds(max(take(key), 1e-3)) for name, key in spans.items()}
    recovery = {name: word for name, word in (("on_loss", found.on_loss), ("retry", found.retry)) if word is not None}
    if "recovery.retry_after" in figures:
        recovery["retry_after"] = _seconds(max(take("recovery.retry_after"), 0.0))
    if recovery:
        made["recovery"] = recovery
    paid = {key.partition(".")[2]: key for key in figures if key.startswith("overheads.")}
    if paid:
        made["overheads"] = {name: _seconds(max(take(key), 0.0)) for name, key in paid.items()}
    return made


def _workers(found: Calibration, take: Take) -> dict[str, Any]:
    if not found.groups:
        return {"workers": found.workers}
    groups: dict[str, Any] = {}
    for name, count in found.groups.items():
        groups[name] = {"count": count}
        if f"groups.{name}.speed" in found.figures:
            groups[name]["speed"] = max(take(f"groups.{name}.speed"), 1e-3)
        if "ramp_up" in found.figures:
            groups[name]["ramp_up"] = _seconds(max(take("ramp_up"), 0.0))
    return {"groups": groups}


def intervals(found: Calibration) -> dict[str, list[Any]]:
    """The 90 % interval of each figure of the section, by its dotted key; a plan draws other clusters from these."""
    made: dict[str, list[Any]] = {}
    for key, figure in sorted(_by_key(found).items()):
        last = key.rpartition(".")[2]
        low, high = min(figure.low, figure.value), max(figure.high, figure.value)
        if plain(low) == plain(high) or not isfinite(high):
            continue
        limited = last if key.startswith("stragglers.") else key
        least, most = LIMITS.get(limited, (0.0, 1.0)) if last not in SPANS | {"speed"} else (1e-3, 1e3)
        if last in SPANS:
            made[key] = [_seconds(max(low, 0.0)), _seconds(max(high, 0.0))]
        else:
            made[key] = [float(f"{min(max(end, least), most):.6g}") for end in (low, high)]
    return made


def _by_key(found: Calibration) -> dict[str, Estimate]:
    """The estimated figures of the section by their dotted keys, those of stragglers and groups among them."""
    figures = {key: figure for key, figure in found.figures.items() if key != "ramp_up"}
    if "ramp_up" in found.figures:
        figures |= {f"groups.{name}.ramp_up": found.figures["ramp_up"] for name in found.groups}
    if found.stragglers is not None and found.stragglers.kind != "quantiles":
        figures |= {f"stragglers.{name}": figure for name, figure in found.stragglers.entries.items()}
    return figures


def events(found: Calibration) -> dict[str, str]:
    """The events behind each figure of the section in words, by its dotted key: "23 lost attempts"."""
    figures = _by_key(found)
    told = {key: _events(figure) for key, figure in sorted(figures.items())}
    if found.stragglers is not None and found.stragglers.kind == "quantiles":
        told["stragglers"] = f"the attempts of {counted(found.runs, 'run')}"
    return told


def yaml(found: Calibration, sources: list[str]) -> str:
    """The section as text: each figure with its interval and events, and why the others are not known."""
    told = ", ".join(printable(source) for source in sources)
    lines = [f"# The cluster of {told}: asha-sim calibrate", "cluster:", *_lines(section(found), found, (), 1)]
    if known := intervals(found):
        lines.append("  uncertainty:  # 90 % intervals; a plan's answer says what they leave open")
        lines += [f'    "{key}": [{low}, {high}]' for key, (low, high) in known.items()]
    if measured := events(found):
        lines += ["  measured:", *(f'    "{key}": {of}' for key, of in measured.items())]
    if found.untold:
        lines += ["# Left at their defaults:", *(f"#   {key}: {why}" for key, why in sorted(found.untold.items()))]
    lines += [f"# {note}" for note in found.notes]
    return "\n".join([*lines, ""])


def _lines(entries: dict[str, Any], found: Calibration, path: tuple[str, ...], depth: int) -> Iterator[str]:
    for key, value in entries.items():
        indent = "  " * depth
        name = f'"{key}"' if " " in key else key
        if isinstance(value, dict):
            yield f"{indent}{name}:"
            yield from _lines(value, found, (*path, key), depth + 1)
            continue
        figure = _figure(found, (*path, key))
        shown = f"[{', '.join(f'{number:g}' for number in value)}]" if isinstance(value, list) else _plain(value)
        yield f"{indent}{name}: {shown}" + (f"  # {about(figure, key)}" if figure else "")


def _figure(found: Calibration, path: tuple[str, ...]) -> Estimate | None:
    key = "ramp_up" if path[-1] == "ramp_up" else ".".join(path)
    if path[0] == "stragglers" and found.stragglers is not None:
        return found.stragglers.entries.get(path[-1])
    return found.figures.get(key)


def about(figure: Estimate, key: str) -> str:
    """The uncertainty of a figure: `90 %: 40 … 72 s; 23 lost attempts`."""
    unit = unit_of(figure.value) if key.rpartition(".")[2] in SPANS else None
    low, high = (plain(end / seconds_of(unit)) for end in (figure.low, figure.high))
    return _events(figure) if low == high else f"90 %: {low} … {high}{f' {unit}' if unit else ''}; {_events(figure)}"


def _events(figure: Estimate) -> str:
    same = figure.events > 1 and plain(figure.low) == plain(figure.high)
    return f"{'the same in ' if same else ''}{figure.source}"


def report(found: Calibration) -> Iterator[str]:
    """The calibration as text."""
    yield f"{counted(found.workers, 'worker')}, from {counted(found.runs, 'run')}"
    for key, figure in found.figures.items():
        shown = in_unit(figure.value) if key.rpartition(".")[2] in SPANS else plain(figure.value)
        yield f"  {key:<24} {shown}  ({about(figure, key)})"
    for key, word in (("recovery.on_loss", found.on_loss), ("recovery.retry", found.retry)):
        if word is not None:
            yield f"  {key:<24} {word}"
    for place, fit in enumerate(found.compared):
        chosen = "  <- taken" if place == 0 and found.stragglers is fit else ""
        entries = ", ".join(
            f"{name} {plain(figure.value)} ({about(figure, name)})" for name, figure in fit.entries.items()
        )
        likelihood = f", log likelihood {fit.likelihood:.1f}" if isfinite(fit.likelihood) else ""
        yield (
            f"  stragglers {fit.kind:<12} {entries or 'as measured'}{likelihood}, widest gap {fit.gap:.3f} "
            f"(by chance {_chance(fit.chance)}), seen/fitted 95 % quantile {fit.tail:.3g}{chosen}"
        )
    for key, why in sorted(found.untold.items()):
        yield f"  {key:<24} not known: {why}"
    for note in found.notes:
        yield f"  {note}"


def as_dict(found: Calibration) -> dict[str, Any]:
    """The calibration as plain values for JSON."""

    def entry(figure: Estimate) -> dict[str, Any]:
        made = {"value": figure.value, "low": figure.low, "high": figure.high}
        of = figure.source.partition(" ")[2].removeprefix("of ")
        return {k: v if isfinite(v) else None for k, v in made.items()} | {"events": figure.events, "of": of}

    return {
        "cluster": section(found)
        | ({"uncertainty": known} if (known := intervals(found)) else {})
        | ({"measured": told} if (told := events(found)) else {}),
        "runs": found.runs,
        "figures": {key: entry(figure) for key, figure in found.figures.items()},
        "stragglers": [
            {
                "kind": fit.kind, "taken": found.stragglers is fit,
                "log_likelihood": fit.likelihood if isfinite(fit.likelihood) else None,
                "ks_gap": fit.gap, "ks_chance": fit.chance, "tail": fit.tail,
                **{name: entry(figure) for name, figure in fit.entries.items()},
            }
            for fit in found.compared
        ],
        "retry": found.retry,
        "per": "worker" if found.per_worker else "job",
        "not_told": found.untold,
        "notes": found.notes,
    }  # fmt: skip


def _seconds(value: float) -> str:
    """A duration as a scenario has it, of seven digits."""
    unit = unit_of(value)
    return f"{value / seconds_of(unit):.7g} {unit}"


def _within(key: str, value: Any) -> Any:
    return min(max(value, LIMITS[key][0]), LIMITS[key][1]) if key in LIMITS else value


def _chance(value: float) -> str:
    return f"{value:.2g}" if value >= LEAST else f"below {plain(LEAST)}"


def _plain(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
