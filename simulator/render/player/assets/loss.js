// The losses: every result when it was known, in the colour of its rung, and the best so far.

const TALL = 122;

class LossView extends View {
  left = LEFT;

  tall() { return TALL + AXIS; }

  /** Losses as pixels: logarithmic if they span a decade; the worst few are held at the top. */
  #measure() {
    const losses = this.run.scene.losses;
    const low = losses[0] ?? 0, high = Math.max(losses[Math.floor((losses.length - 1) * 0.98)] ?? 1, low);
    const log = low > 0 && high / low > 8, map = log ? Math.log : value => value;
    const from = map(low), room = (map(high) - from) * 1.08 || 1, bottom = TALL - 6;
    this.y = loss => Math.max(4, bottom - (map(loss) - from) / room * (bottom - 8));
    const steps = [];
    if (log) {
      for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
        steps.push(...[1, 2, 5].map(factor => factor * 10 ** power));
      }
    } else {
      const step = roundStep(high - low || 1, 4);
      for (let at = Math.ceil(low / step) * step; at <= high; at += step) steps.push(at);
    }
    return steps.filter(at => at >= low && at <= high);
  }

  paint(ground, past) {
    const {run} = this, right = this.width - RIGHT;
    ground.fillStyle = colours.panel;
    ground.fillRect(LEFT, 0, right - LEFT, TALL);
    ground.textAlign = "right";
    ground.textBaseline = "middle";
    let nearest = Infinity;
    for (const at of this.#measure()) {
      const y = this.y(at);
      ground.fillStyle = colours.grid;
      ground.fillRect(LEFT, Math.round(y), right - LEFT, 1);
      if (nearest - y < 14) continue;
      nearest = y;
      ground.fillStyle = colours.muted;
      ground.fillText(showLoss(at), LEFT - 6, Math.max(y, 7));
    }
    this.drawClock(ground, TALL);
    past.globalAlpha = run.size > 2000 ? 0.12 : 0.35;
    past.strokeStyle = colours.busy;
    past.lineWidth = 1;
    past.beginPath();
    for (const rows of run.trials.values()) this.#line(past, rows, Infinity);
    past.stroke();
    past.globalAlpha = 1;
    const size = run.size > 2000 ? 2 : 4;
    for (const row of run.results) {
      if (!run.hasLoss(row)) continue;
      this.#mark(past, row, size);
    }
  }

  /** A result: filled if its trial went on or was trained in full, else hollow. */
  #mark(pen, row, size) {
    const {run} = this, x = this.x(run.ends[row]) - size / 2, y = this.y(run.loss[row]) - size / 2;
    pen.fillStyle = pen.strokeStyle = colours.rungs[run.scene.slots[run.level(row)]];
    if (run.wentOn(row)) pen.fillRect(x, y, size, size);
    else if (size < 4) pen.fillRect(x, y, 1, 1);
    else {
      pen.lineWidth = 1;
      pen.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
    }
  }

  #line(pen, rows, t) {
    let first = true;
    for (const row of rows) {
      if (!this.run.hasLoss(row) || this.run.ends[row] > t) continue;
      const x = this.x(this.run.ends[row]), y = this.y(this.run.loss[row]);
      if (first) pen.moveTo(x, y); else pen.lineTo(x, y);
      first = false;
    }
  }

  draw(t, focus) {
    const {run} = this;
    this.show(t, pen => {
      if (focus.rung !== null) this.#dim(pen, t, focus.rung);
      this.#drawBest(pen, t);
      if (focus.run === run) this.#drawTrial(pen, t, focus.row);
      this.drawPlayhead(pen, t, 0, TALL + 3);
    });
  }

  /** Veil all results that are not of `rung`. */
  #dim(pen, t, rung) {
    const {run} = this;
    pen.globalAlpha = 0.75;
    pen.fillStyle = colours.panel;
    pen.fillRect(LEFT, 0, this.x(t) - LEFT, TALL);
    pen.globalAlpha = 1;
    for (const row of run.results) {
      if (run.ends[row] > t) break;
      if (run.level(row) === rung && run.hasLoss(row)) this.#mark(pen, row, 4);
    }
  }

  /** The best loss known so far, as a line that only falls. */
  #drawBest(pen, t) {
    const {run} = this;
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2;
    pen.beginPath();
    let y = null;
    for (const row of run.data.best) {
      if (run.ends[row] > t) break;
      const x = this.x(run.ends[row]);
      if (y === null) pen.moveTo(x, this.y(run.loss[row])); else pen.lineTo(x, y);
      y = this.y(run.loss[row]);
      pen.lineTo(x, y);
    }
    if (y !== null) pen.lineTo(this.x(Math.min(t, run.end)), y);
    pen.stroke();
  }

  #drawTrial(pen, t, row) {
    const {run} = this, rows = run.trials.get(run.trial[row]);
    pen.strokeStyle = pen.fillStyle = colours.ink;
    pen.lineWidth = 2;
    pen.beginPath();
    this.#line(pen, rows, t);
    pen.stroke();
    for (const other of rows) {
      if (!run.hasLoss(other) || run.ends[other] > t) continue;
      pen.beginPath();
      pen.arc(this.x(run.ends[other]), this.y(run.loss[other]), other === row ? 5 : 3.5, 0, 7);
      pen.fill();
    }
  }

  /** The result nearest to a point, within reach; -1 where there is none. */
  find(x, y, t) {
    const {run} = this;
    let nearest = 10 ** 2, found = -1;
    for (const row of run.results) {
      if (run.ends[row] > t) break;
      if (!run.hasLoss(row)) continue;
      const away = (this.x(run.ends[row]) - x) ** 2 + (this.y(run.loss[row]) - y) ** 2;
      if (away < nearest) [nearest, found] = [away, row];
    }
    return found;
  }

  place(row) {
    return {x: this.x(this.run.ends[row]), y: this.y(this.run.loss[row])};
  }
}
