/** IBM's Policy Management SDK, unmodified: its pagers, and the roles. */
import IamPolicyManagementV1 from "@ibm-cloud/platform-services/iam-policy-management/v1.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROLE_NAMES } from "../../src/identity/roles.ts";
import { errorOf, PolicyWire, refusalOf, SECRETS_READER, VIEWER } from "./policy-wire.ts";

let wire: PolicyWire;
beforeAll(async () => (wire = await PolicyWire.open()));
afterAll(() => wire.close());

describe("lists of policies", () => {
  it("are gone through by IBM's pagers, whole and in order, while policies come and go", async () => {
    const iamId = await wire.userId();
    const made: string[] = [];
    for (const service of ["iam-am", "iam-identity", "iam-groups", "user-management", "keytrail"]) {
      wire.server.app.parts.clock.advance(1_000);
      const role =
        service === "keytrail" ? "keytrail::::serviceRole:Auditor" : "iam::::role:Viewer";
      const { result } = await wire.admin.createV2Policy(
        wire.v2(["iam_id", iamId], `crn:v1:bluemix:public:${role}`, { serviceName: service }),
      );
      made.push(result.id ?? "");
    }
    const params = { accountId: wire.account, iamId, limit: 2 };
    const first = new IamPolicyManagementV1.PoliciesPager(wire.admin, params);
    expect((await first.getAll()).map(({ id }) => id)).toEqual(made);
    const sorted = { ...params, sort: "-created_at" };
    const second = new IamPolicyManagementV1.V2PoliciesPager(wire.admin, sorted);
    expect((await second.getAll()).map(({ id }) => id)).toEqual(made.toReversed());

    const going = new IamPolicyManagementV1.V2PoliciesPager(wire.admin, params);
    const seen = (await going.getNext()).map(({ id }) => id);
    for (const id of made.slice(0, 2)) await wire.admin.deleteV2Policy({ id });
    while (going.hasNext()) seen.push(...(await going.getNext()).map(({ id }) => id));
    expect(seen).toEqual(made);
  });

  it("go back as well as on", async () => {
    const iamId = await wire.userId();
    for (const name of ["iam-am", "iam-identity", "iam-groups"]) {
      await wire.admin.createPolicy(wire.v1(iamId, VIEWER, [{ name: "serviceName", value: name }]));
    }
    const params = { accountId: wire.account, iamId, limit: 2, sort: "id" };
    const { result: one } = await wire.admin.listPolicies(params);
    expect(one.previous).toBe(undefined);
    const { result: two } = await wire.admin.listPolicies({
      ...params,
      start: one.next?.start ?? "",
    });
    expect([two.policies.length, two.next]).toEqual([1, undefined]);
    const back = await wire.admin.listPolicies({ ...params, start: two.previous?.start ?? "" });
    expect(back.result.policies).toEqual(one.policies);
  });

  it("do not go on where another list was left", async () => {
    const iamId = await wire.userId();
    for (const name of ["iam-am", "iam-identity"]) {
      const attributes = [{ name: "serviceName", value: name }];
      await wire.admin.createPolicy(wire.v1(iamId, VIEWER, attributes));
    }
    const params = { accountId: wire.account, iamId, limit: 1 };
    const { result } = await wire.admin.listPolicies({ ...params, sort: "id" });
    const start = result.next?.start ?? "";
    const made = JSON.stringify(["id", false, "after", 7, "x"]);
    for (const other of [
      { ...params, start },
      { ...params, start, sort: "-id" },
      { ...params, start: Buffer.from(made).toString("base64url"), sort: "id" },
      { ...params, start: start.slice(1), sort: "id" },
      { ...params, start: "e30", sort: "id" },
    ]) {
      expect([other, ...(await refusalOf(wire.admin.listPolicies(other)))]).toEqual([
        other,
        400,
        "invalid_body",
        "The query parameter start is no page token of this list.",
      ]);
    }
  });

  it("are of one account, and refuse what they do not know", async () => {
    const list = (params: object): Promise<unknown> =>
      wire.admin.listV2Policies({ accountId: wire.account, ...params });
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
    const none = { accountId: wire.account, type: "authorization" };
    expect((await wire.admin.listPolicies(none)).result.policies).toEqual([]);
  });
});

describe("roles", () => {
  it("are listed with their CRNs and actions, whole or of one service", async () => {
    const { result } = await wire.admin.listRoles({ accountId: wire.account });
    const all = [...(result.system_roles ?? []), ...(result.service_roles ?? [])];
    expect(all.map((role) => role.display_name).toSorted()).toEqual([...ROLE_NAMES].toSorted());
    expect(result.custom_roles).toEqual([]);
    expect(result.system_roles.map(({ crn }) => crn)).toContain(VIEWER);
    expect(wire.lastEvent()).toMatchObject({ action: "iam-am.roles.list", outcome: "success" });

    const { result: ofSecrets } = await wire.admin.listRoles({ serviceName: "secrets-manager" });
    expect(ofSecrets.system_roles).toEqual([]);
    const reader = ofSecrets.service_roles.find(({ crn }) => crn === SECRETS_READER);
    expect(reader?.actions).toContain("secrets-manager.secret.read");
    expect(reader?.actions).not.toContain("secrets-manager.secret.delete");
  });

  it("are each given by their CRN", async () => {
    const iamId = await wire.userId();
    const { result } = await wire.admin.listRoles({});
    for (const { crn = "" } of [...result.system_roles, ...result.service_roles]) {
      const made = await wire.admin.createPolicy(wire.v1(iamId, crn));
      expect(made.result.roles.map((role) => role.role_id)).toEqual([crn]);
    }
  });

  it("are not made by anybody", async () => {
    const role = { displayName: "Root", name: "Root", actions: ["secrets-manager.secret.read"] };
    const made = wire.admin.createRole({
      ...role,
      accountId: wire.account,
      serviceName: "secrets-manager",
    });
    const served = "Custom roles are not served by this installation.";
    expect(await refusalOf(made)).toEqual([404, "not_found", served]);
    expect(await refusalOf(wire.admin.getRole({ roleId: "x" }))).toEqual([
      404,
      "not_found",
      served,
    ]);
    expect(await refusalOf(wire.admin.deleteRole({ roleId: "x" }))).toEqual([
      404,
      "not_found",
      served,
    ]);
  });
});
