import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAcmeServer, type AcmeServer } from "../../test/support/acme-server.ts";
import { AcmeFault, type AcmeAccount } from "../app/secrets/acme.ts";
import { ManualClock } from "../kernel/clock.ts";
import { Sensitive } from "../kernel/sensitive.ts";
import { makeCsr } from "../pki/csr.ts";
import { generateKey, readPrivateKey } from "../pki/keys.ts";
import { NO_SUBJECT } from "../pki/names.ts";
import { readCertificates } from "../pki/read.ts";
import { AcmeClient } from "./acme-client.ts";
import { DIRECTORY_LIFETIME_MS, MAX_TRIES } from "./session.ts";

let clock: ManualClock;
let server: AcmeServer;
let client: AcmeClient;
let account: AcmeAccount;

beforeEach(async () => {
  clock = new ManualClock(Date.UTC(2026, 10, 21));
  server = await startAcmeServer(clock);
  client = clientOf(server.directory);
  account = await registered(ecKey());
});

afterEach(() => server.close());

function clientOf(production: string, timeoutMs = 2_000): AcmeClient {
  const directories = { production, staging: "http://127.0.0.1:1/" };
  return new AcmeClient({ directories, userAgent: "keytrail/test", clock, timeoutMs });
}

function ecKey(namedCurve = "P-256"): KeyObject {
  return generateKeyPairSync("ec", { namedCurve }).privateKey;
}

function accountOf(key: KeyObject): AcmeAccount {
  const pem = key.export({ type: "pkcs8", format: "pem" });
  return { environment: "production", key: new Sensitive(pem) };
}

async function registered(key: KeyObject): Promise<AcmeAccount> {
  await server.register(key);
  return accountOf(key);
}

async function csrFor(...names: readonly string[]): Promise<string> {
  const key = readPrivateKey(await generateKey({ type: "ec", bits: 256 }));
  const altNames = names.map((value) => ({ kind: "dns", value }) as const);
  return makeCsr({ subject: { ...NO_SUBJECT, commonName: names[0] ?? null }, altNames, key });
}

async function faultOf(work: Promise<unknown>): Promise<AcmeFault> {
  const fault = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(fault instanceof AcmeFault)) throw new Error(`not a fault: ${String(fault)}`);
  return fault;
}

/** From an order to the address of its certificate. */
async function signed(...names: readonly string[]): Promise<string> {
  const url = await client.place(account, names);
  const order = await client.look(account, url);
  for (const { recordName, recordValue } of order.challenges ?? []) {
    server.publish(recordName.slice(0, -1), recordValue);
  }
  await client.validate(account, order.challenges ?? []);
  const ready = await client.look(account, url);
  await client.finalize(account, ready, await csrFor(...names));
  return (await client.look(account, url)).certificateUrl ?? "";
}

