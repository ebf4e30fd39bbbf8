/**
 * Every one of the 41 operations of IBM Secrets Manager v2, by IBM's own SDK core against a running server: a team that
 * moves changes a URL, and nothing else.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { removeFolder, RunningServer, temporaryFolder, tokenOf } from "../e2e/running-server.ts";
import { OPERATIONS, SecretsManagerV2, type OperationId } from "./secrets-manager-v2.ts";

const NOTIFICATIONS_CRN =
  "crn:v1:bluemix:public:event-notifications:us-south:a/0123456789abcdef0123456789abcdef:0a1b2c3d-0000-4000-8000-000000000001::";

let folder: string;
let server: RunningServer;
let receiver: Server;
let client: SecretsManagerV2;
const invoked = new Set<OperationId>();

// oxlint-disable-next-line typescript/no-explicit-any -- results are compared, not trusted
type Json = any;

/** The result of a call that has to come back with this status. */
async function call(
  status: number,
  operation: OperationId,
  request: Parameters<SecretsManagerV2["invoke"]>[1] = {},
): Promise<Json> {
  invoked.add(operation);
  const answer = await client.invoke(operation, request).catch((error: Json) => {
    throw new Error(`${operation}: ${error.status} ${error.message}`);
  });
  expect([operation, answer.status]).toEqual([operation, status]);
  return answer.result;
}

beforeAll(async () => {
  receiver = createServer((request, response) => request.resume().on("end", () => response.end()));
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  folder = temporaryFolder();
  server = await RunningServer.start(folder, [
    "--event-notifications",
    `${NOTIFICATIONS_CRN}=http://127.0.0.1:${port}/`,
  ]);
  const { api_key: apiKey } = server.bootstrap;
  client = new SecretsManagerV2({ url: server.url, apiKey });
  const token = await tokenOf(server.url, apiKey);
  const [, claims = ""] = token.split(".");
  const { iam_id: subject } = JSON.parse(Buffer.from(claims, "base64url").toString());
  const granted = await fetch(`${server.url}/trail/v1/policies`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ subject, roles: ["SecretTaskUpdater"], resource: {} }),
  });
  expect(granted.status).toBe(201);
});

afterAll(async () => {
  await server.stop();
  receiver.close();
  removeFolder(folder);
});

