import { afterEach, describe, expect, it } from "vitest";
import { SiemServer, textOf, type Receive } from "../../../test/support/siem-server.ts";
import { DeliveryFault } from "../fault.ts";
import { AddressGuard } from "./address-guard.ts";
import { authorizationSettings, authorizerOf } from "./authorization.ts";

const servers: SiemServer[] = [];
const signal = new AbortController().signal;

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function open(receive: Receive): Promise<SiemServer> {
  const server = await SiemServer.open(receive);
  servers.push(server);
  return server;
}

function authorizer(
  settings: object,
  credentials: Record<string, string>,
  { isReachable = true, now = (): number => 0 } = {},
) {
  const guard = new AddressGuard(() => isReachable);
  return authorizerOf(authorizationSettings.parse(settings), { credentials, guard, now });
}

async function faultOf(promise: Promise<unknown>): Promise<DeliveryFault> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof DeliveryFault) return error;
  throw new Error("no fault of a delivery", { cause: error });
}

describe("requests say whose they are", () => {
  it.each([
    [{ kind: "none" }, {}, {}],
    [{ kind: "bearer" }, { token: "abc" }, { authorization: "Bearer abc" }],
    // RFC 7617, section 2.
    [
      { kind: "basic", user: "Aladdin" },
      { password: "open sesame" },
      { authorization: "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==" },
    ],
    [{ kind: "header", header: "DD-API-KEY" }, { token: "abc" }, { "DD-API-KEY": "abc" }],
    [{ kind: "header", scheme: "ApiKey" }, { token: "abc" }, { Authorization: "ApiKey abc" }],
  ])("by %j", async (settings, credentials, headers) => {
    expect(await authorizer(settings, credentials).headers(signal)).toEqual(headers);
  });
});

describe("a token by client credentials", () => {
  const oauth2 = (server: SiemServer, more: object = {}) => ({
    kind: "oauth2",
    token_url: `${server.url}/token`,
    client_id: "key+trail",
    ...more,
  });
  const credentials = { client_secret: "s:e/c r€t" };

  it("is asked for with the secret in the body, or as a password that is encoded before", async () => {
    const server = await open(() => ({ status: 200, body: { access_token: "t" } }));
    const body = authorizer(oauth2(server, { scope: "a b", audience: "siem" }), credentials);
    expect(await body.headers(signal)).toEqual({ authorization: "Bearer t" });
    const basic = authorizer(oauth2(server, { client_authentication: "basic" }), credentials);
    await basic.headers(signal);
    const [first, second] = server.requests;
    expect(Object.fromEntries(new URLSearchParams(textOf(first!.body)))).toEqual({
      grant_type: "client_credentials",
      client_id: "key+trail",
      client_secret: "s:e/c r€t",
      scope: "a b",
      audience: "siem",
    });
    expect(textOf(second!.body)).toBe("grant_type=client_credentials");
    const [, encoded = ""] = (second?.headers.authorization ?? "").split(" ");
    expect(Buffer.from(encoded, "base64").toString()).toBe("key%2Btrail:s%3Ae%2Fc+r%E2%82%ACt");
  });

  it.each([
    [3_600, 3_540_000],
    ["3600", 3_540_000],
    [60, 30_000],
    [undefined, 240_000],
    [10 ** 9, 24 * 3_600_000],
  ])("that ends after %s seconds is kept for %i ms", async (expiresIn, keptMs) => {
    let count = 0;
    const server = await open(() => {
      count += 1;
      return { status: 200, body: { access_token: `t${count}`, expires_in: expiresIn } };
    });
    let now = 1_000;
    const keeper = authorizer(oauth2(server), credentials, { now: () => now });
    await keeper.headers(signal);
    now += keptMs - 1;
    expect(await keeper.headers(signal)).toEqual({ authorization: "Bearer t1" });
    now += 1;
    expect(await keeper.headers(signal)).toEqual({ authorization: "Bearer t2" });
  });

  it.each([
    [{ status: 401 }, "denied", "the token endpoint answered 401"],
    [
      { status: 400, body: { error: "invalid_scope" } },
      "denied",
      "the token endpoint answered 400",
    ],
    [
      { status: 503, headers: { "retry-after": "7" } },
      "unavailable",
      "the token endpoint answered 503",
    ],
    [{ status: 200, body: "<html>" }, "denied", "no token of type Bearer"],
    [{ status: 200, body: { access_token: "a\nb" } }, "denied", "no token of type Bearer"],
    [{ status: 200, body: { access_token: "a", token_type: "mac" } }, "denied", "no token"],
  ])("is not had from an endpoint that answers %j", async (reply, kind, sentence) => {
    const server = await open(() => reply);
    const fault = await faultOf(authorizer(oauth2(server), credentials).headers(signal));
    expect(fault.kind).toBe(kind);
    expect(fault.message).toContain(sentence);
    expect(fault.message).not.toMatch(/r€t|html|invalid_scope/);
    expect(fault.retryAfterMs).toBe(reply.status === 503 ? 7_000 : undefined);
  });

  it("is not asked for where deliveries may not go", async () => {
    const server = await open(() => ({ status: 200, body: { access_token: "t" } }));
    const guarded = authorizer(oauth2(server), credentials, { isReachable: false });
    expect((await faultOf(guarded.headers(signal))).kind).toBe("denied");
    expect(server.requests).toEqual([]);
  });
});
