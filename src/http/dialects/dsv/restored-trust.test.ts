/** Who acts as a role once it, or who it trusts, was deleted and is there again. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addProfileIdentity, listProfileIdentities } from "../../../app/profiles/identities.ts";
import { DsvServer } from "./testing/dsv-server.ts";

let server: DsvServer;
let role: string;
beforeEach(async () => {
  server = await DsvServer.open();
  role = (await server.call("POST", "/roles", { body: { name: "ci" } })).body.id;
});
afterEach(() => server.close());

async function allow(action: string, resource: string): Promise<void> {
  const rule = { subjects: ["users:eve@example.com"], actions: [action], resources: [resource] };
  const policy = JSON.stringify({ permissionDocument: [rule] });
  const [path = ""] = resource.split(":");
  const body = { path, policy, serialization: "json" };
  expect(await server.call("POST", "/config/policies/", { body })).toMatchObject({ status: 201 });
}

describe("trust that comes back", () => {
  it.each([[["/roles/ci"]], [[]]])(
    "is given to a client by who may say who acts as its role: with %j deleted too",
    async (paths) => {
      const { body: client } = await server.call("POST", "/clients", { body: { role: "ci" } });
      const back = `/clients/${client.clientId}/restore`;
      for (const path of [`/clients/${client.clientId}`, ...paths]) {
        expect(await server.call("DELETE", path)).toMatchObject({ status: 200 });
      }
      const editor = await server.user("editor@example.com", ["Editor"]);
      expect(await server.call("PUT", back, { as: editor })).toMatchObject({ status: 403 });
      const eve = await server.user("eve@example.com");
      await allow("update", "clients:<.*>");
      expect(await server.call("PUT", back, { as: eve })).toMatchObject({ status: 403 });
      await allow("assign", "roles:ci");
      expect(await server.call("PUT", back, { as: eve })).toMatchObject({ status: 200 });
    },
  );

  it.each([[["/roles/ci", "/users/bob"]], [["/users/bob", "/roles/ci"]]])(
    "is a user's again, in whichever order the two are had back: %j",
    async (paths) => {
      const { user } = await server.user("bob");
      const { app } = server.http;
      const { caller } = server.admin;
      const trusted = { id: role, identityType: "user", identifier: user.iamId } as const;
      await app.done(addProfileIdentity, caller, trusted);
      for (const path of ["/roles/ci", "/users/bob"]) await server.call("DELETE", path);
      for (const path of paths) {
        expect(await server.call("PUT", `${path}/restore`)).toMatchObject({ status: 200 });
      }
      const { identities } = await app.done(listProfileIdentities, caller, { id: role });
      expect(identities).toMatchObject([{ identifier: user.iamId }]);
    },
  );
});
