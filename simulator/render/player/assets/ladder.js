// The ladder: how many trials have come to each rung, the highest on top.

class LadderView extends View {
  left = 0;

  tall() { return Math.max(1, this.run.scene.names.length) * this.pitch + 4; }
  get pitch() { return this.run.scene.names.length <= 12 ? 20 : 14; }
  y(rung) { return (this.run.scene.names.length - 1 - rung) * this.pitch + 2; }

  paint(ground) {
    const {names, most} = this.run.scene;
    this.bar = Math.max(...names.map(name => ground.measureText(name).width)) + 10;
    this.most = Math.max(most, 1);
    this.room = this.width - this.bar - ground.measureText(count(most)).width - 10;
    ground.fillStyle = colours.page;
    ground.fillRect(0, 0, this.width, this.height);
    ground.textBaseline = "middle";
    ground.textAlign = "right";
    for (let rung = 0; rung < names.length; rung++) {
      ground.fillStyle = colours.muted;
      ground.fillText(names[rung], this.bar - 8, this.y(rung) + this.pitch / 2);
      ground.fillStyle = colours.panel;
      ground.fillRect(this.bar, this.y(rung) + 2, this.room, this.pitch - 5);
    }
  }

  draw(t, focus) {
    const {run} = this, {slots} = run.scene;
    this.show(0, pen => {
      pen.textBaseline = "middle";
      pen.textAlign = "right";
      run.onRungs(t).forEach(([started, settled], rung) => {
        const y = this.y(rung) + 2, tall = this.pitch - 5, wide = amount => Math.ceil(amount / this.most * this.room);
        pen.fillStyle = colours.pale[slots[rung]];
        pen.fillRect(this.bar, y, wide(started), tall);
        pen.fillStyle = colours.rungs[slots[rung]];
        pen.fillRect(this.bar, y, wide(settled), tall);
        pen.fillStyle = colours.ink;
        pen.fillText(count(started), this.width - 2, y + tall / 2);
        if (focus.rung === rung) {
          pen.strokeStyle = colours.accent;
          pen.lineWidth = 2;
          pen.strokeRect(this.bar - 1, y - 1, this.room + 2, tall + 2);
        }
      });
      if (focus.run === run) this.#mark(pen, t, focus.row);
    });
  }

  /** Where the trial stands among the results of each rung it has been on. */
  #mark(pen, t, row) {
    const {run} = this;
    pen.fillStyle = colours.accent;
    for (const other of run.trials.get(run.trial[row])) {
      if (run.ends[other] > t || !run.rank[other]) continue;
      const x = this.bar + (run.rank[other] - 0.5) / this.most * this.room, y = this.y(run.level(other));
      pen.fillRect(x - 1.5, y - 1, 3, this.pitch);
    }
  }

  find(x, y) {
    const rung = this.run.scene.names.length - 1 - Math.floor((y - 2) / this.pitch);
    return rung >= 0 && rung < this.run.scene.names.length ? rung : null;
  }
}
