/** Of secrets, homes, keys, certificates and tasks. */
import { X509Certificate } from "node:crypto";
import type { Acts } from "./dsv-acts.ts";

const BY_ID = /^[0-9a-f-]{36}$/;
export const PASSWORD = "Correct-Horse-7-battery";

export async function actsOfSecrets(acts: Acts): Promise<void> {
  await ofSecrets(acts);
  await ofHomes(acts);
  await ofCrypto(acts);
  await ofPki(acts);
}

async function ofSecrets(acts: Acts): Promise<void> {
  const path = "secrets:us-east:server02";
  const url = "/secrets/us-east:server02";
  const body = {
    Data: { user: "svc", password: "CANARY-1" },
    Description: "d",
    Attributes: { env: "prod" },
  };
  const made = await acts.act("secrets:{path} POST", { status: 201, path }, "POST", url, { body });
  const id = String(made.body.id);
  if (!BY_ID.test(id)) throw new Error(`a secret has an id, not ${id}`);
  await acts.act("secrets:{path,id} GET", { status: 200, path }, "GET", `${url}?edit=false`);
  await acts.act("secrets:{path,id} GET", { status: 200, path }, "GET", `/secrets/${id}`);
  await acts.act(
    "secrets:{path,id} GET",
    { status: 404, path: "secrets:not:there" },
    "GET",
    "/secrets/not/there",
  );
  const changed = { Data: { password: "CANARY-2" }, Overwrite: false };
  await acts.act("secrets:{path,id} PUT", { status: 200, path }, "PUT", url, { body: changed });
  const version = (n: number) => `${path}:version:${n}`;
  await acts.act(
    "secrets:{path,id}:version:{version} GET",
    { status: 200, path: version(0) },
    "GET",
    `${url}/version/0`,
  );
  await acts.act(
    "secrets:{path,id}:version:{version} GET",
    { status: 404, path: version(9) },
    "GET",
    `${url}/version/9`,
  );
  const back = (n: number) => `${path}:rollback:${n}`;
  await acts.act(
    "secrets:{path,id}:rollback:{version} PUT",
    { status: 200, path: back(0) },
    "PUT",
    `${url}/rollback/0`,
  );
  await acts.act(
    "secrets:{path,id}:rollback:{version} PUT",
    { status: 404, path: back(9) },
    "PUT",
    `${url}/rollback/9`,
  );
  const described = `${path}::description`;
  await acts.act(
    "secrets:{path,id}::description GET",
    { status: 200, path: described },
    "GET",
    `${url}::description`,
  );
  await acts.act(
    "secrets:{path,id}::description GET",
    { status: 404, path: "secrets:not:there::description" },
    "GET",
    "/secrets/not/there::description",
  );
  await acts.act(
    "secrets:{path}::listpaths GET",
    { status: 200, recorded: 0, path: "secrets:us-east::listpaths" },
    "GET",
    "/secrets/us-east::listpaths",
  );
  await acts.act(
    "secrets GET",
    { status: 200, path: "secrets" },
    "GET",
    "/secrets?searchTerm=server&limit=10&cursor=&sort=",
  );
  await acts.act("secrets:{path,id} DELETE", { status: 200, path }, "DELETE", `${url}?force=false`);
  await acts.act(
    "secrets:{path,id}:restore GET",
    { status: 200, path: `${path}:restore` },
    "PUT",
    `${url}/restore`,
  );
}

/** Of the administrator: everybody has a home. */
async function ofHomes(acts: Acts): Promise<void> {
  const principal = "users:admin@keytrail.local";
  const url = `/home/${principal}//databases/x`;
  const path = `home:${principal}:databases:x`;
  const body = { data: { password: "CANARY-3" } };
  await acts.act("home:{principal}:{path} POST", { status: 201, path }, "POST", url, { body });
  await acts.act("home:{principal}:{path} GET", { status: 200, path }, "GET", url);
  const none = `home:${principal}:none`;
  await acts.act(
    "home:{principal}:{path} GET",
    { status: 404, path: none },
    "GET",
    `/home/${principal}/none`,
  );
  await acts.act("home:{principal}:{path} PUT", { status: 200, path }, "PUT", url, {
    body: { data: { more: "CANARY-4" } },
  });
  const version = "home:{principal}:{path}:version:{version} GET";
  await acts.act(version, { status: 200, path: `${path}:version:0` }, "GET", `${url}/version/0`);
  await acts.act(version, { status: 404, path: `${path}:version:7` }, "GET", `${url}/version/7`);
  const description = "home:{principal}:{path}::description GET";
  await acts.act(
    description,
    { status: 200, path: `${path}::description` },
    "GET",
    `${url}::description`,
  );
  await acts.act(
    description,
    { status: 404, path: `${none}::description` },
    "GET",
    `/home/${principal}/none::description`,
  );
  await acts.act(
    "home:{principal} GET",
    { status: 200, path: `home:${principal}` },
    "GET",
    `/home/${principal}?searchTerm=data`,
  );
  await acts.act("home:{principal}:{path} DELETE", { status: 200, path }, "DELETE", url);
}

