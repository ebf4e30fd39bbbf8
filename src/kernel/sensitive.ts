/** A value that must not leave by accident: every way of printing it gives `[redacted]`; only `reveal` opens it. */
import { inspect } from "node:util";

export const REDACTED = "[redacted]";

export class Sensitive<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The one door. Called by the cipher that seals the value and by the encoder that answers with it. */
  reveal(): T {
    return this.#value;
  }

  toJSON(): string {
    return REDACTED;
  }

  toString(): string {
    return REDACTED;
  }

  [Symbol.toPrimitive](): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
