/** Values as rotators see them: texts, of the types whose values are texts at all. */
import { invariant, Refusal } from "../../kernel/errors.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Payload } from "../../secrets/payload.ts";
import type { Secret } from "../../secrets/secret.ts";
import { versionAt } from "../../secrets/stages.ts";
import type { Context } from "../operation.ts";
import type { Transaction, View } from "../state.ts";
import { newValueOf } from "./given-value.ts";
import { behaviourOf } from "./kinds/behaviours.ts";
import { openVersion } from "./open.ts";
import { RotatorFault } from "./rotators.ts";

/** Of the version with this label; null where there is none, or it has no value. */
export async function textAt(
  secret: Secret,
  stage: string,
  context: Context<View>,
): Promise<Sensitive<string> | null> {
  if (versionAt(secret, stage) === 0) return null;
  const version = await context.store.secrets.version(secret, { stage });
  const payload = version && (await openVersion({ secret, version }, context));
  return payload ? textOf(payload) : null;
}

function textOf(payload: Payload): Sensitive<string> {
  if (payload.kind === "arbitrary") {
    const value = payload.payload.reveal();
    if (typeof value === "string") return new Sensitive(value);
    throw new RotatorFault("The value is binary: this rotator knows texts.", { isFinal: true });
  }
  if (payload.kind === "kv") return new Sensitive(JSON.stringify(payload.data.reveal()));
  if (payload.kind !== "username_password") {
    throw new RotatorFault("Values of this type are made otherwise.", { isFinal: true });
  }
  const { username, password } = payload;
  return new Sensitive(JSON.stringify({ username, password: password.reveal() }));
}

/** The payload that the text is for the secret's type. Throws a RotatorFault for what it cannot be. */
export async function payloadOf(
  secret: Secret,
  { text, token }: { readonly text: Sensitive<string>; readonly token: string },
  context: Context<Transaction>,
): Promise<Payload> {
  try {
    const given = newValueOf(secret, text, context.capabilities.vault);
    const renewing = { secret, current: null, versionId: token, autoRotated: true };
    const { version } = await behaviourOf(secret.type).renew(given, renewing, context);
    const payload = version?.payload ?? null;
    invariant(payload !== null, "a type that is given its values has them at once");
    return payload;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new RotatorFault("The new value does not fit the secret's type.", {
      isFinal: true,
      cause: error,
    });
  }
}
