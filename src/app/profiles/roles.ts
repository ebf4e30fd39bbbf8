/** Roles: trusted profiles for wires that call them by their names. */
import type { GivenOutside, ShownProfileVersion } from "../../identity/removed-profile.ts";
import type { PartByName } from "../../items/item.ts";
import { PROFILE } from "../../identity/removed-profile.ts";
import type { TrustedProfile } from "../../identity/trusted-profile.ts";
import type { Millis } from "../../kernel/clock.ts";
import { Refusal } from "../../kernel/errors.ts";
import { inAccount, placeOf } from "../identity/find.ts";
import { whole } from "../identity/removal.ts";
import { changeInTerms, type Terms, type Understood } from "../in-other-terms.ts";
import {
  changeOperation,
  readOperation,
  type ChangeOperation,
  type Context,
  type Located,
} from "../operation.ts";
import type { View } from "../state.ts";
import { locatedIn } from "./find.ts";
import { createProfile, deleteProfile, updateProfile } from "./profiles.ts";
import { removedRole, roleCalled, roleOf, type CalledRole, type Role } from "./role.ts";

export interface CreateRoleInput extends GivenOutside {
  readonly name: string;
  readonly description?: string | undefined;
}

export const createRole = changeInTerms(createProfile, {
  async understood({ name, description, provider, externalId }: CreateRoleInput) {
    return { name, description, outside: { provider, externalId } };
  },
  shown: (profile, context) => roleOf(profile, context),
});

export const readRole = readOperation<CalledRole, TrustedProfile, Role>({
  name: "profile.read",
  async locate(input, context) {
    const removed = await removedRole(input, context);
    if (removed) return { ...removed, subject: NONE };
    const profile = await roleCalled(input, context);
    return locatedIn("profile.read", { profile, subject: profile }, context);
  },
  run: (_input, { subject: profile }, context) => roleOf(profile, context),
});

export interface RoleVersionInput extends CalledRole {
  readonly version: number;
}

export interface RoleVersion extends ShownProfileVersion {
  readonly id: string;
  readonly version: number;
  readonly createdAt: Millis;
  readonly createdBy: string;
  readonly modifiedAt: Millis;
  readonly modifiedBy: string;
}

export const readRoleVersion = readOperation<RoleVersionInput, TrustedProfile, RoleVersion>({
  name: "profile.version.read",
  async locate(input, context) {
    const removed = await removedRole(input, context);
    if (removed) return { ...removed, subject: NONE };
    const profile = await roleCalled(input, context);
    return locatedIn("profile.version.read", { profile, subject: profile }, context);
  },
  async run({ version: asked }, { subject: profile }, context) {
    const { id, account } = profile;
    const role = await roleOf(profile, context);
    const { createdAt, createdBy, version } = role;
    if (asked === version) return role;
    const kept = await context.store.items.itemVersion(PROFILE, account, { id, version: asked });
    if (!kept) throw new Refusal("not_found", "The role has no such version.");
    const made = { createdAt, createdBy, modifiedAt: kept.at, modifiedBy: kept.by };
    return { id, version: asked, ...kept.content.shown, ...made };
  },
});

export interface ListedRoles {
  readonly roles: readonly Role[];
  readonly totalCount: number;
}

/** An account has a bounded number of them: all are looked at. */
export const listNamedRoles = readOperation<PartByName, null, ListedRoles>({
  name: "profile.list",
  async locate(_input, { call }) {
    return inAccount("profile.list", call, { target: null, subject: null });
  },
  async run({ search = "", sortBy, order, offset, limit }, _located, context) {
    const { store, call } = context;
    const { account } = placeOf(call);
    const text = search.toLowerCase();
    const found = (
      await whole((from, most) =>
        store.profiles.profiles(account, undefined, { offset: from, limit: most }),
      )
    ).filter(({ name }) => name.toLowerCase().includes(text));
    const sorted = found.toSorted(by[sortBy]);
    if (order === "desc") sorted.reverse();
    const roles: Role[] = [];
    for (const one of sorted.slice(offset, offset + limit)) roles.push(await roleOf(one, context));
    return { roles, totalCount: found.length };
  },
});

type Compare = (one: TrustedProfile, other: TrustedProfile) => number;

const byName: Compare = (one, other) =>
  one.name < other.name ? -1 : Number(one.name > other.name);

const by: Readonly<Record<PartByName["sortBy"], Compare>> = {
  name: byName,
  createdAt: (one, other) => one.createdAt - other.createdAt || byName(one, other),
  modifiedAt: (one, other) => one.modifiedAt - other.modifiedAt || byName(one, other),
};

export interface UpdateRoleInput extends CalledRole, GivenOutside {
  /** What it is to be called from now on. */
  readonly newName?: string | undefined;
  readonly description?: string | undefined;
}

export const updateRole = ofRole(updateProfile, {
  async understood({ newName, description, ...given }: UpdateRoleInput, context) {
    const { id } = await roleCalled(given, context);
    const { provider, externalId } = given;
    return { id, ifMatch: "*", name: newName, description, outside: { provider, externalId } };
  },
  shown: (profile, context) => roleOf(profile, context),
});

export interface DeleteRoleInput extends CalledRole {
  /** For good, at once. */
  readonly force?: boolean | undefined;
}

export const deleteRole = ofRole(deleteProfile, {
  async understood({ force = false, ...given }: DeleteRoleInput, context) {
    const { id } = await roleCalled(given, context);
    return { id, ...(force ? {} : { recoverable: true as const }) };
  },
  shown: async (deleted) => deleted,
});

/** In terms of a role that is called by its name. */
function ofRole<
  Given extends CalledRole,
  Input extends object,
  Subject,
  Output extends object,
  Shown extends object,
>(
  operation: ChangeOperation<Input, Subject, Output>,
  terms: Terms<Given, Input, Output, Shown>,
): ChangeOperation<Given, Understood<Input, Subject>, Shown> {
  const inTerms = changeInTerms(operation, terms);
  return changeOperation({
    ...inTerms,
    async locate(
      given: Given,
      context: Context<View>,
    ): Promise<Located<Understood<Input, Subject>>> {
      const removed = await removedRole(given, context);
      if (removed) return { ...removed, subject: NONE };
      return inTerms.locate(given, context as Parameters<typeof inTerms.locate>[1]);
    },
  });
}

/** Of what is refused before anything is done to it. */
const NONE = null as never;
