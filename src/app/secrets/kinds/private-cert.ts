/** Certificates that the instance's own authorities issue, by templates: also on time, and taken back on request. */
import { invariant, Refusal } from "../../../kernel/errors.ts";
import type { Millis } from "../../../kernel/clock.ts";
import type { TemplateRules } from "../../../secrets/configurations/template.ts";
import type {
  IssuedPrivateCert,
  PrivateCertAttributes,
} from "../../../secrets/kinds/private-cert.ts";
import { locked } from "../../../secrets/lock.ts";
import { nextRotation, type RotationPolicy } from "../../../secrets/rotation.ts";
import { DEACTIVATED, type Secret } from "../../../secrets/secret.ts";
import type { Version } from "../../../secrets/version.ts";
import { assertStillIssued, issueByTemplate } from "../../configurations/certificate-signing.ts";
import { authorityWithId, revoke } from "../../configurations/revocation.ts";
import { unfit } from "../../configurations/signing.ts";
import type { Context } from "../../operation.ts";
import type { Transaction } from "../../state.ts";
import type { ActionOutput, Behaviour, Made } from "./behaviour.ts";

export const privateCert: Behaviour<"private_cert"> = {
  patches: ["rotation"],

  async prepareNew(given, context) {
    const issued = await issueByTemplate(given.certificateTemplate, given.request, context);
    return { ...given, issued };
  },

  async prepareVersion(given, secret, context) {
    const { certificateTemplate, request } = attributesOf(secret);
    const issued = await issueByTemplate(
      certificateTemplate,
      { ...request, csr: nextCsr(request.csr, given?.csr) },
      context,
    );
    return { kind: "private_cert", issued };
  },

  async make({ certificateTemplate, issued }, making, context) {
    invariant(issued !== undefined, "a certificate is issued before it is kept");
    const rules = await assertStillIssued(issued, certificateTemplate, context);
    assertGroupAllowed(making.groupId, rules);
    assertRotatedInTime(making.rotation, { expiresAt: issued.facts.notAfter, now: context.now });
    return issuedAs(issued, certificateTemplate);
  },

  async renew(given, { secret }, context) {
    invariant(given?.issued !== undefined, "a certificate is issued before it is kept");
    const { certificateTemplate } = attributesOf(secret);
    const rules = await assertStillIssued(given.issued, certificateTemplate, context);
    assertGroupAllowed(secret.groupId, rules);
    return issuedAs(given.issued, certificateTemplate);
  },

  async patch({ rotation }, { expiresAt }, { now }) {
    if (rotation && expiresAt !== null) assertRotatedInTime(rotation, { expiresAt, now });
    return {};
  },

  actions: {
    private_cert_action_revoke_certificate: {
      async run(secret, context) {
        const current = await context.store.secrets.version(secret, { alias: "current" });
        if (!current) throw unfit("The secret has no certificate that could be revoked.");
        return revokeVersion(secret, current, context);
      },
    },
  },
  versionActions: { private_cert_action_revoke_certificate: { run: revokeVersion } },
};

/** The secret ends when its certificate does. */
function issuedAs(issued: IssuedPrivateCert, certificateTemplate: string): Made {
  const { payload, facts, request, authority } = issued;
  const { notAfter: expiresAt } = facts;
  const attributes: PrivateCertAttributes = {
    kind: "private_cert",
    certificateTemplate,
    certificateAuthority: authority.name,
    authorityId: authority.id,
    request,
    facts,
    revokedAt: null,
  };
  return {
    secret: { attributes, expiresAt },
    version: { payload, attributes: { kind: "certificate", facts, revokedAt: null }, expiresAt },
  };
}

/** Where the owner has the key, each version is for a CSR of the owner's: the one before, or a new one. */
function nextCsr(before: string | null, given: string | undefined): string | null {
  if (given === undefined) return before;
  if (before !== null) return given;
  throw refused("The key of this secret is made here, with each version: it takes no CSR.", "csr");
}

function assertGroupAllowed(groupId: string, { allowedSecretGroups }: TemplateRules): void {
  if (allowedSecretGroups === null || allowedSecretGroups.includes(groupId)) return;
  throw new Refusal("forbidden", "The certificate template is for secrets of other groups.");
}

/** A certificate that has ended is not renewed any more: its secret is destroyed. */
function assertRotatedInTime(
  rotation: RotationPolicy | null,
  { expiresAt, now }: { readonly expiresAt: Millis; readonly now: Millis },
): void {
  const next = nextRotation(rotation, now);
  if (next === null || next < expiresAt) return;
  throw refused(
    "The certificate would end before it is rotated: rotate it more often.",
    "rotation",
  );
}

/**
 * Of the current version, the secret is out of use with it: nothing comes by itself in its place, and a new version is
 * its owner's to ask for.
 */
async function revokeVersion(
  secret: Secret,
  version: Version,
  context: Context<Transaction>,
): Promise<ActionOutput> {
  const { store, now } = context;
  const { attributes } = version;
  invariant(attributes?.kind === "certificate", "a version of this type is a certificate");
  const { facts, revokedAt } = attributes;
  const { serialNumber } = facts;
  if (revokedAt !== null) return { revokedAt, serialNumber };
  if (facts.notAfter <= now) throw unfit("The certificate has expired: nothing is left to revoke.");
  const locks = await store.secrets.locksOf(secret.id);
  if (locks.some((lock) => lock.versionId === version.id)) throw locked();
  const ofSecret = attributesOf(secret);
  const authority = await authorityWithId(ofSecret.authorityId, secret.at, store);
  invariant(authority !== undefined, "an authority whose templates are in use is not deleted");
  await revoke(facts, authority, context);
  await store.secrets.updateVersion({ ...version, attributes: { ...attributes, revokedAt: now } });
  if (version.number === secret.currentVersion) {
    await store.secrets.updateSecret({
      ...secret,
      state: DEACTIVATED,
      attributes: { ...ofSecret, revokedAt: now },
      nextRotationAt: null,
      updatedAt: now,
    });
  }
  return { revokedAt: now, serialNumber };
}

function attributesOf({ attributes }: Secret): PrivateCertAttributes {
  invariant(attributes?.kind === "private_cert", "the attributes are of the secret's own type");
  return attributes;
}

function refused(sentence: string, field: string): Refusal {
  return new Refusal("invalid_request", sentence, { field });
}
