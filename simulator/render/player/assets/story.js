// The words: what is known about a job at a time, line by line.

/** "1st", "22nd", "13th". */
function ordinal(number) {
  const last = number % 100;
  const suffix = last > 10 && last < 14 ? "th" : ["th", "st", "nd", "rd"][number % 10] ?? "th";
  return number.toLocaleString("en") + suffix;
}

/** A time of the scene's clock, with as many decimals as it takes to see the playhead move. */
function showTime(scene, t) {
  const amount = t / CLOCK * scene.span;
  return `${amount.toLocaleString("en", {minimumFractionDigits: scene.digits, maximumFractionDigits: scene.digits})} ${scene.unit}`;
}

function showWorkerTime(scene, time) {
  const amount = time / CLOCK * scene.span;
  const digits = amount >= 9.95 ? 0 : 1;
  return `${amount.toLocaleString("en", {maximumFractionDigits: digits})} worker-${scene.unit}`;
}

const showLoss = loss => Number.isNaN(loss) ? "–" : String(Number(loss.toPrecision(3)));
const showShare = (part, whole) => `${Math.round(whole ? 100 * part / whole : 0)} %`;
const units = amount => `${amount.toLocaleString("en")} unit${amount === 1 ? "" : "s"}`;

const PROMOTED = 0, IN_FULL = 1, DIED = 2, EARLY = 3, BEHIND = 4, NEXT = 5;
/** Of a trial that is not promoted: what it does, by what the search does with trials. */
const STAYING = {stops: "stopped", pauses: "not promoted, paused", halves: "not promoted, stopped"};
const NAMED = 10; // results of a rung that are named
const trials = names => `trial${names.length === 1 ? "" : "s"} ${names.join(", ")}`;

/** Why a trial is promoted, or not, as its result arrives. */
function reasonOf({verdict, rank, results, places, opens, left}, {advance}) {
  const up = advance === "stops" ? "goes on" : "promoted", stays = STAYING[advance] ?? "not promoted", paused = advance ? ", paused" : "";
  const place = `${ordinal(rank)} of ${results.toLocaleString("en")} result${results === 1 ? "" : "s"}`;
  const may = places === 1 ? "the best one may leave" : `the best ${places.toLocaleString("en")} may leave`;
  switch (verdict) {
    case PROMOTED: return places < 0 ? `${place}: ${up}` : `${place}; ${may}: ${up}`;
    case IN_FULL: return "trained in full: there is no higher rung";
    case DIED: return "it died: it is not promoted";
    case EARLY: return opens < 0 ? `${place}; nobody may leave: it ${advance === "stops" ? "is stopped" : `stays${paused}`}` : `${place}; nobody may leave before there are ${opens.toLocaleString("en")}: it waits${paused}`;
    case BEHIND: return `${place}; ${may}: ${stays}`;
    case NEXT: return `${place}; ${may}, ${left.toLocaleString("en")} left before: it may, but does not yet${paused}`;
  }
  return `${place}: ${advance === "halves" ? "it waits, paused" : stays}`;
}

/** What a decision brought about, and whom the rung waits for. */
function outcomeOf({run, row, decision}) {
  const lines = [], to = new Map();
  for (const up of decision.promoted) {
    const rung = run.data.jobs[run.job[up]][1];
    if (run.trial[up] !== run.trial[row]) to.set(rung, [...to.get(rung) ?? [], run.trial[up]]);
  }
  for (const [rung, names] of to) lines.push(`${trials(names)} ${names.length === 1 ? "is" : "are"} promoted to rung ${rung}`);
  const {awaited, atWork, verdict} = decision;
  if (verdict === EARLY && atWork) {
    lines.push(`the rung waits for ${trials(awaited)}${atWork > awaited.length ? ` and ${(atWork - awaited.length).toLocaleString("en")} more` : ""}`);
  }
  return lines;
}

/** The rung of a decision as it looks then: its results, best first, and who has left. */
function rungOf({run, row, decision: {at}}) {
  const here = run.station(row), known = run.steps.slice(0, at + 1);
  const left = new Set(known.flatMap(({decision}) => decision.promoted).map(up => `${run.trial[up]} ${run.data.jobs[run.job[up]][1]}`));
  const rung = run.data.jobs[run.job[row]][1];
  const rows = known.map(step => step.row).filter(other => run.station(other) === here);
  const value = other => run.hasLoss(other) ? run.loss[other] : Infinity;
  rows.sort((one, other) => value(one) - value(other));
  const shown = rows.slice(0, NAMED).map(other => (
    `${run.trial[other]} (${showLoss(run.loss[other])}${left.has(`${run.trial[other]} ${rung + 1}`) ? ", left" : ""})`));
  const more = rows.length > NAMED ? ` and ${(rows.length - NAMED).toLocaleString("en")} more` : "";
  return `rung ${rung} now, best first: ${shown.join(" · ")}${more}`;
}

