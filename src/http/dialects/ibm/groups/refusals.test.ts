import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAccessGroup } from "../../../../app/groups/access-groups.ts";
import { IdentityServer } from "../../../testing/identity-server.ts";

/** What somebody may paste where an id belongs. */
const PASTED = "kt_0123456789abcdefghij";
const NOBODY = "IBMid-0000000000000000";

interface Asked {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answered {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
  readonly body: any;
}

let wire: IdentityServer;
let authorization: string;
let id: string;
let before: number;
beforeAll(async () => {
  wire = await IdentityServer.open();
  const { app } = wire;
  authorization = `Bearer ${(await app.login(app.first.apiKey)).accessToken.reveal()}`;
  const name = "Developers";
  ({ id } = await app.done(createAccessGroup, await app.administrator(), { name }));
});
afterAll(() => wire.close());
beforeEach(() => {
  before = wire.app.parts.log.size;
});

async function send({ method, url, body, headers = {} }: Asked): Promise<Answered> {
  const response = await wire.server.inject({
    method,
    url: `/v2/groups${url}`,
    headers: {
      authorization,
      ...(body ? { "content-type": "application/json" } : {}),
      ...headers,
    },
    ...(body ? { payload: body } : {}),
  });
  return {
    status: response.statusCode,
    body: response.body === "" ? null : response.json(),
  };
}

const conditions = [{ claim: "dept", operator: "EQUALS", value: "eng" }];
const rule = { expiration: 1, realm_name: "idp", conditions };
const members = (...iamIds: readonly string[]): object => ({
  members: iamIds.map((iam_id) => ({ iam_id, type: "user" })),
});

describe("a call that cannot be understood", () => {
  const calls: Readonly<Record<string, () => Asked>> = {
    "a group's id that is none": () => ({ method: "GET", url: `/${PASTED}` }),
    "a member's id that is none": () => ({ method: "DELETE", url: `/${id}/members/${PASTED}` }),
    "a rule's id that is none": () => ({ method: "GET", url: `/${id}/rules/${PASTED}` }),
    "a member's id that is none, of every group": () => ({
      method: "DELETE",
      url: `/_allgroups/members/${PASTED}`,
    }),
    "a group's id that is none, in a body": () => ({
      method: "PUT",
      url: `/_allgroups/members/${NOBODY}`,
      body: { type: "user", groups: [PASTED] },
    }),
    "a new member's id that is none": () => ({
      method: "PUT",
      url: `/${id}/members`,
      body: members(PASTED),
    }),
    "a former member's id that is none": () => ({
      method: "POST",
      url: `/${id}/members/delete`,
      body: { members: [PASTED] },
    }),
    "no member": () => ({ method: "PUT", url: `/${id}/members`, body: members() }),
    "more members than fit in a call": () => ({
      method: "PUT",
      url: `/${id}/members`,
      body: members(...Array.from({ length: 51 }, () => NOBODY)),
    }),
    "a filter's id that is none": () => ({ method: "GET", url: `?iam_id=${PASTED}` }),
    "a parameter that is not known": () => ({ method: "GET", url: `?${PASTED}=1` }),
    "a field that is not known": () => ({
      method: "POST",
      url: "",
      body: { name: "New", [PASTED]: 1 },
    }),
    "no If-Match": () => ({ method: "PATCH", url: `/${id}`, body: { name: PASTED } }),
    "an If-Match that is no tag": () => ({
      method: "PATCH",
      url: `/${id}`,
      body: { name: PASTED },
      headers: { "if-match": "a b" },
    }),
    "a limit above the largest": () => ({ method: "GET", url: "?limit=101" }),
    "an operator that there is not": () => ({
      method: "POST",
      url: `/${id}/rules`,
      body: { ...rule, conditions: [{ claim: "dept", operator: PASTED, value: "x" }] },
    }),
    "public access that is neither on nor off": () => ({
      method: "PATCH",
      url: "/settings",
      body: { public_access_enabled: PASTED },
    }),
  };

  it.each(Object.keys(calls))("for %s is refused, and nothing of it is repeated", async (name) => {
    const asked = calls[name]?.();
    if (!asked) throw new Error("it is in the table");
    const answer = await send(asked);
    expect(answer).toMatchObject({
      status: 400,
      body: { status_code: 400, errors: [{ code: "bad_request" }] },
    });
    const [event, ...others] = wire.app.parts.events().slice(before);
    expect(others).toEqual([]);
    expect(event).toMatchObject({
      action: expect.stringMatching(/^iam-groups\./),
      outcome: "failure",
      requestData: {},
    });
    expect(JSON.stringify([answer.body, event])).not.toContain(PASTED);
  });
});

describe("a call without a credential", () => {
  it("is refused as IBM's wires do, and recorded for the owner of the account", async () => {
    const answer = await send({
      method: "DELETE",
      url: `/${id}?force=true`,
      headers: { authorization: "" },
    });
    expect(answer).toMatchObject({ status: 401, body: { errors: [{ code: "unauthorized" }] } });
    expect(wire.app.parts.lastEvent()).toMatchObject({
      operation: "access-group.delete",
      account: wire.app.first.account.id,
      outcome: "failure",
      severity: "critical",
      target: { id: expect.stringContaining(`groups:${id}`) },
      requestData: {},
    });
  });
});

describe("an entity tag", () => {
  it("is given in quotes, and taken with them, without them, or as a star", async () => {
    const patch = (tag: string): Promise<Answered> =>
      send({
        method: "PATCH",
        url: `/${id}`,
        body: { description: tag },
        headers: { "if-match": tag },
      });
    const tagNow = async (): Promise<string> => {
      const { headers } = await wire.server.inject({
        method: "GET",
        url: `/v2/groups/${id}`,
        headers: { authorization },
      });
      return String(headers.etag);
    };
    const quoted = await tagNow();
    expect((await patch(quoted)).status).toBe(200);
    expect(await patch(quoted)).toMatchObject({
      status: 409,
      body: { status_code: 409, errors: [{ code: "precondition_failed" }] },
    });
    expect((await patch((await tagNow()).replaceAll('"', ""))).status).toBe(200);
    expect((await patch("*")).status).toBe(200);
  });
});
