/** The account with a public certificate authority that orders are placed from. */
import { Refusal } from "../../../kernel/errors.ts";
import type { Sensitive } from "../../../kernel/sensitive.ts";
import { bitsOf, readPrivateKey } from "../../../pki/keys.ts";
import { attributesOf } from "../../../secrets/configurations/configuration.ts";
import {
  checkPreferredChain,
  type AcmeEnvironment,
} from "../../../secrets/configurations/lets-encrypt.ts";
import type { ConfigurationBehaviour } from "./behaviour.ts";
import { assertOrdersNothing } from "./orders-nothing.ts";

export interface NewLetsEncrypt {
  readonly kind: "lets-encrypt";
  readonly environment: AcmeEnvironment;
  /** In PEM. */
  readonly accountKey: Sensitive<string>;
  readonly preferredChain?: string | undefined;
}

export interface LetsEncryptPatch {
  readonly kind: "lets-encrypt";
  readonly environment?: AcmeEnvironment | undefined;
  readonly accountKey?: Sensitive<string> | undefined;
  /** Null for the authority's own choice. */
  readonly preferredChain?: string | null | undefined;
}

/** RFC 8555, section 6.2, leaves it to the authority; those that there are take no less. */
const MIN_ACCOUNT_RSA_BITS = 2_048;

/**
 * Whether the authority knows the account is found out by the first order: a configuration is made whether or not
 * anybody can be reached. No account is made here, since its owner has to agree to the authority's terms.
 */
export const letsEncrypt: ConfigurationBehaviour<NewLetsEncrypt, LetsEncryptPatch> = {
  async make({ environment, accountKey, preferredChain = "" }) {
    checkAccountKey(accountKey);
    checkPreferredChain(preferredChain);
    return {
      attributes: { kind: "lets-encrypt", environment, preferredChain: preferredChain || null },
      kept: accountKey,
    };
  },

  async patch({ environment, accountKey, preferredChain }, configuration) {
    const before = attributesOf(configuration, "lets-encrypt");
    if (accountKey) checkAccountKey(accountKey);
    if (preferredChain) checkPreferredChain(preferredChain);
    return {
      attributes: {
        ...before,
        environment: environment ?? before.environment,
        preferredChain:
          preferredChain === undefined ? before.preferredChain : preferredChain || null,
      },
      ...(accountKey ? { kept: accountKey } : {}),
    };
  },

  assertDeletable: assertOrdersNothing,
};

/** Refuses keys that no authority takes for an account's, so that it is not the first order that finds out. */
function checkAccountKey(pem: Sensitive<string>): void {
  const field = "letsEncryptPrivateKey";
  const key = readPrivateKey(pem, field);
  const bits = bitsOf(key) ?? 0;
  const isGood =
    key.asymmetricKeyType === "rsa"
      ? bits >= MIN_ACCOUNT_RSA_BITS
      : key.asymmetricKeyType === "ec" && bits !== 224;
  if (isGood) return;
  throw new Refusal(
    "invalid_request",
    `The key of an account is RSA with ${MIN_ACCOUNT_RSA_BITS} bits or more, or EC on P-256, P-384 or P-521.`,
    { field },
  );
}