describe("IBM's SDK core, on all of version 2", () => {
  it("keeps groups and secrets", async () => {
    const group = await call(201, "createSecretGroup", { body: { name: "team" } });
    const path = { id: group.id };
    expect((await call(200, "listSecretGroups")).total_count).toBe(2);
    expect(await call(200, "getSecretGroup", { path })).toEqual(group);
    const body = { name: "crew" };
    expect((await call(200, "updateSecretGroup", { path, body })).name).toBe("crew");

    const secret = await call(201, "createSecret", {
      body: {
        name: "db",
        secret_type: "kv",
        secret_group_id: group.id,
        data: { user: "scott" },
        labels: ["prod"],
      },
    });
    const one = { id: secret.id };
    expect((await call(200, "listSecrets", { qs: { groups: [group.id] } })).total_count).toBe(1);
    expect((await call(200, "getSecret", { path: one })).data).toEqual({ user: "scott" });
    const named = { secret_group_name: "crew", secret_type: "kv", name: "db" };
    expect((await call(200, "getSecretByNameType", { path: named })).id).toBe(secret.id);
    expect((await call(200, "getSecretMetadata", { path: one })).data).toBeUndefined();
    const patch = { labels: ["prod", "eu"] };
    const patched = await call(200, "updateSecretMetadata", { path: one, body: patch });
    expect(patched.labels).toEqual(["prod", "eu"]);

    const version = await call(201, "createSecretVersion", {
      path: { secret_id: secret.id },
      body: { data: { user: "tiger" } },
    });
    const which = { secret_id: secret.id, id: version.id };
    const listed = await call(200, "listSecretVersions", { path: { secret_id: secret.id } });
    expect(listed.versions[0].id).toBe(version.id);
    expect((await call(200, "getSecretVersion", { path: which })).data).toEqual({ user: "tiger" });
    expect((await call(200, "getSecretVersionMetadata", { path: which })).alias).toBe("current");
    const note = { version_custom_metadata: { note: "n" } };
    const noted = await call(200, "updateSecretVersionMetadata", { path: which, body: note });
    expect(noted.version_custom_metadata).toEqual({ note: "n" });

    const locks = { locks: [{ name: "app" }] };
    await call(201, "createSecretLocksBulk", { path: one, body: locks });
    expect((await call(200, "listSecretLocks", { path: one })).locks).toMatchObject([
      { name: "app", secret_version_id: version.id },
    ]);
    expect((await call(200, "listSecretsLocks")).secrets_locks).toHaveLength(1);
    await call(200, "deleteSecretLocksBulk", { path: one, qs: { name: ["app"] } });
    await call(201, "createSecretVersionLocksBulk", { path: which, body: locks });
    expect((await call(200, "listSecretVersionLocks", { path: which })).total_count).toBe(1);
    await call(200, "deleteSecretVersionLocksBulk", { path: which });
    await call(204, "deleteSecretVersionData", { path: which });
    await call(204, "deleteSecret", { path: one });
    await call(204, "deleteSecretGroup", { path });
  });

  it("runs an authority, and revokes what it issued", async () => {
    const root = await call(201, "createConfiguration", {
      body: {
        config_type: "private_cert_configuration_root_ca",
        name: "root",
        common_name: "Root CA",
        max_ttl: "87600h",
        key_type: "ec",
        key_bits: 256,
      },
    });
    expect(root).toMatchObject({ secret_type: "private_cert", status: "configured" });
    const intermediate = await call(201, "createConfiguration", {
      body: {
        config_type: "private_cert_configuration_intermediate_ca",
        name: "servers-ca",
        common_name: "Servers CA",
        signing_method: "internal",
        issuer: "root",
        max_ttl: "8760h",
        key_type: "ec",
        key_bits: 256,
      },
    });
    expect(intermediate.status).toBe("certificate_template_required");
    await call(201, "createConfiguration", {
      body: {
        config_type: "private_cert_configuration_template",
        name: "servers",
        certificate_authority: "servers-ca",
        allowed_domains: ["example.com"],
        allow_subdomains: true,
        key_type: "ec",
        key_bits: 256,
      },
    });
    const path = { name: "root" };
    const headers = { "X-Sm-Accept-Configuration-Type": "private_cert_configuration_root_ca" };
    const shown = await call(200, "getConfiguration", { path, headers });
    expect(shown.status).toBe("configured");
    expect(JSON.stringify(shown)).not.toContain("PRIVATE KEY");
    expect((await call(200, "listConfigurations", { qs: { limit: 1 } })).next.href).toContain(
      "offset=1",
    );
    const body = { max_ttl: "43800h" };
    await call(200, "updateConfiguration", { path, body });

    const leaf = await call(201, "createSecret", {
      body: {
        name: "www",
        secret_type: "private_cert",
        certificate_template: "servers",
        common_name: "www.example.com",
      },
    });
    const issued = new X509Certificate(leaf.certificate);
    const authority = new X509Certificate(leaf.issuing_ca);
    expect([issued.checkIssued(authority), issued.verify(authority.publicKey)]).toEqual([
      true,
      true,
    ]);
    expect(issued.checkHost("www.example.com")).toBe("www.example.com");

    const action = { action_type: "private_cert_action_revoke_certificate" };
    const current = { secret_id: leaf.id, id: "current" };
    const revoked = await call(201, "createSecretVersionAction", { path: current, body: action });
    expect(revoked.revocation_time_seconds).toBeGreaterThan(1_700_000_000);
    expect(await call(201, "createSecretAction", { path: { id: leaf.id }, body: action })).toEqual(
      revoked,
    );
    await call(201, "createConfigurationAction", {
      path,
      body: { action_type: "private_cert_configuration_action_rotate_crl" },
    });
    await call(204, "deleteSecret", { path: { id: leaf.id } });
    for (const name of ["servers", "servers-ca", "root"]) {
      await call(204, "deleteConfiguration", { path: { name } });
    }
  });

  it("hands tasks to a runner", async () => {
    const key = await call(201, "createSecret", {
      body: { name: "runner-key", secret_type: "arbitrary", payload: "of the runner" },
    });
    await call(201, "createConfiguration", {
      body: {
        config_type: "custom_credentials_configuration",
        name: "jobs",
        code_engine: {
          job_name: "make-credentials",
          project_id: "0a1b2c3d-0000-4000-8000-000000000002",
          region: "us-south",
        },
        code_engine_key_ref: key.id,
        task_timeout: "10m",
      },
    });
    const secret = await call(201, "createSecret", {
      body: { name: "saas", secret_type: "custom_credentials", configuration: "jobs", ttl: "24h" },
    });
    expect(secret.state_description).toBe("pre_activation");
    const ofSecret = { secret_id: secret.id };
    const { tasks } = await call(200, "listSecretTasks", { path: ofSecret });
    expect(tasks).toMatchObject([{ type: "create_credentials", trigger: "secret_creation" }]);
    const path = { ...ofSecret, id: tasks[0].id };
    expect((await call(200, "getSecretTask", { path })).id).toBe(path.id);
    await call(200, "replaceSecretTask", {
      path,
      body: {
        status: "credentials_created",
        credentials: { id: "account-7", payload: { token: "made by the runner" } },
      },
    });
    const read = await call(200, "getSecret", { path: { id: secret.id } });
    expect(read.credentials_content).toEqual({ token: "made by the runner" });
    await call(204, "deleteSecretTask", { path });
  });

  it("is told what happens", async () => {
    const crn = { event_notifications_instance_crn: NOTIFICATIONS_CRN };
    const body = { ...crn, event_notifications_source_name: "secrets" };
    expect(await call(201, "createNotificationsRegistration", { body })).toEqual(crn);
    expect(await call(200, "getNotificationsRegistration")).toEqual(crn);
    await call(200, "getNotificationsRegistrationTest");
    await call(204, "deleteNotificationsRegistration");
  });

  it("has called every operation there is", () => {
    expect([...invoked].toSorted()).toEqual(Object.keys(OPERATIONS).toSorted());
    expect(invoked.size).toBe(41);
  });
});
