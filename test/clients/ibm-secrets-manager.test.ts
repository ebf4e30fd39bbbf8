/** IBM's own SDK core, unmodified, over a real socket: login, calls, pagers and the errors it makes of refusals. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManualClock } from "../../src/kernel/clock.ts";
import { openIbmApp, type IbmApp, type Person } from "../stories/ibm-app.ts";
import { SecretsManagerV2, type SdkError } from "./secrets-manager-v2.ts";

let app: IbmApp;
let url: string;
let manager: Person;
let client: SecretsManagerV2;

beforeAll(async () => {
  // The SDK looks at its own clock to tell whether a token is still good.
  app = await openIbmApp({ clock: new ManualClock(Date.now()) });
  url = await app.listen();
  manager = await app.person("sdk@example.com", ["Manager"]);
  client = new SecretsManagerV2({ url, apiKey: manager.apiKey });
});

afterAll(() => app.close());

async function errorOf(promise: Promise<unknown>): Promise<SdkError> {
  return promise.then(
    () => Promise.reject(new Error("nothing was refused")),
    (error: SdkError) => error,
  );
}

describe("IBM's SDK core", () => {
  it("logs in by itself, once, and creates, reads, changes and deletes a secret", async () => {
    const before = app.events().length;
    const created = await client.createSecret({
      name: "example-arbitrary-secret",
      secret_type: "arbitrary",
      payload: "secret-data",
      custom_metadata: { metadata_custom_key: "metadata_custom_value" },
    });
    expect(created.status).toBe(201);
    const { id } = created.result;
    const read = await client.getSecret(id);
    expect([read.status, read.result.payload]).toEqual([200, "secret-data"]);
    const patched = await client.updateSecretMetadata(id, { labels: ["from-the-sdk"] });
    expect(patched.result).toMatchObject({ id, labels: ["from-the-sdk"] });
    const byName = await client.getSecretByNameType({
      secret_group_name: "default",
      secret_type: "arbitrary",
      name: "example-arbitrary-secret",
    });
    expect(byName.result.id).toBe(id);
    const deleted = await client.deleteSecret(id);
    expect(deleted.status).toBe(204);

    const raised = app.events().slice(before);
    expect(raised.map(({ action }) => action)).toEqual([
      "iam-identity.user-apikey.login",
      "secrets-manager.secret.create",
      "secrets-manager.secret.read",
      "secrets-manager.secret-metadata.update",
      "secrets-manager.secret.read",
      "secrets-manager.secret.delete",
    ]);
    for (const { initiator } of raised) {
      expect(initiator).toMatchObject({ id: manager.iamId, host: { addressType: "IPv4" } });
      expect(initiator.host.agent).toMatch(/^ibm-node-sdk-core/);
    }
  });

  it("pages through a list by next.href, over all of it and no further", async () => {
    const names = Array.from({ length: 23 }, (_, i) => `paged-${String(i).padStart(2, "0")}`);
    for (const name of names) {
      await client.createSecret({ name, secret_type: "kv", data: { name }, labels: ["paged"] });
    }
    const pages: string[][] = [];
    const query = { limit: 5, sort: "name", match_all_labels: ["paged"], secret_types: ["kv"] };
    for await (const page of client.eachSecretsPage(query))
      pages.push(page.map(({ name }) => name));
    expect(pages.map((page) => page.length)).toEqual([5, 5, 5, 5, 3]);
    expect(pages.flat()).toEqual(names);
  });

  it("rotates under locks as the documentation says, with lists joined by encoded commas", async () => {
    const { result } = await client.createSecret({
      name: "locked-by-sdk",
      secret_type: "username_password",
      username: "svc",
    });
    const { id, password } = result;
    await client.createSecretLocksBulk(id, [{ name: "app-1" }, { name: "app-2" }]);
    const rotated = await client.createSecretVersion(id, {});
    expect([rotated.status, rotated.result["alias"]]).toEqual([201, "current"]);
    const previous = await client.getSecretVersion(id, "previous");
    expect(previous.result["password"]).toBe(password);

    const locked = await errorOf(client.createSecretVersion(id, {}));
    expect([locked.status, locked.message]).toEqual([
      412,
      "The requested action can't be completed because the secret version is locked.",
    ]);
    const unlocked = await client.deleteSecretLocksBulk(id, ["app-1", "app-2"]);
    expect(unlocked.result["versions"]).toMatchObject([{ version_alias: "previous", locks: [] }]);
    expect((await client.createSecretVersion(id, {})).status).toBe(201);
  });

  it("makes a useful error of each refusal", async () => {
    const prototype = { name: "taken", secret_type: "arbitrary", payload: "x" };
    await client.createSecret(prototype);
    const duplicate = await errorOf(client.createSecret(prototype));
    expect([duplicate.status, duplicate.message]).toEqual([
      400,
      "A secret of this type and name already exists.",
    ]);
    expect(duplicate.result.trace).toMatch(/^[0-9a-f-]{36}$/);
    expect(app.events().some((event) => event.requestId === duplicate.result.trace)).toBe(true);

    const missing = await errorOf(client.getSecret("00000000-0000-4000-8000-000000000000"));
    expect([missing.status, missing.message]).toEqual([404, "There is no such secret."]);
    const unknown = await errorOf(client.createSecret({ ...prototype, ttl: "1h" }));
    expect([unknown.status, unknown.message]).toEqual([
      400,
      expect.stringContaining("has a field that is not known here; those that are: secret_type,"),
    ]);
    const traversal = await errorOf(client.getSecret("../../identity/keys"));
    expect([traversal.status, traversal.message]).toEqual([400, "The id of a secret is a UUID."]);
  });

  it("has its own words for a caller without rights, and ours beside them", async () => {
    const reader = await app.person("sdk-reader@example.com", ["Reader"]);
    const asReader = new SecretsManagerV2({ url, apiKey: reader.apiKey });
    const { result } = await client.createSecret({
      name: "not-for-readers",
      secret_type: "arbitrary",
      payload: "x",
    });
    const forbidden = await errorOf(asReader.getSecret(result.id));
    expect([forbidden.status, forbidden.message]).toEqual([
      403,
      "Access is denied due to invalid credentials.",
    ]);
    expect(forbidden.result.errors[0]?.message).toContain("SecretsReader");
  });

  it("cannot log in with a key that is none, and hears IBM's code for it", async () => {
    const nobody = new SecretsManagerV2({ url, apiKey: "not-a-key" });
    const refused = (await errorOf(nobody.listSecrets())) as SdkError & {
      readonly result: { readonly errorCode?: string };
    };
    expect([refused.status, refused.result.errorCode]).toEqual([400, "BXNIM0415E"]);
  });

  it("waits as long as an outage asks for, and then has its answer", async () => {
    const retrying = new SecretsManagerV2({ url, apiKey: manager.apiKey });
    await retrying.listSecrets();
    retrying.enableRetries({ maxRetries: 1, maxRetryInterval: 1 });
    app.test.log.failNext = "before";
    const { result } = await retrying.listSecrets({ search: "paged" });
    expect(result.total_count).toBe(23);
  });
});
