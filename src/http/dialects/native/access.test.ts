import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { randomId } from "../../../kernel/ids.ts";
import { Cast } from "../../../app/access/testing/cast.ts";
import { createSecret } from "../../../app/secrets/create-secret.ts";
import { readSecret } from "../../../app/secrets/read-secret.ts";
import { arbitrary } from "../../../app/secrets/testing/inputs.ts";
import { PLACE } from "../../../app/testing/test-app.ts";
import { accessAnswer, exposureAnswer } from "./access-shapes.ts";
import { openNativeServer, type NativeServer } from "./testing/native-server.ts";

let native: NativeServer;
let secretId: string;

beforeEach(async () => {
  native = await openNativeServer();
  const { base, performer } = native.app;
  const call = base.call(await base.callerWith(["Manager"]));
  const made = await performer.perform(createSecret, call, () => arbitrary("db-prod"));
  if (made.kind === "refused") throw made.refusal;
  secretId = made.output.id;
});
afterEach(() => native.close());

const lastEvent = async () => (await native.app.events()).at(-1);

describe("GET /trail/v1/access", () => {
  it("answers who may, in the form that its document promises", async () => {
    const cast = new Cast(native.app.base.state);
    const iamId = await cast.user("ada@example.com");
    const resource = { instance: PLACE.instance, secretGroup: "default" };
    const policy = await cast.grant(iamId, ["SecretsReader"], resource);
    const url = `/trail/v1/access?operation=GetSecretValue&target=${secretId}`;
    const answer = accessAnswer.parse((await native.get(url, "auditor")).json());
    expect(answer).toMatchObject({
      operations: ["secret.read", "version.read"],
      target: { kind: "secret", name: "db-prod" },
      identities: [
        {
          iam_id: iamId,
          kind: "user",
          name: "ada@example.com",
          state: "active",
          can_log_in: false,
          applied_by: null,
          paths: [
            {
              kind: "policy",
              operations: ["secret.read", "version.read"],
              policy_id: policy,
              roles: ["SecretsReader"],
              resource: { instance: PLACE.instance, secret_group: "default" },
              via: null,
            },
          ],
        },
      ],
      at_login: [],
      total_count: 1,
      truncated: false,
    });
  });

  it.each([
    ["operation=hunter2hunter2", 400],
    ["operation=secret.read&target=hunter2hunter2", 400],
    ["target=x", 400],
    ["operation=secret.read&hunter2hunter2=1", 400],
    [`operation=secret.read&target=${randomId()}`, 404],
  ])("refuses %s and repeats nothing of it", async (query, status) => {
    const refused = await native.get(`/trail/v1/access?${query}`, "auditor");
    expect(refused.statusCode).toBe(status);
    expect(refused.body).not.toContain("hunter2");
    const event = await lastEvent();
    expect(event).toMatchObject({ operation: "access.read", outcome: "failure" });
    expect(JSON.stringify(event)).not.toContain("hunter2");
  });

  it("is for whoever may ask it", async () => {
    const url = `/trail/v1/access?operation=secret.read&target=${secretId}`;
    expect((await native.get(url, "reader")).statusCode).toBe(403);
    expect((await native.get(url)).statusCode).toBe(401);
    expect((await native.get(url, "operator")).statusCode).toBe(200);
  });
});

describe("GET /trail/v1/exposure", () => {
  it("answers who received the value, with where each receipt is", async () => {
    const { base, performer } = native.app;
    const call = base.call(await base.callerWith(["SecretsReader"]));
    const read = await performer.perform(readSecret, call, () => ({ id: secretId }));
    const url = `/trail/v1/exposure?secret=${secretId.toUpperCase()}&since=now-1d`;
    const answer = exposureAnswer.parse((await native.get(url, "auditor")).json());
    expect(answer).toMatchObject({
      secret: { id: secretId, name: "db-prod", deleted: false },
      received: [{ name: "SecretsReader", count: 1, state: "deleted", has_access: false }],
      supplied: [{ name: "Manager", generated: false }],
      disclosures: 1,
      complete: { complete: true, events: 2, counter: 2, first: 1, last: 2 },
      cut_at: null,
    });
    const [event] = answer.received[0]?.events ?? [];
    expect(event).toMatchObject({ id: read.recorded.eventId, index: read.recorded.index });
    expect((await native.get(event?.receipt ?? "", "auditor")).body).toMatch(
      /^c2sp\.org\/tlog-proof/,
    );
  });

  it.each([
    ["secret=hunter2hunter2", 400],
    [`secret=${randomId()}&since=hunter2hunter2`, 400],
    [`secret=${randomId()}&version=hunter2hunter2`, 400],
    [`secret=${randomId()}`, 404],
  ])("refuses %s and repeats nothing of it", async (query, status) => {
    const refused = await native.get(`/trail/v1/exposure?${query}`, "auditor");
    expect(refused.statusCode).toBe(status);
    const event = await lastEvent();
    expect(event).toMatchObject({ operation: "exposure.read", outcome: "failure" });
    expect(refused.body + JSON.stringify(event)).not.toContain("hunter2");
  });

  it("is for whoever may read the trail", async () => {
    const url = `/trail/v1/exposure?secret=${secretId}`;
    expect((await native.get(url, "reader")).statusCode).toBe(403);
    expect((await native.get(url)).statusCode).toBe(401);
  });
});
