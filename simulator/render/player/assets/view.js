// A view of a run on a canvas. What never changes is drawn once; a frame copies what has happened.

const LEFT = 54, RIGHT = 10, AXIS = 22;

let colours = {};

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const of = name => style.getPropertyValue(`--${name}`).trim();
  for (const name of ["page", "panel", "grid", "idle", "busy", "lost", "overhead", "down", "boot", "ink", "muted", "accent"]) {
    colours[name] = of(name);
  }
  colours.rungs = []; colours.pale = [];
  for (let rung = 0; of(`rung-${rung}`); rung++) {
    colours.rungs.push(of(`rung-${rung}`));
    colours.pale.push(of(`pale-${rung}`));
  }
}

/** The smallest of 1, 2, 5, 10, … (or a tenth of them, …) that `most` times reaches `limit`. */
function roundStep(limit, most) {
  const least = Math.max(limit, 1e-9) / Math.max(most, 1), power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].find(factor => factor * power >= least * (1 - 1e-9)) * power;
}

/** A canvas in device pixels that fills its place; subclasses say how high it is and what is on it. */
class View {
  constructor(canvas, run) {
    this.canvas = canvas; this.run = run; this.context = canvas.getContext("2d");
  }

  /** Measure and draw again all that never changes. */
  build() {
    this.scale = window.devicePixelRatio || 1;
    this.width = Math.max(this.canvas.parentElement.clientWidth, 200);
    this.height = this.tall();
    for (const canvas of [this.canvas, this.ground = document.createElement("canvas"), this.past = document.createElement("canvas")]) {
      canvas.width = Math.round(this.width * this.scale);
      canvas.height = Math.round(this.height * this.scale);
    }
    this.canvas.style.height = `${this.height}px`;
    this.paint(this.#pen(this.ground), this.#pen(this.past));
  }

  #pen(canvas) {
    const pen = canvas.getContext("2d");
    pen.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    pen.font = "12px system-ui, sans-serif";
    return pen;
  }

  /** Time as pixels of the view, on whole device pixels so that bars are sharp. */
  x(t) {
    return Math.round((this.left + t / CLOCK * (this.width - this.left - RIGHT)) * this.scale) / this.scale;
  }

  time(x) { return (x - this.left) / (this.width - this.left - RIGHT) * CLOCK; }

  /** Show the ground, the past up to `t`, and what `over` paints above. */
  show(t, over) {
    const pen = this.context, edge = Math.round(this.x(t) * this.scale);
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.drawImage(this.ground, 0, 0);
    if (edge > 0) pen.drawImage(this.past, 0, 0, edge, this.past.height, 0, 0, edge, this.past.height);
    pen.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    pen.font = "12px system-ui, sans-serif";
    over(pen);
  }

  drawClock(pen, y) {
    const {span, unit} = this.run.scene;
    const step = roundStep(span, Math.max(1, Math.floor((this.width - this.left) / 80)));
    const digits = Math.max(0, -Math.floor(Math.log10(step)));
    pen.textBaseline = "top";
    for (let at = 0; at <= span * (1 + 1e-9); at += step) {
      const x = Math.min(this.x(at / span * CLOCK), this.width - RIGHT - 1), text = say(UNITS[unit], {n: at.toFixed(digits).replace(".", words["decimal point"])});
      pen.fillStyle = colours.muted;
      pen.fillRect(x, y, 1, 4);
      pen.textAlign = x + pen.measureText(text).width / 2 > this.width ? "right" : "center";
      pen.fillText(text, pen.textAlign === "right" ? this.width - 1 : x, y + 7);
    }
  }

  drawPlayhead(pen, t, y0, y1) {
    pen.fillStyle = colours.accent;
    pen.fillRect(this.x(t) - 0.5, y0, 1.5, y1 - y0);
  }
}
