/** IBM's Policy Management SDK, unmodified: policies of both versions, roles and pagers, over a real socket. */
import IamPolicyManagementV1 from "@ibm-cloud/platform-services/iam-policy-management/v1.js";
import { IamAuthenticator } from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServiceId } from "../../src/app/identity/service-ids.ts";
import { createUser } from "../../src/app/identity/users.ts";
import type { AuditEvent } from "../../src/audit/event.ts";
import { IdentityServer } from "../../src/http/testing/identity-server.ts";
import { newAccessGroupId } from "../../src/identity/access-group.ts";
import { newEntityTag } from "../../src/identity/entity-tag.ts";
import { ROLE_NAMES } from "../../src/identity/roles.ts";
import { ManualClock } from "../../src/kernel/clock.ts";
import { SecretsManagerV2 } from "./secrets-manager-v2.ts";

let wire: IdentityServer;
let url: string;
let admin: IamPolicyManagementV1;
let account: string;
let instance: string;

beforeAll(async () => {
  // The SDK looks at its own clock to tell whether a token is still good.
  wire = await IdentityServer.open({ clock: new ManualClock(Date.now()) });
  url = await wire.server.listen({ host: "127.0.0.1", port: 0 });
  account = wire.app.first.account.id;
  instance = wire.app.first.instance.id;
  admin = clientWith(wire.app.first.apiKey.reveal());
});
afterAll(() => wire.close());

function clientWith(apikey: string): IamPolicyManagementV1 {
  const authenticator = new IamAuthenticator({ apikey, url });
  return new IamPolicyManagementV1({ authenticator, serviceUrl: url });
}

interface SdkError extends Error {
  readonly status: number;
  readonly result: {
    readonly trace: string;
    readonly status_code: number;
    readonly errors: readonly { readonly code: string; readonly details?: object }[];
  };
}

async function errorOf(call: Promise<unknown>): Promise<SdkError> {
  try {
    await call;
  } catch (error) {
    return error as SdkError;
  }
  throw new Error("the call was answered");
}

/** Status, IBM's code and the sentence: what a program, and what a person, goes by. */
async function refusalOf(call: Promise<unknown>): Promise<readonly unknown[]> {
  const { status, message, result } = await errorOf(call);
  expect(result.status_code).toBe(status);
  expect(result.trace).toMatch(/^[0-9a-f-]{36}$/);
  return [status, result.errors[0]?.code, message];
}

const lastEvent = (): AuditEvent => wire.app.parts.lastEvent();

const READER = "crn:v1:bluemix:public:iam::::serviceRole:Reader";
const WRITER = "crn:v1:bluemix:public:iam::::serviceRole:Writer";
const SECRETS_READER = "crn:v1:bluemix:public:secrets-manager::::serviceRole:SecretsReader";
const VIEWER = "crn:v1:bluemix:public:iam::::role:Viewer";
const EDITOR = "crn:v1:bluemix:public:iam::::role:Editor";

let count = 0;
async function userId(): Promise<string> {
  const email = `user${++count}@example.com`;
  const caller = await wire.app.administrator();
  return (await wire.app.done(createUser, caller, { email, name: email })).iamId;
}

async function groupId(): Promise<string> {
  const id = newAccessGroupId();
  const made = { createdAt: 1, createdBy: "test", modifiedAt: 1, modifiedBy: "test" };
  await wire.app.parts.state.transact(({ groups }) =>
    groups.putGroup({
      id,
      account,
      name: id,
      description: "",
      entityTag: newEntityTag(),
      ...made,
    }),
  );
  return id;
}

type Named = { readonly name: string; readonly value: string };

function v1(iamId: string, role: string, attributes: readonly Named[] = []) {
  return {
    type: "access",
    subjects: [{ attributes: [{ name: "iam_id", value: iamId }] }],
    roles: [{ role_id: role }],
    resources: [{ attributes: [{ name: "accountId", value: account }, ...attributes] }],
  };
}

