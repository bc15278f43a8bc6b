// The words: what is known about a job at a time, line by line.

const words = page.words; // texts by key, in the language of the page

/** A text with its places filled. */
function say(key, places = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => places[name]);
}

/** A number as the language writes it. */
function count(amount, digits = 0, least = digits) {
  const shown = amount.toLocaleString("en", {minimumFractionDigits: least, maximumFractionDigits: digits});
  return shown.replace(/[.,]/g, mark => words[mark === "." ? "decimal point" : "thousands separator"]);
}

/** "1st", "22nd", "13th". */
function ordinal(number) {
  const last = number % 100;
  const form = last > 10 && last < 14 ? "4th" : {1: "1st", 2: "2nd", 3: "3rd"}[number % 10] ?? "4th";
  return say(form, {n: count(number)});
}

const UNITS = {s: "seconds", min: "minutes", h: "hours", d: "days"};

/** A time of the scene's clock, with as many decimals as it takes to see the playhead move. */
function showTime(scene, t) {
  return say(UNITS[scene.unit], {n: count(t / CLOCK * scene.span, scene.digits)});
}

function showWorkerTime(scene, time) {
  const amount = time / CLOCK * scene.span;
  return say(`worker ${UNITS[scene.unit]}`, {n: count(amount, amount >= 9.95 ? 0 : 1, 0)});
}

const showLoss = loss => Number.isNaN(loss) ? "–" : String(Number(loss.toPrecision(3))).replace(".", words["decimal point"]);
const showShare = (part, whole) => say("percent", {n: Math.round(whole ? 100 * part / whole : 0)});
const units = amount => say(amount === 1 ? "one unit" : "units", {n: count(amount)});

const PROMOTED = 0, IN_FULL = 1, DIED = 2, EARLY = 3, BEHIND = 4, NEXT = 5;
/** Of a trial that is not promoted: what it does, by what the search does with trials. */
const BEHIND_OTHERS = {stops: "behind, stopped", pauses: "behind, paused", halves: "behind, not promoted and stopped"};
const STAYING = {stops: "there, stopped", pauses: "there, paused", halves: "there, waits"};
const NAMED = 10; // results of a rung that are named

/** Why a trial is promoted, or not, as its result arrives. */
function reasonOf({verdict, rank, results, places, opens, left}, {advance}) {
  const stops = advance === "stops", goes = stops ? "goes on" : "promoted", paused = advance ? ", paused" : "";
  const told = {
    place: say(results === 1 ? "place of one" : "place", {nth: ordinal(rank), n: count(results)}),
    may: places === 1 ? say("best one may leave") : say("best may leave", {n: count(places)}),
    opens: count(opens), left: count(left),
  };
  switch (verdict) {
    case PROMOTED: return say(`${goes} ${places < 0 ? "there" : "among"}`, told);
    case IN_FULL: return say("trained in full");
    case DIED: return say("it died");
    case EARLY:
      if (opens >= 0) return say(`nobody may leave yet${paused}`, told);
      return say(stops ? "nobody may leave, stopped" : advance ? "nobody may leave, stays paused" : "nobody may leave, stays", told);
    case BEHIND: return say(BEHIND_OTHERS[advance] ?? "behind", told);
    case NEXT: return say(`may, but not yet${paused}`, told);
  }
  return say(STAYING[advance] ?? "there, not promoted", told);
}

