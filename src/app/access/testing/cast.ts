/** Identities, groups and policies as they stand in the state, made for tests without the operations that make them. */
import { newAccessGroupId, newClaimRuleId } from "../../../identity/access-group.ts";
import { initialSettings, type AccountSettings } from "../../../identity/account-settings.ts";
import { newApiKeyId, type ApiKey } from "../../../identity/api-key.ts";
import type { PolicyResource } from "../../../identity/authorize.ts";
import { POLICY_DOCUMENT, type Permission } from "../../../identity/documents/document.ts";
import type { RoleName } from "../../../identity/roles.ts";
import { actingIdOf, newServiceId } from "../../../identity/service-id.ts";
import { actingProfileOf, newProfileId } from "../../../identity/trusted-profile.ts";
import { HOME_REALM, newUserId, type User } from "../../../identity/user.ts";
import { newItem } from "../../../items/item.ts";
import { randomId } from "../../../kernel/ids.ts";
import type { State } from "../../state.ts";
import { ACCOUNT, START } from "../../testing/test-app.ts";

/** What everything was made by, and when. */
export const MADE = {
  createdAt: START,
  createdBy: "test",
  modifiedAt: START,
  modifiedBy: "test",
  entityTag: "1-0",
} as const;

export class Cast {
  readonly #state: State;

  constructor(state: State) {
    this.#state = state;
  }

  async user(email: string, state: User["state"] = "active"): Promise<string> {
    const iamId = newUserId();
    const { createdAt, createdBy } = MADE;
    await this.#state.transact(({ identity }) =>
      identity.putUser({
        kind: "user",
        iamId,
        account: ACCOUNT,
        email,
        name: email,
        state,
        isOwner: false,
        realm: HOME_REALM,
        sessionsSince: START,
        createdAt,
        createdBy,
      }),
    );
    return iamId;
  }

  async service(name: string): Promise<string> {
    const id = newServiceId();
    const iamId = actingIdOf(id);
    await this.#state.transact(({ identity }) =>
      identity.putServiceId({
        kind: "serviceid",
        id,
        iamId,
        account: ACCOUNT,
        name,
        description: "",
        uniqueInstanceCrns: [],
        locked: false,
        ...MADE,
      }),
    );
    return iamId;
  }

  async profile(name: string): Promise<string> {
    const id = newProfileId();
    const iamId = actingProfileOf(id);
    await this.#state.transact(({ profiles }) =>
      profiles.putProfile({
        kind: "profile",
        id,
        iamId,
        account: ACCOUNT,
        name,
        email: "",
        maxSessionS: 3_600,
        description: "",
        sessionsSince: START,
        ...MADE,
      }),
    );
    return iamId;
  }

  /** To an identity or a group; the policy's id. */
  async grant(
    subject: string,
    roles: readonly RoleName[],
    resource: PolicyResource = {},
  ): Promise<string> {
    const id = randomId();
    const policy = { id, account: ACCOUNT, subject, roles, resource, description: "" };
    await this.#state.transact(({ identity }) =>
      identity.putPolicy({ ...policy, state: "active", ...MADE }),
    );
    return id;
  }

  /** As IBM's wire does: the policy stays, and gives nothing. */
  async takeBack(id: string): Promise<void> {
    await this.#state.transact(async ({ identity }) => {
      const policy = await identity.policy(ACCOUNT, id);
      if (policy) await identity.putPolicy({ ...policy, state: "deleted" });
    });
  }

  /** A policy document, as it is kept. */
  async document(path: string, permissions: readonly Partial<Permission>[]): Promise<void> {
    const permissionDocument = permissions.map((one, i) => ({
      id: `p${i}`,
      description: "",
      subjects: ["users:<.*>"],
      effect: "allow" as const,
      resources: [path, `${path}:<.*>`],
      actions: ["<.*>"],
      conditions: {},
      ...one,
    }));
    const item = newItem(
      POLICY_DOCUMENT,
      { account: ACCOUNT, name: path, content: { permissionDocument } },
      { by: "test", now: START },
    );
    await this.#state.transact(({ items }) => items.putItem(item));
  }

  async group(name: string): Promise<string> {
    const id = newAccessGroupId();
    await this.#state.transact(({ groups }) =>
      groups.putGroup({ id, account: ACCOUNT, name, description: "", ...MADE }),
    );
    return id;
  }

  /** By hand; or by a login, until a moment. */
  async join(group: string, iamId: string, expiresAt: number | null = null): Promise<void> {
    const rule = expiresAt === null ? null : newClaimRuleId();
    await this.#state.transact(({ groups }) =>
      groups.putMember({
        account: ACCOUNT,
        group,
        iamId,
        kind: "user",
        rule,
        expiresAt,
        createdAt: START,
        createdBy: "test",
      }),
    );
  }

  async key(iamId: string, more: Partial<ApiKey> = {}): Promise<void> {
    const key: ApiKey = {
      id: newApiKeyId(),
      account: ACCOUNT,
      iamId,
      name: "key",
      description: "",
      accessKeyId: null,
      locked: false,
      disabled: false,
      expiresAt: null,
      actionWhenLeaked: "none",
      supportSessions: false,
      sessionsSince: START,
      ...MADE,
      ...more,
    };
    await this.#state.transact(({ identity }) => identity.putApiKey(key, randomId()));
  }

  async settings(changed: Partial<AccountSettings>): Promise<void> {
    const settings = { ...initialSettings(ACCOUNT, START), ...changed };
    await this.#state.transact(({ identity }) => identity.putSettings(settings));
  }
}
