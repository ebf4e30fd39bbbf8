/** IBM's Policy Management SDK, unmodified: what is refused, and how it says so. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createServiceId } from "../../src/app/identity/service-ids.ts";
import {
  type Named,
  type SdkError,
  errorOf,
  etagOf,
  PolicyWire,
  READER,
  refusalOf,
  SERVICE,
  VIEWER,
  WRITER,
} from "./policy-wire.ts";

let wire: PolicyWire;
beforeAll(async () => (wire = await PolicyWire.open()));
afterAll(() => wire.close());

describe("what is refused", () => {
  it("is said in IBM's codes and in words that tell what to do", async () => {
    const iamId = await wire.userId();
    const operator = "crn:v1:bluemix:public:iam::::role:Operator";
    const unknown = await errorOf(wire.admin.createPolicy(wire.v1(iamId, operator)));
    expect([unknown.status, unknown.result.errors[0]?.code]).toEqual([400, "role_not_found"]);
    expect(unknown.message).toContain("crn:v1:bluemix:public:keytrail::::serviceRole:Operator");
    const stranger = wire.v1("IBMid-0000000000000000", READER);
    expect(await refusalOf(wire.admin.createPolicy(stranger))).toEqual([
      400,
      "invalid_body",
      "`subject` is no user, service ID, trusted profile or access group of the account.",
    ]);
    const elsewhere = wire.v1(iamId, READER);
    elsewhere.resources = [{ attributes: [{ name: "accountId", value: "f".repeat(32) }] }];
    expect((await errorOf(wire.admin.createPolicy(elsewhere))).status).toBe(404);
    expect(
      await refusalOf(
        wire.admin.createV2Policy(wire.v2(["iam_id", iamId], VIEWER, { region: "us-south" })),
      ),
    ).toEqual([400, "invalid_body", "The role Viewer gives nothing on this resource."]);
  });

  it("has what stands in the way named, where a policy gives as much already", async () => {
    const iamId = await wire.userId();
    const { result, headers } = await wire.admin.createPolicy(wire.v1(iamId, READER, [SERVICE]));
    const { status, result: refused } = await errorOf(
      wire.admin.createV2Policy(
        wire.v2(["iam_id", iamId], READER, { serviceName: "secrets-manager" }),
      ),
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
    await wire.admin.createPolicy(wire.v1(iamId, WRITER, [SERVICE]));
  });

  it("is whatever could not be kept to: rules, tags, authorizations, patterns, unknown attributes", async () => {
    const iamId = await wire.userId();
    const plain = wire.v2(["iam_id", iamId], READER, { serviceName: "secrets-manager" });
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
      const { status, message } = await errorOf(wire.admin.createV2Policy({ ...plain, ...change }));
      expect([change, status]).toEqual([change, 400]);
      expect(message).toMatch(sentence);
    }
    const group = await wire.groupId();
    const asIdentity = wire.v2(["iam_id", group], READER, { serviceName: "secrets-manager" });
    const asGroup = wire.v2(["access_group_id", iamId], READER, { serviceName: "secrets-manager" });
    for (const mistaken of [asIdentity, asGroup]) {
      expect((await errorOf(wire.admin.createV2Policy(mistaken))).message).toMatch(/The subject/);
    }
    const exists = on({ key: "serviceInstance", operator: "stringExists", value: true });
    const { result } = await wire.admin.createV2Policy({ ...plain, ...exists });
    expect(JSON.stringify(result.resource)).not.toContain("serviceInstance");
  });

  it("is a change to the policies of a locked service ID", async () => {
    const caller = await wire.server.app.administrator();
    const service = await wire.server.app.done(createServiceId, caller, { name: "ci" });
    const { result } = await wire.admin.createPolicy(wire.v1(service.iamId, READER, [SERVICE]));
    await wire.server.app.parts.state.transact(({ identity }) =>
      identity.putServiceId({ ...service, locked: true }),
    );
    const { id: policyId = "" } = result;
    const sentence = "The service ID is locked: it cannot be changed or deleted.";
    const changes = [
      wire.admin.createPolicy(wire.v1(service.iamId, WRITER, [SERVICE])),
      wire.admin.updatePolicyState({ policyId, ifMatch: "*", state: "deleted" }),
      wire.admin.deletePolicy({ policyId }),
    ];
    for (const refusal of await Promise.all(changes.map(refusalOf))) {
      expect(refusal).toEqual([409, "request_not_processed", sentence]);
    }
  });

  it("is what the caller has no role for, and it is recorded without what was sent", async () => {
    const { user, key } = await wire.server.app.user("viewer@example.com", ["Viewer"]);
    const viewer = wire.clientWith(key.value.reveal());
    expect((await viewer.listPolicies({ accountId: wire.account })).status).toBe(200);
    const { status, result } = await errorOf(viewer.createPolicy(wire.v1(user.iamId, WRITER)));
    expect([status, result.errors[0]?.code]).toEqual([403, "insufficent_permissions"]);
    expect(wire.lastEvent()).toMatchObject({
      action: "iam-am.policy.create",
      outcome: "failure",
      severity: "critical",
      initiator: { id: user.iamId },
      requestData: {},
    });
  });

  it("is not repeated, in an answer or in the record, where it is no id and no name", async () => {
    const pasted = wire.server.app.first.apiKey.reveal();
    const iamId = await wire.userId();
    const on = (name: string): Named => ({ name, value: pasted });
    const { admin, account: accountId } = wire;
    const calls = [
      admin.getPolicy({ policyId: pasted }),
      admin.deleteV2Policy({ id: pasted }),
      admin.updatePolicyState({ policyId: pasted, ifMatch: "*", state: "deleted" }),
      admin.listPolicies({ accountId, iamId: pasted }),
      admin.listPolicies({ accountId, accessGroupId: pasted }),
      admin.listPolicies({ accountId, sort: pasted }),
      admin.listV2Policies({ accountId, start: pasted }),
      admin.listV2Policies({ accountId, serviceName: pasted }),
      admin.listRoles({ serviceName: pasted }),
      admin.createPolicy(wire.v1(pasted, READER)),
      admin.createPolicy(wire.v1(iamId, pasted)),
      admin.createPolicy(wire.v1(iamId, READER, [on("serviceName")])),
      admin.createPolicy(wire.v1(iamId, READER, [on("serviceInstance")])),
      admin.createPolicy(wire.v1(iamId, READER, [on("region")])),
      admin.createPolicy(wire.v1(iamId, READER, [on("resourceType")])),
      admin.createPolicy(wire.v1(iamId, READER, [{ name: pasted, value: "x" }])),
      admin.createPolicy({ ...wire.v1(iamId, READER), type: pasted }),
    ];
    for (const { status, message, result } of await Promise.all(calls.map(errorOf))) {
      expect([message, status]).toEqual([message, 400]);
      expect(message + JSON.stringify(result)).not.toContain(pasted);
    }
    const { lines } = wire.server.app.parts.log;
    expect(lines.map((line) => Buffer.from(line).toString()).join()).not.toContain(pasted);
  });

  it("is an update without the state that it was made against", async () => {
    const { result } = await wire.admin.createPolicy(wire.v1(await wire.userId(), READER));
    const token = await wire.server.app.login(wire.server.app.first.apiKey);
    const answer = await fetch(`${wire.url}/v1/policies/${result.id}`, {
      method: "PATCH",
      headers: {
        Authorization: `Bearer ${token.accessToken.reveal()}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ state: "deleted" }),
    });
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([
      400,
      expect.stringContaining("If-Match"),
    ]);
  });

  it("is a list of no account, and a call without a token, in IBM's form", async () => {
    const { accessToken } = await wire.server.app.login(wire.server.app.first.apiKey);
    const get = async (path: string, headers: Readonly<Record<string, string>>) => {
      const answer = await fetch(`${wire.url}${path}`, { headers });
      const body = (await answer.json()) as SdkError["result"];
      return [answer.status, body.errors[0]?.code];
    };
    const token = { Authorization: `Bearer ${accessToken.reveal()}` };
    expect(await get("/v2/policies", token)).toEqual([400, "missing_required_query_parameter"]);
    expect(await get("/v1/policies?account_id=x", {})).toEqual([401, "invalid_token"]);
    expect(await get("/v1/policy_templates", token)).toEqual([404, "not_found"]);
  });
});