/** What a decision brought about, and whom the rung waits for. */
function outcomeOf({run, row, decision}) {
  const lines = [], to = new Map();
  for (const up of decision.promoted) {
    const rung = run.data.jobs[run.job[up]][1];
    if (run.trial[up] !== run.trial[row]) to.set(rung, [...to.get(rung) ?? [], run.trial[up]]);
  }
  for (const [rung, names] of to) {
    lines.push(say(names.length === 1 ? "trial is promoted" : "trials are promoted", {trials: names.join(", "), rung}));
  }
  const {awaited, atWork, verdict} = decision;
  if (verdict === EARLY && atWork) {
    const more = atWork - awaited.length, names = awaited.join(", ");
    const trials = more ? say("and more", {names, n: count(more)}) : names;
    lines.push(say(awaited.length === 1 ? "the rung waits for one" : "the rung waits for", {trials}));
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
  const shown = rows.slice(0, NAMED).map(other => {
    const trial = run.trial[other], loss = showLoss(run.loss[other]);
    return left.has(`${trial} ${rung + 1}`) ? say("of the rung, left", {trial, loss}) : `${trial} (${loss})`;
  });
  const names = shown.join(" · "), more = rows.length - NAMED;
  return say("the rung now", {rung, trials: more > 0 ? say("and more", {names, n: count(more)}) : names});
}

/** A decision in one line, for the list of all. */
function lineOf(step) {
  const {run, row, decision} = step, rung = run.data.jobs[run.job[row]][1];
  return say("a decision", {
    time: showTime(run.scene, run.ends[row]), label: run.label, trial: run.trial[row], rung, loss: showLoss(run.loss[row]),
    said: [reasonOf(decision, run.data), ...outcomeOf(step)].join("; "),
  });
}

/** The story of a job as it is known at `t`: a heading and lines of text; or of what is decided in a step. */
function storyOf(run, row, t, step = null) {
  const {scene, data} = run;
  const [bracket, rung, from, to] = data.jobs[run.job[row]], trial = run.trial[row];
  const over = run.ends[row] <= t, start = showTime(scene, run.starts[row]);
  const lines = [
    say("a worker's job", {label: run.label, worker: run.worker[row], start: count(from), units: units(to)}),
    over ? say("from to", {start, end: showTime(scene, run.ends[row])}) : say("since", {start}),
  ];
  const extra = (amount, key) => { if (amount > 0) lines.push(say(key, {time: showTime(scene, amount)})); };
  if (t > run.starts[row]) extra(Math.min(run.begins[row], t) - run.starts[row], "before the training");
  if (over) {
    extra(run.ends[row] - run.keeps[row], "training lost");
    lines.push(resultOf(run, row), ...(step?.decision ? [reasonOf(step.decision, data), ...outcomeOf(step), rungOf(step)] : decisionOf(run, row, rung, t)));
  }
  const logged = data.log?.[trial];
  if (logged) lines.push(say("in the log", {name: logged}));
  const past = run.trials.get(trial).filter(other => run.ends[other] <= t && run.hasLoss(other));
  if (past.length > 1) lines.push(say("losses so far", {losses: past.map(other => showLoss(run.loss[other])).join(" → ")}));
  const again = run.trials.get(trial).filter(other => run.job[other] === run.job[row]).indexOf(row);
  const heading = say(data.brackets > 1 ? "on a rung of a bracket" : "on a rung", {trial, rung, bracket});
  return {heading: again ? say("an attempt", {heading, nth: ordinal(again + 1)}) : heading, lines};
}

function resultOf(run, row) {
  switch (run.outcome[row]) {
    case COMPLETED: return say("its loss", {loss: showLoss(run.loss[row])});
    case EXITED: return say("the trial died");
    case DROPPED: return say("dropped");
    case PREEMPTED: return say("interrupted");
    case FAILED: return say("failed");
    case CUT: return say("cut off");
  }
  return "";
}

/** Why the trial was promoted after this job, or not. */
function decisionOf(run, row, rung, t) {
  const {scene, data} = run;
  if (run.outcome[row] !== COMPLETED) return [];
  const [bracket, , , to] = data.jobs[run.job[row]];
  const place = say(run.among[row] === 1 ? "place there of one" : "place there", {nth: ordinal(run.rank[row]), n: count(run.among[row])});
  const next = run.up[row] - 1; // 0 stands for none
  const {advance} = data, paused = advance ? ", paused" : "";
  if (next >= 0 && run.starts[next] <= t) {
    const when = {rung: rung + 1, time: showTime(scene, run.starts[next]), place};
    return [say(advance === "stops" ? "goes on by then" : "promoted by then", when)];
  }
  if (to >= data.max_length && rung >= data.tops[bracket]) return [say("trained in full")];
  if (advance === "stops") return [say("stopped in the end", {place})];
  if (advance === "halves" && run.decided(row, t)) return [say("stopped with its rung", {place})];
  return [t < run.end ? say(`not promoted yet${paused}`) : say(`not promoted in the end${paused}`, {place})];
}
