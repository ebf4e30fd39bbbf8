/** IBM's Policy Management SDK, unmodified: policies of both versions over a real socket. */
import { IamAuthenticator } from "ibm-cloud-sdk-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  EDITOR,
  errorOf,
  etagOf,
  PolicyWire,
  READER,
  refusalOf,
  SECRETS_READER,
  SERVICE,
  VIEWER,
  WRITER,
} from "./policy-wire.ts";
import { SecretsManagerV2 } from "./secrets-manager-v2.ts";

let wire: PolicyWire;
beforeAll(async () => (wire = await PolicyWire.open()));
afterAll(() => wire.close());

describe("policies, version 1", () => {
  it("are created, read, replaced, put out of force and deleted, each change with its event", async () => {
    const iamId = await wire.userId();
    const created = await wire.admin.createPolicy({
      ...wire.v1(iamId, READER, [SERVICE, { name: "serviceInstance", value: wire.instance }]),
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
            { name: "accountId", value: wire.account, operator: "stringEquals" },
            { name: "serviceName", value: "secrets-manager", operator: "stringEquals" },
            { name: "serviceInstance", value: wire.instance, operator: "stringEquals" },
          ],
        },
      ],
      state: "active",
      href: `${wire.url}/v1/policies/${policyId}`,
      created_by_id: wire.server.app.first.administrator.iamId,
    });
    const resource = { service: "secrets-manager", instance: wire.instance };
    expect(wire.lastEvent()).toMatchObject({
      action: "iam-am.policy.create",
      outcome: "success",
      initiator: { id: wire.server.app.first.administrator.iamId },
      target: {
        id: `crn:v1:bluemix:public:iam-am:global:a/${wire.account}::policy:${policyId}`,
        typeURI: "iam-am/policy",
      },
      requestData: { subject: iamId, roles: ["Reader"], resource, description: "looks around" },
      responseData: { id: policyId },
    });

    const read = await wire.admin.getPolicy({ policyId });
    expect([read.result, etagOf(read)]).toEqual([created.result, etagOf(created)]);

    const replaced = await wire.admin.replacePolicy({
      policyId,
      ifMatch: etagOf(read),
      ...wire.v1(iamId, WRITER, [SERVICE]),
    });
    expect(replaced.status).toBe(200);
    expect(etagOf(replaced)).not.toBe(etagOf(read));
    expect(wire.lastEvent()).toMatchObject({
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
      etagOf(await wire.admin.updatePolicyState({ policyId, ifMatch, state: to }));
    const out = await state(etagOf(replaced), "deleted");
    expect(wire.lastEvent()).toMatchObject({
      action: "iam-am.policy.update",
      requestData: { roles: ["Writer"], state: "deleted", previous: { state: "active" } },
    });
    const listed = async (of: "active" | "deleted" | undefined): Promise<number> => {
      const params = { accountId: wire.account, iamId, ...(of ? { state: of } : {}) };
      return (await wire.admin.listPolicies(params)).result.policies.length;
    };
    expect([await listed(undefined), await listed("active"), await listed("deleted")]).toEqual([
      0, 0, 1,
    ]);
    await state(out, "active");
    expect([await listed(undefined), await listed("deleted")]).toEqual([1, 0]);

    expect((await wire.admin.deletePolicy({ policyId })).status).toBe(204);
    expect(wire.lastEvent()).toMatchObject({
      action: "iam-am.policy.delete",
      severity: "critical",
      responseData: { subject: iamId, roles: ["Writer"] },
    });
    expect(await refusalOf(wire.admin.getPolicy({ policyId }))).toEqual([
      404,
      "policy_not_found",
      "There is no such policy.",
    ]);
  });

  it("are changed only by whoever has seen them as they are", async () => {
    const iamId = await wire.userId();
    const { result, headers } = await wire.admin.createPolicy(wire.v1(iamId, READER, [SERVICE]));
    const { id: policyId = "" } = result;
    const ifMatch = etagOf({ headers });
    const change = wire.v1(iamId, WRITER, [SERVICE]);
    const seen = etagOf(await wire.admin.replacePolicy({ policyId, ifMatch, ...change }));
    const late = await errorOf(wire.admin.replacePolicy({ policyId, ifMatch, ...change }));
    expect([late.status, late.result.errors[0]]).toMatchObject([
      409,
      {
        code: "policy_conflict_error",
        details: { conflicts_with: { etag: seen.replaceAll('"', "") } },
      },
    ]);
    expect(wire.lastEvent()).toMatchObject({
      operation: "policy.update",
      outcome: "failure",
      reason: { reasonCode: 412 },
      requestData: { roles: ["Writer"], previous: { roles: ["Writer"] } },
    });
    await wire.admin.updatePolicyState({ policyId, ifMatch: "*", state: "deleted" });
  });

  it("take the CRN of an instance, and serviceType where roles are of that type", async () => {
    const iamId = await wire.userId();
    const value = `crn:v1:bluemix:public:secrets-manager:us-south:a/${wire.account}:${wire.instance}::`;
    const { result } = await wire.admin.createPolicy(
      wire.v1(iamId, READER, [SERVICE, { name: "serviceInstance", value }]),
    );
    expect(JSON.stringify(result.resources)).toContain(`"value":"${wire.instance}"`);
    const platform = { name: "serviceType", value: "platform_service" };
    const viewer = await wire.admin.createPolicy(wire.v1(iamId, VIEWER, [platform]));
    expect(viewer.result.resources[0]?.attributes).toContainEqual({
      ...platform,
      operator: "stringEquals",
    });
    const byType = async (serviceType: string): Promise<readonly unknown[]> =>
      (
        await wire.admin.listPolicies({ accountId: wire.account, iamId, serviceType })
      ).result.policies.map(({ id }) => id);
    expect(await byType("platform_service")).toEqual([viewer.result.id]);
    expect(await byType("service")).toEqual([result.id]);
    expect(await refusalOf(wire.admin.createPolicy(wire.v1(iamId, READER, [platform])))).toEqual([
      400,
      "invalid_body",
      "The role Reader gives nothing on services of the type platform_service.",
    ]);
  });
});

