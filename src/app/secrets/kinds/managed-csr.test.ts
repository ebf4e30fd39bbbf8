import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { fromUtf8 } from "../../../kernel/bytes.ts";
import { Sensitive } from "../../../kernel/sensitive.ts";
import { altNameText } from "../../../pki/alt-names.ts";
import { readCsr } from "../../../pki/csr.ts";
import { isKeyOf, readPrivateKey, spkiOf } from "../../../pki/keys.ts";
import { openssl, OpensslAuthority } from "../../../pki/testing/openssl.ts";
import type { ImportedCertAttributes } from "../../../secrets/kinds/imported-cert.ts";
import type { GivenManagedCsr, ManagedCsr } from "../../../secrets/kinds/managed-csr.ts";
import type { Secret } from "../../../secrets/secret.ts";
import type { Caller } from "../../call.ts";
import type { Context } from "../../operation.ts";
import type { Transaction } from "../../state.ts";
import { Schedule } from "../../schedule.ts";
import { openTestApp, PLACE, START, type TestApp } from "../../testing/test-app.ts";
import type { SecretMetadata } from "../answers.ts";
import { createSecret } from "../create-secret.ts";
import { createVersion } from "../create-version.ts";
import { expirationJob } from "../jobs.ts";
import { readSecret } from "../read-secret.ts";
import {
  awaitedCert,
  importedCert as certInput,
  opened,
  renewal,
} from "../testing/certificates.ts";
import { updateSecretMetadata, updateSecretMetadataInput } from "../update-secret-metadata.ts";
import { importedCert } from "./imported-cert.ts";

const root = OpensslAuthority.open(START);
afterAll(() => root.close());

let app: TestApp;
let manager: Caller;
beforeEach(async () => {
  app = await openTestApp();
  manager = await app.callerWith(["Manager"]);
});
afterEach(() => app.close());

const ASKED: GivenManagedCsr = { commonName: "a.example.com", keyType: "ec" };

const make = (asked: GivenManagedCsr = ASKED) =>
  app.done(createSecret, manager, awaitedCert("tls", asked));
const change = (id: string, managedCsr: GivenManagedCsr | null) =>
  app.done(updateSecretMetadata, manager, updateSecretMetadataInput(id, { managedCsr }));

function managedOf({ attributes }: Pick<SecretMetadata, "attributes">): ManagedCsr {
  return (attributes as ImportedCertAttributes).managedCsr as ManagedCsr;
}

const spki = (csr: string) => spkiOf(readCsr(csr).publicKey);

/** As the store has it. */
async function stored(id: string): Promise<Secret> {
  const { account, instance } = PLACE;
  const secret = await app.state.read(({ secrets }) => secrets.secret({ account, instance }, id));
  return secret as Secret;
}

