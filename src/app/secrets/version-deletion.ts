/** What the deletion of a secret means for each of its versions, in the record: an event by the server for each. */
import type { OperationName } from "../../audit/catalogue.ts";
import type { Secret } from "../../secrets/secret.ts";
import type { Caller } from "../call.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { locatedSecret } from "./find.ts";

export const DELETION_JOB = "deletion";

const SERVER: Caller = { kind: "internal", job: DELETION_JOB };

type OfAVersion = Extract<OperationName, `version.deletion.${string}`>;

/** Before the versions are gone: newest first. */
export async function ofItsVersions(
  operation: OfAVersion,
  { secret, output }: { readonly secret: Secret; readonly output: object },
  { store, call, also }: Context<Transaction>,
): Promise<void> {
  const { target } = locatedSecret(call.place, secret, null);
  for (const { id: versionId } of await store.secrets.versions(secret)) {
    also({
      operation,
      caller: SERVER,
      target,
      input: { id: secret.id, versionId },
      output,
    });
  }
}
