/** Authorities of an instance: roots and those below them, and who may make and change them. */
import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Refusal } from "../../kernel/errors.ts";
import { verified } from "../../pki/testing/openssl-verify.ts";
import { readCertificate } from "../../pki/read.ts";
import type { IssuedAuthority } from "../../secrets/configurations/authority.ts";
import { attributesOf } from "../../secrets/configurations/configuration.ts";
import { NO_FIELDS, type SubjectFields } from "../../secrets/configurations/naming.ts";
import type { Caller } from "../call.ts";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import type { ConfigurationView } from "./answers.ts";
import { configurationAction } from "./change-configuration.ts";
import { createConfiguration } from "./create-configuration.ts";
import { readConfiguration } from "./read-configuration.ts";
import {
  acting,
  actionNamed,
  HOUR,
  intermediateInput,
  naming,
  rootInput,
  signing,
  templateInput,
  YEAR,
  type Acting,
} from "./testing/authorities.ts";

let app: TestApp;
let manager: Caller;
let my: Acting;

beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
  my = acting(app, manager);
});

afterEach(() => app.close());

const issuedOf = (view: ConfigurationView): IssuedAuthority => {
  const { issued } = attributesOf(view, "authority");
  if (!issued) throw new Error("it has not been signed");
  return issued;
};
const read = (name: string): Promise<ConfigurationView> =>
  app.done(readConfiguration, manager, { name });
const refusedAction = (
  name: string,
  action: string,
  given: Readonly<Record<string, unknown>> = {},
): Promise<Refusal> =>
  app.refused(configurationAction, manager, { name, actionType: actionNamed(action), given });

describe("a root", () => {
  it("signs itself, is configured, and is recorded without its certificate or key", async () => {
    const view = await my.make(rootInput("root", { asked: { subject: organization("Example") } }));
    const { certificate, caChain, notAfter } = issuedOf(view);
    expect(view.status).toBe("configured");
    expect(verified({ at: START, root: certificate, certificate })).toBe("OK");
    const x509 = new X509Certificate(certificate);
    expect(x509.subject).toBe("O=Example\nCN=Authority root");
    expect([x509.ca, x509.validToDate.getTime(), caChain]).toEqual([true, notAfter, []]);
    expect(notAfter).toBe(START + 10 * YEAR * 1_000);
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.configuration.create",
      outcome: "success",
      requestData: { name: "root", configurationType: "private_cert_configuration_root_ca" },
      target: { name: "root" },
    });
    const ledger = app.log.lines.map((line) => Buffer.from(line).toString()).join("");
    expect(ledger).not.toContain("CERTIFICATE");
    expect(JSON.stringify(view)).not.toContain("PRIVATE KEY");
  });

  it("keeps its key sealed: it stands nowhere in the database", async () => {
    await my.make(rootInput("root"));
    const rows = app.database.all("SELECT attributes, sealed FROM configurations");
    const text = rows.map((row) => JSON.stringify(row)).join("");
    expect(text).not.toContain("PRIVATE");
    const sealed = rows[0]?.["sealed"] as Uint8Array;
    expect(sealed.length).toBeGreaterThan(100);
    expect(Buffer.from(sealed).toString("latin1")).not.toContain("PRIVATE");
  });

  it("lives as long as it is asked to, within its own longest time", async () => {
    const view = await my.make(rootInput("root", { asked: { ttlSeconds: YEAR } }));
    expect(issuedOf(view).notAfter).toBe(START + YEAR * 1_000);
    app.clock.advance(YEAR * 1_000);
    expect((await read("root")).status).toBe("expired");
    const long = rootInput("long", { asked: { ttlSeconds: 11 * YEAR } });
    const refusal = await app.refused(createConfiguration, manager, long);
    expect(refusal.details).toEqual({ field: "ttl" });
  });

  it.each([
    ["a common name that is empty", { asked: { naming: naming("") } }, "commonName"],
    ["a key of no size", { asked: { keyBits: 255 } }, "keyBits"],
    ["a path below any", { asked: { maxPathLength: -2 } }, "maxPathLength"],
    [
      "domains that are none",
      { asked: { permittedDnsDomains: ["*.example.com"] } },
      "permittedDnsDomains",
    ],
    ["a life of a minute", { settings: { maxTtlSeconds: 60 } }, "maxTtl"],
    ["a list for a minute", { settings: { crlExpirySeconds: 60 } }, "crlExpiry"],
    ["a list at a place that nobody knows", { settings: { namesCrl: true } }, "origin"],
    [
      "a country that is none",
      { asked: { subject: { ...organization("x"), country: ["DEU"] } } },
      "country",
    ],
  ])("is not made of %s", async (_what, given, field) => {
    const refusal = await app.refused(createConfiguration, manager, rootInput("root", given));
    expect([refusal.code, refusal.details]).toEqual(["invalid_request", { field }]);
    expect(await app.refused(readConfiguration, manager, { name: "root" })).toMatchObject({
      code: "not_found",
    });
  });

  it("is not taken back: nothing that it publishes could say so", async () => {
    await my.make(rootInput("root"));
    const refusal = await refusedAction("root", "revoke_ca_certificate");
    expect(refusal.code).toBe("invalid_request");
    expect((await read("root")).status).toBe("configured");
  });
});

