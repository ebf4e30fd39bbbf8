import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Refusal } from "../../kernel/errors.ts";
import { requestBy, OpensslAuthority, opensslKey } from "../../pki/testing/openssl.ts";
import { certificateText, verified } from "../../pki/testing/openssl-verify.ts";
import { readCertificate } from "../../pki/read.ts";
import type { IssuedAuthority } from "../../secrets/configurations/authority.ts";
import { attributesOf } from "../../secrets/configurations/configuration.ts";
import { NO_FIELDS, type SubjectFields } from "../../secrets/configurations/naming.ts";
import type { Caller } from "../call.ts";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import type { ConfigurationView } from "./answers.ts";
import {
  configurationAction,
  deleteConfiguration,
  updateConfiguration,
  updateConfigurationInput,
} from "./change-configuration.ts";
import { createConfiguration } from "./create-configuration.ts";
import { readConfiguration } from "./read-configuration.ts";
import {
  acting,
  actionNamed,
  DAY,
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

describe("an authority that is signed outside", () => {
  let outside: OpensslAuthority;
  beforeEach(() => (outside = OpensslAuthority.open(START)));
  afterEach(() => outside.close());

  const CA = [
    "basicConstraints=critical,CA:TRUE,pathlen:0",
    "keyUsage=critical,keyCertSign,cRLSign",
  ];
  const csrOf = async (name: string): Promise<string> =>
    attributesOf(await read(name), "authority").csr ?? "";

  it("takes the certificate for its CSR, and signs from then on", async () => {
    const made = await my.make(intermediateInput("mine", "outside"));
    expect(made.status).toBe("signed_certificate_required");
    // Called by an identifier that says nothing of its key.
    const extensions = [...CA, "subjectKeyIdentifier=0102030405060708"];
    const certificate = outside.sign(await csrOf("mine"), { extensions });
    await my.act("mine", "set_signed", { certificate: certificate + outside.certificate });
    const issued = issuedOf(await read("mine"));
    expect(issued).toMatchObject({ pathLength: 0, caChain: [outside.certificate], issuerId: null });
    await my.make(templateInput("template", "mine"));
    expect((await read("mine")).status).toBe("configured");
    const leaf = await my.issue("leaf");
    if (leaf.payload?.kind !== "private_cert") throw new Error("no certificate");
    expect(
      verified({
        at: START,
        root: outside.certificate,
        intermediates: [issued.certificate],
        certificate: leaf.payload.certificate,
      }),
    ).toBe("OK");
    expect((await refusedAction("mine", "revoke_ca_certificate")).message).toContain("outside");
    expect((await refusedAction("mine", "rotate_intermediate")).code).toBe("precondition_failed");
  });

  it("takes no certificate that is not for it", async () => {
    await my.make(intermediateInput("mine", "outside"));
    await my.make(intermediateInput("other", "outside"));
    const csr = await csrOf("mine");
    const certificates: readonly (readonly [string, string])[] = [
      ["another key", outside.sign(await csrOf("other"), { extensions: CA })],
      [
        "not that of an authority",
        outside.sign(csr, { extensions: ["basicConstraints=CA:FALSE"] }),
      ],
      [
        "not that of an authority",
        outside.sign(csr, { extensions: [CA[0] as string, "keyUsage=keyCertSign"] }),
      ],
      [
        "not that of an authority",
        outside.sign(csr, { extensions: [CA[0] as string, "keyUsage=cRLSign"] }),
      ],
      ["expired", outside.sign(csr, { extensions: CA, notAfter: START - 1_000 })],
      ["broken", outside.sign(csr, { extensions: CA }) + otherRoot()],
      ["not a certificate", "nonsense"],
    ];
    for (const [sentence, certificate] of certificates) {
      const refusal = await refusedAction("mine", "set_signed", { certificate });
      expect(refusal.message).toContain(sentence);
      expect(refusal.details).toEqual({ field: "certificate" });
    }
    expect((await read("mine")).status).toBe("signed_certificate_required");
  });

  it("by an authority of the instance is taken back by that one", async () => {
    await my.make(rootInput("root"));
    await my.make(intermediateInput("mine", "outside"));
    const { result } = await my.act("root", "sign_csr", { ...signing, csr: await csrOf("mine") });
    const { certificate } = result["issued"] as IssuedAuthority;
    await my.act("mine", "set_signed", { certificate });
    const root = await read("root");
    const issued = issuedOf(await read("mine"));
    expect(issued).toMatchObject({ issuerId: root.id, caChain: [issuedOf(root).certificate] });
    await my.act("mine", "revoke_ca_certificate");
    expect((await read("mine")).status).toBe("revoked");
  });
});

describe("a CSR of somebody else's", () => {
  beforeEach(() => my.make(rootInput("root", { asked: { maxPathLength: 2 } })));

  const csr = (): string =>
    requestBy(opensslKey(), { subject: "/O=Else/CN=Their CA", altNames: "DNS:their.test" }, [
      "-addext",
      "keyUsage=digitalSignature",
    ]);

  it("is signed as an authority, by the names that are given", async () => {
    const given = { ...signing, csr: csr(), naming: naming("Our name") };
    const { result, serialNumber } = await my.act("root", "sign_csr", given);
    const { certificate, pathLength } = result["issued"] as IssuedAuthority;
    const x509 = new X509Certificate(certificate);
    expect([x509.subject, x509.ca, pathLength]).toEqual(["CN=Our name", true, 1]);
    expect(x509.subjectAltName).toBeUndefined();
    const root = issuedOf(await read("root")).certificate;
    expect(verified({ at: START, root, certificate })).toBe("OK");
    expect(app.events().at(-2)?.responseData).toEqual({
      configurationType: "private_cert_configuration_root_ca",
      actionType: actionNamed("sign_csr"),
      serialNumber,
    });
  });

  it("is signed by its own names and usages where that is asked for", async () => {
    const given = {
      ...signing,
      csr: csr(),
      useCsrValues: true,
      permittedDnsDomains: ["their.test"],
    };
    const { result } = await my.act("root", "sign_csr", given);
    const { certificate } = result["issued"] as IssuedAuthority;
    const x509 = new X509Certificate(certificate);
    expect([x509.subject, x509.subjectAltName]).toEqual(["O=Else\nCN=Their CA", "DNS:their.test"]);
    const text = certificateText(certificate);
    expect(text).toContain("Digital Signature, Certificate Sign, CRL Sign");
    expect(text).toMatch(/Name Constraints: critical\n\s+Permitted:\n\s+DNS:their\.test/);
  });

  it("is not signed for longer than the authority may, nor if it is none", async () => {
    const long = { ...signing, csr: csr(), ttlSeconds: 11 * YEAR };
    expect((await refusedAction("root", "sign_csr", long)).details).toEqual({ field: "ttl" });
    app.clock.advance(9 * YEAR * 1_000);
    const late = { ...signing, csr: csr(), ttlSeconds: 2 * YEAR };
    expect((await refusedAction("root", "sign_csr", late)).message).toContain("ends before");
    const broken = { ...signing, csr: "nonsense" };
    expect((await refusedAction("root", "sign_csr", broken)).details).toEqual({ field: "csr" });
  });
});

describe("what depends on an authority", () => {
  const deleted = (name: string): Promise<object> =>
    app.done(deleteConfiguration, manager, { name });
  const kept = (name: string): Promise<Refusal> =>
    app.refused(deleteConfiguration, manager, { name });

  it("is deleted before it: secrets, templates, those below", async () => {
    await my.make(rootInput("root"));
    await my.make(intermediateInput("first", "root"));
    await my.make(templateInput("template", "first"));
    const { id } = await my.issue("leaf");
    expect((await kept("root")).message).toContain("Intermediate authorities");
    expect((await kept("first")).message).toContain("templates");
    expect((await kept("template")).message).toContain("certificates are made with this template");
    await app.state.transact(({ secrets }) => secrets.deleteSecret(id));
    for (const name of ["template", "first", "root"]) await deleted(name);
  });
});

describe("a change of an authority", () => {
  const patch = (name: string, changes: object): Promise<ConfigurationView> =>
    app.done(
      updateConfiguration,
      manager,
      updateConfigurationInput(
        { name },
        { "root-authority": { kind: "root-authority", settings: changes } },
        changes,
      ),
    );

  it("leaves its certificate as it is, and renews its list only where that says something else", async () => {
    const made = await my.make(rootInput("root"));
    const changed = await patch("root", { maxTtlSeconds: YEAR });
    const before = attributesOf(made, "authority");
    const after = attributesOf(changed, "authority");
    expect(after).toEqual({ ...before, settings: { ...before.settings, maxTtlSeconds: YEAR } });
    const disabled = attributesOf(await patch("root", { crlDisabled: true }), "authority");
    expect(disabled.crl.changes).toBe(before.crl.changes + 1);
  });

  it("says where it publishes only with where that is", async () => {
    await my.make(rootInput("root"));
    const input = updateConfigurationInput(
      { name: "root" },
      { "root-authority": { kind: "root-authority", settings: { namesCrl: true } } },
      { namesCrl: true },
    );
    expect((await app.refused(updateConfiguration, manager, input)).details).toEqual({
      field: "origin",
    });
    const origin = "https://keytrail.test";
    const changed = await patch("root", { namesCrl: true, origin });
    expect(attributesOf(changed, "authority").settings).toMatchObject({ namesCrl: true, origin });
    const later = await patch("root", { maxTtlSeconds: YEAR, origin: "https://elsewhere.test" });
    expect(attributesOf(later, "authority").settings.origin).toBe(origin);
  });

  it("is not one that contradicts itself", async () => {
    await my.make(rootInput("root"));
    const settings = { maxTtlSeconds: 10 * DAY, crlExpirySeconds: 1 };
    const patches = { "root-authority": { kind: "root-authority", settings } } as const;
    const input = updateConfigurationInput({ name: "root" }, patches, settings);
    expect((await app.refused(updateConfiguration, manager, input)).details).toEqual({
      field: "crlExpiry",
    });
    const { settings: stands } = attributesOf(await read("root"), "authority");
    expect(stands.maxTtlSeconds).toBe(10 * YEAR);
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

function otherRoot(): string {
  const other = OpensslAuthority.open(START, "/CN=Another");
  other.close();
  return other.certificate;
}
