/** What is not believed of a provider: each lie told over HTTP by one that signs whatever it is asked to. */
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bodyOf, serve, type Served } from "../../test/support/serve.ts";
import type { Client, Marks, Vouched } from "../app/federation/federation.ts";
import { ManualClock } from "../kernel/clock.ts";
import { Refusal } from "../kernel/errors.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { MAX_ANSWER_BYTES } from "./guarded-fetch.ts";
import {
  FAILURE_LIFETIME_MS,
  MAX_CODES_AT_ONCE,
  METADATA_LIFETIME_MS,
  OpenIdFederation,
} from "./openid-federation.ts";

/** Undefined where a claim is left out. */
type Over = { readonly [Claim in keyof JWTPayload]: JWTPayload[Claim] | undefined };

const SECRET = "the-secret-of-the-client";

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

type Answering = () => {
  readonly status?: number;
  readonly location?: string;
  readonly body: unknown;
};

let served: Served;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let others: Awaited<ReturnType<typeof generateKeyPair>>;
let asked: Asked[];
/** By path; what a test changes of an honest provider. */
let answers: Map<string, Answering>;
/** The ID token. */
let token: () => Promise<string> | string;
let clock: ManualClock;
let federation: OpenIdFederation;

const marks: Marks = {
  state: new Sensitive("state-state-state-state-state-state-state-1"),
  nonce: "nonce-nonce-nonce-nonce-nonce-nonce-nonce-1",
  codeVerifier: "verifier-verifier-verifier-verifier-verifier",
  redirectUri: "http://127.0.0.1:1/identity/callback",
};

beforeAll(async () => {
  keys = await generateKeyPair("RS256");
  others = await generateKeyPair("RS256");
  served = await serve(async (request, response) => {
    const { pathname } = new URL(request.url ?? "", served.url);
    const form = new URLSearchParams((await bodyOf(request)).toString());
    asked.push({ path: pathname, authorization: request.headers.authorization, form });
    const answer = answers.get(pathname)?.() ?? { status: 404, body: {} };
    const body = await answer.body;
    response.writeHead(answer.status ?? 200, {
      "content-type": "application/json",
      ...(answer.location === undefined ? {} : { location: answer.location }),
    });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
});
afterAll(() => served.close());

beforeEach(async () => {
  clock = new ManualClock(Date.now());
  federation = new OpenIdFederation(clock);
  asked = [];
  token = () => sign({});
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "key", alg: "RS256", use: "sig" };
  answers = new Map<string, Answering>([
    ["/.well-known/openid-configuration", () => ({ body: metadata() })],
    ["/keys", () => ({ body: { keys: [jwk] } })],
    ["/token", () => ({ body: tokenAnswer() })],
    ["/userinfo", () => ({ body: { sub: "grace", email: "grace@example.com", sneaky: "yes" } })],
  ]);
});

function metadata(over: object = {}): object {
  const { url } = served;
  return {
    issuer: url,
    authorization_endpoint: `${url}/authorize`,
    token_endpoint: `${url}/token`,
    jwks_uri: `${url}/keys`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
    ...over,
  };
}

async function tokenAnswer(): Promise<object> {
  const id_token = await token();
  return { access_token: "access", token_type: "Bearer", expires_in: 60, id_token };
}

function claims(over: Over): JWTPayload {
  const now = Math.floor(Date.now() / 1_000);
  return {
    iss: served.url,
    aud: "keytrail",
    sub: "grace",
    nonce: marks.nonce,
    email: "token@example.com",
    iat: now,
    exp: now + 60,
    ...over,
  } as JWTPayload;
}

function sign(over: Over, key = keys.privateKey): Promise<string> {
  return new SignJWT(claims(over)).setProtectedHeader({ alg: "RS256", kid: "key" }).sign(key);
}

function client(over: Partial<Client> = {}): Client {
  return {
    issuer: served.url,
    clientId: "keytrail",
    clientSecret: new Sensitive(SECRET),
    scopes: ["openid", "email"],
    ...over,
  };
}

const redeem = (of = client(), iss?: string): Promise<Vouched> =>
  federation.redeem(of, { code: new Sensitive("the-code"), iss }, marks);

/** The reason of a refusal, and its sentence, which may repeat nothing of what was sent. */
async function refusalOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => new Error("nothing was refused"),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refusal)) throw error;
  for (const secret of [SECRET, "the-code", marks.nonce, marks.state.reveal()]) {
    expect(JSON.stringify([error.message, error.details])).not.toContain(secret);
  }
  return String(error.details["reason"]);
}

