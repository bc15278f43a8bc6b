// A run: the columns of its trace as typed arrays, and what they say at a time. Times are millionths of the clock.

const COMPLETED = 0, EXITED = 1, DROPPED = 2, PREEMPTED = 3, FAILED = 4, CUT = 5;
const DOWN = 0;

/** How many of the ascending `sorted` are below `value`, or at most it. */
function below(sorted, value, orEqual = false) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value || (orEqual && sorted[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Worker time between beginnings and ends, added up to any time: all that began, less what was still to come. */
class Spent {
  constructor(begins, ends) {
    this.begins = Spent.#sums(begins);
    this.ends = Spent.#sums(ends);
    this.any = begins.some((begin, row) => ends[row] > begin);
  }

  static #sums(times) {
    const sorted = Float64Array.from(times).sort();
    const sums = new Float64Array(sorted.length + 1);
    sorted.forEach((time, at) => { sums[at + 1] = sums[at] + time; });
    return {sorted, sums};
  }

  at(t) {
    const begun = below(this.begins.sorted, t), ended = below(this.ends.sorted, t);
    return (begun - ended) * t - this.begins.sums[begun] + this.ends.sums[ended];
  }
}

class Run {
  constructor(data, scene) {
    Object.assign(this, {data, scene, label: data.label, workers: data.workers, end: data.end});
    const {columns} = data;
    const size = this.size = columns.trial.length;
    const whole = name => Int32Array.from(columns[name] ?? {length: size}, value => value ?? 0);
    const times = name => Float64Array.from(columns[name] ?? {length: size}, value => value ?? 0);
    for (const name of ["worker", "trial", "job", "outcome", "up", "rank", "among"]) this[name] = whole(name);
    this.loss = Float64Array.from(columns.loss, value => value ?? NaN);
    this.starts = times("wait");
    for (let row = 1; row < size; row++) this.starts[row] += this.starts[row - 1];
    const plus = (from, name, sign) => { const by = times(name); return from.map((time, row) => time + sign * by[row]); };
    this.ends = plus(this.starts, "took", 1);
    this.begins = plus(this.starts, "overhead", 1); // of the training
    this.keeps = plus(this.ends, "lost", -1); // what was trained until then was not lost
    this.spells = data.spells;
    this.#total();
    this.#index();
  }

  #total() {
    const {kind, start, end} = this.spells;
    const of = (times, wanted) => times.filter((_, row) => (kind[row] === DOWN) === wanted);
    this.spent = {
      busy: new Spent(this.begins, this.keeps),
      overhead: new Spent(this.starts, this.begins),
      lost: new Spent(this.keeps, this.ends),
      boot: new Spent(of(start, false), of(end, false)),
      down: new Spent(of(start, true), of(end, true)),
    };
  }

  #index() {
    this.lanes = Array.from({length: this.workers}, () => []);
    this.trials = new Map();
    this.ladder = Array.from({length: this.scene.names.length}, () => ({starts: [], ends: []}));
    const seen = new Set(), over = new Set();
    for (let row = 0; row < this.size; row++) {
      const trial = this.trial[row], level = this.level(row), place = `${level} ${trial}`;
      this.lanes[this.worker[row]].push(row);
      if (!this.trials.has(trial)) this.trials.set(trial, []);
      this.trials.get(trial).push(row);
      if (!seen.has(place)) this.ladder[level].starts.push(this.starts[row]); // not the retries
      seen.add(place);
      if (this.settled(row) && !over.has(place)) {
        this.ladder[level].ends.push(this.ends[row]);
        over.add(place);
      }
    }
    this.ladder = this.ladder.map(({starts, ends}) => (
      {starts: Float64Array.from(starts), ends: Float64Array.from(ends).sort()}));
    this.firsts = Float64Array.from(this.trials.values(), rows => this.starts[rows[0]]).sort();
    const settled = [];
    for (let row = 0; row < this.size; row++) if (this.settled(row)) settled.push(row);
    this.results = settled.sort((one, other) => this.ends[one] - this.ends[other] || one - other);
  }

  /** How far the job trains, among all that any run of the scene trains to; brackets start at different ones. */
  level(row) { return this.data.jobs[this.job[row]][4]; }
  hasLoss(row) { return !Number.isNaN(this.loss[row]); }
  settled(row) { return this.outcome[row] === COMPLETED || this.outcome[row] === EXITED; }
  started(t) { return below(this.firsts, t); }

  /** Trials that have come to each level by `t`, and how many of them are done there. */
  onRungs(t) {
    return this.ladder.map(({starts, ends}) => [below(starts, t), below(ends, t, true)]);
  }

  /** Row of the best result known at `t`, -1 before the first. */
  best(t) {
    let row = -1;
    for (const candidate of this.data.best) if (this.ends[candidate] <= t) row = candidate;
    return row;
  }

  idle(t) {
    const used = Object.values(this.spent).reduce((sum, spent) => sum + spent.at(t), 0);
    return Math.max(0, this.workers * Math.min(t, this.end) - used); // sums of fractions may come out below
  }

  /** Share of the workers' time until `t` in which they worked; of those that were down there was none. */
  busy(t) {
    return showShare(this.spent.busy.at(t), this.workers * Math.min(t, this.end) - this.spent.down.at(t));
  }

  /** Row of the job of `worker` that is under way at `t`, -1 where there is none. */
  jobAt(worker, t) {
    const lane = this.lanes[worker] ?? [];
    const begun = lane.filter(row => this.starts[row] <= t);
    const row = begun.at(-1) ?? -1;
    return row >= 0 && t < this.ends[row] ? row : -1;
  }
}