/** A decision in one line, for the list of all. */
function lineOf(step) {
  const {run, row, decision} = step, rung = run.data.jobs[run.job[row]][1];
  const said = [`${run.label}: trial ${run.trial[row]} on rung ${rung}, loss ${showLoss(run.loss[row])}`, reasonOf(decision, run.data), ...outcomeOf(step)];
  return `${showTime(run.scene, run.ends[row])} · ${said.join("; ")}.`;
}

/** The story of a job as it is known at `t`: a heading and lines of text; or of what is decided in a step. */
function storyOf(run, row, t, step = null) {
  const {scene, data} = run;
  const [bracket, rung, from, to] = data.jobs[run.job[row]];
  const over = run.ends[row] <= t;
  const where = data.brackets > 1 ? `bracket ${bracket}, rung ${rung}` : `rung ${rung}`;
  const lines = [
    `${run.label}, worker ${run.worker[row]}: ${from.toLocaleString("en")} → ${units(to)}`,
    over
      ? `${showTime(scene, run.starts[row])} to ${showTime(scene, run.ends[row])}`
      : `since ${showTime(scene, run.starts[row])}, still running`,
  ];
  const extra = (amount, text) => { if (amount > 0) lines.push(`${showTime(scene, amount)} ${text}`); };
  if (t > run.starts[row]) extra(Math.min(run.begins[row], t) - run.starts[row], "of it before the training began");
  if (over) {
    extra(run.ends[row] - run.keeps[row], "of training lost");
    lines.push(resultOf(run, row), ...(step?.decision ? [reasonOf(step.decision, data), ...outcomeOf(step), rungOf(step)] : decisionOf(run, row, rung, t)));
  }
  const logged = data.log?.[run.trial[row]];
  if (logged) lines.push(`in the log: ${logged}`);
  const past = run.trials.get(run.trial[row]).filter(other => run.ends[other] <= t && run.hasLoss(other));
  if (past.length > 1) lines.push(`losses so far: ${past.map(other => showLoss(run.loss[other])).join(" → ")}`);
  const attempts = run.trials.get(run.trial[row]).filter(other => run.job[other] === run.job[row]);
  const again = attempts.indexOf(row) ? `, ${ordinal(attempts.indexOf(row) + 1)} attempt` : "";
  return {heading: `Trial ${run.trial[row]} on ${where}${again}`, lines};
}

function resultOf(run, row) {
  switch (run.outcome[row]) {
    case COMPLETED: return `loss ${showLoss(run.loss[row])}`;
    case EXITED: return "the trial died: it is not promoted";
    case DROPPED: return "dropped: the job was lost";
    case PREEMPTED: return "interrupted: the worker was taken away";
    case FAILED: return "failed";
    case CUT: return "cut off: the run was stopped";
  }
  return "";
}

/** Why the trial was promoted after this job, or not. */
function decisionOf(run, row, rung, t) {
  const {scene, data} = run;
  if (run.outcome[row] !== COMPLETED) return [];
  const [bracket, , , to] = data.jobs[run.job[row]];
  const results = `result${run.among[row] === 1 ? "" : "s"} there`;
  const place = `${ordinal(run.rank[row])} of ${run.among[row].toLocaleString("en")} ${results}`;
  const next = run.up[row] - 1; // 0 stands for none
  const {advance} = data;
  if (next >= 0 && run.starts[next] <= t) {
    return [`${advance === "stops" ? "goes on" : "promoted"} to rung ${rung + 1} at ${showTime(scene, run.starts[next])}: ${place} by then`];
  }
  if (to >= data.max_length && rung >= data.tops[bracket]) return ["trained in full: there is no higher rung"];
  if (advance === "stops") return [`stopped there: ${place} in the end`];
  if (advance === "halves" && run.decided(row, t)) return [`not promoted: ${place} in the end; stopped when its rung was decided`];
  const paused = advance ? "; it is paused" : "";
  return [t < run.end ? `not promoted yet${paused}` : `not promoted: ${place} in the end${paused}`];
}
