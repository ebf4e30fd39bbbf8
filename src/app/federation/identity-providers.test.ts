import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  MAX_PROVIDERS_PER_ACCOUNT,
  type IdentityProvider,
} from "../../identity/identity-provider.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { RootKeysInMemory } from "../../storage/memory/root-keys.ts";
import type { Caller } from "../call.ts";
import { IdentityApp } from "../identity/testing/identity-app.ts";
import { RootKeyRotation, rotateRootKey } from "../rotate-root-key.ts";
import {
  createIdentityProvider,
  listIdentityProviders,
  readIdentityProvider,
  updateIdentityProvider,
  type CreateIdentityProviderInput,
} from "./identity-providers.ts";
import { deleteIdentityProvider } from "./remove-provider.ts";
import { clientOf } from "./provider-secret.ts";

const SECRET = "canary-client-secret";
const rootKeys = new RootKeysInMemory();

let app: IdentityApp;
let admin: Caller;
beforeAll(async () => {
  app = await IdentityApp.open({ rootKeys });
  admin = await app.administrator();
});
afterAll(() => app.close());

let made = 0;
function input(over: Partial<CreateIdentityProviderInput> = {}): CreateIdentityProviderInput {
  made += 1;
  return {
    name: `Example ${made}`,
    realm_name: `realm-${made}`,
    issuer: "https://login.example.com",
    clientId: "keytrail",
    clientSecret: new Sensitive(SECRET),
    ...over,
  };
}

const create = (over: Partial<CreateIdentityProviderInput> = {}): Promise<IdentityProvider> =>
  app.done(createIdentityProvider, admin, input(over));

async function secretOf(provider: IdentityProvider): Promise<string | undefined> {
  const { state, capabilities } = app.parts;
  const { vault } = capabilities;
  const client = await state.read((view) => clientOf(provider, { view, vault }));
  return client.clientSecret?.reveal();
}

describe("an identity provider", () => {
  it("is made with what it is, asks for little, and makes no users unless told to", async () => {
    const provider = await create({ realm_name: "made" });
    expect(provider).toMatchObject({
      realm: "made",
      scopes: ["openid", "email", "profile"],
      createsUsers: false,
      enabled: true,
      createdBy: expect.stringMatching(/^IBMid-/),
    });
    expect(app.parts.lastEvent()).toMatchObject({
      action: "iam-identity.identity-provider.create",
      outcome: "success",
      target: { name: provider.name, id: expect.stringContaining(provider.id) },
      requestData: {
        name: provider.name,
        realm_name: "made",
        issuer: "https://login.example.com",
        clientId: "keytrail",
      },
      responseData: { id: provider.id },
    });
  });

  it("keeps its secret sealed: in no answer, no record and no row", async () => {
    const provider = await create();
    await app.done(readIdentityProvider, admin, { id: provider.id });
    await app.done(updateIdentityProvider, admin, {
      id: provider.id,
      clientSecret: new Sensitive(`${SECRET}-2`),
    });
    expect(await secretOf(provider)).toBe(`${SECRET}-2`);
    expect(app.parts.lastEvent().requestData).toEqual({ id: provider.id, secretReplaced: true });
    const lines = app.parts.log.lines.map((line) => Buffer.from(line).toString());
    const rows = app.parts.database.all("SELECT * FROM identity_providers");
    const kept = rows.flatMap((row) => Object.values(row)).map(textOf);
    expect(JSON.stringify([provider, lines, kept])).not.toContain(SECRET);
  });

  it("has a secret that opens after the root key was rotated", async () => {
    const provider = await create();
    const operator = await app.user(`operator-${made}@example.com`, ["Operator"]);
    await app.done(rotateRootKey, operator.caller, {});
    const { state, capabilities } = app.parts;
    const { vault } = capabilities;
    const rotation = new RootKeyRotation({ state, vault, rootKeys });
    let isGoing = true;
    while (isGoing) isGoing = await rotation.step();
    expect(await secretOf(provider)).toBe(SECRET);
  });

  it("may be without a secret, from the beginning or from now on", async () => {
    const open = await create({ clientSecret: undefined });
    expect(await secretOf(open)).toBeUndefined();
    const provider = await create();
    await app.done(updateIdentityProvider, admin, { id: provider.id, clientSecret: null });
    expect(await secretOf(provider)).toBeUndefined();
    await app.done(updateIdentityProvider, admin, {
      id: provider.id,
      clientSecret: new Sensitive("again"),
    });
    expect(await secretOf(provider)).toBe("again");
  });

  it("changes in what is named, and keeps the rest, the secret too", async () => {
    const provider = await create();
    const changed = await app.done(updateIdentityProvider, admin, {
      id: provider.id,
      name: "Renamed",
      scopes: ["groups"],
      createsUsers: true,
    });
    expect(changed).toMatchObject({
      name: "Renamed",
      scopes: ["openid", "groups"],
      createsUsers: true,
      clientId: provider.clientId,
      endedSessions: 0,
    });
    expect(await secretOf(provider)).toBe(SECRET);
  });

  it("is deleted with its secret", async () => {
    const provider = await create();
    await app.done(deleteIdentityProvider, admin, { id: provider.id });
    const { database } = app.parts;
    expect(database.all("SELECT * FROM data_keys WHERE owner = ?", provider.id)).toEqual([]);
    expect(await app.refused(readIdentityProvider, admin, { id: provider.id })).toMatch(
      /^not_found/,
    );
  });

  it("is one to a realm, and there are not many", async () => {
    const { realm } = await create();
    expect(await app.refused(createIdentityProvider, admin, input({ realm_name: realm }))).toBe(
      "conflict: The account has an identity provider of this realm.",
    );
    for (;;) {
      const { totalCount } = await app.done(listIdentityProviders, admin, {});
      if (totalCount >= MAX_PROVIDERS_PER_ACCOUNT) break;
      await create();
    }
    expect(await app.refused(createIdentityProvider, admin, input())).toMatch(/^limit_reached/);
  });

  it.each<Partial<CreateIdentityProviderInput>>([
    { issuer: "http://login.example.com" },
    { realm_name: "IBMid" },
    { clientId: "" },
    { name: "" },
    { scopes: ["two words"] },
    { clientSecret: new Sensitive("") },
    { clientSecret: new Sensitive("a".repeat(1_025)) },
  ])("is refused with %j, of which nothing is recorded", async (over) => {
    expect(await app.refused(createIdentityProvider, admin, input(over))).toMatch(
      /^invalid_request/,
    );
    expect(app.parts.lastEvent()).toMatchObject({ outcome: "failure", requestData: {} });
  });

  it("is an administrator's to change, a viewer's to see and nobody else's", async () => {
    const { identityProviders } = await app.done(listIdentityProviders, admin, {});
    const id = identityProviders[0]?.id ?? "";
    const viewer = await app.user("viewer@example.com", ["Viewer"]);
    const editor = await app.user("editor@example.com", ["Editor"]);
    const nobody = await app.user("nobody@example.com");
    expect((await app.done(readIdentityProvider, viewer.caller, { id })).id).toBe(id);
    for (const { caller } of [viewer, editor, nobody]) {
      expect(await app.refused(deleteIdentityProvider, caller, { id })).toMatch(/^forbidden/);
      expect(await app.refused(createIdentityProvider, caller, input())).toMatch(/^forbidden/);
      expect(await app.refused(updateIdentityProvider, caller, { id })).toMatch(/^forbidden/);
    }
    expect(await app.refused(listIdentityProviders, nobody.caller, {})).toMatch(/^forbidden/);
  });
});

function textOf(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value);
}