function v2(
  subject: readonly [key: string, value: string],
  role: string,
  attributes: Readonly<Record<string, unknown>> = {},
) {
  const equals = ([key, value]: readonly [string, unknown]) => ({
    key,
    operator: "stringEquals",
    value: value as string,
  });
  return {
    type: "access",
    control: { grant: { roles: [{ role_id: role }] } },
    subject: { attributes: [equals(subject)] },
    resource: { attributes: Object.entries({ accountId: account, ...attributes }).map(equals) },
  };
}

const SERVICE: Named = { name: "serviceName", value: "secrets-manager" };
const etagOf = (answer: { readonly headers: object }): string =>
  String((answer.headers as Readonly<Record<string, unknown>>)["etag"]);

describe("policies, version 1", () => {
  it("are created, read, replaced, put out of force and deleted, each change with its event", async () => {
    const iamId = await userId();
    const created = await admin.createPolicy({
      ...v1(iamId, READER, [SERVICE, { name: "serviceInstance", value: instance }]),
      description: "looks around",
    });
    expect(created.status).toBe(201);
    const { id: policyId = "" } = created.result;
    expect(created.result).toMatchObject({
      type: "access",
      description: "looks around",
      subjects: [{ attributes: [{ name: "iam_id", value: iamId }] }],
      roles: [{ role_id: READER, display_name: "Reader" }],
      resources: [
        {
          attributes: [
            { name: "accountId", value: account, operator: "stringEquals" },
            { name: "serviceName", value: "secrets-manager", operator: "stringEquals" },
            { name: "serviceInstance", value: instance, operator: "stringEquals" },
          ],
        },
      ],
      state: "active",
      href: `${url}/v1/policies/${policyId}`,
      created_by_id: wire.app.first.administrator.iamId,
    });
    const resource = { service: "secrets-manager", instance };
    expect(lastEvent()).toMatchObject({
      action: "iam-am.policy.create",
      outcome: "success",
      initiator: { id: wire.app.first.administrator.iamId },
      target: {
        id: `crn:v1:bluemix:public:iam-am:global:a/${account}::policy:${policyId}`,
        typeURI: "iam-am/policy",
      },
      requestData: { subject: iamId, roles: ["Reader"], resource, description: "looks around" },
      responseData: { id: policyId },
    });

    const read = await admin.getPolicy({ policyId });
    expect([read.result, etagOf(read)]).toEqual([created.result, etagOf(created)]);

    const replaced = await admin.replacePolicy({
      policyId,
      ifMatch: etagOf(read),
      ...v1(iamId, WRITER, [SERVICE]),
    });
    expect(replaced.status).toBe(200);
    expect(etagOf(replaced)).not.toBe(etagOf(read));
    expect(lastEvent()).toMatchObject({
      action: "iam-am.policy.update",
      severity: "warning",
      requestData: {
        id: policyId,
        subject: iamId,
        roles: ["Writer"],
        resource: { service: "secrets-manager" },
        state: "active",
        previous: { roles: ["Reader"], resource, state: "active" },
      },
    });

    const state = async (ifMatch: string, to: "active" | "deleted"): Promise<string> =>
      etagOf(await admin.updatePolicyState({ policyId, ifMatch, state: to }));
    const out = await state(etagOf(replaced), "deleted");
    expect(lastEvent()).toMatchObject({
      action: "iam-am.policy.update",
      requestData: { roles: ["Writer"], state: "deleted", previous: { state: "active" } },
    });
    const listed = async (of: "active" | "deleted" | undefined): Promise<number> => {
      const params = { accountId: account, iamId, ...(of ? { state: of } : {}) };
      return (await admin.listPolicies(params)).result.policies.length;
    };
    expect([await listed(undefined), await listed("active"), await listed("deleted")]).toEqual([
      0, 0, 1,
    ]);
    await state(out, "active");
    expect([await listed(undefined), await listed("deleted")]).toEqual([1, 0]);

    expect((await admin.deletePolicy({ policyId })).status).toBe(204);
    expect(lastEvent()).toMatchObject({
      action: "iam-am.policy.delete",
      severity: "critical",
      responseData: { subject: iamId, roles: ["Writer"] },
    });
    expect(await refusalOf(admin.getPolicy({ policyId }))).toEqual([
      404,
      "policy_not_found",
      "There is no such policy.",
    ]);
  });

  it("are changed only by whoever has seen them as they are", async () => {
    const iamId = await userId();
    const { result, headers } = await admin.createPolicy(v1(iamId, READER, [SERVICE]));
    const { id: policyId = "" } = result;
    const ifMatch = etagOf({ headers });
    const change = v1(iamId, WRITER, [SERVICE]);
    await admin.replacePolicy({ policyId, ifMatch, ...change });
    const late = await errorOf(admin.replacePolicy({ policyId, ifMatch, ...change }));
    expect([late.status, late.result.errors[0]?.code]).toEqual([409, "policy_conflict_error"]);
    expect(lastEvent()).toMatchObject({
      operation: "policy.update",
      outcome: "failure",
      reason: { reasonCode: 412 },
      requestData: { roles: ["Writer"], previous: { roles: ["Writer"] } },
    });
    await admin.updatePolicyState({ policyId, ifMatch: "*", state: "deleted" });
  });

  it("take the CRN of an instance, and serviceType where roles are of that type", async () => {
    const iamId = await userId();
    const value = `crn:v1:bluemix:public:secrets-manager:us-south:a/${account}:${instance}::`;
    const { result } = await admin.createPolicy(
      v1(iamId, READER, [SERVICE, { name: "serviceInstance", value }]),
    );
    expect(JSON.stringify(result.resources)).toContain(`"value":"${instance}"`);
    const platform = { name: "serviceType", value: "platform_service" };
    const viewer = await admin.createPolicy(v1(iamId, VIEWER, [platform]));
    expect(viewer.result.resources[0]?.attributes).toContainEqual({
      ...platform,
      operator: "stringEquals",
    });
    const byType = async (serviceType: string): Promise<readonly unknown[]> =>
      (await admin.listPolicies({ accountId: account, iamId, serviceType })).result.policies.map(
        ({ id }) => id,
      );
    expect(await byType("platform_service")).toEqual([viewer.result.id]);
    expect(await byType("service")).toEqual([result.id]);
    expect(await refusalOf(admin.createPolicy(v1(iamId, READER, [platform])))).toEqual([
      400,
      "invalid_body",
      "The role Reader gives nothing on services of the type platform_service.",
    ]);
  });
});

