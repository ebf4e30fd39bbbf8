/** How far a long command is: a bar that redraws itself for a person, a line now and then for a log file. */
import type { CommandIo } from "./command.ts";

const BAR_WIDTH = 30;
/** A person sees motion; a terminal is not flooded. */
const REDRAW_INTERVAL_MS = 100;
/** In a log file, a line for each tenth. */
const LINES = 10;

export class Progress {
  readonly #io: CommandIo;
  readonly #label: string;
  #drawnAt = 0;
  #tenths = 0;
  #isDrawn = false;

  constructor(io: CommandIo, label: string) {
    this.#io = io;
    this.#label = label;
  }

  /** `total` may be unknown, or grow. Costs nothing to call often. */
  update(done: number, total: number | undefined): void {
    if (this.#io.isTty) this.#draw(done, total);
    else this.#line(done, total);
  }

  /** Leaves the terminal as a following line wants it. */
  end(): void {
    if (this.#isDrawn) this.#io.stderr.write("\r\u001b[K");
    this.#isDrawn = false;
  }

  #draw(done: number, total: number | undefined): void {
    const now = performance.now();
    if (this.#isDrawn && done !== total && now - this.#drawnAt < REDRAW_INTERVAL_MS) return;
    this.#drawnAt = now;
    this.#isDrawn = true;
    this.#io.stderr.write(`\r\u001b[K${this.#label} ${barOf(done, total)}`);
  }

  #line(done: number, total: number | undefined): void {
    if (!total) return;
    const tenths = Math.floor((done / total) * LINES);
    if (tenths <= this.#tenths) return;
    this.#tenths = tenths;
    this.#io.stderr.write(`${this.#label}: ${done} of ${total}\n`);
  }
}

function barOf(done: number, total: number | undefined): string {
  if (!total) return String(done);
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  return `${bar} ${Math.floor(share * 100)} % (${done} of ${total})`;
}
