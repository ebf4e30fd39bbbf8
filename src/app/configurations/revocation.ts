/** Taking a certificate back: the authority that signed it says so in its revocation list from then on. */
import type { Millis } from "../../kernel/clock.ts";
import { withNewCrl } from "../../secrets/configurations/authority.ts";
import { attributesOf, type Configuration } from "../../secrets/configurations/configuration.ts";
import type { Instance } from "../../secrets/secret.ts";
import type { Context } from "../operation.ts";
import type { Transaction } from "../state.ts";
import { authoritiesOf } from "./signing.ts";

export interface ToRevoke {
  /** Hexadecimal digits, with colons or without. */
  readonly serialNumber: string;
  readonly notAfter: Millis;
}

/** From this moment on. A certificate that is revoked already stays revoked since it was. */
export async function revoke(
  certificate: ToRevoke,
  by: Configuration,
  { store, now }: Context<Transaction>,
): Promise<void> {
  await store.configurations.addRevoked({
    authority: by.id,
    serialNumber: certificate.serialNumber.replaceAll(":", "").toLowerCase(),
    revokedAt: now,
    expiresAt: certificate.notAfter,
  });
  // Not a change of the authority that its owner made: when it was changed last stays as it is.
  const attributes = withNewCrl(attributesOf(by, "authority"), now);
  await store.configurations.updateConfiguration({ ...by, attributes });
}

export async function authorityWithId(
  id: string | null,
  at: Instance,
  store: Context<Transaction>["store"],
): Promise<Configuration | undefined> {
  return (await authoritiesOf(at, store)).find((one) => one.id === id);
}
