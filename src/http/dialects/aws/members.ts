/**
 * The members of a request, read one by one by their shapes. What does not fit is refused in AWS's words for it, which
 * name the member and never quote its value: it may be a secret.
 */
import { Refusal } from "../../../kernel/errors.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";

export const MAX_LIST_ITEMS = 1_000;

/** RFC 4648, section 4, with its padding. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export interface TextBounds {
  readonly min?: number;
  readonly max?: number;
  /** What the whole of it must match, and how AWS writes that. */
  readonly pattern?: RegExp;
}

export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
}

export class Members {
  readonly #values: Readonly<Record<string, unknown>>;
  /** `tags.1.member`: where these stand in the request. */
  readonly #at: string;
  /** Of a form, where every value is text. */
  readonly #isText: boolean;
  readonly #read = new Set<string>();

  constructor(
    values: Readonly<Record<string, unknown>>,
    { at = "", isText = false }: { readonly at?: string; readonly isText?: boolean } = {},
  ) {
    this.#values = values;
    this.#at = at;
    this.#isText = isText;
  }

  /** Without its counting as read. */
  peek(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  text(name: string, bounds: TextBounds = {}): string {
    return this.textOrNothing(name, bounds) ?? this.#missing(name);
  }

  textOrNothing(name: string, bounds: TextBounds = {}): string | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw this.#mistyped(name, "a string");
    this.#bound(name, value, bounds);
    return value;
  }

  choiceOrNothing<Choice extends string>(
    name: string,
    choices: readonly Choice[],
  ): Choice | undefined {
    const text = this.textOrNothing(name);
    if (text === undefined) return undefined;
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    throw this.#unfit(name, `Member must satisfy enum value set: [${choices.join(", ")}]`);
  }

