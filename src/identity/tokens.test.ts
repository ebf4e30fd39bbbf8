import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import {
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
} from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { TokenKeyInMemory } from "../storage/memory/token-key.ts";
import type { ApiKey } from "./api-key.ts";
import type { ServiceId } from "./service-id.ts";
import type { TokenSubject, TokenTerms } from "./token-claims.ts";
import { MAX_TOKEN_CHARS, TokenIssuer, type Verification } from "./tokens.ts";

const NOW = Date.UTC(2026, 10, 21, 9, 0, 0, 500);
const HOUR_MS = 3_600_000;
const ISSUER = "https://keytrail.test/identity";

const key: ApiKey = {
  id: "ApiKey-8f1c8a2e-8d6b-4ad2-9a57-4f4a3d4f0c11",
  account: "0123456789abcdef0123456789abcdef",
  iamId: "iam-ServiceId-1e1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c22",
  name: "key",
  description: "",
  accessKeyId: null,
  locked: false,
  disabled: false,
  expiresAt: null,
  actionWhenLeaked: "none",
  supportSessions: false,
  sessionsSince: NOW,
  entityTag: "1-0",
  createdAt: NOW,
  createdBy: "",
  modifiedAt: NOW,
};
const owner: ServiceId = {
  kind: "serviceid",
  id: "ServiceId-1e1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c22",
  iamId: "iam-ServiceId-1e1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c22",
  account: "0123456789abcdef0123456789abcdef",
  name: "ci",
  description: "",
  uniqueInstanceCrns: [],
  locked: false,
  entityTag: "1-0",
  createdAt: NOW,
  createdBy: "",
  modifiedAt: NOW,
};
const subject: TokenSubject = { credential: { key, owner }, profile: null };
const terms: TokenTerms = {
  session: { id: "5b1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c33", beganAt: NOW, isKept: false },
  clientId: "default",
  grantType: "urn:ibm:params:oauth:grant-type:apikey",
  now: NOW,
  lifetimeS: 3_600,
};

let store: TokenKeyInMemory;
let issuer: TokenIssuer;
let token: string;

beforeAll(async () => {
  store = new TokenKeyInMemory();
  issuer = await TokenIssuer.open({ issuer: ISSUER, store });
  token = (await issuer.issue(subject, terms)).token.reveal();
});

type Fields = Readonly<Record<string, unknown>>;

const sentence = (verification: Verification): string =>
  verification.kind === "refused" ? verification.refusal.message : "genuine";

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("an access token", () => {
  it("carries the claims of IBM's tokens, for a service ID", () => {
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      iam_id: owner.iamId,
      id: owner.iamId,
      realmid: "iam",
      identifier: "ServiceId-1e1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c22",
      sub: "ServiceId-1e1c6a0e-6b0a-4d9b-8a52-0a6a4f9f2c22",
      sub_type: "ServiceId",
      account: { bss: owner.account, valid: true, frozen: true },
      iss: ISSUER,
      grant_type: terms.grantType,
      scope: "ibm openid",
      client_id: "default",
      acr: 1,
      amr: ["pwd"],
      keytrail_credential: key.id,
      keytrail_session: terms.session,
    });
    expect(claims.exp! - claims.iat!).toBe(3_600);
  });

  it("carries those of a user, under the user's address", async () => {
    const user = {
      kind: "user",
      iamId: "IBMid-0000000000000001",
      account: owner.account,
      email: "ada@example.com",
      name: "Ada",
      state: "active",
      isOwner: false,
      realm: "IBMid",
      sessionsSince: 0,
      createdAt: NOW,
      createdBy: "",
    } as const;
    const issued = await issuer.issue({ credential: { key, owner: user }, profile: null }, terms);
    const claims = decodeJwt(issued.token.reveal());
    expect(claims).toMatchObject({
      realmid: "IBMid",
      identifier: "0000000000000001",
      email: "ada@example.com",
      sub: "ada@example.com",
    });
    expect(claims).not.toHaveProperty("sub_type");
  });

  it("is never the same twice", async () => {
    const other = (await issuer.issue(subject, terms)).token.reveal();
    expect(decodeJwt(other).jti).not.toBe(decodeJwt(token).jti);
  });

  it("does not show its value to a log", async () => {
    expect(JSON.stringify(await issuer.issue(subject, terms))).not.toContain("eyJ");
  });
});

