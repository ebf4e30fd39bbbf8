/** An intermediate authority: signed by another one of the instance, or outside by whoever is given its CSR. */
import { invariant } from "../../../kernel/errors.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { generateKey, keySpecOf } from "../../../pki/keys.ts";
import type {
  AuthorityRequest,
  AuthoritySettings,
  IssuedAuthority,
  SigningMethod,
} from "../../../secrets/configurations/authority.ts";
import { signAuthority } from "../authority-signing.ts";
import { assertUnchanged, authorityThatSigns } from "../signing.ts";
import type { Context } from "../../operation.ts";
import type { View } from "../../state.ts";
import { authorityActions } from "./authority-actions.ts";
import {
  assertAuthorityUnused,
  authorityStatus,
  checkedRequest,
  NO_CHANGES,
  patchAuthority,
  type AskedOfAuthority,
} from "./authority.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";
import { intermediateActions } from "./intermediate-actions.ts";
import { csrFor, toSignOf } from "./intermediate-signing.ts";

export interface NewIntermediateAuthority {
  readonly kind: "intermediate-authority";
  readonly signing: Exclude<SigningMethod, { kind: "self" }>;
  readonly settings: AuthoritySettings;
  readonly asked: AskedOfAuthority;
  /** Found out before the transaction. */
  readonly prepared?: PreparedIntermediate;
}

interface PreparedIntermediate {
  readonly request: AuthorityRequest;
  readonly key: Sensitive<string>;
  readonly csr: string;
  /** With what its issuer was like; null where it is signed later. */
  readonly signed: { readonly issued: IssuedAuthority; readonly stamp: string } | null;
}

export interface IntermediateAuthorityPatch {
  readonly kind: "intermediate-authority";
  readonly settings: Partial<AuthoritySettings>;
}

export const intermediateAuthority: ConfigurationBehaviour<
  NewIntermediateAuthority,
  IntermediateAuthorityPatch
> = {
  async prepareNew(given, context) {
    const { settings, asked, signing } = given;
    const request = checkedRequest(asked, settings, context.capabilities);
    // Before the key is made: that takes long, and an issuer that cannot sign is found at once.
    if (issuerNameOf(signing)) await authorityThatSigns(issuerNameOf(signing) ?? "", context);
    const key = await generateKey(keySpecOf(asked.keyType, asked.keyBits));
    const csr = await csrFor(request, key);
    const signed = await signedBy(issuerNameOf(signing), { request, csr, settings }, context);
    return { ...given, prepared: { request, key, csr, signed } };
  },

  async make({ settings, signing, prepared }, _making, context) {
    invariant(prepared !== undefined, "an authority has its key before it is kept");
    const { request, key, csr, signed } = prepared;
    const issuer = issuerNameOf(signing);
    if (signed && issuer !== null) {
      assertUnchanged(signed.stamp, await authorityThatSigns(issuer, context));
    }
    return {
      attributes: {
        kind: "authority",
        signing,
        settings,
        asked: request,
        csr,
        issued: signed?.issued ?? null,
        earlier: [],
        revokedAt: null,
        crl: { changes: NO_CHANGES, changedAt: context.now },
      },
      kept: key,
    };
  },

  patch: async ({ settings }, configuration, context) =>
    patchAuthority(settings, configuration, context),
  status: authorityStatus,
  assertDeletable: assertAuthorityUnused,
  actions: { ...authorityActions, ...intermediateActions },
};

function issuerNameOf(signing: NewIntermediateAuthority["signing"]): string | null {
  return signing.kind === "internal" ? signing.issuer : null;
}

interface Unsigned {
  readonly request: AuthorityRequest;
  readonly csr: string;
  readonly settings: AuthoritySettings;
}

async function signedBy(
  issuer: string | null,
  { request, csr, settings }: Unsigned,
  context: Context<View>,
): Promise<PreparedIntermediate["signed"]> {
  if (issuer === null) return null;
  const authority = await authorityThatSigns(issuer, context);
  const maxSeconds = authority.attributes.settings.maxTtlSeconds;
  const usualSeconds = settings.maxTtlSeconds;
  const lifetime = { askedSeconds: null, usualSeconds, maxSeconds };
  const toSign = toSignOf({ asked: request, csr, issued: null });
  const issued = await signAuthority(toSign, { authority, lifetime }, context);
  return { issued, stamp: authority.stamp };
}
