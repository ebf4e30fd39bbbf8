/** Of policies, the configuration, auth providers, where the trail is sent, pools, engines and tasks. */
import { spawn, type ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../e2e/running-server.ts";
import type { Acts } from "./dsv-acts.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- bodies are compared, not trusted
type Json = any;

export async function actsOfConfiguration(acts: Acts, folder: string): Promise<void> {
  await ofPolicies(acts);
  await ofConfig(acts);
  await ofProviders(acts);
  await ofSiem(acts);
  await ofEngines(acts, folder);
  await ofTasks(acts);
}

const policyOf = (actions: readonly string[]): string =>
  JSON.stringify({
    permissionDocument: [
      {
        actions,
        conditions: {},
        description: "",
        effect: "allow",
        meta: null,
        resources: ["secrets:us-east:<.*>"],
        subjects: ["users:bob"],
      },
    ],
  });

async function ofPolicies(acts: Acts): Promise<void> {
  const path = "config:policies:secrets:us-east";
  const url = "/config/policies/secrets:us-east";
  const body = { path: "secrets:us-east", policy: policyOf(["read"]), serialization: "json" };
  await acts.act(
    "config:policies POST",
    { status: 201, path: "config:policies" },
    "POST",
    "/config/policies/",
    { body },
  );
  await acts.act("config:policies:{path} GET", { status: 200, path }, "GET", url);
  await acts.act("config:policies:{path} PUT", { status: 200, path }, "PUT", url, {
    body: { policy: policyOf(["read", "update"]), serialization: "json" },
  });
  const version = "config:policies:{path}:version:{version} GET";
  await acts.act(version, { status: 200, path: `${path}:version:0` }, "GET", `${url}/version/0`);
  await acts.act(version, { status: 404, path: `${path}:version:8` }, "GET", `${url}/version/8`);
  const rollback = "config:policies:{path}:rollback:{version} PUT";
  await acts.act(rollback, { status: 200, path: `${path}:rollback:0` }, "PUT", `${url}/rollback/0`);
  await acts.act(rollback, { status: 404, path: `${path}:rollback:8` }, "PUT", `${url}/rollback/8`);
  await acts.act(
    "config:policies GET",
    { status: 200, path: "config:policies" },
    "GET",
    "/config/policies?searchTerm=us",
  );
  await acts.act("config:policies:{path} DELETE", { status: 200, path }, "DELETE", url);
}

async function ofConfig(acts: Acts): Promise<void> {
  const read = await acts.act("config GET", { status: 200, path: "config" }, "GET", "/config");
  const { version, permissionDocument } = read.body;
  const Config = JSON.stringify({ permissionDocument, refreshTokenTTLHours: 24, version });
  await acts.act("config POST", { status: 201, path: "config" }, "POST", "/config", {
    body: { Config, Serialization: "json", Overwrite: true },
  });
  await acts.act("config POST", { status: 400, path: "config" }, "POST", "/config", {
    body: { Config: "{", Serialization: "json" },
  });
  const row = "config:version:{version} GET";
  await acts.act(row, { status: 200, path: "config:version:0" }, "GET", "/config/version/0");
  await acts.act(row, { status: 404, path: "config:version:99" }, "GET", "/config/version/99");
}

async function ofProviders(acts: Acts): Promise<void> {
  const path = "config:auth:okta";
  const url = "/config/auth/okta";
  const properties = {
    baseUri: "https://okta.example.com",
    clientId: "keytrail",
    clientSecret: "CANARY-6",
  };
  const body = { name: "okta", type: "oidc", properties };
  await acts.act(
    "config:auth POST",
    { status: 201, path: "config:auth" },
    "POST",
    "/config/auth/",
    { body },
  );
  await acts.act("config:auth:{name} GET", { status: 200, path }, "GET", url);
  await acts.act("config:auth:{name} PUT", { status: 200, path }, "PUT", url, {
    body: { type: "oidc", properties: { ...properties, clientId: "keytrail-2" } },
  });
  const version = "config:auth:{name}:version:{version} GET";
  await acts.act(version, { status: 200, path: `${path}:version:0` }, "GET", `${url}/version/0`);
  await acts.act(version, { status: 404, path: `${path}:version:8` }, "GET", `${url}/version/8`);
  const rollback = "config:auth:{name}:rollback:{version} PUT";
  await acts.act(rollback, { status: 200, path: `${path}:rollback:0` }, "PUT", `${url}/rollback/0`);
  await acts.act(rollback, { status: 404, path: `${path}:rollback:8` }, "PUT", `${url}/rollback/8`);
  await acts.act(
    "config:auth GET",
    { status: 200, path: "config:auth" },
    "GET",
    "/config/auth?searchTerm=okta",
  );
  await acts.act("config:auth:{name} DELETE", { status: 200, path }, "DELETE", url);
  await acts.act(
    "config:auth:{name}:restore GET",
    { status: 200, path: `${path}:restore` },
    "PUT",
    `${url}/restore`,
  );
}

async function ofSiem(acts: Acts): Promise<void> {
  const path = "config:siem:syslogtest";
  const url = "/config/siem/syslogtest";
  const endpoint = {
    siemType: "syslog",
    host: "siem.example.com",
    port: 5514,
    protocol: "udp",
    endpoint: "",
    loggingFormat: "rfc5424",
    authMethod: "token",
    auth: "CANARY-7",
    sendToEngine: false,
    pool: "",
    allowSelfSigned: false,
  };
  const body = { ...endpoint, name: "syslogtest" };
  await acts.act("config:siem POST", { status: 201, path: "config:siem" }, "POST", "/config/siem", {
    body,
  });
  await acts.act("config:siem:{name} GET", { status: 200, path }, "GET", url);
  await acts.act("config:siem:{name} PUT", { status: 200, path }, "PUT", url, {
    body: { ...endpoint, port: 6514 },
  });
  await acts.act("config:siem:{name} DELETE", { status: 200, path }, "DELETE", url);
}

async function ofEngines(acts: Acts, folder: string): Promise<void> {
  await acts.act("pools POST", { status: 201, path: "pools" }, "POST", "/pools/", {
    body: { name: "west" },
  });
  await acts.act("pools:{name} GET", { status: 200, path: "pools:west" }, "GET", "/pools/west");
  const made = await acts.act(
    "engines POST",
    { status: 201, path: "engines" },
    "POST",
    "/engines/",
    {
      body: { name: "runner", poolName: "west" },
    },
  );
  await acts.act(
    "engines:{name} GET",
    { status: 200, path: "engines:runner" },
    "GET",
    "/engines/runner",
  );
  const key = join(folder, "engine.key");
  writeFileSync(key, String(made.body.privateKey), { mode: 0o600 });
  const engine = await connected(acts.url, key);
  await acts.act(
    "engines:{name}:ping POST",
    { status: 200, path: "engines:runner:ping" },
    "POST",
    "/engines/runner/ping",
  );
  engine.kill("SIGTERM");
  await acts.act(
    "engines:{name} DELETE",
    { status: 200, path: "engines:runner" },
    "DELETE",
    "/engines/runner",
  );
  await acts.act(
    "pools:{name} DELETE",
    { status: 204, path: "pools:west" },
    "DELETE",
    "/pools/west?force=true",
  );
}

/** The process that a user would run, once it says that it is connected. */
function connected(url: string, key: string): Promise<ChildProcess> {
  const engine = spawn(join(root, "keytrail"), [
    "engine",
    "--url",
    url,
    "--name",
    "runner",
    "--key-file",
    key,
  ]);
  return new Promise((resolve, reject) => {
    let printed = "";
    const take = (chunk: Buffer): void => {
      printed += chunk.toString("utf8");
      if (/connected/i.test(printed)) resolve(engine);
    };
    engine.stdout.on("data", take);
    engine.stderr.on("data", take);
    engine.once("exit", (code) => reject(new Error(`the engine ended with ${code}: ${printed}`)));
  });
}

/** What a secret of custom credentials waits for, as IBM's wire has it made. */
async function ofTasks(acts: Acts): Promise<void> {
  const ibm = async (path: string, body?: object): Promise<Json> => {
    const response = await fetch(`${acts.url}/api/v2${path}`, {
      method: body ? "POST" : "GET",
      headers: { authorization: `Bearer ${acts.wire.token}`, "content-type": "application/json" },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return response.json();
  };
  const key = await ibm("/secrets", { name: "key", secret_type: "arbitrary", payload: "CANARY-8" });
  await ibm("/configurations", {
    name: "runner",
    config_type: "custom_credentials_configuration",
    api_key_ref: key.id,
    code_engine: { job_name: "job", project_id: crypto.randomUUID(), region: "us-south" },
    task_timeout: "10m",
  });
  const secret = await ibm("/secrets", {
    name: "saas",
    secret_type: "custom_credentials",
    configuration: "runner",
  });
  const { tasks } = await ibm(`/secrets/${secret.id}/tasks`);
  const { id } = tasks[0];
  await acts.act(
    "task:status:{id} GET",
    { status: 200, path: `task:status:${id}` },
    "GET",
    `/task/status/${id}`,
  );
}
