// A run: the columns of its trace as typed arrays, and what they say at a time. Times are millionths of the clock.

const page = JSON.parse(document.getElementById("data").textContent);
const COMPLETED = 0, EXITED = 1, DROPPED = 2, PREEMPTED = 3, FAILED = 4, CUT = 5;
const DOWN = 0;
const AWAITED = 8; // trials at work that are named

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
  #steps = null;

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

  /** Its results one after the other, with what was decided, if that was kept; made when they are first asked for. */
  get steps() {
    const {decisions} = this.data;
    return this.#steps ??= decisions ? this.#decisions(decisions) : this.results.map(row => ({run: this, row, decision: null}));
  }

  /** Whether the trial of a result was promoted or went on, at some time, or was trained in full by it. */
  wentOn(row) {
    const [bracket, rung, , to] = this.data.jobs[this.job[row]];
    return this.up[row] > 0 || (to >= this.data.max_length && rung >= this.data.tops[bracket]);
  }

  /** Whether somebody had left the rung of a result by `t`: where a rung halves, all of it is decided then. */
  decided(row, t) {
    const station = this.station(row);
    return this.results.some(other => this.up[other] > 0 && this.station(other) === station && this.starts[this.up[other] - 1] <= t);
  }

  station(row) { return this.data.jobs[this.job[row]].slice(0, 2).join(); }

  /** Results in the order in which they were reported, each with what was decided then. */
  #decisions(columns) {
    const order = columns.rows ?? this.#firsts().slice(columns.first);
    const rungs = new Map(), of = row => {
      const key = this.station(row);
      if (!rungs.has(key)) rungs.set(key, {losses: [], left: 0, places: 0, opens: 0, working: new Set()});
      return rungs.get(key);
    };
    const takeUp = row => of(row).working.add(this.trial[row]);
    this.#firsts().slice(0, columns.first).forEach(takeUp);
    let next = 0;
    return columns.row.map((row, at) => {
      const rung = of(row), loss = this.hasLoss(row) ? this.loss[row] : Infinity;
      rung.working.delete(this.trial[row]);
      const place = below(rung.losses, loss, true);
      rung.losses.splice(place, 0, loss);
      const [rank, results] = columns.ranks[at] ?? [place + 1, rung.losses.length];
      rung.places += columns.places[at];
      rung.opens += columns.opens[at];
      const handed = order.slice(next, next += columns.handed[at]), {left, places, opens} = rung;
      const promoted = handed.filter(up => this.data.jobs[this.job[up]][1] > 0);
      handed.forEach(takeUp);
      for (const up of promoted) {
        const [bracket, above] = this.data.jobs[this.job[up]], from = rungs.get(`${bracket},${above - 1}`);
        if (from) from.left += 1;
      }
      const awaited = Array.from(rung.working).filter(trial => trial !== this.trial[row]);
      const decision = {
        at, verdict: columns.verdict[at], rank, results, left, places, opens, promoted,
        awaited: awaited.slice(0, AWAITED), atWork: awaited.length,
      };
      return {run: this, row, decision};
    });
  }

  /** Rows of first attempts, which are in the order in which jobs were handed out. */
  #firsts() {
    const seen = new Set(), rows = [];
    for (let row = 0; row < this.size; row++) {
      const place = `${this.station(row)},${this.trial[row]}`;
      if (!seen.has(place)) rows.push(row);
      seen.add(place);
    }
    return rows;
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