describe("the verifier", () => {
  it("knows its own token, the first time and after", async () => {
    const known = {
      kind: "genuine",
      token: {
        iamId: owner.iamId,
        account: owner.account,
        credentialId: key.id,
        session: terms.session,
        clientId: "default",
        grantType: terms.grantType,
        expiresAt: Math.floor(NOW / 1_000) * 1_000 + HOUR_MS,
      },
    };
    expect(await issuer.verify(token, NOW)).toEqual(known);
    expect(await issuer.verify(token, NOW)).toEqual(known);
  });

  it("knows it after a restart with the same key", async () => {
    const restarted = await TokenIssuer.open({ issuer: ISSUER, store });
    expect((await restarted.verify(token, NOW)).kind).toBe("genuine");
    expect(restarted.publishedKeys()).toEqual(issuer.publishedKeys());
  });

  it("refuses it from the moment it expires, also when it is remembered as genuine", async () => {
    const fresh = await TokenIssuer.open({ issuer: ISSUER, store });
    const end = Math.floor(NOW / 1_000) * 1_000 + HOUR_MS;
    expect((await fresh.verify(token, end - 1)).kind).toBe("genuine");
    const late = await fresh.verify(token, end);
    expect(late).toMatchObject({ kind: "refused", token: { iamId: owner.iamId } });
    expect(sentence(late)).toBe("The access token has expired.");
    const never = await TokenIssuer.open({ issuer: ISSUER, store });
    expect(await never.verify(token, end)).toEqual(late);
  });

  it("refuses a token without a signature, and says nothing of whom it claims to be", async () => {
    const [, claims] = token.split(".");
    for (const alg of ["none", "None", "NONE"]) {
      for (const signature of ["", "AAAA"]) {
        const forged = `${part({ alg, typ: "JWT" })}.${claims}.${signature}`;
        const verification = await issuer.verify(forged, NOW);
        expect(verification.kind).toBe("refused");
        expect(verification).not.toHaveProperty("token.iamId");
      }
    }
  });

  it("refuses the public key used as the secret of an HMAC", async () => {
    const [published] = issuer.publishedKeys().keys;
    const secret = Buffer.from(JSON.stringify(published));
    const forged = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({ alg: "HS256", kid: published!.kid! })
      .sign(secret);
    expect(sentence(await issuer.verify(forged, NOW))).toBe(
      "The access token was not signed by this installation.",
    );
  });

  it("refuses another key's signature, under its own kid and under ours", async () => {
    const other = await generateKeyPair("ES256");
    for (const kid of ["another", decodeProtectedHeader(token).kid!]) {
      const forged = await new SignJWT(decodeJwt(token))
        .setProtectedHeader({ alg: "ES256", kid })
        .sign(other.privateKey);
      expect(sentence(await issuer.verify(forged, NOW))).toBe(
        "The access token was not signed by this installation.",
      );
    }
  });

  it("refuses an RSA signature under our kid", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const [, claims] = token.split(".");
    const signed = `${part({ alg: "RS256", kid: decodeProtectedHeader(token).kid })}.${claims}`;
    const signature = sign("sha256", Buffer.from(signed), privateKey).toString("base64url");
    expect((await issuer.verify(`${signed}.${signature}`, NOW)).kind).toBe("refused");
  });

  it("does not take a key from the token's own header", async () => {
    const other = await generateKeyPair("ES256", { extractable: true });
    const forged = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({
        alg: "ES256",
        kid: decodeProtectedHeader(token).kid!,
        jwk: await exportJWK(other.publicKey),
      })
      .sign(other.privateKey);
    expect((await issuer.verify(forged, NOW)).kind).toBe("refused");
  });

  it("refuses what our own key signed for another issuer or audience, or under another key's id", async () => {
    const own = await importJWK((await store.load())!, "ES256");
    const kid = decodeProtectedHeader(token).kid!;
    const good = decodeJwt(token);
    const signed = (header: Fields, claims: Fields): Promise<string> =>
      new SignJWT({ ...good, ...claims })
        .setProtectedHeader({ alg: "ES256", kid, ...header })
        .sign(own);
    expect((await issuer.verify(await signed({}, {}), NOW)).kind).toBe("genuine");
    const elsewhere = "The access token was issued for another address or purpose.";
    for (const claims of [{ iss: "https://other.test/identity" }, { aud: "another" }]) {
      expect(sentence(await issuer.verify(await signed({}, claims), NOW))).toBe(elsewhere);
    }
    expect(sentence(await issuer.verify(await signed({ kid: "another" }, {}), NOW))).toBe(
      "The access token was not signed by this installation.",
    );
    for (const claims of [
      { keytrail_credential: 7 },
      { keytrail_session: { id: "1" } },
      { account: null },
      { iam_id: undefined },
    ]) {
      expect(sentence(await issuer.verify(await signed({}, claims), NOW))).toBe(
        "The access token lacks claims.",
      );
    }
  });

  it("refuses a token in which any one character was changed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(token.length - 1),
        fc.constantFrom("A", "B", "Z", "a", "z", "0", "9", "-", "_", ".", "="),
        async (at, character) => {
          const changed = token.slice(0, at) + character + token.slice(at + 1);
          // The last character of a part holds bits that no decoder looks at: such a change changes nothing.
          const same = (text: string): string =>
            text
              .split(".")
              .map((one) => Buffer.from(one, "base64url").toString("hex"))
              .join(".");
          fc.pre(same(changed) !== same(token));
          expect((await issuer.verify(changed, NOW)).kind).toBe("refused");
        },
      ),
      { numRuns: 300 },
    );
  });

  it("answers any text at all, and a very long one before computing anything", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), async (text) => {
        expect((await issuer.verify(text, NOW)).kind).toBe("refused");
      }),
      { numRuns: 200 },
    );
    const long = await issuer.verify(`${token}${"A".repeat(MAX_TOKEN_CHARS)}`, NOW);
    expect(sentence(long)).toBe("The access token is too long to be one.");
  });
});

describe("the published key", () => {
  it("is public only, and verifies", () => {
    const { keys } = issuer.publishedKeys();
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    expect(keys[0]!.kid).toBe(decodeProtectedHeader(token).kid);
  });
});
