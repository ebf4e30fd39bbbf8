import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { START } from "../../../app/identity/testing/identity-app.ts";
import {
  asksForCodes,
  Authenticator,
  person,
  recorded,
} from "../../../app/identity/testing/logins.ts";
import { updateIdentityProvider } from "../../../app/federation/identity-providers.ts";
import { updateUser } from "../../../app/identity/users.ts";
import { CHALLENGE_LIFETIME_MS } from "../../../identity/certificate-challenge.ts";
import {
  answered,
  TestAuthority,
  type MadeCertificate,
} from "../../../app/identity/testing/certificates.ts";
import { DsvServer, type DsvAnswered, type DsvUser } from "./testing/dsv-server.ts";

const UNABLE = { code: 401, message: "unable to authenticate" };
/** RFC 5280, section 4.2.1.12. */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const DAY_MS = 86_400_000;

let root: TestAuthority;
let other: TestAuthority;
let good: MadeCertificate;
beforeAll(async () => {
  root = await TestAuthority.made("Root", START);
  other = await TestAuthority.made("Other", START);
  good = await root.issued("bob");
});

let server: DsvServer;
let bob: DsvUser;
beforeEach(async () => {
  server = await DsvServer.open();
  bob = await server.user("bob");
  const body = { name: "badges", type: "certificate", properties: { certificate: root.pem } };
  expect(await server.call("POST", "/config/auth", { body })).toMatchObject({ status: 201 });
});
afterEach(() => server.close());

const base64 = (pem: string): string => Buffer.from(pem).toString("base64");

function challenge(pem: string): Promise<DsvAnswered> {
  const body = { client_certificate: base64(pem) };
  return server.call("POST", "/certificate/auth", { as: null, body });
}

function answer(id: string, text: string, over: object = {}): Promise<DsvAnswered> {
  const challenged = { cert_challenge_id: id, decrypted_challenge: text };
  const body = { grant_type: "certificate", ...challenged, ...over };
  return server.call("POST", "/token", { as: null, body });
}

async function login({ pem, key }: MadeCertificate): Promise<DsvAnswered> {
  const { status, body } = await challenge(pem);
  expect(status).toBe(200);
  return answer(body.cert_challenge_id, answered(body.encrypted, key));
}

const fault = ({ events }: DsvAnswered): unknown => events[0]?.requestData["fault"];

