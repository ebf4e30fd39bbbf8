/** The rotator that is built in for secrets whose password nobody else has to be told: a random one in its place. */
import { RotatorFault, type BuiltInRotator } from "../app/secrets/rotators.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { DEFAULT_PASSWORD_POLICY, generatePassword } from "../secrets/password.ts";

/** What connection strings give another meaning, as in the templates of AWS. */
const UNSAFE = /[:/@"'\\]/;

export const randomPassword: BuiltInRotator = {
  kind: "built-in",
  next(current) {
    if (current === null) return newPassword();
    const object = objectIn(current.reveal());
    return object ? withPassword(object, newPassword()) : newPassword();
  },
};

export function newPassword(): Sensitive<string> {
  for (;;) {
    const password = generatePassword(DEFAULT_PASSWORD_POLICY);
    if (!UNSAFE.test(password.reveal())) return password;
  }
}

type Members = Readonly<Record<string, unknown>>;

/** ECMAScript's JSON with the sources of numbers, of which the compiler's library does not know yet. */
const json = JSON as unknown as {
  parse(text: string, revive: typeof asWritten): unknown;
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/** Undefined for a text that is no JSON object. Numbers stay as they are written, however long. */
export function objectIn(text: string): Members | undefined {
  try {
    const value = json.parse(text, asWritten);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && !json.isRawJSON(value) ? (value as Members) : undefined;
  } catch {
    return undefined;
  }
}

function asWritten(_key: string, value: unknown, { source }: { source?: string }): unknown {
  return typeof value === "number" && source !== undefined ? json.rawJSON(source) : value;
}

/** The same object with another password; it must have one. */
export function withPassword(object: Members, password: Sensitive<string>): Sensitive<string> {
  if (typeof object["password"] !== "string") {
    throw new RotatorFault("The value is a JSON object without a password to be replaced.", {
      isFinal: true,
    });
  }
  return new Sensitive(JSON.stringify({ ...object, password: password.reveal() }));
}
