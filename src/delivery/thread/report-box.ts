/** Gathers what couriers report, so that a fast one does not keep the other thread busy with how far it is. */
import type { Millis } from "../../kernel/clock.ts";
import type { CourierReport } from "../progress.ts";

/** How long a report may wait that says no more than that there is progress. */
export const REPORT_INTERVAL_MS: Millis = 100;

export class ReportBox {
  readonly #post: (reports: readonly CourierReport[]) => void;
  readonly #waiting = new Map<string, CourierReport>();
  /** As they were reported last. */
  readonly #posted = new Map<string, CourierReport>();
  #timer: NodeJS.Timeout | undefined;

  constructor(post: (reports: readonly CourierReport[]) => void) {
    this.#post = post;
  }

  /** The latest of each destination counts. What the trail is to be told of does not wait. */
  put(report: CourierReport): void {
    this.#waiting.set(report.id, report);
    if (isNews(report, this.#posted.get(report.id))) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), REPORT_INTERVAL_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const reports = [...this.#waiting.values()];
    this.#waiting.clear();
    if (reports.length === 0) return;
    for (const report of reports) this.#posted.set(report.id, report);
    this.#post(reports);
  }

  /** Of those that are no more nothing is kept. */
  keep(ids: ReadonlySet<string>): void {
    for (const id of this.#posted.keys()) if (!ids.has(id)) this.#posted.delete(id);
  }
}

function isNews({ progress, attempts }: CourierReport, before: CourierReport | undefined): boolean {
  if (!before) return true;
  return (
    progress.failingSince !== before.progress.failingSince ||
    progress.setAsideCount !== before.progress.setAsideCount ||
    progress.startId !== before.progress.startId ||
    attempts !== before.attempts
  );
}