describe("policies, version 2", () => {
  it("are created, read, listed, replaced and deleted", async () => {
    const group = await groupId();
    const subject = ["access_group_id", group] as const;
    const created = await admin.createV2Policy(
      v2(subject, SECRETS_READER, { serviceName: "secrets-manager", region: "us-south" }),
    );
    const { id = "" } = created.result;
    expect(created.result).toMatchObject({
      control: { grant: { roles: [{ role_id: SECRETS_READER }] } },
      subject: {
        attributes: [{ key: "access_group_id", operator: "stringEquals", value: group }],
      },
      resource: {
        attributes: [
          { key: "accountId", operator: "stringEquals", value: account },
          { key: "serviceName", operator: "stringEquals", value: "secrets-manager" },
          { key: "region", operator: "stringEquals", value: "us-south" },
        ],
      },
      state: "active",
      href: `${url}/v2/policies/${id}`,
    });
    const { result } = await admin.listV2Policies({
      accountId: account,
      accessGroupId: group,
      serviceName: "secrets-manager",
    });
    expect(result.policies).toEqual([created.result]);
    const read = await admin.getV2Policy({ id, format: "display" });
    expect(JSON.stringify(read.result.control)).toContain("secrets-manager.secret.read");
    const replaced = await admin.replaceV2Policy({
      id,
      ifMatch: etagOf(read),
      ...v2(subject, EDITOR),
    });
    expect(replaced.result.control).toEqual({ grant: { roles: [{ role_id: EDITOR }] } });
    expect(lastEvent()).toMatchObject({
      action: "iam-am.policy.update",
      requestData: {
        subject: group,
        roles: ["Editor"],
        resource: {},
        previous: {
          roles: ["SecretsReader"],
          resource: { service: "secrets-manager", region: "us-south" },
        },
      },
    });
    expect((await admin.deleteV2Policy({ id })).status).toBe(204);
  });

  it("on one secret group give exactly that group's secrets, from the next call on", async () => {
    const manager = new SecretsManagerV2({ url, apiKey: wire.app.first.apiKey.reveal() });
    const { user, key } = await wire.app.user("reader@example.com");
    const reader = new SecretsManagerV2({ url, apiKey: key.value.reveal() });
    const token = await new IamAuthenticator({
      apikey: wire.app.first.apiKey.reveal(),
      url,
    })["tokenManager"].getToken();
    const group = await fetch(`${url}/api/v2/secret_groups`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ name: "blue" }),
    });
    const { id: blue } = (await group.json()) as { readonly id: string };
    const secretIn = async (secret_group_id: string, name: string): Promise<string> => {
      const prototype = { secret_type: "arbitrary", name, payload: `of ${name}`, secret_group_id };
      return (await manager.createSecret(prototype)).result.id;
    };
    const ours = await secretIn(blue, "ours");
    const theirs = await secretIn("default", "theirs");
    expect((await errorOf(reader.getSecret(ours))).status).toBe(403);

    const { result } = await admin.createV2Policy(
      v2(["iam_id", user.iamId], SECRETS_READER, {
        serviceName: "secrets-manager",
        serviceInstance: instance,
        resourceType: "secret-group",
        resource: blue,
      }),
    );
    expect((await reader.getSecret(ours)).result.payload).toBe("of ours");
    expect((await errorOf(reader.getSecret(theirs))).status).toBe(403);
    const seen = (await reader.listSecrets()).result.secrets.map(({ id }) => id);
    expect(seen).toEqual([ours]);
    expect((await errorOf(reader.deleteSecret(ours))).status).toBe(403);

    await admin.deleteV2Policy({ id: result.id ?? "" });
    expect((await errorOf(reader.getSecret(ours))).status).toBe(403);
  });
});