async function ofCrypto(acts: Acts): Promise<void> {
  const path = "crypto:key:app:key";
  const url = "/crypto/key/app/key";
  await acts.act("crypto:key:{path} POST", { status: 201, path }, "POST", url, { body: {} });
  await acts.act("crypto:key:{path} GET", { status: 200, path }, "GET", url);
  const plain = { Path: "app/key", Plaintext: "CANARY-5" };
  const encrypted = await acts.act(
    "crypto:encrypt POST",
    { status: 200, path: "crypto:encrypt" },
    "POST",
    "/crypto/encrypt",
    { body: plain },
  );
  const { ciphertext, version } = encrypted.body;
  await acts.act(
    "crypto:decrypt POST",
    { status: 200, path: "crypto:decrypt" },
    "POST",
    "/crypto/decrypt",
    {
      body: { path: "app/key", ciphertext, version },
    },
  );
  await acts.act(
    "crypto:rotate POST",
    { status: 201, path: "crypto:rotate" },
    "POST",
    "/crypto/rotate",
    {
      body: { path: "app/key", ciphertext },
    },
  );
  await acts.act("crypto:key:{path} DELETE", { status: 204, path }, "DELETE", url);
  await acts.act(
    "crypto:key:{path}:restore PUT",
    { status: 204, path: `${path}:restore` },
    "PUT",
    `${url}/restore`,
  );
}

async function ofPki(acts: Acts): Promise<void> {
  const root = {
    rootCAPath: "ca/root",
    commonName: "Root",
    domains: ["example.com"],
    maxTTL: 1_000,
  };
  const made = await acts.act(
    "pki:root POST",
    { status: 200, path: "pki:root" },
    "POST",
    "/pki/root",
    { body: root },
  );
  const { certificate, privateKey } = made.body;
  const { ca } = new X509Certificate(Buffer.from(String(certificate), "base64"));
  if (!ca) throw new Error("A root is an authority's certificate.");
  const registered = {
    rootCAPath: "ca/known",
    certificate,
    privateKey,
    domains: ["example.com"],
    maxTTL: 100,
  };
  await acts.act(
    "pki:register POST",
    { status: 201, path: "pki:register" },
    "POST",
    "/pki/register",
    { body: registered },
  );
  const leaf = {
    rootCAPath: "ca/root",
    commonName: "web.example.com",
    ttl: 24,
    storePath: "ca/leaf",
  };
  await acts.act("pki:leaf POST", { status: 200, path: "pki:leaf" }, "POST", "/pki/leaf", {
    body: leaf,
  });
  const csr = Buffer.from(CSR).toString("base64");
  await acts.act("pki:sign POST", { status: 200, path: "pki:sign" }, "POST", "/pki/sign", {
    body: { rootCAPath: "ca/root", csr, ttl: 24 },
  });
  await acts.act(
    "pki:ssh-cert POST",
    { status: 200, path: "pki:ssh-cert" },
    "POST",
    "/pki/ssh-cert",
    {
      body: { rootCAPath: "ca/root", leafCAPath: "ca/leaf", principals: ["bob"], ttl: 1 },
    },
  );
}

/** Of `web.example.com`, for a key that nobody has any more. */
const CSR = `-----BEGIN CERTIFICATE REQUEST-----
MIICjDCCAXQCAQAwGjEYMBYGA1UEAwwPd2ViLmV4YW1wbGUuY29tMIIBIjANBgkq
hkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAg6hnlxd5l0eJC7w+nYqAeYWNNfhWVgvD
Zd8fOoE/uRK4fUys1/l9ewih9lkIwBwbQLEthu2PNW4zGVhUzWHjkFjXuCnPPrcu
cIF3zKZLPrhMrmZ0KTwT6bFnALuqI7zuUMPgW4Y2th0EYhrAhNlwKXuhXd9mOyz1
1lxGOXLKNjaK8v4AHvodoJqxTer8QalmEA0M2vccEUlruUpap4QfNICW4Ld4gRXd
zUYYwlQZjgUH/9naRkVchApB0pioH/nmUPYd4IgNi++SEYCIbO1Kpnwo/0TV4RwR
1kPDLK0yLwxTnS2UDKdc0d9HlsPxt/HnL3++n32Sqva++D5coL4yhQIDAQABoC0w
KwYJKoZIhvcNAQkOMR4wHDAaBgNVHREEEzARgg93ZWIuZXhhbXBsZS5jb20wDQYJ
KoZIhvcNAQELBQADggEBADKpnmZJuGCOH9yYQF772je4MRShrq2M9YqcLpfyfjvM
xdaYdOXPdRw1COMplqwA4T5Mt2kZ9Dyw7h47m4jl/L3n8pxgikvo0wuJTCxdWEsl
QIAClnAThVP3xW8KIe4JnWC2B8/ZuVGZXLGttvs6eVtboCYJWHwNGUDoJwpsAHeS
plDzJvctpab6dTblii2gCdyELMn7afks5LBiOPqmV3IP9o9mTCScMXj0CufikgWG
WXoi9omIDID74IVsYZeZHBGFl/8lzOT08dcGKRWcZdha650FbED0pvQ7MEnruxrj
AMA2NzFQvLH3XEpdKrTMZBTjMw3FAR3mIsHIiOcVp8o=
-----END CERTIFICATE REQUEST-----
`;
