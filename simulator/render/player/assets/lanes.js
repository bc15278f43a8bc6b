// The lanes: a line a worker, jobs in the colour of their rung, idle time painted; below, how the workers' time was used.

const NOTE = 20, STRIP = 40, GAP = 6;
const LANES_MOST = 320, LANE_MOST = 34;

class LanesView extends View {
  left = LEFT;

  get lanes() { return Math.min(this.run.workers, LANES_MOST); }
  get room() { return this.width < 480 ? 160 : 220; }
  get pitch() { return Math.min(LANE_MOST, Math.max(1, Math.floor(this.room / this.lanes))); }
  get bottom() { return NOTE + this.lanes * this.pitch; }
  tall() { return this.bottom + GAP + STRIP + AXIS; }

  worker(lane) { return Math.floor((lane + 0.5) * this.run.workers / this.lanes); }
  lane(worker) { return Math.min(this.lanes - 1, Math.floor(worker * this.lanes / this.run.workers)); }
  y(lane) { return NOTE + lane * this.pitch; }
  get thick() { return this.pitch < 3 ? this.pitch : this.pitch - (this.pitch < 8 ? 1 : this.pitch < 20 ? 2 : 3); }

  paint(ground, past) {
    const {run, bottom} = this, right = this.width - RIGHT;
    ground.fillStyle = colours.panel;
    ground.fillRect(LEFT, NOTE, right - LEFT, bottom - NOTE);
    ground.fillRect(LEFT, bottom + GAP, right - LEFT, STRIP);
    ground.fillStyle = colours.muted;
    ground.textAlign = "right";
    ground.textBaseline = "middle";
    const middle = (NOTE + bottom) / 2;
    ground.fillText(count(run.workers), LEFT - 6, middle - 7);
    ground.fillText(say(run.workers === 1 ? "worker below a number" : "workers below a number"), LEFT - 6, middle + 8, LEFT - 8);
    if (this.lanes < run.workers) ground.fillText(say("shown", {n: this.lanes}), LEFT - 6, middle + 23, LEFT - 8);
    ground.fillText(showShare(1, 1), LEFT - 6, bottom + GAP + 6);
    ground.fillText("0", LEFT - 6, bottom + GAP + STRIP - 5);
    this.drawClock(ground, bottom + GAP + STRIP);
    this.#paintLanes(past);
    this.#paintStrip(past);
  }