describe("lists of policies", () => {
  it("are gone through by IBM's pagers, whole and in order, while policies come and go", async () => {
    const iamId = await userId();
    const made: string[] = [];
    for (const service of ["iam-am", "iam-identity", "iam-groups", "user-management", "keytrail"]) {
      wire.app.parts.clock.advance(1_000);
      const role =
        service === "keytrail" ? "keytrail::::serviceRole:Auditor" : "iam::::role:Viewer";
      const { result } = await admin.createV2Policy(
        v2(["iam_id", iamId], `crn:v1:bluemix:public:${role}`, { serviceName: service }),
      );
      made.push(result.id ?? "");
    }
    const params = { accountId: account, iamId, limit: 2 };
    const first = new IamPolicyManagementV1.PoliciesPager(admin, params);
    expect((await first.getAll()).map(({ id }) => id)).toEqual(made);
    const sorted = { ...params, sort: "-created_at" };
    const second = new IamPolicyManagementV1.V2PoliciesPager(admin, sorted);
    expect((await second.getAll()).map(({ id }) => id)).toEqual(made.toReversed());

    const going = new IamPolicyManagementV1.V2PoliciesPager(admin, params);
    const seen = (await going.getNext()).map(({ id }) => id);
    for (const id of made.slice(0, 2)) await admin.deleteV2Policy({ id });
    while (going.hasNext()) seen.push(...(await going.getNext()).map(({ id }) => id));
    expect(seen).toEqual(made);
  });

  it("go back as well as on", async () => {
    const iamId = await userId();
    for (const name of ["iam-am", "iam-identity", "iam-groups"]) {
      await admin.createPolicy(v1(iamId, VIEWER, [{ name: "serviceName", value: name }]));
    }
    const params = { accountId: account, iamId, limit: 2, sort: "id" };
    const { result: one } = await admin.listPolicies(params);
    expect(one.previous).toBe(undefined);
    const { result: two } = await admin.listPolicies({ ...params, start: one.next?.start ?? "" });
    expect([two.policies.length, two.next]).toEqual([1, undefined]);
    const back = await admin.listPolicies({ ...params, start: two.previous?.start ?? "" });
    expect(back.result.policies).toEqual(one.policies);
  });

  it("are of one account, and refuse what they do not know", async () => {
    const list = (params: object): Promise<unknown> =>
      admin.listV2Policies({ accountId: account, ...params });
    expect(await refusalOf(list({ accountId: "f".repeat(32) }))).toEqual([
      404,
      "not_found",
      "There is no such account for this caller.",
    ]);
    for (const params of [
      { start: "nonsense" },
      { sort: "colour" },
      { limit: 0 },
      { limit: 101 },
      { iamId: "somebody" },
      { accessGroupId: "a group" },
      { serviceName: "billing" },
      { format: "include_last_permit" },
      { serviceGroupId: "IAM" },
    ]) {
      expect([params, (await errorOf(list(params))).status]).toEqual([params, 400]);
    }
    const none = { accountId: account, type: "authorization" };
    expect((await admin.listPolicies(none)).result.policies).toEqual([]);
  });
});

