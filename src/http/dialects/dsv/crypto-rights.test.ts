import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { POLICY_DOCUMENT } from "../../../identity/documents/document.ts";
import { newItem } from "../../../items/item.ts";
import { DsvServer, type DsvUser } from "./testing/dsv-server.ts";

const PLAINTEXT = "the plain text";
let server: DsvServer;
let ciphertext: string;

beforeEach(async () => {
  server = await DsvServer.open();
  for (const path of ["apps/a", "apps/b", "other"]) {
    await server.call("POST", `/crypto/key/${path}`);
  }
  ciphertext = (await act("encrypt", server.admin, { path: "apps/a", plaintext: PLAINTEXT })).body
    .ciphertext;
});
afterEach(() => server.close());

const act = (what: "encrypt" | "decrypt" | "rotate", as: DsvUser, body: object) =>
  server.call("POST", `/crypto/${what}`, { body, as });

/** As a policy document says it, whichever way that got there. */
function granted(
  name: string,
  permission: { readonly effect?: "allow" | "deny"; readonly resources: readonly string[] },
): Promise<void> {
  const { effect = "allow", resources } = permission;
  const subjects = ["users:bob@example.com"];
  const rule = { id: name, description: "", subjects, effect, resources, conditions: {} };
  const content = { permissionDocument: [{ ...rule, actions: ["<.*>"] }] };
  const item = newItem(
    POLICY_DOCUMENT,
    { account: server.account, name, content },
    { by: "users:admin@example.com", now: 0 },
  );
  return server.app.state.transact(({ items }) => items.putItem(item));
}

describe("who may do what with keys", () => {
  it.each([
    ["Reader", { read: 200, encrypt: 403, decrypt: 403, rotate: 403, make: 403, remove: 403 }],
    ["Writer", { read: 200, encrypt: 200, decrypt: 200, rotate: 201, make: 403, remove: 403 }],
    ["Manager", { read: 200, encrypt: 200, decrypt: 200, rotate: 201, make: 201, remove: 204 }],
    ["Auditor", { read: 403, encrypt: 403, decrypt: 403, rotate: 403, make: 403, remove: 403 }],
  ] as const)("is a matter of roles: %s", async (role, statuses) => {
    const as = await server.user("bob@example.com", [role]);
    const path = "apps/a";
    const seen = {
      read: (await server.call("GET", "/crypto/key/apps/a", { as })).status,
      encrypt: (await act("encrypt", as, { path, plaintext: PLAINTEXT })).status,
      decrypt: (await act("decrypt", as, { path, ciphertext })).status,
      rotate: (await act("rotate", as, { path, ciphertext })).status,
      make: (await server.call("POST", "/crypto/key/new", { as })).status,
      remove: (await server.call("DELETE", "/crypto/key/other", { as })).status,
    };
    expect(seen).toEqual(statuses);
  });

  it("is a matter of documents, key by key and act by act", async () => {
    const bob = await server.user("bob@example.com");
    await granted("one", { resources: ["crypto:encrypt:apps:<.*>", "crypto:key:mine:<.*>"] });
    const encrypted = (path: string) => act("encrypt", bob, { path, plaintext: PLAINTEXT });
    expect((await encrypted("apps/a")).status).toBe(200);
    expect((await encrypted("apps:b")).status).toBe(200);
    const refused = await encrypted("other");
    expect(refused).toMatchObject({ status: 403, body: { message: "Invalid permissions" } });
    expect(refused.record).toMatchObject({ path: "crypto:encrypt", status: 403 });
    expect((await act("decrypt", bob, { path: "apps/a", ciphertext })).status).toBe(403);
    expect((await act("rotate", bob, { path: "apps/a", ciphertext })).status).toBe(403);
    expect((await server.call("GET", "/crypto/key/apps/a", { as: bob })).status).toBe(403);
    expect((await server.call("POST", "/crypto/key/mine/k", { as: bob })).status).toBe(201);
    expect((await server.call("GET", "/crypto/key/mine/k", { as: bob })).status).toBe(200);
    expect((await server.call("POST", "/crypto/key/apps/c", { as: bob })).status).toBe(403);
    // What there is not is seen by those who may see what there is.
    expect((await encrypted("apps/none")).status).toBe(404);
    expect((await encrypted("none")).status).toBe(403);
  });

  it("is said of a key, whatever path another one has been given", async () => {
    const { id } = (await server.call("GET", "/crypto/key/apps/a")).body;
    expect((await server.call("POST", `/crypto/key/${id}`)).status).toBe(201);
    const encrypted = await act("encrypt", server.admin, { path: id, plaintext: PLAINTEXT });
    expect(encrypted.body.path).toBe("apps:a");
  });

  it("is denied by a document whatever the role", async () => {
    const bob = await server.user("bob@example.com", ["Writer"]);
    await granted("no", { effect: "deny", resources: ["crypto:decrypt:apps:a"] });
    expect((await act("decrypt", bob, { path: "apps/a", ciphertext })).status).toBe(403);
    expect((await act("encrypt", bob, { path: "apps/a", plaintext: PLAINTEXT })).status).toBe(200);
  });
});
