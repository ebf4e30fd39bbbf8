/** What roots and intermediate authorities have in common: what they may be asked for, their status, changes, deletion. */
import { Refusal } from "../../../kernel/errors.ts";
import { keySpecOf } from "../../../pki/keys.ts";
import {
  certificatesOf,
  checkPathLength,
  checkPermittedDomains,
  checkSettings,
  statusOf,
  withNewCrl,
  type AuthorityAttributes,
  type AuthorityRequest,
  type AuthoritySettings,
} from "../../../secrets/configurations/authority.ts";
import { attributesOf, type Configuration } from "../../../secrets/configurations/configuration.ts";
import type { Instance } from "../../../secrets/secret.ts";
import type { Capabilities } from "../../capabilities.ts";
import type { Context } from "../../operation.ts";
import type { View } from "../../state.ts";
import { assertPublishable, authoritiesOf, refused, unfit } from "../signing.ts";
import type { Made } from "./behaviour.ts";

/** As it is asked for: the key's type and size may be left out. */
export type AskedOfAuthority = Omit<AuthorityRequest, "keyType" | "keyBits"> & {
  readonly keyType?: string | undefined;
  readonly keyBits?: number | undefined;
};

/** A revocation list that nothing has changed yet. */
export const NO_CHANGES = 0;

export function checkedRequest(
  asked: AskedOfAuthority,
  settings: AuthoritySettings,
  capabilities: Capabilities,
): AuthorityRequest {
  checkSettings(settings);
  assertPublishable(settings, capabilities);
  checkPathLength(asked.maxPathLength);
  checkPermittedDomains(asked.permittedDnsDomains);
  if (asked.naming.commonName === "") {
    throw refused("A certificate authority has a common name.", "commonName");
  }
  const spec = keySpecOf(asked.keyType, asked.keyBits);
  return { ...asked, keyType: spec.type, keyBits: "bits" in spec ? spec.bits : null };
}

/** The settings that are given in place of those it has. */
export function patchAuthority(
  patch: Partial<AuthoritySettings>,
  configuration: Configuration,
  { now, capabilities }: Context<View>,
): Made {
  const before = attributesOf(configuration, "authority");
  const { origin, ...changes } = patch;
  // Where certificates say that the authority publishes is settled where it is settled whether they say so.
  const isPublishing = changes.namesCrl !== undefined || changes.namesIssuer !== undefined;
  const settings: AuthoritySettings = {
    ...before.settings,
    ...changes,
    ...(isPublishing && origin ? { origin } : {}),
  };
  checkSettings(settings);
  assertPublishable(settings, capabilities);
  const attributes: AuthorityAttributes = { ...before, settings };
  const isOfList = changes.crlExpirySeconds !== undefined || changes.crlDisabled !== undefined;
  return { attributes: isOfList ? withNewCrl(attributes, now) : attributes };
}

export async function authorityStatus<Store extends View>(
  configuration: Configuration,
  { store, now }: Context<Store>,
): Promise<string> {
  const templates = await templatesOf(configuration, store);
  const attributes = attributesOf(configuration, "authority");
  return statusOf(attributes, { hasTemplate: templates.length > 0, now });
}

/** An authority that others depend on stays: what it signed could not be taken back any more. */
export async function assertAuthorityUnused<Store extends View>(
  configuration: Configuration,
  { store, now }: Context<Store>,
): Promise<void> {
  if ((await templatesOf(configuration, store)).length > 0) {
    throw inUse("Certificate templates use this authority: delete them first.");
  }
  const others = await authoritiesOf(configuration.at, store);
  const isIssuer = others.some((other) =>
    certificatesOf(attributesOf(other, "authority"), now).some(
      ({ issuerId }) => issuerId === configuration.id,
    ),
  );
  if (isIssuer || (await hasAuthoritiesBelow(configuration, store))) {
    throw inUse("Intermediate authorities were signed by this authority: delete them first.");
  }
}

/** Those below it have its certificate in their chains. */
export async function assertNoneBelow(
  configuration: Configuration,
  store: Pick<View, "configurations">,
): Promise<void> {
  if (!(await hasAuthoritiesBelow(configuration, store))) return;
  throw unfit("The authority has signed others: make a new one beside it, and new ones below.");
}

async function hasAuthoritiesBelow(
  { id, at }: Configuration,
  store: Pick<View, "configurations">,
): Promise<boolean> {
  const all = await authoritiesOf(at, store);
  return all.some((other) => attributesOf(other, "authority").issued?.issuerId === id);
}

async function templatesOf(
  { at, name }: { readonly at: Instance; readonly name: string },
  { configurations }: Pick<View, "configurations">,
): Promise<readonly Configuration[]> {
  const templates = await configurations.configurationsOf(
    at,
    "private_cert_configuration_template",
  );
  return templates.filter((one) => attributesOf(one, "template").certificateAuthority === name);
}

export function inUse(sentence: string): Refusal {
  return new Refusal("conflict", sentence);
}