describe("policies, version 2", () => {
  it("are created, read, listed, replaced and deleted", async () => {
    const group = await wire.groupId();
    const subject = ["access_group_id", group] as const;
    const created = await wire.admin.createV2Policy(
      wire.v2(subject, SECRETS_READER, { serviceName: "secrets-manager", region: "us-south" }),
    );
    const { id = "" } = created.result;
    expect(created.result).toMatchObject({
      control: { grant: { roles: [{ role_id: SECRETS_READER }] } },
      subject: {
        attributes: [{ key: "access_group_id", operator: "stringEquals", value: group }],
      },
      resource: {
        attributes: [
          { key: "accountId", operator: "stringEquals", value: wire.account },
          { key: "serviceName", operator: "stringEquals", value: "secrets-manager" },
          { key: "region", operator: "stringEquals", value: "us-south" },
        ],
      },
      state: "active",
      href: `${wire.url}/v2/policies/${id}`,
    });
    const { result } = await wire.admin.listV2Policies({
      accountId: wire.account,
      accessGroupId: group,
      serviceName: "secrets-manager",
    });
    expect(result.policies).toEqual([created.result]);
    const read = await wire.admin.getV2Policy({ id, format: "display" });
    expect(JSON.stringify(read.result.control)).toContain("secrets-manager.secret.read");
    const replaced = await wire.admin.replaceV2Policy({
      id,
      ifMatch: etagOf(read),
      ...wire.v2(subject, EDITOR),
    });
    expect(replaced.result.control).toEqual({ grant: { roles: [{ role_id: EDITOR }] } });
    expect(wire.lastEvent()).toMatchObject({
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
    expect((await wire.admin.deleteV2Policy({ id })).status).toBe(204);
  });

  it("on one secret group give exactly that group's secrets, from the next call on", async () => {
    const manager = new SecretsManagerV2({
      url: wire.url,
      apiKey: wire.server.app.first.apiKey.reveal(),
    });
    const { user, key } = await wire.server.app.user("reader@example.com");
    const reader = new SecretsManagerV2({ url: wire.url, apiKey: key.value.reveal() });
    const token = await new IamAuthenticator({
      apikey: wire.server.app.first.apiKey.reveal(),
      url: wire.url,
    })["tokenManager"].getToken();
    const group = await fetch(`${wire.url}/api/v2/secret_groups`, {
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

    const { result } = await wire.admin.createV2Policy(
      wire.v2(["iam_id", user.iamId], SECRETS_READER, {
        serviceName: "secrets-manager",
        serviceInstance: wire.instance,
        resourceType: "secret-group",
        resource: blue,
      }),
    );
    expect((await reader.getSecret(ours)).result.payload).toBe("of ours");
    expect((await errorOf(reader.getSecret(theirs))).status).toBe(403);
    const seen = (await reader.listSecrets()).result.secrets.map(({ id }) => id);
    expect(seen).toEqual([ours]);
    expect((await errorOf(reader.deleteSecret(ours))).status).toBe(403);

    await wire.admin.deleteV2Policy({ id: result.id ?? "" });
    expect((await errorOf(reader.getSecret(ours))).status).toBe(403);
  });
});
