/** Authorities and others: signed outside, signing for others, what depends on them, what changes of them. */
import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Refusal } from "../../kernel/errors.ts";
import { requestBy, OpensslAuthority, opensslKey } from "../../pki/testing/openssl.ts";
import { certificateText, verified } from "../../pki/testing/openssl-verify.ts";
import type { IssuedAuthority } from "../../secrets/configurations/authority.ts";
import { attributesOf } from "../../secrets/configurations/configuration.ts";
import type { Caller } from "../call.ts";
import { openTestApp, START, type TestApp } from "../testing/test-app.ts";
import type { ConfigurationView } from "./answers.ts";
import {
  configurationAction,
  deleteConfiguration,
  updateConfiguration,
  updateConfigurationInput,
} from "./change-configuration.ts";
import { readConfiguration } from "./read-configuration.ts";
import {
  acting,
  actionNamed,
  DAY,
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

function otherRoot(): string {
  const other = OpensslAuthority.open(START, "/CN=Another");
  other.close();
  return other.certificate;
}