  /** As `textOrNothing`, of what is secret; `max` is in bytes of UTF-8. */
  secretOrNothing(name: string, bounds: TextBounds = {}): Sensitive<string> | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string") throw this.#mistyped(name, "a string");
    this.#boundSize(name, Buffer.byteLength(value), bounds);
    return new Sensitive(value);
  }

  /** Base64 in JSON and forms, bytes in CBOR. */
  blobOrNothing(name: string, bounds: NumberBounds = {}): Sensitive<Uint8Array> | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const bytes = value instanceof Uint8Array ? value : this.#base64(name, value);
    this.#boundSize(name, bytes.length, bounds);
    return new Sensitive(bytes);
  }

  /** Whole numbers only. */
  numberOrNothing(name: string, { min, max }: NumberBounds = {}): number | undefined {
    const given = this.#value(name);
    if (given === undefined) return undefined;
    const isText = this.#isText && typeof given === "string";
    const value = isText && /^-?\d{1,15}$/.test(given) ? Number(given) : given;
    if (typeof value !== "number" || !Number.isSafeInteger(value)) {
      throw this.#mistyped(name, "a whole number");
    }
    if (min !== undefined && value < min) {
      throw this.#unfit(name, `Member must have value greater than or equal to ${min}`);
    }
    if (max !== undefined && value > max) {
      throw this.#unfit(name, `Member must have value less than or equal to ${max}`);
    }
    return value;
  }

  flagOrNothing(name: string): boolean | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === "boolean") return value;
    if (this.#isText && (value === "true" || value === "false")) return value === "true";
    throw this.#mistyped(name, "true or false");
  }

  /** Epoch seconds, or in a form RFC 3339; milliseconds come out. */
  timeOrNothing(name: string): number | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    const isText = this.#isText && typeof value === "string";
    const at =
      value instanceof Date
        ? value.getTime()
        : typeof value === "number"
          ? value * 1_000
          : isText
            ? Date.parse(value)
            : NaN;
    if (!(Math.abs(at) < 8.64e15)) throw this.#mistyped(name, "a time");
    return Math.round(at);
  }

  textsOrNothing(
    name: string,
    bounds: { readonly min?: number; readonly max?: number; readonly each?: TextBounds } = {},
  ): readonly string[] | undefined {
    const list = this.#list(name, bounds);
    return list?.map((value, i) => {
      if (typeof value !== "string") throw this.#mistyped(name, "a list of strings");
      this.#bound(`${name}.${i + 1}.member`, value, bounds.each ?? {});
      return value;
    });
  }

  /** Each item's members are all read by `read`. */
  itemsOrNothing<Item>(
    name: string,
    read: (item: Members) => Item,
    bounds: NumberBounds = {},
  ): readonly Item[] | undefined {
    return this.#list(name, bounds)?.map((value, i) =>
      this.#within(`${name}.${i + 1}.member`, value, read),
    );
  }

  structureOrNothing<Item>(name: string, read: (item: Members) => Item): Item | undefined {
    const value = this.#value(name);
    return value === undefined ? undefined : this.#within(name, value, read);
  }

  /** Of a member that has to be there, what was read of it. */
  required<Value>(name: string, value: Value | undefined): Value {
    return value ?? this.#missing(name);
  }

  /** Refuses what has not been asked for: a member that is misspelt does not silently mean nothing. */
  end(): void {
    const unknown = Object.keys(this.#values).find((name) => !this.#read.has(name));
    if (unknown === undefined) return;
    const known = [...this.#read].join(", ");
    const where = this.#at === "" ? "The request" : `'${this.#at}'`;
    throw new Refusal(
      "invalid_request",
      `${where} has a member that is not known here; those that are: ${known}.`,
      { reason: "unknown-member" },
    );
  }

  #within<Item>(name: string, value: unknown, read: (item: Members) => Item): Item {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#mistyped(name, "a structure");
    }
    const at = this.#place(name);
    const members = new Members(value as Readonly<Record<string, unknown>>, {
      at,
      isText: this.#isText,
    });
    const item = read(members);
    members.end();
    return item;
  }

  #value(name: string): unknown {
    this.#read.add(name);
    const value = Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
    return value === null ? undefined : value;
  }

  #list(name: string, { min, max = MAX_LIST_ITEMS }: NumberBounds): readonly unknown[] | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw this.#mistyped(name, "a list");
    this.#boundSize(name, value.length, { max, ...(min === undefined ? {} : { min }) });
    return value;
  }

  #base64(name: string, value: unknown): Uint8Array {
    if (typeof value === "string" && BASE64.test(value)) {
      return Buffer.from(value, "base64");
    }
    throw this.#mistyped(name, "base64");
  }

  #bound(name: string, value: string, { min, max, pattern }: TextBounds): void {
    this.#boundSize(name, value.length, {
      ...(min === undefined ? {} : { min }),
      ...(max === undefined ? {} : { max }),
    });
    if (pattern && !pattern.test(value)) {
      throw this.#unfit(
        name,
        `Member must satisfy regular expression pattern: ${pattern.source.replace(/^\^|\$$/g, "")}`,
      );
    }
  }

  #boundSize(name: string, size: number, { min, max }: NumberBounds): void {
    if (min !== undefined && size < min) {
      throw this.#unfit(name, `Member must have length greater than or equal to ${min}`);
    }
    if (max !== undefined && size > max) {
      throw this.#unfit(name, `Member must have length less than or equal to ${max}`);
    }
  }

  #missing(name: string): never {
    throw unfit(
      `Value null at '${this.#place(name)}' failed to satisfy constraint: Member must not be null`,
    );
  }

  #unfit(name: string, constraint: string): Refusal {
    return unfit(`Value at '${this.#place(name)}' failed to satisfy constraint: ${constraint}`);
  }

  #mistyped(name: string, expected: string): Refusal {
    const sentence = `The member '${this.#place(name)}' must be ${expected}.`;
    return new Refusal("invalid_request", sentence, { reason: "mistyped-member" });
  }

  /** As AWS's messages name members: in lower camel case. */
  #place(name: string): string {
    const own = name.slice(0, 1).toLowerCase() + name.slice(1);
    return this.#at === "" ? own : `${this.#at}.${own}`;
  }
}

function unfit(what: string): Refusal {
  const sentence = `1 validation error detected: ${what}`;
  return new Refusal("invalid_request", sentence, { reason: "constraint" });
}