describe("roles", () => {
  it("are listed with their CRNs and actions, whole or of one service", async () => {
    const { result } = await admin.listRoles({ accountId: account });
    const all = [...(result.system_roles ?? []), ...(result.service_roles ?? [])];
    expect(all.map((role) => role.display_name).toSorted()).toEqual([...ROLE_NAMES].toSorted());
    expect(result.custom_roles).toEqual([]);
    expect(result.system_roles.map(({ crn }) => crn)).toContain(VIEWER);
    expect(lastEvent()).toMatchObject({ action: "iam-am.roles.list", outcome: "success" });

    const { result: ofSecrets } = await admin.listRoles({ serviceName: "secrets-manager" });
    expect(ofSecrets.system_roles).toEqual([]);
    const reader = ofSecrets.service_roles.find(({ crn }) => crn === SECRETS_READER);
    expect(reader?.actions).toContain("secrets-manager.secret.read");
    expect(reader?.actions).not.toContain("secrets-manager.secret.delete");
  });

  it("are each given by their CRN", async () => {
    const iamId = await userId();
    const { result } = await admin.listRoles({});
    for (const { crn = "" } of [...result.system_roles, ...result.service_roles]) {
      const made = await admin.createPolicy(v1(iamId, crn));
      expect(made.result.roles.map((role) => role.role_id)).toEqual([crn]);
    }
  });

  it("are not made by anybody", async () => {
    const role = { displayName: "Root", name: "Root", actions: ["secrets-manager.secret.read"] };
    const made = admin.createRole({ ...role, accountId: account, serviceName: "secrets-manager" });
    const served = "Custom roles are not served by this installation.";
    expect(await refusalOf(made)).toEqual([404, "not_found", served]);
    expect(await refusalOf(admin.getRole({ roleId: "x" }))).toEqual([404, "not_found", served]);
    expect(await refusalOf(admin.deleteRole({ roleId: "x" }))).toEqual([404, "not_found", served]);
  });
});