describe("an ACME client", () => {
  it("orders, answers challenges and fetches the certificate, and every other chain of it", async () => {
    const url = await signed("example.com", "*.example.com");
    const chains = await client.download(account, url, { withAlternates: true });
    expect(chains).toHaveLength(2);
    expect(await client.download(account, url, { withAlternates: false })).toEqual([chains[0]]);
    const [leaf, issuer] = readCertificates(chains[0] ?? "", "certificate");
    expect(leaf?.altNames).toEqual([
      { kind: "dns", value: "example.com" },
      { kind: "dns", value: "*.example.com" },
    ]);
    expect(issuer?.issuerText).toBe("CN=Test Root");
    expect(readCertificates(chains[1] ?? "", "certificate")[1]?.issuerText).toBe("CN=Other Root");
    expect(server.userAgents).toEqual(new Set(["keytrail/test"]));
  });

  it("says which record proves which name", async () => {
    const order = await client.look(account, await client.place(account, ["*.example.com"]));
    expect(order).toMatchObject({ status: "pending", expiresAt: clock.now() + 7 * 86_400_000 });
    expect(order.challenges).toMatchObject([
      { domain: "*.example.com", status: "pending", recordName: "_acme-challenge.example.com." },
    ]);
    expect(order.challenges?.[0]?.recordValue).toMatch(/^[\w-]{43}$/);
    expect(JSON.stringify(order)).not.toContain(server.tokens[0]);
  });

  it("reads the authorizations of a hundred names", async () => {
    const names = Array.from({ length: 100 }, (_, at) => `n${at}.example.com`);
    const order = await client.look(account, await client.place(account, names));
    expect(order.challenges?.map(({ domain }) => domain)).toEqual(names);
    // None with a nonce that another one had used.
    expect(server.asked.filter((one) => one === "authorization")).toHaveLength(100);
  });

  it.each([
    ["RSA", generateKeyPairSync("rsa", { modulusLength: 2_048 }).privateKey],
    ["P-384", ecKey("P-384")],
    ["P-521", ecKey("P-521")],
  ])("signs with an account's key of the kind %s", async (_kind, key) => {
    account = await registered(key);
    await expect(client.place(account, ["example.com"])).resolves.toContain("/order/");
  });

  it("registers nobody: an account that the authority does not know is a fault that stays", async () => {
    const fault = await faultOf(client.place(accountOf(ecKey()), ["example.com"]));
    expect(fault).toMatchObject({ code: "accountDoesNotExist", isFinal: true });
  });

  it("asks for an account and the directory once, and for the directory again when it is old", async () => {
    await client.place(account, ["example.com"]);
    await client.place(account, ["example.com"]);
    expect(server.asked.filter((one) => one === "account")).toHaveLength(1);
    expect(server.asked.filter((one) => one === "directory")).toHaveLength(1);
    clock.advance(DIRECTORY_LIFETIME_MS);
    await client.place(account, ["example.com"]);
    expect(server.asked.filter((one) => one === "directory")).toHaveLength(2);
  });

  it("asks for an account again that the authority has forgotten", async () => {
    await client.place(account, ["example.com"]);
    server.arrange("new-order", server.problem("accountDoesNotExist"));
    await faultOf(client.place(account, ["example.com"]));
    await client.place(account, ["example.com"]);
    expect(server.asked.filter((one) => one === "account")).toHaveLength(2);
  });

  it("says what a name was refused for, and in whose words", async () => {
    const url = await client.place(account, ["example.com", "other.example.com"]);
    const { challenges } = await client.look(account, url);
    server.publish("_acme-challenge.example.com", "something else");
    await client.validate(account, challenges ?? []);
    const order = await client.look(account, url);
    expect(order.status).toBe("invalid");
    expect(order.challenges?.map(({ status }) => status)).toEqual(["invalid", "invalid"]);
    expect(order.fault).toMatchObject({
      code: "unauthorized",
      detail: 'Incorrect TXT record "something else" found.',
    });
    expect(order.fault?.message).not.toContain("something else");
  });
});

