/** Keeping what was made: as a new secret with an event of its own, for those who may make it. */
import { crn } from "../../audit/crn.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import type { Sensitive } from "../../kernel/sensitive.ts";
import { DEFAULT_GROUP_ID } from "../../secrets/group.ts";
import { checkName, type JsonObject, type Secret } from "../../secrets/secret.ts";
import type { Version } from "../../secrets/version.ts";
import type { Context, Located } from "../operation.ts";
import { addVersion } from "../secrets/add-version.ts";
import { blankSecret } from "../secrets/create-secret.ts";
import { instanceOf, locatedSecret, SERVICE } from "../secrets/find.ts";
import type { Transaction, View } from "../state.ts";

const TYPE = "kv";

/** A secret that is to be: under which name, in the group that every instance has. */
export type Prospect = Pick<Secret, "id" | "name" | "groupId">;

/** Refuses what is no name on any wire. */
export function locateProspect<Store extends View>(
  name: string,
  { call }: Context<Store>,
): Located<Prospect> {
  checkName(name);
  const prospect: Prospect = { id: randomId(), name, groupId: DEFAULT_GROUP_ID };
  return locatedSecret(call.place, prospect, prospect);
}

/** Refuses those who may make no secret of this name, and a name that is in use. */
export async function assertMayKeep<Store extends View>(
  prospect: Prospect,
  { call, judge, store }: Context<Store>,
): Promise<void> {
  const located = locatedSecret(call.place, prospect, prospect);
  const input = { name: prospect.name, secretType: TYPE, secretGroupId: prospect.groupId };
  const refusal = judge({ permission: "secret.create", located, input });
  if (refusal) throw refusal;
  const taken = await store.secrets.secretsCalled(instanceOf(call.place), prospect.name);
  if (taken.some(({ deletion }) => deletion !== null)) {
    const sentence = "A secret of this name is marked for deletion: restore it, or wait.";
    throw new Refusal("precondition_failed", sentence, { reason: "name-of-deleted" });
  }
  if (taken.length === 0) return;
  throw new Refusal("conflict", "There is a secret of this name.", { reason: "name-taken" });
}

export interface Kept {
  readonly data: Sensitive<JsonObject>;
  readonly customMetadata: JsonObject;
}

/** Makes it, with its event. Refuses as `assertMayKeep` does: somebody may have been quicker. */
export async function keep(
  prospect: Prospect,
  { data, customMetadata }: Kept,
  context: Context<Transaction>,
): Promise<{ readonly secret: Secret; readonly version: Version }> {
  await assertMayKeep(prospect, context);
  const { store, capabilities, call } = context;
  const { id, name, groupId } = prospect;
  const at = instanceOf(call.place);
  const dataKey = capabilities.vault.newDataKey(at, id);
  const empty: Secret = {
    ...blankSecret({ id, at, groupId, type: TYPE, name, dataKey }, context),
    customMetadata,
    keepsUnlabelled: true,
  };
  await store.secrets.insertSecret(empty);
  const version = { payload: { kind: TYPE, data } } as const;
  const added = await addVersion(empty, { versionId: randomId(), version }, context);
  context.also({
    operation: "secret.create",
    target: { place: call.place, kind: "secret", id, name },
    input: { name, secretType: TYPE, secretGroupId: groupId },
    output: {
      id,
      crn: crn(SERVICE, call.place, { kind: "secret", id }),
      versionId: added.version.id,
      payloadAvailable: true,
    },
  });
  return added;
}
