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

/** The story of a job as it is known at `t`: a heading and lines of text. */
function storyOf(run, row, t) {
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
    lines.push(resultOf(run, row), ...decisionOf(run, row, rung, t));
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
    case EXITED: return "the trial died: it climbs no further";
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
  if (next >= 0 && run.starts[next] <= t) {
    return [`promoted to rung ${rung + 1} at ${showTime(scene, run.starts[next])}: ${place} by then`];
  }
  if (to >= data.max_length && rung >= data.tops[bracket]) return ["trained in full: there is no higher rung"];
  if (t < run.end) return ["not promoted yet"];
  return [`not promoted: ${place} in the end`];
}
