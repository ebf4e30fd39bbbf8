/** Secret groups: made, listed, read, changed, deleted. */
import type { TargetRef } from "../../audit/describe.ts";
import type { Place } from "../../audit/crn.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { randomId } from "../../kernel/ids.ts";
import {
  checkGroupName,
  DEFAULT_GROUP_ID,
  defaultGroup,
  MAX_GROUPS,
  type SecretGroup,
} from "../../secrets/group.ts";
import { checkDescription, type Instance } from "../../secrets/secret.ts";
import type { SecretReader } from "../../secrets/store.ts";
import {
  callerId,
  changeOperation,
  readOperation,
  type Context,
  type Located,
} from "../operation.ts";
import type { View } from "../state.ts";
import { changedFields, type Change } from "./changes.ts";
import { findGroup, instanceOf, locatedInstance, wholeOf } from "./find.ts";

export interface SecretGroupView {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly createdBy: string;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
}

export interface CreateSecretGroupInput {
  readonly name: string;
  readonly description?: string | undefined;
}

export const createSecretGroup = changeOperation<CreateSecretGroupInput, string, SecretGroupView>({
  name: "secret-group.create",

  /**
   * The id is chosen here: a creation that is refused is recorded under the id it would have had.
   */
  async locate(input, { call }) {
    // Looked at before it names the target of whatever this comes to.
    checkGroupName(input.name);
    const id = randomId();
    instanceOf(call.place);
    return {
      target: targetOf(call.place, { id, name: input.name }),
      resource: wholeOf(call.place),
      subject: id,
    };
  },

  async run({ name, description }, { subject: id }, { store, now, call, caller }) {
    const at = instanceOf(call.place);
    checkGroupName(name);
    if (description !== undefined) checkDescription(description);
    await assertFree(store.secrets, at, name);
    if ((await store.secrets.groups(at)).length >= MAX_GROUPS) {
      throw new Refusal(
        "limit_reached",
        `The instance has reached the maximum of ${MAX_GROUPS} secret groups.`,
      );
    }
    const group: SecretGroup = {
      id,
      at,
      name,
      description: description ?? null,
      createdBy: callerId(caller),
      createdAt: now,
      updatedAt: now,
    };
    await store.secrets.insertGroup(group);
    return viewOf(group);
  },
});

export interface ListSecretGroupsOutput {
  readonly totalCount: number;
  readonly secretGroups: readonly SecretGroupView[];
}

/** The default group first, then the others in the order they were made. */
export const listSecretGroups = readOperation<object, Instance, ListSecretGroupsOutput>({
  name: "secret-group.list",

  async locate(_input, { call }) {
    return locatedInstance(call.place);
  },

  async run(_input, { subject: at }, { store, call, scope }) {
    const allowed = scope(wholeOf(call.place));
    const all = [defaultGroup(at), ...(await store.secrets.groups(at))];
    const secretGroups = all
      .filter((group) => allowed.kind === "all" || allowed.groups.has(group.id))
      .map(viewOf);
    return { totalCount: secretGroups.length, secretGroups };
  },
});

export interface ReadSecretGroupInput {
  readonly id: string;
}

export const readSecretGroup = readOperation<ReadSecretGroupInput, SecretGroup, SecretGroupView>({
  name: "secret-group.read",

  locate: locateGroup,

  async run(_input, { subject: group }) {
    return viewOf(group);
  },
});

/** A merge patch: what is left out stays, null removes. */
export interface SecretGroupPatch {
  readonly name?: string | undefined;
  readonly description?: string | null | undefined;
}

export interface UpdateSecretGroupInput {
  readonly id: string;
  readonly patch: SecretGroupPatch;
  /** The names of the patch's fields, for the record. */
  readonly changes: readonly string[];
}

/** The input of an update: the dialects' way to make it. */
export function updateSecretGroupInput(
  id: string,
  patch: SecretGroupPatch,
): UpdateSecretGroupInput {
  return { id, patch, changes: changedFields(patch) };
}

export interface UpdateSecretGroupOutput extends SecretGroupView {
  readonly changes: readonly Change[];
}

export const updateSecretGroup = changeOperation<
  UpdateSecretGroupInput,
  SecretGroup,
  UpdateSecretGroupOutput
>({
  name: "secret-group.update",

  locate: locateGroup,

  async run({ patch, changes }, { subject: group }, { store, now }) {
    refuseForDefault(group);
    const { name = group.name, description = group.description } = patch;
    if (name !== group.name) {
      checkGroupName(name);
      await assertFree(store.secrets, group.at, name);
    }
    if (description !== null) checkDescription(description);
    const changed = { ...group, name, description, updatedAt: now };
    await store.secrets.updateGroup(changed);
    return {
      ...viewOf(changed),
      changes: changes.map((field) =>
        field === "name" ? { field, initialValue: group.name, newValue: name } : { field },
      ),
    };
  },
});

export interface DeleteSecretGroupInput {
  readonly id: string;
}

export const deleteSecretGroup = changeOperation<
  DeleteSecretGroupInput,
  SecretGroup,
  Readonly<Record<string, never>>
>({
  name: "secret-group.delete",

  locate: locateGroup,

  async run(_input, { subject: group }, { store }) {
    refuseForDefault(group);
    if ((await store.secrets.countInGroup(group.at, group.id)) > 0) {
      throw new Refusal("conflict", "The secret group still contains secrets.");
    }
    await store.secrets.deleteGroup(group.at, group.id);
    return {};
  },
});

async function locateGroup<Store extends View>(
  input: { readonly id: string },
  { store, call }: Context<Store>,
): Promise<Located<SecretGroup>> {
  const group = await findGroup(store.secrets, instanceOf(call.place), input.id);
  return {
    target: targetOf(call.place, group),
    resource: { ...wholeOf(call.place), secretGroup: group.id },
    subject: group,
  };
}

function targetOf(place: Place, { id, name }: { id: string; name: string }): TargetRef {
  return { place, kind: "secret-group", id, name };
}

function viewOf(group: SecretGroup): SecretGroupView {
  const { id, name, description, createdBy, createdAt, updatedAt } = group;
  return { id, name, description, createdBy, createdAt, updatedAt };
}

async function assertFree(reader: SecretReader, at: Instance, name: string): Promise<void> {
  if (name === DEFAULT_GROUP_ID || (await reader.groupNamed(at, name))) {
    throw new Refusal("conflict", "A secret group of this name already exists.", { field: "name" });
  }
}

function refuseForDefault(group: SecretGroup): void {
  if (group.id === DEFAULT_GROUP_ID) {
    throw new Refusal("conflict", "The default secret group can be neither changed nor deleted.");
  }
}