describe("what is refused", () => {
  it("is said in IBM's codes and in words that tell what to do", async () => {
    const iamId = await userId();
    const operator = "crn:v1:bluemix:public:iam::::role:Operator";
    const unknown = await errorOf(admin.createPolicy(v1(iamId, operator)));
    expect([unknown.status, unknown.result.errors[0]?.code]).toEqual([400, "role_not_found"]);
    expect(unknown.message).toContain("crn:v1:bluemix:public:keytrail::::serviceRole:Operator");
    const stranger = v1("IBMid-0000000000000000", READER);
    expect(await refusalOf(admin.createPolicy(stranger))).toEqual([
      400,
      "invalid_body",
      "`subject` is no user, service ID, trusted profile or access group of the account.",
    ]);
    const elsewhere = v1(iamId, READER);
    elsewhere.resources = [{ attributes: [{ name: "accountId", value: "f".repeat(32) }] }];
    expect((await errorOf(admin.createPolicy(elsewhere))).status).toBe(404);
    expect(
      await refusalOf(admin.createV2Policy(v2(["iam_id", iamId], VIEWER, { region: "us-south" }))),
    ).toEqual([400, "invalid_body", "The role Viewer gives nothing on this resource."]);
  });

  it("has what stands in the way named, where a policy gives as much already", async () => {
    const iamId = await userId();
    const { result, headers } = await admin.createPolicy(v1(iamId, READER, [SERVICE]));
    const { status, result: refused } = await errorOf(
      admin.createV2Policy(v2(["iam_id", iamId], READER, { serviceName: "secrets-manager" })),
    );
    expect([status, refused.errors[0]]).toMatchObject([
      409,
      {
        code: "policy_conflict_error",
        details: {
          conflicts_with: {
            policy: result.id,
            role: READER,
            etag: etagOf({ headers }).replaceAll('"', ""),
          },
        },
      },
    ]);
    await admin.createPolicy(v1(iamId, WRITER, [SERVICE]));
  });

  it("is whatever could not be kept to: rules, tags, authorizations, patterns, unknown attributes", async () => {
    const iamId = await userId();
    const plain = v2(["iam_id", iamId], READER, { serviceName: "secrets-manager" });
    const on = (attribute: object): object => ({
      resource: { attributes: [...plain.resource.attributes, attribute] },
    });
    const refused: readonly (readonly [object, RegExp])[] = [
      [{ type: "authorization" }, /authorization/],
      [{ pattern: "time-based-conditions:once" }, /Rules/],
      [{ rule: { operator: "and", conditions: [] } }, /Rules/],
      [{ resource: { ...plain.resource, tags: [{ key: "a", value: "b", operator: "c" }] } }, /tag/],
      [on({ key: "region", operator: "stringMatch", value: "us-*" }), /stringEquals/],
      [on({ key: "resourceGroupId", operator: "stringEquals", value: "x" }), /not known/],
      [on({ key: "resourceType", operator: "stringEquals", value: "secret-group" }), /together/],
      [on({ key: "resource", operator: "stringExists", value: true }), /stringExists/],
      [on({ key: "serviceInstance", operator: "stringExists", value: false }), /stringExists/],
      [on({ key: "serviceInstance", operator: "stringEquals", value: "x" }), /serviceInstance/],
      [
        { subject: { attributes: [...plain.subject.attributes, ...plain.subject.attributes] } },
        /one/,
      ],
    ];
    for (const [change, sentence] of refused) {
      const { status, message } = await errorOf(admin.createV2Policy({ ...plain, ...change }));
      expect([change, status]).toEqual([change, 400]);
      expect(message).toMatch(sentence);
    }
    const exists = on({ key: "serviceInstance", operator: "stringExists", value: true });
    const { result } = await admin.createV2Policy({ ...plain, ...exists });
    expect(JSON.stringify(result.resource)).not.toContain("serviceInstance");
  });

  it("is a change to the policies of a locked service ID", async () => {
    const caller = await wire.app.administrator();
    const service = await wire.app.done(createServiceId, caller, { name: "ci" });
    const { result } = await admin.createPolicy(v1(service.iamId, READER, [SERVICE]));
    await wire.app.parts.state.transact(({ identity }) =>
      identity.putServiceId({ ...service, locked: true }),
    );
    const { id: policyId = "" } = result;
    const sentence = "The service ID is locked: it cannot be changed or deleted.";
    const changes = [
      admin.createPolicy(v1(service.iamId, WRITER, [SERVICE])),
      admin.updatePolicyState({ policyId, ifMatch: "*", state: "deleted" }),
      admin.deletePolicy({ policyId }),
    ];
    for (const change of changes) {
      expect(await refusalOf(change)).toEqual([409, "request_not_processed", sentence]);
    }
  });

  it("is what the caller has no role for, and it is recorded without what was sent", async () => {
    const { user, key } = await wire.app.user("viewer@example.com", ["Viewer"]);
    const viewer = clientWith(key.value.reveal());
    expect((await viewer.listPolicies({ accountId: account })).status).toBe(200);
    const { status, result } = await errorOf(viewer.createPolicy(v1(user.iamId, WRITER)));
    expect([status, result.errors[0]?.code]).toEqual([403, "insufficent_permissions"]);
    expect(lastEvent()).toMatchObject({
      action: "iam-am.policy.create",
      outcome: "failure",
      severity: "critical",
      initiator: { id: user.iamId },
      requestData: {},
    });
  });
});