describe("an intermediate authority", () => {
  beforeEach(() => my.make(rootInput("root")));

  it("is signed at once, and again two steps below: openssl believes the chain", async () => {
    const first = await my.make(intermediateInput("first", "root"));
    const second = await my.make(
      intermediateInput("second", "first", { asked: { keyType: "rsa" } }),
    );
    expect(first.status).toBe("certificate_template_required");
    const root = issuedOf(await read("root")).certificate;
    const { certificate, caChain, issuingCa } = issuedOf(second);
    expect(caChain).toEqual([issuedOf(first).certificate, root]);
    expect(issuingCa).toBe(issuedOf(first).certificate);
    expect(verified({ at: START, root, intermediates: caChain, certificate })).toBe("OK");
    await my.make(templateInput("template", "second"));
    expect((await read("second")).status).toBe("configured");
    expect((await read("first")).status).toBe("certificate_template_required");
  });

  it("never outlives its issuer", async () => {
    app.clock.advance(9 * YEAR * 1_000);
    const view = await my.make(intermediateInput("late", "root"));
    expect(issuedOf(view).notAfter).toBe(issuedOf(await read("root")).notAfter);
  });

  it("waits for its signature, and is signed by whoever is asked to", async () => {
    const view = await my.make(intermediateInput("waiting", "later"));
    expect([view.status, attributesOf(view, "authority").issued]).toEqual([
      "signing_required",
      null,
    ]);
    const given = { ...signing, intermediate: "waiting", ttlSeconds: YEAR };
    await my.act("root", "sign_intermediate", given);
    const { serialNumber, certificate, notAfter } = issuedOf(await read("waiting"));
    expect(notAfter).toBe(START + YEAR * 1_000);
    const [asked, changed] = app.events().slice(-3);
    expect(asked).toMatchObject({
      action: "secrets-manager.configuration-action.create",
      target: { name: "root" },
      responseData: { actionType: actionNamed("sign_intermediate"), serialNumber },
    });
    expect(changed).toMatchObject({
      action: "secrets-manager.configuration.update",
      target: { name: "waiting" },
      requestData: { name: "waiting", changes: ["certificate"] },
    });
    const root = issuedOf(await read("root")).certificate;
    expect(verified({ at: START, root, certificate })).toBe("OK");
    expect(new X509Certificate(certificate).subject).toBe("CN=Authority waiting");
  });

  it("is not signed by what cannot sign", async () => {
    const refused = (issuer: string): Promise<Refusal> =>
      app.refused(createConfiguration, manager, intermediateInput("other", issuer));
    expect((await refused("nobody")).details).toEqual({ field: "certificateAuthority" });
    await my.make(intermediateInput("waiting", "later"));
    expect((await refused("waiting")).message).toContain("has to be signed itself first");
    await my.make(intermediateInput("short", "root", { settings: { maxTtlSeconds: HOUR } }));
    app.clock.advance(HOUR * 1_000);
    expect((await refused("short")).message).toContain("has expired");
  });

  it("is within the path of those above it", async () => {
    await my.make(rootInput("narrow", { asked: { maxPathLength: 1 } }));
    const first = await my.make(intermediateInput("first", "narrow"));
    expect(issuedOf(first).pathLength).toBe(0);
    const refusal = await app.refused(
      createConfiguration,
      manager,
      intermediateInput("second", "first"),
    );
    expect(refusal.code).toBe("precondition_failed");
    const given = { ...signing, intermediate: "waiting", maxPathLength: 3 };
    await my.make(intermediateInput("waiting", "later"));
    expect((await refusedAction("narrow", "sign_intermediate", given)).details).toEqual({
      field: "maxPathLength",
    });
  });

  it("has no name outside of the domains that those above it are limited to", async () => {
    const limits = { permittedDnsDomains: ["corp.test"] };
    await my.make(rootInput("limited", { asked: limits }));
    const named = (host: string): ReturnType<typeof intermediateInput> =>
      intermediateInput("named", "limited", { asked: { naming: naming(host) } });
    const refusal = await app.refused(createConfiguration, manager, named("ca.other.test"));
    expect(refusal.message).toContain("limited to other domains");
    const made = await my.make(named("ca.corp.test"));
    const root = issuedOf(await read("limited")).certificate;
    expect(verified({ at: START, root, certificate: issuedOf(made).certificate })).toBe("OK");
  });

  it("is in no ring: those above it are not signed by it", async () => {
    await my.make(intermediateInput("first", "root"));
    await my.make(intermediateInput("second", "first"));
    const ring = await refusedAction("second", "sign_intermediate", {
      ...signing,
      intermediate: "first",
    });
    expect(ring.message).toContain("above the one that is to sign it");
    const self = await refusedAction("first", "sign_intermediate", {
      ...signing,
      intermediate: "first",
    });
    expect(self.code).toBe("precondition_failed");
  });

  it("is renewed for the key that it has, unless others are below it", async () => {
    const before = issuedOf(await my.make(intermediateInput("first", "root")));
    app.clock.advance(YEAR * 1_000);
    const { result, serialNumber } = await my.act("first", "rotate_intermediate");
    const after = issuedOf(await read("first"));
    expect((result["issued"] as IssuedAuthority).certificate).toBe(after.certificate);
    expect(serialNumber).toBe(after.serialNumber);
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(after.notAfter).toBe(before.notAfter + YEAR * 1_000);
    const [old, renewed] = [before, after].map((one) => readCertificate(one.certificate));
    expect(renewed?.keyId).toBe(old?.keyId);
    await my.make(intermediateInput("second", "first"));
    expect((await refusedAction("first", "rotate_intermediate")).message).toContain(
      "signed others",
    );
  });

  it("that is revoked signs nothing any more, nor do those below it", async () => {
    await my.make(intermediateInput("first", "root"));
    await my.make(intermediateInput("second", "first"));
    const { result, serialNumber } = await my.act("first", "revoke_ca_certificate");
    expect(result).toEqual({ revokedAt: START });
    expect(serialNumber).toBe(issuedOf(await read("first")).serialNumber);
    expect((await read("first")).status).toBe("revoked");
    app.clock.advance(1_000);
    expect((await my.act("first", "revoke_ca_certificate")).result).toEqual({ revokedAt: START });
    for (const issuer of ["first", "second"]) {
      const input = intermediateInput("third", issuer);
      const refusal = await app.refused(createConfiguration, manager, input);
      expect(refusal.message).toContain("revoked");
    }
    const again = { ...signing, intermediate: "first" };
    expect((await refusedAction("root", "sign_intermediate", again)).message).toContain("revoked");
    expect((await refusedAction("first", "rotate_intermediate")).message).toContain("revoked");
  });
});

it("who may not manage the instance makes and asks nothing", async () => {
  const writer = await app.callerWith(["Writer"]);
  await my.make(rootInput("root"));
  const made = await app.refused(createConfiguration, writer, rootInput("other"));
  const acted = await app.refused(configurationAction, writer, {
    name: "root",
    actionType: actionNamed("rotate_crl"),
    given: {},
  });
  expect([made.code, acted.code]).toEqual(["forbidden", "forbidden"]);
});

function organization(name: string): SubjectFields {
  return { ...NO_FIELDS, organization: [name] };
}
