/** Of users, groups, roles, clients and tokens. */
import { PASSWORD } from "./dsv-acts-secrets.ts";
import type { Acts } from "./dsv-acts.ts";

const NEXT_PASSWORD = "Another-Horse-8-battery";

export async function actsOfIdentities(acts: Acts): Promise<void> {
  await ofUsers(acts);
  await ofGroups(acts);
  await ofRoles(acts);
  await ofClients(acts);
  await ofTokens(acts);
}

async function ofUsers(acts: Acts): Promise<void> {
  const body = { userName: "bob", displayName: "Bob", password: PASSWORD };
  await acts.act("users POST", { status: 201, path: "users" }, "POST", "/users/", { body });
  await acts.act("users:{name} GET", { status: 200, path: "users:bob" }, "GET", "/users/bob");
  await acts.act("users:{name} PUT", { status: 200, path: "users:bob" }, "PUT", "/users/bob", {
    body: { displayname: "Robert" },
  });
  await acts.act(
    "users:{name}:version:{version} GET",
    { status: 200, path: "users:bob:version:0" },
    "GET",
    "/users/bob/version/0",
  );
  await acts.act(
    "users GET",
    { status: 200, path: "users" },
    "GET",
    "/users?searchTerm=bo&limit=5&cursor=&sort=",
  );
  await acts.act("users:{name} DELETE", { status: 200, path: "users:bob" }, "DELETE", "/users/bob");
  await acts.act(
    "users:{name}:restore GET",
    { status: 200, path: "users:bob:restore" },
    "PUT",
    "/users/bob/restore",
  );
  const passwords = { currentPassword: PASSWORD, newPassword: NEXT_PASSWORD };
  await acts.act(
    "users:{name}:password POST",
    { status: 200, path: "users:bob:password" },
    "POST",
    "/users/bob/password",
    { body: passwords },
  );
  await acts.act(
    "users:{name}:group GET",
    { status: 200, path: "users:bob:group" },
    "GET",
    "/users/bob/groups",
  );
}

async function ofGroups(acts: Acts): Promise<void> {
  const members = { memberNames: ["bob"] };
  await acts.act("groups POST", { status: 201, path: "groups" }, "POST", "/groups/", {
    body: { groupName: "ops" },
  });
  await acts.act("groups:{name} GET", { status: 200, path: "groups:ops" }, "GET", "/groups/ops");
  await acts.act(
    "groups:{name}:members POST",
    { status: 200, path: "groups:ops:members" },
    "POST",
    "/groups/ops/members",
    { body: members },
  );
  await acts.act(
    "groups:{name}:members DELETE",
    { status: 204, path: "groups:ops:members" },
    "DELETE",
    "/groups/ops/members",
    { body: members },
  );
  await acts.act("groups GET", { status: 200, path: "groups" }, "GET", "/groups?searchTerm=op");
  await acts.act(
    "groups:{name} DELETE",
    { status: 200, path: "groups:ops" },
    "DELETE",
    "/groups/ops",
  );
  await acts.act(
    "groups:{name}:restore GET",
    { status: 200, path: "groups:ops:restore" },
    "GET",
    "/groups/ops/restore",
  );
}

async function ofRoles(acts: Acts): Promise<void> {
  const body = { name: "deployers", description: "of the pipeline" };
  await acts.act("roles POST", { status: 201, path: "roles" }, "POST", "/roles/", { body });
  await acts.act(
    "roles:{name} GET",
    { status: 200, path: "roles:deployers" },
    "GET",
    "/roles/deployers",
  );
  await acts.act(
    "roles:{name} PUT",
    { status: 200, path: "roles:deployers" },
    "PUT",
    "/roles/deployers",
    {
      body: { description: "of all pipelines" },
    },
  );
  await acts.act(
    "roles:{name}:version:{version} GET",
    { status: 200, path: "roles:deployers:version:0" },
    "GET",
    "/roles/deployers/version/0",
  );
  await acts.act("roles GET", { status: 200, path: "roles" }, "GET", "/roles?searchTerm=deploy");
  await acts.act(
    "roles:{name} DELETE",
    { status: 200, path: "roles:deployers" },
    "DELETE",
    "/roles/deployers",
  );
  await acts.act(
    "roles:{name}:restore GET",
    { status: 200, path: "roles:deployers:restore" },
    "PUT",
    "/roles/deployers/restore",
  );
}

async function ofClients(acts: Acts): Promise<void> {
  const made = await acts.act(
    "clients POST",
    { status: 201, path: "clients" },
    "POST",
    "/clients",
    {
      body: { role: "deployers", usesLimit: 5 },
    },
  );
  const { clientId } = made.body;
  const path = `clients:${clientId}`;
  const url = `/clients/${clientId}`;
  await acts.act("clients:{clientId} GET", { status: 200, path }, "GET", url);
  await acts.act(
    "clients GET",
    { status: 200, path: "clients" },
    "GET",
    "/clients?role=deployers&limit=10&cursor=",
  );
  const body = {
    grant_type: "client_credentials",
    client_id: clientId,
    client_secret: made.body.clientSecret,
  };
  await acts.act("token POST", { status: 200, path: "token" }, "POST", "/token", {
    body,
    token: null,
  });
  await acts.act("clients:{clientId} DELETE", { status: 200, path }, "DELETE", url);
  await acts.act(
    "clients:{clientId}:restore GET",
    { status: 200, path: `${path}:restore` },
    "PUT",
    `${url}/restore`,
  );
  const byUrl = await acts.prepare("POST", "/clients", {
    body: { role: "deployers", url: true, urlTTL: 60 },
  });
  const bootstrap = String(byUrl.body.urlPath)
    .replace(/^.*?\/v1(?=\/)/, "")
    .replace(/^(?!\/)/, "/");
  await acts.act(
    "clients:bootstrap:{clientId} GET",
    { status: 200, path: `clients:bootstrap:${byUrl.body.clientId}` },
    "GET",
    bootstrap,
    { token: null },
  );
}

async function ofTokens(acts: Acts): Promise<void> {
  const login = { grant_type: "password", username: "bob", password: NEXT_PASSWORD };
  const form = new URLSearchParams(login);
  const row = "token POST";
  const answer = await acts.act(row, { status: 200, path: "token" }, "POST", "/token", {
    body: form,
    token: null,
  });
  await acts.act(row, { status: 401, recorded: 0, path: "token" }, "POST", "/token", {
    body: { ...login, password: "CANARY-wrong" },
    token: null,
  });
  const { refreshToken } = answer.body;
  const refresh = { grant_type: "refresh_token", refresh_token: refreshToken };
  await acts.act(row, { status: 200, path: "token" }, "POST", "/token", {
    body: refresh,
    token: null,
  });
  const { createHash } = await import("node:crypto");
  const hash = createHash("sha256").update(String(refreshToken)).digest("hex").slice(0, 16);
  await acts.act(
    "revoke:{refreshtoken} POST",
    { status: 204, path: `revoke:${hash}` },
    "POST",
    `/revoke/${refreshToken}`,
    {
      token: `Bearer ${answer.body.accessToken}`,
    },
  );
}