describe("the address of a login", () => {
  it("asks for a code, with everything that will tie it to this login", async () => {
    const address = new URL(await federation.addressOf(client(), marks));
    expect(address.origin + address.pathname).toBe(`${served.url}/authorize`);
    expect(Object.fromEntries(address.searchParams)).toEqual({
      response_type: "code",
      client_id: "keytrail",
      redirect_uri: marks.redirectUri,
      scope: "openid email",
      state: marks.state.reveal(),
      nonce: marks.nonce,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
  });

  it("is discovered once for many logins, and again after a while", async () => {
    const discoveries = (): number => asked.filter(({ path }) => path.startsWith("/.well")).length;
    await federation.addressOf(client(), marks);
    await redeem();
    expect(discoveries()).toBe(1);
    clock.advance(METADATA_LIFETIME_MS);
    await federation.addressOf(client(), marks);
    expect(discoveries()).toBe(2);
  });

  it("is discovered once for all who ask at the same time, and failure is not asked for again", async () => {
    const path = "/.well-known/openid-configuration";
    const honest = answers.get(path) as Answering;
    answers.set(path, () => ({ status: 500, body: "it broke" }));
    const ask = (): Promise<string> => federation.addressOf(client(), marks);
    for (const promise of [ask(), ask(), ask()]) {
      expect(await refusalOf(promise)).toBe("provider-not-believed");
    }
    answers.set(path, honest);
    expect(await refusalOf(ask())).toBe("provider-not-believed");
    expect(asked).toHaveLength(1);
    clock.advance(FAILURE_LIFETIME_MS);
    await Promise.all([ask(), ask()]);
    expect(asked).toHaveLength(2);
  });

  it.each([
    ["of another issuer", { issuer: "http://127.0.0.1:2" }],
    ["without an endpoint", { authorization_endpoint: undefined }],
    ["with one that is no web address", { authorization_endpoint: "javascript:alert(1)" }],
  ])("is refused for a document %s", async (_what, over) => {
    answers.set("/.well-known/openid-configuration", () => ({ body: metadata(over) }));
    expect(await refusalOf(federation.addressOf(client(), marks))).toBe("provider-not-believed");
  });

  it("is refused where discovery redirects, fails, or has no end", async () => {
    const path = "/.well-known/openid-configuration";
    const refused = async (answer: ReturnType<Answering>): Promise<string> => {
      clock.advance(FAILURE_LIFETIME_MS);
      answers.set(path, () => answer);
      return refusalOf(federation.addressOf(client(), marks));
    };
    const location = `${served.url}/elsewhere`;
    answers.set("/elsewhere", () => ({ body: metadata() }));
    expect(await refused({ status: 302, location, body: "" })).toBe("provider-not-believed");
    expect(asked.map((one) => one.path)).not.toContain("/elsewhere");
    expect(await refused({ status: 500, body: "it broke" })).toBe("provider-not-believed");
    const endless = " ".repeat(MAX_ANSWER_BYTES) + JSON.stringify(metadata());
    expect(await refused({ body: endless })).toBe("provider-unreachable");
  });

  it("is refused where nobody listens", async () => {
    const issuer = "http://127.0.0.1:9";
    const promise = federation.addressOf(client({ issuer }), marks);
    expect(await refusalOf(promise)).toBe("provider-unreachable");
  });
});

describe("a code", () => {
  it("is redeemed for a token that was signed for this login", async () => {
    expect(await redeem()).toMatchObject({
      subject: "grace",
      claims: { email: "token@example.com" },
    });
    const { form, authorization } = asked.find(({ path }) => path === "/token") as Asked;
    expect(Object.fromEntries(form)).toEqual({
      grant_type: "authorization_code",
      code: "the-code",
      redirect_uri: marks.redirectUri,
      code_verifier: marks.codeVerifier,
    });
    expect(authorization).toMatch(/^Basic /);
  });

  it("is redeemed in the form where the provider wants the secret there, or without one", async () => {
    const methods = { token_endpoint_auth_methods_supported: ["client_secret_post"] };
    answers.set("/.well-known/openid-configuration", () => ({ body: metadata(methods) }));
    await redeem();
    await redeem(client({ clientSecret: null }));
    const [posted, open] = asked.filter(({ path }) => path === "/token");
    expect(posted?.form.get("client_secret")).toBe(SECRET);
    expect([open?.form.get("client_id"), open?.form.get("client_secret")]).toEqual([
      "keytrail",
      null,
    ]);
    expect(open?.authorization).toBeUndefined();
  });

  it.each([5, {}, "client_secret_post"])(
    "is redeemed also where what the provider says of secrets is no list: %j",
    async (methods) => {
      answers.set("/.well-known/openid-configuration", () => ({
        body: metadata({ token_endpoint_auth_methods_supported: methods }),
      }));
      expect((await redeem()).subject).toBe("grace");
    },
  );

  it("is redeemed with keys that the provider has changed since", async () => {
    await redeem();
    const jwk = { ...(await exportJWK(others.publicKey)), kid: "new", alg: "RS256", use: "sig" };
    answers.set("/keys", () => ({ body: { keys: [jwk] } }));
    clock.advance(METADATA_LIFETIME_MS);
    token = () =>
      new SignJWT(claims({}))
        .setProtectedHeader({ alg: "RS256", kid: "new" })
        .sign(others.privateKey);
    expect((await redeem()).subject).toBe("grace");
  });

  it.each<[string, () => Promise<string> | string]>([
    ["of another login", () => sign({ nonce: "another" })],
    ["of no login", () => sign({ nonce: undefined })],
    ["for another client", () => sign({ aud: "another" })],
    ["of another issuer", () => sign({ iss: "https://another.example" })],
    ["that has expired", () => sign({ exp: Math.floor(Date.now() / 1_000) - 120 })],
    ["that is signed by somebody else", () => sign({}, others.privateKey)],
    ["that is not signed", () => new UnsecuredJWT(claims({})).encode()],
    [
      "that is signed with our own secret",
      () =>
        new SignJWT(claims({}))
          .setProtectedHeader({ alg: "HS256" })
          .sign(new TextEncoder().encode(SECRET)),
    ],
    ["that names nobody", () => sign({ sub: undefined })],
    ["that is none", () => "not.a.token"],
  ])("gives nothing for a token %s", async (_what, lie) => {
    token = lie;
    expect(await refusalOf(redeem())).toBe("provider-not-believed");
  });

  it.each<[string, unknown]>([
    ["none", { keys: [] }],
    ["no list", { keys: "none" }],
    ["nothing", { keys: [null] }],
    ["a key with nothing in it", { keys: [{ kty: "RSA", kid: "key" }] }],
    ["a key that is broken", { keys: [{ kty: "RSA", kid: "key", n: "AQAB", e: "!" }] }],
    ["something else altogether", ["keys"]],
  ])("gives nothing where the keys of the provider are %s", async (_what, body) => {
    answers.set("/keys", () => ({ body }));
    expect(await refusalOf(redeem())).toBe("provider-not-believed");
  });

  it("gives nothing where another provider says that it answered", async () => {
    answers.set("/.well-known/openid-configuration", () => ({
      body: metadata({ authorization_response_iss_parameter_supported: true }),
    }));
    const mixedUp = redeem(client(), "https://another.example");
    expect(await refusalOf(mixedUp)).toBe("provider-not-believed");
    expect((await redeem(client(), served.url)).subject).toBe("grace");
  });

  it("waits for a slow provider with so many others, and is refused where there are more", async () => {
    await federation.addressOf(client(), marks);
    const held = Promise.withResolvers<void>();
    answers.set("/token", () => ({ body: held.promise.then(tokenAnswer) }));
    const all = Array.from({ length: MAX_CODES_AT_ONCE }, () => redeem());
    await expect(redeem()).rejects.toThrow("Too many logins");
    held.resolve();
    expect(await Promise.all(all)).toHaveLength(MAX_CODES_AT_ONCE);
    expect((await redeem()).subject).toBe("grace");
  });

  it("gives nothing where the provider refuses it", async () => {
    answers.set("/token", () => ({ status: 400, body: { error: "invalid_grant" } }));
    expect(await refusalOf(redeem())).toBe("provider-refused");
  });
});

describe("the user info", () => {
  const withUserInfo = (): void => {
    answers.set("/.well-known/openid-configuration", () => ({
      body: metadata({ userinfo_endpoint: `${served.url}/userinfo` }),
    }));
  };

  it("is asked for the claims that the token leaves to it, and never gainsays the token", async () => {
    withUserInfo();
    token = () => sign({ email: undefined, sneaky: "no" });
    expect((await redeem()).claims).toMatchObject({ email: "grace@example.com", sneaky: "no" });
    asked = [];
    token = () => sign({});
    expect((await redeem()).claims).toMatchObject({ email: "token@example.com" });
    expect(asked.map(({ path }) => path)).not.toContain("/userinfo");
  });

  it("is what says whether the address in it is verified, whatever the token says of none", async () => {
    withUserInfo();
    token = () => sign({ email: undefined, email_verified: true });
    expect((await redeem()).claims["email_verified"]).toBeUndefined();
    const body = { sub: "grace", email: "grace@example.com", email_verified: false };
    answers.set("/userinfo", () => ({ body }));
    expect((await redeem()).claims["email_verified"]).toBe(false);
  });

  it("of somebody else gives nothing", async () => {
    withUserInfo();
    token = () => sign({ email: undefined });
    answers.set("/userinfo", () => ({ body: { sub: "mallory", email: "grace@example.com" } }));
    expect(await refusalOf(redeem())).toBe("provider-not-believed");
  });
});
