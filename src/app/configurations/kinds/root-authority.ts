/** A root: an authority whose certificate is signed by its own key, which is made here and never leaves. */
import { invariant } from "../../../kernel/errors.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { generateKey, keySpecOf, readPrivateKey } from "../../../pki/keys.ts";
import type {
  AuthorityRequest,
  AuthoritySettings,
  IssuedAuthority,
} from "../../../secrets/configurations/authority.ts";
import { signRoot } from "../authority-signing.ts";
import { certificateNames } from "../certificate-names.ts";
import { refused } from "../signing.ts";
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

export interface NewRootAuthority {
  readonly kind: "root-authority";
  readonly settings: AuthoritySettings;
  readonly asked: AskedOfAuthority;
  /** Found out before the transaction. */
  readonly prepared?: PreparedRoot;
}

interface PreparedRoot {
  readonly request: AuthorityRequest;
  readonly key: Sensitive<string>;
  readonly issued: IssuedAuthority;
}

export interface RootAuthorityPatch {
  readonly kind: "root-authority";
  readonly settings: Partial<AuthoritySettings>;
}

export const rootAuthority: ConfigurationBehaviour<NewRootAuthority, RootAuthorityPatch> = {
  async prepareNew(given, { now, capabilities }) {
    const { settings, asked } = given;
    const request = checkedRequest(asked, settings, capabilities);
    const names = certificateNames(request.naming, request.subject);
    const seconds = request.ttlSeconds ?? settings.maxTtlSeconds;
    if (seconds > settings.maxTtlSeconds) {
      throw refused("The time to live is not longer than the longest that is allowed.", "ttl");
    }
    const key = await generateKey(keySpecOf(asked.keyType, asked.keyBits));
    const { maxPathLength, permittedDnsDomains } = request;
    const toSign = { names, maxPathLength, permittedDnsDomains };
    const issued = await signRoot(toSign, readPrivateKey(key), { now, seconds });
    return { ...given, prepared: { request, key, issued } };
  },

  async make({ settings, prepared }, _making, { now }) {
    invariant(prepared !== undefined, "a root is signed before it is kept");
    return {
      attributes: {
        kind: "authority",
        signing: { kind: "self" },
        settings,
        asked: prepared.request,
        csr: null,
        issued: prepared.issued,
        earlier: [],
        revokedAt: null,
        crl: { changes: NO_CHANGES, changedAt: now },
      },
      kept: prepared.key,
    };
  },

  patch: async ({ settings }, configuration, context) =>
    patchAuthority(settings, configuration, context),
  status: authorityStatus,
  assertDeletable: assertAuthorityUnused,
  actions: authorityActions,
};
