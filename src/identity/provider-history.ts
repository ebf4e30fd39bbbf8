/** What is kept of identity providers beside their store: what they were, and what it takes to bring one back. */
import type { IdentityProvider } from "./identity-provider.ts";
import { recoverableKind } from "./recoverable.ts";

/** What a version shows: all that was decided about a provider, but for the client's secret. */
export type ShownProvider = Omit<
  IdentityProvider,
  "id" | "account" | "createdAt" | "createdBy" | "modifiedAt"
>;

export interface ProviderParts {
  readonly provider: IdentityProvider;
  /** Sealed, in Base64; null for a public client. */
  readonly secret: string | null;
  /** Who is who: subjects of the provider and the users they logged in as. */
  readonly links: readonly { readonly subject: string; readonly iamId: string }[];
}

export const PROVIDER = recoverableKind<ShownProvider, ProviderParts>("identity-provider");

export function shownOf({
  id: _id,
  account: _account,
  createdAt: _createdAt,
  createdBy: _createdBy,
  modifiedAt: _modifiedAt,
  ...shown
}: IdentityProvider): ShownProvider {
  return shown;
}