describe("a managed CSR", () => {
  it("is given out at once, while the secret waits for its certificate", async () => {
    const made = await make();
    expect(made).toMatchObject({
      state: 0,
      stateDescription: "pre_activation",
      versionId: null,
      versionsTotal: 0,
      expiresAt: null,
      payload: null,
      attributes: { facts: null },
    });
    const { csr } = managedOf(made);
    expect(openssl(["req", "-verify", "-noout", "-text"], csr)).toContain("a.example.com");
    expect((await app.done(readSecret, manager, { id: made.id })).payload).toBeNull();
  });

  it("asks for what it is told to, and for what is usual where it is told nothing", async () => {
    const usual = readCsr(managedOf(await make()).csr);
    expect(usual.subjectText).toBe("CN=a.example.com");
    expect(usual.altNames.map(altNameText)).toEqual(["a.example.com"]);
    expect(usual.keyUsages).toEqual(["DigitalSignature", "KeyAgreement"]);
    expect(usual.extKeyUsages).toEqual(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
    const told = await app.done(
      createSecret,
      manager,
      awaitedCert("told", {
        ...ASKED,
        commonName: "Human Readable",
        organization: ["Example"],
        ou: ["One", "Two"],
        country: ["US"],
        locality: ["Austin"],
        province: ["Texas"],
        streetAddress: ["1 Street"],
        postalCode: ["12345"],
        userIds: "u1, u2",
        altNames: "b.example.com, me@example.com",
        ipSans: "10.0.0.1",
        uriSans: "https://example.com/",
        otherSans: "1.2.3;UTF8:x",
        keyUsage: "KeyAgreement",
        extKeyUsage: "TimeStamping",
        extKeyUsageOids: "1.2.3.4",
        policyIdentifiers: "1.2.3.5",
        serverFlag: false,
        clientFlag: false,
        codeSigningFlag: true,
        emailProtectionFlag: true,
        keyBits: 384,
      }),
    );
    const read = readCsr(managedOf(told).csr);
    expect(read.subjectText).toBe(
      "C=US, ST=Texas, L=Austin, STREET=1 Street, postalCode=12345, O=Example, OU=One, OU=Two, CN=Human Readable, UID=u1, UID=u2",
    );
    expect(read.altNames.map(altNameText)).toEqual([
      "b.example.com",
      "me@example.com",
      "10.0.0.1",
      "https://example.com/",
      "1.2.3;UTF8:x",
    ]);
    expect(read.keyUsages).toEqual(["KeyAgreement"]);
    expect(read.extKeyUsages).toEqual([
      "1.3.6.1.5.5.7.3.3",
      "1.3.6.1.5.5.7.3.4",
      "1.3.6.1.5.5.7.3.8",
      "1.2.3.4",
    ]);
    expect(openssl(["req", "-noout", "-text"], managedOf(told).csr)).toContain("Policy: 1.2.3.5");
    expect(managedOf(told).request).toMatchObject({ keyType: "ec", keyBits: 384 });
  });

  it("may leave its common name out of the alternative names, or be without one", async () => {
    const excluded = await make({ ...ASKED, excludeCnFromSans: true, keyUsage: "" });
    expect(readCsr(managedOf(excluded).csr)).toMatchObject({ altNames: [], keyUsages: null });
    const nameless = awaitedCert("nameless", { keyType: "ec", requireCn: false, altNames: "x" });
    const made = await app.done(createSecret, manager, nameless);
    expect(readCsr(managedOf(made).csr).subjectText).toBe("");
  });

  it("is for an RSA key with 2048 bits unless another one is asked for", async () => {
    const made = await make({ commonName: "x" });
    expect(managedOf(made).request).toMatchObject({ keyType: "rsa", keyBits: 2_048 });
    const read = readCsr(managedOf(made).csr);
    expect(read.publicKey.asymmetricKeyDetails?.modulusLength).toBe(2_048);
    expect(read.keyUsages).toContain("KeyEncipherment");
  });

  const wrong: Readonly<Record<string, readonly [GivenManagedCsr, string]>> = {
    "no common name": [{}, "has a common name"],
    "a key of no type": [{ commonName: "x", keyType: "dsa" }, "rsa, ec or ed25519"],
    "a size that is not to be had": [{ commonName: "x", keyBits: 1_024 }, "2048, 3072"],
    "a name that is none": [{ ...ASKED, altNames: "hunter2 hunter2" }, "a host name"],
    "a use that is none": [{ ...ASKED, keyUsage: "hunter2" }, "The key usages are"],
    "a policy that is none": [{ ...ASKED, policyIdentifiers: "hunter2" }, "object identifiers"],
    "a list without end": [{ ...ASKED, uriSans: "x".repeat(8_193) }, "at most 8192 characters"],
    "a country that is none": [{ ...ASKED, country: ["hunter2"] }, "in a name has 1 to 2"],
  };
  for (const [what, [asked, sentence]] of Object.entries(wrong)) {
    it(`is refused with ${what}`, async () => {
      const refusal = await app.refused(createSecret, manager, awaitedCert("tls", asked));
      expect([refusal.code, refusal.message]).toEqual([
        "invalid_request",
        expect.stringContaining(sentence),
      ]);
      expect(refusal.message).not.toContain("hunter2");
    });
  }

  it("does not come with a certificate, nor with a key", async () => {
    const { key, certificate } = root.issue({ subject: "/CN=x" });
    for (const given of [{ certificate }, { privateKey: new Sensitive(key) }]) {
      const input = {
        ...certInput("tls", {}),
        payload: { kind: "imported_cert", managedCsr: ASKED, ...given },
      } as const;
      const refusal = await app.refused(createSecret, manager, input);
      expect(refusal.message).toBe("Give either a certificate or a managed CSR.");
    }
  });
});

describe("the certificate for a managed CSR", () => {
  it("makes the secret active, with the key that was made for it", async () => {
    const made = await make();
    const certificate = root.sign(managedOf(made).csr);
    const version = await app.done(
      createVersion,
      manager,
      renewal(made.id, { certificate, intermediate: root.certificate }),
    );
    expect(version).toMatchObject({ alias: "current", previousVersionId: null });
    const read = await app.done(readSecret, manager, { id: made.id });
    expect(read).toMatchObject({ state: 1, versionsTotal: 1, payloadAvailable: true });
    expect(read.attributes).toMatchObject({
      facts: { privateKeyIncluded: true, commonName: "a.example.com" },
      managedCsr: managedOf(made),
    });
    const { privateKey } = opened(read.payload) as { readonly privateKey: string };
    const key = readPrivateKey(new Sensitive(privateKey));
    expect(await isKeyOf(key, readCsr(managedOf(made).csr).publicKey)).toBe(true);
  });

  it("is refused where it is for another key, whatever key comes with it", async () => {
    const { id } = await make();
    const other = root.issue({ subject: "/CN=a.example.com" });
    for (const pems of [{ certificate: other.certificate }, other]) {
      const refusal = await app.refused(createVersion, manager, renewal(id, pems));
      expect(refusal.message).toBe(
        "The certificate is not for the key of the secret's managed CSR.",
      );
    }
    expect((await app.done(readSecret, manager, { id })).state).toBe(0);
  });

  it("may come with that same key, as clients have it that read it before", async () => {
    const made = await make();
    const certificate = root.sign(managedOf(made).csr);
    await app.done(createVersion, manager, renewal(made.id, { certificate }));
    const { payload } = await app.done(readSecret, manager, { id: made.id });
    const { privateKey: key } = opened(payload) as { readonly privateKey: string };
    const again = root.sign(managedOf(made).csr);
    const version = await app.done(
      createVersion,
      manager,
      renewal(made.id, { certificate: again, key }),
    );
    expect(version).toMatchObject({ alias: "current", payloadAvailable: true });
  });

  it("may be renewed for the same CSR", async () => {
    const made = await make();
    const { csr } = managedOf(made);
    for (const expected of [1, 2]) {
      const certificate = root.sign(csr);
      await app.done(createVersion, manager, renewal(made.id, { certificate }));
      const read = await app.done(readSecret, manager, { id: made.id });
      expect(read.versionsTotal).toBe(expected);
    }
  });
});

describe("a managed CSR that is changed", () => {
  it("is made anew, for the same key, with what was not named as it was", async () => {
    const made = await make({ ...ASKED, organization: ["Example"] });
    const before = managedOf(made);
    const after = managedOf(await change(made.id, { commonName: "b.example.com", altNames: "c" }));
    expect(after.csr).not.toBe(before.csr);
    expect(spki(after.csr)).toEqual(spki(before.csr));
    expect(readCsr(after.csr).subjectText).toBe("O=Example, CN=b.example.com");
    expect(app.lastEvent()).toMatchObject({
      action: "secrets-manager.secret-metadata.update",
      outcome: "success",
      requestData: { changes: ["managedCsr"] },
    });
  });

  it("has what is usual again where null is given", async () => {
    const made = await make({ ...ASKED, organization: ["Example"], serverFlag: false });
    const { request } = managedOf(await change(made.id, { organization: null, serverFlag: null }));
    expect(request).toMatchObject({ organization: [], serverFlag: true });
  });

  it("is for a new key where keys are rotated, or where it is to be of another kind", async () => {
    const made = await make();
    const rotated = managedOf(await change(made.id, { rotateKeys: true }));
    expect(spki(rotated.csr)).not.toEqual(spki(managedOf(made).csr));
    const again = managedOf(await change(made.id, {}));
    expect(spki(again.csr)).not.toEqual(spki(rotated.csr));
    await change(made.id, { rotateKeys: false });
    const other = managedOf(await change(made.id, { keyBits: 521 }));
    expect(readCsr(other.csr).publicKey.asymmetricKeyDetails?.namedCurve).toBe("secp521r1");
    const type = managedOf(await change(made.id, { keyType: "ed25519" }));
    expect(type.request).toMatchObject({ keyType: "ed25519", keyBits: null });
    await change(made.id, { keyType: "ec", keyBits: 521 });
    const usual = managedOf(await change(made.id, { keyType: "rsa" }));
    expect(usual.request).toMatchObject({ keyType: "rsa", keyBits: 2_048 });
  });

  it("leaves the certificate before as it is, until the one for it is imported", async () => {
    const made = await make({ ...ASKED, rotateKeys: true });
    const { id } = made;
    const certificate = root.sign(managedOf(made).csr);
    await app.done(createVersion, manager, renewal(id, { certificate }));
    const changed = await change(id, { commonName: "b.example.com" });
    expect(changed).toMatchObject({
      state: 1,
      attributes: { facts: { commonName: "a.example.com" } },
    });
    const before = await app.done(readSecret, manager, { id });
    const late = renewal(id, { certificate: root.sign(managedOf(made).csr) });
    expect((await app.refused(createVersion, manager, late)).message).toContain("managed CSR");
    const next = root.sign(managedOf(changed).csr);
    await app.done(createVersion, manager, renewal(id, { certificate: next }));
    const after = await app.done(readSecret, manager, { id });
    expect(after.attributes).toMatchObject({ facts: { commonName: "b.example.com" } });
    expect(opened(after.payload)).not.toMatchObject({
      privateKey: (opened(before.payload) as { readonly privateKey: string }).privateKey,
    });
  });

  it("cannot be taken from the secret, nor made of what no certificate has", async () => {
    const made = await make();
    const refusals = [null, { country: ["hunter2"] }, { commonName: null }];
    for (const managedCsr of refusals) {
      const update = updateSecretMetadataInput(made.id, { managedCsr });
      expect((await app.refused(updateSecretMetadata, manager, update)).code).toBe(
        "invalid_request",
      );
    }
    expect(managedOf(await app.done(readSecret, manager, { id: made.id }))).toEqual(
      managedOf(made),
    );
  });

  it("by two at once is changed by one of them, and the other is told to try again", async () => {
    const { id } = await make();
    const changes = ["b", "c"].map((commonName) =>
      app.perform(
        updateSecretMetadata,
        manager,
        updateSecretMetadataInput(id, { managedCsr: { commonName } }),
      ),
    );
    const ended = await Promise.all(changes);
    expect(ended.map(({ kind }) => kind).toSorted()).toEqual(["done", "refused"]);
    const refused = ended.find((one) => one.kind === "refused");
    expect(refused).toMatchObject({ refusal: { code: "conflict" } });
  });

  it("after a certificate was looked at, and before it is imported, leaves it out", async () => {
    const made = await make({ ...ASKED, rotateKeys: true });
    const given = { kind: "imported_cert", certificate: root.sign(managedOf(made).csr) } as const;
    // What the operation does before there is a transaction, and then within one, with the change in between.
    const { capabilities, clock } = app;
    const context = { capabilities, now: clock.now() } as unknown as Context<Transaction>;
    const ready = await importedCert.prepareVersion?.(given, await stored(made.id), context);
    await change(made.id, { commonName: "b.example.com" });
    const renewing = {
      secret: await stored(made.id),
      current: null,
      versionId: "",
      autoRotated: false,
    };
    await expect(importedCert.renew(ready, renewing, context)).rejects.toMatchObject({
      code: "conflict",
    });
  });
});

describe("the key of a managed CSR", () => {
  it("is sealed with the secret, and nowhere in the record, the answers or the store", async () => {
    const made = await make();
    const certificate = root.sign(managedOf(made).csr);
    await app.done(createVersion, manager, renewal(made.id, { certificate }));
    const { payload, ...rest } = await app.done(readSecret, manager, { id: made.id });
    const { privateKey } = opened(payload) as { readonly privateKey: string };
    const line = privateKey.split("\n")[1] as string;
    expect(line.length).toBeGreaterThan(40);
    expect(JSON.stringify([made, rest])).not.toContain(line);
    expect(app.log.lines.map(fromUtf8).join("\n")).not.toContain(line);
    const csrLine = managedOf(made).csr.split("\n")[2] as string;
    expect(app.log.lines.map(fromUtf8).join("\n")).not.toContain(csrLine);
    const sealed = Buffer.from((await stored(made.id)).csrKey ?? []).toString("latin1");
    expect(sealed.length).toBeGreaterThan(line.length);
    expect(sealed).not.toContain(line);
  });

  it("is gone when the secret is destroyed", async () => {
    const made = await make();
    const notAfter = START + 86_400_000;
    const certificate = root.sign(managedOf(made).csr, { notAfter });
    await app.done(createVersion, manager, renewal(made.id, { certificate }));
    expect((await stored(made.id)).csrKey).not.toBeNull();
    app.clock.set(notAfter);
    const onError = (_job: unknown, error: unknown) => expect.unreachable(String(error));
    await new Schedule({ jobs: [expirationJob(app)], clock: app.clock, onError }).pass();
    expect((await stored(made.id)).csrKey).toBeNull();
    const update = updateSecretMetadataInput(made.id, { managedCsr: {} });
    expect((await app.refused(updateSecretMetadata, manager, update)).code).toBe(
      "precondition_failed",
    );
  });
});