  #paintLanes(pen) {
    const {run, thick} = this, {slots} = run.scene;
    const end = this.x(run.end);
    pen.fillStyle = colours.idle;
    for (let lane = 0; lane < this.lanes; lane++) pen.fillRect(LEFT, this.y(lane), end - LEFT, thick);
    const shown = Array.from({length: this.lanes}, (_, lane) => this.worker(lane));
    const bar = (from, to, lane) => pen.fillRect(this.x(from), this.y(lane), this.x(to) - this.x(from), thick);
    const {worker, start, end: until, kind} = run.spells;
    const laneOf = new Map(shown.map((number, lane) => [number, lane]));
    worker.forEach((number, row) => {
      pen.fillStyle = kind[row] === DOWN ? colours.down : colours.boot;
      if (laneOf.has(number)) bar(start[row], until[row], laneOf.get(number));
    });
    const byRung = Array.from({length: run.scene.names.length}, () => []);
    shown.forEach((number, lane) => run.lanes[number].forEach(row => byRung[run.level(row)].push(row, lane)));
    byRung.forEach((rows, rung) => { // a colour at a time: changing it costs more than a bar
      pen.fillStyle = colours.rungs[slots[rung]];
      for (let at = 0; at < rows.length; at += 2) bar(run.begins[rows[at]], run.keeps[rows[at]], rows[at + 1]);
    });
    for (const [name, from, to] of [["overhead", run.starts, run.begins], ["lost", run.keeps, run.ends]]) {
      if (!run.spent[name].any) continue;
      pen.fillStyle = colours[name];
      shown.forEach((number, lane) => run.lanes[number].forEach(row => bar(from[row], to[row], lane)));
    }
    pen.fillStyle = colours.page; // a notch where a job begins, or equal neighbours would fuse
    shown.forEach((number, lane) => run.lanes[number].forEach(row => {
      const x = this.x(run.starts[row]);
      if (this.x(run.ends[row]) - x >= 3) pen.fillRect(x, this.y(lane), 1, thick);
    }));
  }

  #paintStrip(pen) {
    const {run, scale} = this, top = this.bottom + GAP;
    const names = ["busy", "overhead", "lost", "boot", "down"].filter(name => run.spent[name].any);
    const columns = Math.round((this.x(run.end) - LEFT) * scale);
    const before = names.map(() => 0);
    for (let column = 0; column < columns; column++) {
      const x = LEFT + column / scale, until = Math.min(this.time(x + 1 / scale), run.end);
      const share = STRIP / Math.max(run.workers * (until - this.time(x)), 1e-9);
      pen.fillStyle = colours.idle;
      pen.fillRect(x, top, 1 / scale, STRIP);
      let y = top + STRIP;
      names.forEach((name, at) => {
        const spent = run.spent[name].at(until), tall = (spent - before[at]) * share;
        before[at] = spent;
        pen.fillStyle = colours[name];
        pen.fillRect(x, y -= tall, 1 / scale, tall);
      });
    }
  }

  draw(t, focus) {
    this.show(t, pen => {
      if (focus.rung !== null) this.#dim(pen, t, focus.rung);
      this.#drawNote(pen, t);
      if (focus.run === this.run) this.#outline(pen, t, focus.row);
      this.drawPlayhead(pen, t, NOTE - 2, this.bottom + GAP + STRIP + 3);
    });
  }

  /** Veil all that is not on `rung`. */
  #dim(pen, t, rung) {
    const {run, thick} = this;
    pen.globalAlpha = 0.72;
    pen.fillStyle = colours.page;
    pen.fillRect(LEFT, NOTE, this.x(Math.min(t, run.end)) - LEFT, this.bottom - NOTE);
    pen.globalAlpha = 1;
    pen.fillStyle = colours.rungs[run.scene.slots[rung]];
    for (let lane = 0; lane < this.lanes; lane++) {
      for (const row of run.lanes[this.worker(lane)]) {
        if (run.starts[row] >= t) break;
        if (run.level(row) !== rung) continue;
        const x = this.x(run.starts[row]);
        pen.fillRect(x, this.y(lane), Math.max(1, this.x(Math.min(run.ends[row], t)) - x - 1), thick);
      }
    }
  }

  /** A bracket over the time it took, or a mark at the moment, and what happened. */
  #drawNote(pen, t) {
    const {note} = this.run.data;
    if (!note || note.until > t) return;
    const x0 = this.x(note.since), x1 = Math.max(this.x(note.until), x0 + 2);
    pen.fillStyle = colours.accent;
    pen.fillRect(x0, NOTE - 6, x1 - x0, 2);
    pen.fillRect(x0, NOTE - 6, 2, 5);
    pen.fillRect(x1 - 2, NOTE - 6, 2, 5);
    pen.textBaseline = "alphabetic";
    const width = pen.measureText(note.text).width, fits = x1 + 6 + width <= this.width;
    pen.textAlign = fits || x0 - 6 - width >= 0 ? "left" : "right";
    pen.fillText(note.text, fits ? x1 + 6 : x0 - 6 - width >= 0 ? x0 - 6 - width : this.width - 2, NOTE - 8 + (fits ? 4 : 0), this.width);
  }

  /** The way of a trial: its jobs framed, and lines from each to the next. */
  #outline(pen, t, row) {
    const {run, thick} = this;
    const rows = run.trials.get(run.trial[row]).filter(other => run.starts[other] < t);
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 1.5;
    pen.beginPath();
    rows.forEach((other, at) => {
      const y = this.y(this.lane(run.worker[other])) + thick / 2;
      if (at) pen.lineTo(this.x(run.starts[other]), y);
      pen.moveTo(this.x(Math.min(run.ends[other], t)), y);
    });
    pen.stroke();
    for (const other of rows) {
      const x0 = this.x(run.starts[other]), x1 = this.x(Math.min(run.ends[other], t));
      pen.lineWidth = other === row ? 3 : 1.5;
      pen.strokeRect(x0 - 1, this.y(this.lane(run.worker[other])) - 1, Math.max(x1 - x0, 2) + 2, thick + 2);
    }
  }

  /** What is under a point: a row, or -1. */
  find(x, y, t) {
    const lane = Math.floor((y - NOTE) / this.pitch), at = this.time(x);
    return lane < 0 || lane >= this.lanes || at >= t ? -1 : this.run.jobAt(this.worker(lane), at);
  }

  /** Where a row is: the middle of its bar as far as it is drawn. */
  place(row, t) {
    const {run} = this;
    return {
      x: (this.x(run.starts[row]) + this.x(Math.min(run.ends[row], t))) / 2,
      y: this.y(this.lane(run.worker[row])) + this.thick / 2,
    };
  }
}