describe("a login with a certificate", () => {
  it("is of the user whom the certificate names, once its key has read a challenge", async () => {
    const asked = await challenge(good.pem);
    expect(asked.record).toMatchObject({ path: "certificate:auth", action: "POST", status: 200 });
    expect(Object.keys(asked.body)).toEqual(["cert_challenge_id", "encrypted"]);
    const text = answered(asked.body.encrypted, good.key);
    const { status, body, record, events } = await answer(asked.body.cert_challenge_id, text);
    expect([status, body.tokenType, body.refreshToken]).toEqual([
      200,
      "bearer",
      expect.stringMatching(/^ktr_/),
    ]);
    expect(record).toMatchObject({ path: "token", status: 200, principal: "users:bob" });
    expect(events[0]).toMatchObject({
      operation: "certificate.login",
      action: "iam-identity.user-certificate.login",
      requestData: { realm_name: "badges", serialNumber: expect.stringMatching(/^[0-9a-f:]+$/) },
    });
    const whoami = await server.call("GET", "/whoami", { as: body.accessToken });
    expect(whoami.body.principal).toBe("users:bob");
    const records = recorded(server.http.app);
    for (const secret of [text, asked.body.encrypted, body.refreshToken, body.accessToken]) {
      expect(records).not.toContain(secret);
    }
  });

  it("may be by an e-mail address in it, and below an authority between", async () => {
    await server.user("carol@example.com");
    const between = await root.below("Between");
    const made = await between.issued("Carol", { emails: ["Carol@example.com"] });
    expect(fault(await challenge(made.pem))).toBe("no-authority-vouches");
    const chain = { ...made, pem: made.pem + between.pem };
    expect((await login(chain)).record?.principal).toBe("users:carol@example.com");
    const whole = { ...made, pem: made.pem + between.pem + root.pem };
    expect(await login(whole)).toMatchObject({ status: 200 });
  });

  it("asks for a code as well, where the account asks everyone for one", async () => {
    const made = await person(server.http.app, "dora");
    const authenticator = await Authenticator.confirmed(server.http.app, made);
    await asksForCodes(server);
    const hers = await root.issued("dora");
    const without = await login(hers);
    expect([without.status, fault(without)]).toEqual([401, "second-factor-required"]);
    const { body } = await challenge(hers.pem);
    const text = answered(body.encrypted, hers.key);
    const totp = authenticator.code();
    expect(await answer(body.cert_challenge_id, text, { totp })).toMatchObject({ status: 200 });
    expect(fault(await login(good))).toBe("second-factor-missing");
  });

  it("is good once, for the right answer and for a wrong one, and not for long", async () => {
    const { body } = await challenge(good.pem);
    const text = answered(body.encrypted, good.key);
    expect(await answer(body.cert_challenge_id, text)).toMatchObject({ status: 200 });
    const again = await answer(body.cert_challenge_id, text);
    expect([again.status, again.body, again.record?.status]).toEqual([401, UNABLE, 0]);
    const second = (await challenge(good.pem)).body;
    const wrong = await answer(second.cert_challenge_id, text);
    expect([wrong.body, fault(wrong)]).toEqual([UNABLE, "bad-challenge"]);
    const right = answered(second.encrypted, good.key);
    expect(await answer(second.cert_challenge_id, right)).toMatchObject({ status: 401 });
    const late = (await challenge(good.pem)).body;
    server.app.clock.advance(CHALLENGE_LIFETIME_MS);
    const tooLate = await answer(late.cert_challenge_id, answered(late.encrypted, good.key));
    expect(tooLate.status).toBe(401);
  });

  it.each([
    ["of an authority that nobody has named", () => other.issued("bob"), "no-authority-vouches"],
    ["that is over", () => root.issued("bob", { notAfter: START - 1 }), "certificate-expired"],
    [
      "that is still to come",
      () => root.issued("bob", { notBefore: START + DAY_MS / 2 }),
      "certificate-expired",
    ],
    ["of nobody here", () => root.issued("canary-mallory"), "certificate-names-nobody"],
    [
      "of the owner of the account",
      () => root.issued("admin@keytrail.local"),
      "certificate-names-owner",
    ],
    ["with a short key", () => root.issued("bob", { bits: 1_024 }), "certificate-not-rsa"],
    [
      "of an authority itself",
      () => root.issued("bob", { authority: { pathLength: 0 } }),
      "certificate-of-an-authority",
    ],
    [
      "for servers alone",
      () => root.issued("bob", { extKeyUsages: [SERVER_AUTH] }),
      "certificate-usage",
    ],
    [
      "that names two users",
      () => root.issued("bob", { emails: ["admin@example.com"] }),
      "certificate-names-several",
    ],
  ])("is refused to a certificate %s, and the record says why", async (_what, make, why) => {
    const refused = await challenge((await make()).pem);
    expect([refused.status, refused.body, fault(refused)]).toEqual([401, UNABLE, why]);
    expect(refused.record).toMatchObject({ path: "certificate:auth", status: 401 });
    expect(recorded(server.http.app)).not.toContain("canary");
  });

  it("is refused for a certificate of whose signer the chain only has the name", async () => {
    const forged = await (await TestAuthority.made("Root", START)).issued("bob");
    expect(fault(await challenge(forged.pem))).toBe("no-authority-vouches");
  });

  it.each(["", "canary", base64("-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----")])(
    "takes no text for a certificate",
    async (given) => {
      const body = { client_certificate: given };
      const refused = await server.call("POST", "/certificate/auth", { as: null, body });
      expect([refused.status, refused.record?.status]).toEqual([400, 400]);
      expect(refused.text).not.toContain("canary");
    },
  );

  it("may be by an authority that stands as a secret, as long as that one stands there", async () => {
    const { pem: cert } = other;
    const body = { data: { cert, privateKey: "k" }, attributes: { type: "root-cert" } };
    expect(await server.call("POST", "/secrets/pki:other", { body })).toMatchObject({
      status: 201,
    });
    const made = await other.issued("bob");
    expect(fault(await challenge(made.pem))).toBe("no-authority-vouches");
    const provider = { name: "pki", type: "certificate", properties: { rootCAPath: "pki:other" } };
    const named = await server.call("POST", "/config/auth", { body: provider });
    expect(named.body.properties).toMatchObject({ rootCAPath: "pki:other" });
    expect(await login(made)).toMatchObject({ status: 200 });
    // Whoever writes another authority there has it vouch for nobody.
    const third = await TestAuthority.made("Third", START);
    const data = { data: { cert: third.pem } };
    expect(await server.call("PUT", "/secrets/pki:other", { body: data })).toMatchObject({
      status: 200,
    });
    const usurped = await third.issued("bob");
    expect(fault(await challenge(usurped.pem))).toBe("no-authority-vouches");
    expect(await login(made)).toMatchObject({ status: 200 });
    await server.call("DELETE", "/secrets/pki:other");
    expect(fault(await challenge(made.pem))).toBe("no-authority-vouches");
  });

  it("by an authority that stands as a secret is of nobody who has more than whoever may use that", async () => {
    const root2 = {
      rootCAPath: "pki:own",
      commonName: "Own",
      domains: ["example.com"],
      maxTTL: 100,
    };
    expect(await server.call("POST", "/pki/root", { body: root2 })).toMatchObject({ status: 200 });
    const provider = { name: "own", type: "certificate", properties: { rootCAPath: "pki:own" } };
    const named = await server.call("POST", "/config/auth", { body: provider });
    expect(named).toMatchObject({ status: 201 });
    const writer = await server.user("writer@example.com", ["Writer"]);
    for (const [email, roles, expected] of [
      ["reader@example.com", ["SecretsReader", "Viewer"], undefined],
      ["nobody@example.com", [], undefined],
      ["chief@example.com", ["Administrator"], "certificate-names-more-than-its-issuers"],
      ["auditor@example.com", ["Reader", "Auditor"], "certificate-names-more-than-its-issuers"],
      ["manager@example.com", ["Manager"], "certificate-names-more-than-its-issuers"],
    ] as const) {
      await server.user(email, roles);
      const leaf = { rootCAPath: "pki:own", commonName: email, ttl: 1 };
      const made = await server.call("POST", "/pki/leaf", { body: leaf, as: writer });
      expect([email, made.status]).toEqual([email, 200]);
      const pem = Buffer.from(made.body.certificate, "base64").toString("utf8");
      const asked = await challenge(pem);
      expect([email, fault(asked)]).toEqual([email, expected]);
    }
  });

  it("is answered in the account where it was asked for, and by nobody who is disabled", async () => {
    const { body } = await challenge(good.pem);
    const text = answered(body.encrypted, good.key);
    await server.app.state.transact(({ identity }) =>
      identity.putAccount({ id: "f".repeat(32), name: "Other", createdAt: 1, isHandedOver: true }),
    );
    const challenged = { cert_challenge_id: body.cert_challenge_id, decrypted_challenge: text };
    const elsewhere = await server.call("POST", "/token", {
      as: null,
      body: { grant_type: "certificate", ...challenged },
      headers: { host: "other.keytrail.test" },
    });
    expect([elsewhere.status, fault(elsewhere)]).toEqual([401, "bad-challenge"]);
    const { iamId } = bob.user;
    await server.http.app.done(updateUser, server.admin.caller, { iamId, state: "disabled" });
    const out = await login(good);
    expect([out.status, out.body, fault(out)]).toEqual([401, UNABLE, "owner-disabled"]);
    expect(out.events.map(({ operation }) => operation)).toEqual(["certificate.login"]);
  });

  it("ends when its provider has another authority, and when it is disabled", async () => {
    const { body: tokens } = await login(good);
    const standing = async (as: string) => (await server.call("GET", "/whoami", { as })).status;
    const properties = (pem: string) => ({ body: { properties: { certificate: pem } } });
    await server.call("PUT", "/config/auth/badges", properties(root.pem));
    expect(await standing(tokens.accessToken)).toBe(200);
    await server.call("PUT", "/config/auth/badges", properties(other.pem));
    expect(await standing(tokens.accessToken)).toBe(401);
    const { body: again } = await login(await other.issued("bob"));
    expect(await standing(again.accessToken)).toBe(200);
    const disabled = { id: "badges", enabled: false };
    await server.http.app.done(updateIdentityProvider, server.admin.caller, disabled);
    expect(await standing(again.accessToken)).toBe(401);
  });

  it("ends with its provider, and with the user: also between the challenge and the answer", async () => {
    const { body: tokens } = await login(good);
    const { body } = await challenge(good.pem);
    expect(await server.call("DELETE", "/config/auth/badges")).toMatchObject({ status: 200 });
    const text = answered(body.encrypted, good.key);
    expect(await answer(body.cert_challenge_id, text)).toMatchObject({ status: 401 });
    const after = await server.call("GET", "/whoami", { as: tokens.accessToken });
    expect(after.status).toBe(401);
    expect(fault(await challenge(good.pem))).toBe("no-authority-vouches");
    expect(await server.call("PUT", "/config/auth/badges/restore")).toMatchObject({ status: 200 });
    expect(await login(good)).toMatchObject({ status: 200 });
  });
});
