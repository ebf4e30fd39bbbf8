/** What changes while something is being signed, which takes its time outside of any transaction. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { opensslKey, requestBy } from "../../pki/testing/openssl.ts";
import { Sensitive } from "../../kernel/sensitive.ts";
import { createVersion } from "../secrets/create-version.ts";
import { deleteSecret } from "../secrets/delete-secret.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { openTestApp, SCHEDULE, type TestApp } from "../testing/test-app.ts";
import type { ChangeOperation } from "../operation.ts";
import { createRoot } from "./create-root.ts";
import { issueLeaf } from "./issue-leaf.ts";
import { issueSsh } from "./issue-ssh-certificate.ts";
import { signCsr } from "./sign-csr.ts";

const CHANGED = "The certificate was changed at the same time. Try again.";
const rootCAPath = "ca/root";
let app: TestApp;
let rootId: string;

beforeEach(async () => {
  app = await openTestApp();
  const terms = { domains: ["example.com"], maxTTL: 100 };
  rootId = (await app.done(createRoot, SCHEDULE, { rootCAPath, commonName: "Root", ...terms })).id;
});
afterEach(() => app.close());

/** The operation, with something else done once it has signed and before it is committed. */
function during<Input extends object, Subject, Output extends object>(
  operation: ChangeOperation<Input, Subject, Output>,
  change: () => Promise<unknown>,
): ChangeOperation<Input, Subject, Output> {
  return {
    ...operation,
    async work(...given) {
      const worked = await operation.work?.(...given);
      await change();
      return worked ?? given[0];
    },
  };
}

/** A new version, with the same value but for this. */
async function rewrite(id: string, change: object): Promise<void> {
  const { payload } = await app.done(readSecret, SCHEDULE, { id });
  if (payload?.kind !== "kv") throw new Error("it has a value");
  const data = new Sensitive({ ...payload.data.reveal(), ...change });
  await app.done(createVersion, SCHEDULE, { id, payload: { kind: "kv", data } });
}

const leafInput = { rootCAPath, commonName: "web.example.com" };

describe("while something is signed", () => {
  it("another version of the authority keeps it from being given out", async () => {
    const csr = requestBy(opensslKey(), { subject: "/CN=example.com" });
    const change = () => rewrite(rootId, { domains: ["example.org"] });
    const signing = { rootCAPath, csr, subjectAltNames: [] };
    const refused = await app.refused(during(signCsr, change), SCHEDULE, signing);
    expect(refused).toMatchObject({ code: "precondition_failed", message: CHANGED });
    expect(app.lastEvent()).toMatchObject({ operation: "pki-csr.sign", outcome: "failure" });
    const back = () => rewrite(rootId, { domains: ["example.com"] });
    await back();
    const storePath = "leaf";
    const issuing = during(issueLeaf, back);
    const notKept = await app.refused(issuing, SCHEDULE, { ...leafInput, storePath });
    expect(notKept.message).toBe(CHANGED);
    const kept = { name: storePath, secretType: "kv" } as const;
    expect((await app.refused(readSecret, SCHEDULE, kept)).code).toBe("not_found");
  });

  it("the authority may go, and nothing is given out by it", async () => {
    const change = () => app.done(deleteSecret, SCHEDULE, { id: rootId });
    const refused = await app.refused(during(issueLeaf, change), SCHEDULE, leafInput);
    expect(refused.code).toBe("not_found");
  });

  it("somebody may take the name that was to be kept under", async () => {
    const input = { ...leafInput, storePath: "leaf" };
    const change = () => app.done(issueLeaf, SCHEDULE, input);
    const refused = await app.refused(during(issueLeaf, change), SCHEDULE, input);
    expect(refused).toMatchObject({ code: "conflict", details: { reason: "name-taken" } });
  });

  it("a leaf may get other data, which stay, but not another certificate", async () => {
    const leaf = await app.done(issueLeaf, SCHEDULE, { ...leafInput, storePath: "leaf" });
    const { certificate: cert } = await app.done(issueLeaf, SCHEDULE, leafInput);
    const id = leaf.storedAs ?? "";
    const input = { rootCAPath, leafCAPath: "leaf", principals: ["bob"], ttl: 1 };
    const noted = during(issueSsh, () => rewrite(id, { note: "mine" }));
    const { sshCertificate } = await app.done(noted, SCHEDULE, input);
    const { payload } = await app.done(readSecret, SCHEDULE, { id });
    expect(payload?.kind === "kv" && payload.data.reveal()).toMatchObject({
      note: "mine",
      sshCertificate,
    });
    const replaced = during(issueSsh, () => rewrite(id, { cert }));
    expect((await app.refused(replaced, SCHEDULE, input)).message).toBe(CHANGED);
  });
});
