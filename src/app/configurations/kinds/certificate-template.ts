/** A certificate template: what certificates by one authority of the instance may say. */
import { Refusal } from "../../../kernel/errors.ts";
import { extKeyUsagesOf, keyUsagesOf, oidsOf, type KeyUsage } from "../../../pki/extensions.ts";
import { keySpecOf, type KeySpec } from "../../../pki/keys.ts";
import { encodeName, NO_SUBJECT } from "../../../pki/names.ts";
import { attributesOf } from "../../../secrets/configurations/configuration.ts";
import type { SubjectFields } from "../../../secrets/configurations/naming.ts";
import {
  checkRules,
  DEFAULT_RULES,
  type TemplateRules,
} from "../../../secrets/configurations/template.ts";
import type { Instance } from "../../../secrets/secret.ts";
import type { Context } from "../../operation.ts";
import type { View } from "../../state.ts";
import { findGroup } from "../../secrets/find.ts";
import { authorityNamed, refused } from "../signing.ts";
import { inUse } from "./authority.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";

/** Rules that are given, each by itself. */
export type GivenRules = Partial<Omit<TemplateRules, "subject">> & {
  readonly subject?: Partial<SubjectFields>;
};

export interface NewTemplate {
  readonly kind: "template";
  readonly certificateAuthority: string;
  /** What is left out is as it is by default. */
  readonly rules: GivenRules;
}

export interface TemplatePatch {
  readonly kind: "template";
  /** What is left out stays. */
  readonly rules: GivenRules;
}

export const certificateTemplate: ConfigurationBehaviour<NewTemplate, TemplatePatch> = {
  async make({ certificateAuthority, rules: given }, { at }, context) {
    const authority = await authorityNamed(certificateAuthority, at, context.store);
    if (!authority) {
      throw refused("There is no certificate authority of this name in the instance.");
    }
    if (authority.attributes.signing.kind === "self") {
      throw refused("A root signs authorities only: a template is for an intermediate one.");
    }
    const rules = rulesWith(given, DEFAULT_RULES);
    await assertSound(rules, at, context);
    return { attributes: { kind: "template", certificateAuthority, rules } };
  },

  async patch({ rules: given }, configuration, context) {
    const before = attributesOf(configuration, "template");
    const rules = rulesWith(given, before.rules);
    await assertSound(rules, configuration.at, context);
    return { attributes: { ...before, rules } };
  },

  async assertDeletable({ at, name }, { store }) {
    if (!(await store.secrets.isMadeWith(at, "private_cert", name))) return;
    throw inUse("Private certificates are made with this template: delete them first.");
  },
};

function rulesWith(given: GivenRules, before: TemplateRules): TemplateRules {
  const rules = { ...before, ...given };
  const spec = keySpecOf(rules.keyType, rules.keyBits ?? undefined);
  const subject = { ...before.subject, ...given.subject };
  return { ...rules, keyBits: "bits" in spec ? spec.bits : null, subject };
}

/** What a template has every certificate say of its key and its uses. */
export interface Uses {
  readonly keySpec: KeySpec;
  readonly keyUsages: readonly KeyUsage[];
  /** Object identifiers. */
  readonly extKeyUsages: readonly string[];
  readonly policies: readonly string[];
}

/** Refuses what no certificate can say. */
export function usesOf(rules: TemplateRules): Uses {
  const keyUsages = keyUsagesOf(rules.keyUsage);
  // RFC 5280, section 4.2.1.3: whoever may sign certificates is an authority.
  if (keyUsages.includes("CertSign") || keyUsages.includes("CRLSign")) {
    throw refused("No certificate by a template is an authority's: it signs none.", "keyUsage");
  }
  const flagged = [
    ...(rules.serverFlag ? ["ServerAuth"] : []),
    ...(rules.clientFlag ? ["ClientAuth"] : []),
    ...(rules.codeSigningFlag ? ["CodeSigning"] : []),
    ...(rules.emailProtectionFlag ? ["EmailProtection"] : []),
  ];
  const named = extKeyUsagesOf([...flagged, ...rules.extKeyUsage]);
  const byOid = oidsOf(rules.extKeyUsageOids, "extKeyUsageOids");
  return {
    keySpec: keySpecOf(rules.keyType, rules.keyBits ?? undefined),
    keyUsages: [...new Set(keyUsages)],
    extKeyUsages: [...new Set([...named, ...byOid])],
    policies: [...new Set(oidsOf(rules.policyIdentifiers, "policyIdentifiers"))],
  };
}

async function assertSound<Store extends View>(
  rules: TemplateRules,
  at: Instance,
  { store }: Context<Store>,
): Promise<void> {
  checkRules(rules);
  usesOf(rules);
  encodeName({ ...NO_SUBJECT, ...rules.subject });
  for (const group of rules.allowedSecretGroups ?? []) await assertGroup(group, at, store);
}

async function assertGroup(id: string, at: Instance, store: View): Promise<void> {
  try {
    await findGroup(store.secrets, at, id);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const sentence = "One of the allowed secret groups is not a group of the instance.";
    throw refused(sentence, "allowedSecretGroups");
  }
}
