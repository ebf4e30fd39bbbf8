/** What ends with a client's secret, and what with the client. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { deleteApiKey } from "../../../app/identity/api-keys.ts";
import { CLIENT, MAX_CLIENTS_PER_ROLE } from "../../../identity/client.ts";
import { DsvServer, type DsvAnswered } from "./testing/dsv-server.ts";

let server: DsvServer;
beforeEach(async () => {
  server = await DsvServer.open();
  await server.call("POST", "/roles", { body: { name: "ci" } });
});
afterEach(() => server.close());

const made = async (over: object = {}) =>
  (await server.call("POST", "/clients", { body: { role: "ci", ...over } })).body;

interface Secret {
  readonly clientId: string;
  readonly clientSecret: string;
}

function login({ clientId, clientSecret }: Secret): Promise<DsvAnswered> {
  const body = {
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: clientSecret,
  };
  return server.call("POST", "/token", { as: null, body });
}

const fetched = ({ urlPath }: { readonly urlPath: string }): Promise<DsvAnswered> =>
  server.call("GET", urlPath.replace(/^\/v1/, ""), { as: null });

describe("a client's secret", () => {
  it("is outlived by no token", async () => {
    const client = await made({ ttl: 600 });
    server.app.clock.advance(400_000);
    const { body } = await login(client);
    expect(body.expiresIn).toBe(200);
    server.app.clock.advance(200_000);
    expect(await login(client)).toMatchObject({ status: 401 });
    expect(await server.call("GET", "/whoami", { as: body.accessToken })).toMatchObject({
      status: 401,
    });
  });

  it("is at no address once another wire has deleted its key", async () => {
    const client = await made({ url: true });
    const { account } = server;
    const item = await server.app.state.read(({ items }) => items.item(CLIENT, account, client.id));
    const id = item?.content.secret?.apiKey ?? "";
    await server.http.app.done(deleteApiKey, server.admin.caller, { id });
    const { status, body } = await fetched(client);
    expect([status, body.clientSecret]).toEqual([400, undefined]);
  });

  it("is at no address while the client is deleted, and at the same one afterwards", async () => {
    const client = await made({ url: true });
    await server.call("DELETE", `/clients/${client.id}`);
    expect(await fetched(client)).toMatchObject({ status: 404 });
    await server.call("PUT", `/clients/${client.id}/restore`);
    const { status, body } = await fetched(client);
    expect(status).toBe(200);
    expect(await login(body)).toMatchObject({ status: 200 });
  });
});

describe("a role", () => {
  it("has so many clients, and no more", async () => {
    const { id, account, createdAt, createdBy } = await server.app.state.read(
      async ({ profiles }) => {
        const found = await profiles.profileByName(server.account, "ci");
        if (!found) throw new Error("it is there");
        return found;
      },
    );
    const trusted = { account, profile: id, kind: "crn", description: "" } as const;
    await server.app.state.transact(async ({ profiles }) => {
      for (let n = 1; n < MAX_CLIENTS_PER_ROLE; n++) {
        const identifier = `crn:${n}`;
        await profiles.putProfileIdentity({ ...trusted, identifier, createdAt, createdBy });
      }
    });
    const body = { role: "ci" };
    expect(await server.call("POST", "/clients", { body })).toMatchObject({ status: 201 });
    const refused = await server.call("POST", "/clients", { body });
    expect(refused).toMatchObject({ status: 400, record: { path: "clients", status: 400 } });
    const { body: listed } = await server.call("GET", "/clients");
    expect(listed.data).toHaveLength(1);
  });
});
