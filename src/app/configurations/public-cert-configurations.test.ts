import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Sensitive } from "../../kernel/sensitive.ts";
import { opensslKey } from "../../pki/testing/openssl.ts";
import { openTestApp, PLACE, SCHEDULE, type TestApp } from "../testing/test-app.ts";
import { updateConfiguration, updateConfigurationInput } from "./change-configuration.ts";
import { createConfiguration, type CreateConfigurationInput } from "./create-configuration.ts";
import { openKept } from "./keep.ts";
import type { LetsEncryptPatch } from "./kinds/lets-encrypt.ts";
import type { DnsProviderPatch } from "./kinds/dns-provider.ts";
import { readConfiguration } from "./read-configuration.ts";

const CRN =
  "crn:v1:bluemix:public:internet-svcs:global:a/0123456789abcdef0123456789abcdef:0a1b2c3d-0000-4000-8000-000000000003::";
const ENCRYPTED =
  "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";

let app: TestApp;
const key = opensslKey("rsa");

beforeAll(async () => {
  app = await openTestApp();
});

afterAll(() => app.close());

function authority(name: string, given: object = {}): CreateConfigurationInput {
  return {
    name,
    configurationType: "public_cert_configuration_ca_lets_encrypt",
    given: {
      kind: "lets-encrypt",
      environment: "production",
      accountKey: new Sensitive(key),
      ...given,
    },
  };
}

function internetServices(name: string, given: object = {}): CreateConfigurationInput {
  return {
    name,
    configurationType: "public_cert_configuration_dns_cloud_internet_services",
    given: { kind: "dns-provider", service: "cloud-internet-services", crn: CRN, ...given },
  };
}

function classic(name: string, given: object = {}): CreateConfigurationInput {
  return {
    name,
    configurationType: "public_cert_configuration_dns_classic_infrastructure",
    given: {
      kind: "dns-provider",
      service: "classic-infrastructure",
      username: "somebody",
      password: new Sensitive("hunter2"),
      ...given,
    },
  };
}

async function keptOf(name: string): Promise<string | null> {
  const found = await app.state.read(({ configurations }) =>
    configurations.configuration({ account: PLACE.account, instance: PLACE.instance }, name),
  );
  return found?.sealed ? openKept(app.capabilities.vault, found).reveal() : null;
}

function patched(name: string, patch: LetsEncryptPatch | DnsProviderPatch) {
  return updateConfigurationInput({ name }, { [patch.kind]: patch }, patch);
}

describe("the account with a public authority", () => {
  it("is kept with its key sealed, which no answer has", async () => {
    const made = await app.done(createConfiguration, SCHEDULE, authority("le"));
    expect(made.attributes).toEqual({
      kind: "lets-encrypt",
      environment: "production",
      preferredChain: null,
    });
    expect(await keptOf("le")).toBe(key);
    const read = await app.done(readConfiguration, SCHEDULE, { name: "le" });
    expect(JSON.stringify(read)).not.toContain("PRIVATE KEY");
  });

  it("may be changed, field by field", async () => {
    await app.done(createConfiguration, SCHEDULE, authority("changing"));
    const chain = patched("changing", { kind: "lets-encrypt", preferredChain: "ISRG Root X1" });
    expect((await app.done(updateConfiguration, SCHEDULE, chain)).attributes).toMatchObject({
      environment: "production",
      preferredChain: "ISRG Root X1",
    });
    expect(await keptOf("changing")).toBe(key);
    const other = opensslKey("ec");
    const rest = { environment: "staging", preferredChain: null } as const;
    const accountKey = new Sensitive(other);
    const all = patched("changing", { kind: "lets-encrypt", accountKey, ...rest });
    expect((await app.done(updateConfiguration, SCHEDULE, all)).attributes).toMatchObject(rest);
    expect(await keptOf("changing")).toBe(other);
  });

  it.each([
    ["no key", { accountKey: new Sensitive("lets_encrypt_private_key") }],
    ["an encrypted one", { accountKey: new Sensitive(ENCRYPTED) }],
    ["one that signs no orders", { accountKey: new Sensitive(opensslKey("ed25519")) }],
    ["a chain without end", { preferredChain: "x".repeat(65) }],
  ])("is refused with %s", async (_what, given) => {
    const refusal = await app.refused(createConfiguration, SCHEDULE, authority("refused", given));
    expect(refusal).toMatchObject({ code: "invalid_request" });
    expect(refusal.message).not.toContain("lets_encrypt_private_key");
    const missing = await app.refused(readConfiguration, SCHEDULE, { name: "refused" });
    expect(missing.code).toBe("not_found");
  });
});

describe("a DNS provider of IBM's cloud", () => {
  it("is kept with its credential sealed, if it has one", async () => {
    const apiKey = new Sensitive("the-key");
    await app.done(createConfiguration, SCHEDULE, internetServices("cis", { apiKey }));
    await app.done(createConfiguration, SCHEDULE, internetServices("let-in"));
    await app.done(createConfiguration, SCHEDULE, classic("classic"));
    expect(await keptOf("cis")).toBe("the-key");
    expect(await keptOf("let-in")).toBe(null);
    expect(await keptOf("classic")).toBe("hunter2");
  });

  it("may be changed, and keeps what nothing is said of", async () => {
    await app.done(createConfiguration, SCHEDULE, classic("changing-dns"));
    const service = "classic-infrastructure" as const;
    const named = patched("changing-dns", { kind: "dns-provider", service, username: "other" });
    const changed = await app.done(updateConfiguration, SCHEDULE, named);
    expect(changed.attributes).toMatchObject({ username: "other" });
    expect(await keptOf("changing-dns")).toBe("hunter2");
    const password = new Sensitive("hunter3");
    const sealed = patched("changing-dns", { kind: "dns-provider", service, password });
    await app.done(updateConfiguration, SCHEDULE, sealed);
    expect(await keptOf("changing-dns")).toBe("hunter3");
  });

  it.each([
    ["a CRN that is none", internetServices("refused", { crn: "crn:v1:x" })],
    ["an empty key", internetServices("refused", { apiKey: new Sensitive("") })],
    ["a username with a space", classic("refused", { username: "some body" })],
    ["a password without end", classic("refused", { password: new Sensitive("x".repeat(1_025)) })],
    ["the name that stands for none", internetServices("manual")],
    [
      "what belongs to the other one",
      {
        ...internetServices("refused"),
        given: classic("refused").given,
      },
    ],
  ])("is refused with %s", async (_what, given) => {
    const refusal = await app.refused(createConfiguration, SCHEDULE, given);
    expect(refusal.code).toBe("invalid_request");
  });

  it("is not changed by what belongs to the other one", async () => {
    await app.done(createConfiguration, SCHEDULE, internetServices("steady"));
    const patch = patched("steady", {
      kind: "dns-provider",
      service: "classic-infrastructure",
      username: "somebody",
    });
    const refusal = await app.refused(updateConfiguration, SCHEDULE, patch);
    expect(refusal.code).toBe("invalid_request");
  });
});
