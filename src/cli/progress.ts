/** How far a long command is: a bar that redraws itself for a person, a line now and then for a log file. */
import type { CommandIo } from "./command.ts";

const BAR_WIDTH = 30;
/** A person sees motion; a terminal is not flooded. */
const REDRAW_INTERVAL_MS = 100;
/** What is over before the first line needs none. */
const LINE_INTERVAL_MS = 5_000;

export class Progress {
  readonly #io: Pick<CommandIo, "stderr" | "isTty">;
  readonly #label: string;
  readonly #now: () => number;
  #saidAt: number | undefined;
  #isDrawn = false;

  /** `now` in milliseconds, from any beginning. */
  constructor(
    io: Pick<CommandIo, "stderr" | "isTty">,
    label: string,
    now: () => number = () => performance.now(),
  ) {
    this.#io = io;
    this.#label = label;
    this.#now = now;
    if (!io.isTty) this.#saidAt = now();
  }

  /** `total` may be unknown, or grow. Costs little to call often. */
  update(done: number, total: number | undefined): void {
    const now = this.#now();
    const interval = this.#io.isTty ? REDRAW_INTERVAL_MS : LINE_INTERVAL_MS;
    if (this.#saidAt !== undefined && now - this.#saidAt < interval) return;
    this.#saidAt = now;
    if (!this.#io.isTty) {
      this.#io.stderr.write(
        `${this.#label}: ${done}${total === undefined ? "" : ` of ${total}`}\n`,
      );
      return;
    }
    this.#isDrawn = true;
    this.#io.stderr.write(`\r\u001b[K${this.#label} ${barOf(done, total)}`);
  }

  /** Leaves the terminal as the next line wants it. */
  end(): void {
    if (this.#isDrawn) this.#io.stderr.write("\r\u001b[K");
    this.#isDrawn = false;
  }
}

function barOf(done: number, total: number | undefined): string {
  if (!total) return String(done);
  const share = Math.min(1, done / total);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  return `${bar} ${Math.floor(share * 100)} % (${done} of ${total})`;
}
