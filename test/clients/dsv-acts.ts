/** An act for each row of DSV's table: what is sent, what is answered, and the path that its record is to have. */
import type { DsvWire, WireAnswer, WireMethod, WireOptions } from "./dsv-wire.ts";

export interface Act {
  /** Of the table: path and method. */
  readonly row: string;
  /** That the answer is to have, and that it had. */
  readonly status: number;
  readonly answered: number;
  /** The status in the record. */
  readonly recorded: number;
  /** With the names filled in. */
  readonly path: string;
  /** The id of the event. */
  readonly event: string;
}

export interface Expected {
  readonly status: number;
  /** In the record, where that differs: a login that failed, what DSV has switched off. */
  readonly recorded?: number;
  readonly path: string;
}

export class Acts {
  readonly wire: DsvWire;
  readonly url: string;
  readonly all: Act[] = [];

  constructor(wire: DsvWire, url: string) {
    this.wire = wire;
    this.url = url;
  }

  /** Makes the call of a row: `act("secrets:{path} POST", { status: 201, path: "secrets:a" }, "POST", "/secrets/a")`. */
  // oxlint-disable-next-line eslint/max-params -- as a table has them
  async act(
    row: string,
    expected: Expected,
    method: WireMethod,
    url: string,
    options: WireOptions = {},
  ): Promise<WireAnswer> {
    const answer = await this.wire.call(method, url, options);
    const { status, recorded = status, path } = expected;
    this.all.push({ row, status, answered: answer.status, recorded, path, event: answer.event });
    if (answer.status !== status) {
      process.stderr.write(
        `${row}: ${answer.status} for ${status}: ${answer.text.slice(0, 300)}\n`,
      );
    }
    return answer;
  }

  /** What has to be there for an act, and is none of a row. */
  async prepare(method: WireMethod, url: string, options: WireOptions = {}): Promise<WireAnswer> {
    const answer = await this.wire.call(method, url, options);
    if (answer.status >= 300) throw new Error(`${method} ${url}: ${answer.status} ${answer.text}`);
    return answer;
  }
}