describe("an authority that is in trouble", () => {
  it("gets the same request again with the nonce that a refusal of one brings", async () => {
    for (let times = 1; times < MAX_TRIES; times++) {
      server.arrange("new-order", server.problem("badNonce"));
    }
    await expect(client.place(account, ["example.com"])).resolves.toContain("/order/");
    expect(server.orders).toBe(1);
  });

  it("is not asked without end for one that it accepts", async () => {
    for (let times = 0; times < MAX_TRIES; times++) {
      server.arrange("new-order", server.problem("badNonce"));
    }
    const fault = await faultOf(client.place(account, ["example.com"]));
    expect(fault).toMatchObject({ code: "badNonce", isFinal: false });
  });

  it.each([
    ["rejectedIdentifier", 400, true],
    ["unauthorized", 403, true],
    ["userActionRequired", 403, true],
    ["rateLimited", 429, false],
    ["serverInternal", 500, false],
    ["malformed", 503, false],
  ])("%s with the status %i is a fault that stays: %s", async (type, status, isFinal) => {
    server.arrange("new-order", server.problem(type, status));
    const fault = await faultOf(client.place(account, ["example.com"]));
    expect(fault).toMatchObject({ code: type, isFinal, detail: `On ${type}.` });
  });

  it("is left alone for as long as it asks, but not for ever", async () => {
    const headers = {
      "Content-Type": "application/problem+json",
      Date: "Sat, 21 Nov 2026 00:00:00 GMT",
    };
    const limited = { ...server.problem("rateLimited", 429), headers };
    server.arrange("new-order", { ...limited, headers: { ...headers, "Retry-After": "120" } });
    server.arrange("new-order", {
      ...limited,
      headers: { ...headers, "Retry-After": "Sat, 21 Nov 2026 00:01:00 GMT" },
    });
    server.arrange("new-order", { ...limited, headers: { ...headers, "Retry-After": "99999999" } });
    const waits: number[] = [];
    for (let times = 0; times < 3; times++) {
      waits.push((await faultOf(client.place(account, ["example.com"]))).retryAfterMs);
    }
    expect(waits).toEqual([120_000, 60_000, 24 * 3_600_000]);
  });

  it("has its own words shortened, freed of control characters, and its unknown types left out", async () => {
    const type = "urn:ietf:params:acme:error:HUNTER2";
    const detail = `a\u0000\u001b[31mb${"x".repeat(600)}`;
    const body = JSON.stringify({ type, detail, subproblems: [{ detail: "and more" }] });
    const headers = { "Content-Type": "application/problem+json; charset=utf-8" };
    server.arrange("new-order", { status: 400, headers, body });
    const fault = await faultOf(client.place(account, ["example.com"]));
    expect(fault).toMatchObject({ code: "refused", isFinal: true });
    expect(fault.detail).toHaveLength(500);
    expect(fault.detail).toMatch(/^a \[31mbx+$/);
  });

  it.each([
    ["no JSON", { body: "<html>" }],
    ["an order that is none", { body: '{"status":"perhaps"}' }],
    ["a page", { status: 200, headers: { "Content-Type": "text/html" }, body: "hello" }],
    ["an error without a problem", { status: 404, body: "gone" }],
    ["a redirection", { status: 302, headers: { Location: "http://127.0.0.1:1/" } }],
  ])("is not understood when it answers %s", async (_what, arranged) => {
    const url = await client.place(account, ["example.com"]);
    server.arrange("order", arranged);
    const fault = await faultOf(client.look(account, url));
    expect(fault).toMatchObject({ code: "notUnderstood", isFinal: false });
    await expect(client.look(account, url)).resolves.toMatchObject({ status: "pending" });
  });

  it("is not followed to another server", async () => {
    const elsewhere = "http://127.0.0.1:2/order/1";
    server.arrange("new-order", { status: 201, headers: { Location: elsewhere }, body: "{}" });
    expect(await faultOf(client.place(account, ["example.com"]))).toMatchObject({
      code: "notUnderstood",
      detail: "It answers an address that is not its own.",
    });
    expect(await faultOf(client.look(account, elsewhere))).toMatchObject({ code: "notUnderstood" });
  });

  it("is not listened to without end", async () => {
    const url = await client.place(account, ["example.com"]);
    server.arrange("order", { body: "x".repeat(300_000) });
    expect(await faultOf(client.look(account, url))).toMatchObject({
      code: "unreachable",
      isFinal: false,
    });
  });

  it("is not waited for when it does not answer, or is not there", async () => {
    const hasty = clientOf(server.directory, 100);
    server.arrange("nonce", { silent: true });
    expect(await faultOf(hasty.place(account, ["example.com"]))).toMatchObject({
      code: "unreachable",
    });
    await server.close();
    expect(await faultOf(client.place(account, ["example.com"]))).toMatchObject({
      code: "unreachable",
      isFinal: false,
    });
  });

  it("is not waited for by a server that stops", async () => {
    server.arrange("directory", { silent: true });
    const fault = faultOf(client.place(account, ["example.com"]));
    client.stop();
    expect(await fault).toMatchObject({ code: "unreachable" });
    expect(await faultOf(client.place(account, ["example.com"]))).toMatchObject({
      code: "unreachable",
    });
  });
});
