/** Where IBM's table of actions and its prose call one thing by different names, a search by either finds it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseEvent } from "../../audit/event.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import type { Caller } from "../call.ts";
import { createApiKey } from "../identity/api-keys.ts";
import { authenticateBearer } from "../identity/authenticate.ts";
import { PASSCODE_GRANT } from "../identity/login.ts";
import { openSession } from "../identity/open-session.ts";
import { createPasscode } from "../identity/passcodes.ts";
import { setPassword } from "../identity/passwords.ts";
import { createServiceId } from "../identity/service-ids.ts";
import { byPassword, PASSWORD } from "../identity/testing/logins.ts";
import { updateApiKey } from "../identity/update-api-key.ts";
import { createUser } from "../identity/users.ts";
import { NOBODY } from "../testing/test-app.ts";
import { searchEvents } from "./search-events.ts";
import { ASKED, auditorOf } from "./testing/places.ts";
import { openTrailApp, type TrailApp } from "./testing/trail-app.ts";

const ADA = "ada@example.com";

let app: TrailApp;
let admin: Caller;
let auditor: Caller;
beforeEach(async () => {
  app = await openTrailApp();
  admin = await app.base.callerWith(["Administrator"]);
  auditor = await auditorOf(app);
});
afterEach(() => app.close());

async function found(query: string): Promise<readonly string[]> {
  const { entries } = await app.done(searchEvents, auditor, { ...ASKED, query });
  return entries.map(({ line }) => parseEvent(line).operation);
}

/** As a browser does, and then the client that is given the passcode. */
async function passcodeLogin(client_id: string): Promise<void> {
  const { accessToken } = await app.done(openSession, NOBODY, byPassword(ADA));
  const { state, clock, capabilities } = app.base;
  const ports = { state, clock, tokens: capabilities.tokens };
  const ada = await authenticateBearer(`Bearer ${accessToken.reveal()}`, ports);
  const { passcode } = await app.done(createPasscode, ada, {});
  await app.done(openSession, NOBODY, { client_id, grant_type: PASSCODE_GRANT, passcode });
}

describe("the update of a service ID's API key", () => {
  it("is found by the name in the table, by the one in the prose, and by the one in the messages", async () => {
    const { iamId } = await app.done(createServiceId, admin, { name: "ci" });
    const { id } = await app.done(createApiKey, admin, { iamId, name: "key" });
    await app.done(updateApiKey, admin, {
      id,
      change: { kind: "fields", fields: { name: "renamed" }, ifMatch: "*" },
    });
    for (const action of ["serviceid-apikey", "account-serviceid", "account-apikey"]) {
      expect(await found(`action:iam-identity.${action}.update`)).toEqual([
        "serviceid-apikey.update",
      ]);
    }
    expect(await found("action:iam-identity.user-apikey.update")).toEqual([]);
  });
});

describe("a login with a passcode", () => {
  beforeEach(async () => {
    const { iamId } = await app.done(createUser, admin, { email: ADA, name: "Ada" });
    await app.done(setPassword, admin, { iamId, password: new Sensitive(PASSWORD) });
  });

  it.each([
    ["the command line", "bx", "cli-passcode.login"],
    ["another client", "a-tool", "passcode.login"],
  ])(
    "by %s is found by the name in the table and by the one in the prose",
    async (...[, client, name]) => {
      await passcodeLogin(client);
      expect(await found("action:iam-identity.user-passcode.login")).toEqual([name]);
      expect(await found("action:iam-identity.user-refreshtoken.login")).toEqual([
        "refreshtoken.login",
        name,
      ]);
      expect(
        await found(`action:iam-identity.user-refreshtoken.login requestData.client_id:${client}`),
      ).toContain(name);
    },
  );

  it("by the command line says so in the agent, and by the console says nothing there", async () => {
    await passcodeLogin("bx");
    const agents = 'initiator.host.agent:"IBM Cloud CLI"';
    expect(await found(`${agents} requestData.grant_type:*passcode`)).toEqual([
      "cli-passcode.login",
    ]);
    await app.done(
      openSession,
      NOBODY,
      byPassword(ADA, { client_id: "HOP55v1CCT", isOnPage: true }),
    );
    expect(await found('initiator.host.agent:"Not Set"')).toEqual(["refreshtoken.login"]);
    expect(await found("requestData.client_id:HOP55v1CCT")).toEqual(["refreshtoken.login"]);
  });
});
