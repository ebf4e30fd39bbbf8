/** The port to what people and programs log in with, and to the sessions that come of it. */
import type { CertificateChallenge } from "./certificate-challenge.ts";
import type { FederatedLink, IdentityProvider, LoginFlow } from "./identity-provider.ts";
import type { RefreshToken } from "./refresh-token.ts";
import type { Session } from "./session.ts";
import type { Passcode } from "./passcode.ts";
import type { UserCredentials } from "./user-credentials.ts";

export interface LoginReader {
  /** Asked by each call that brings a token of a session: must be cheap, and never stale. */
  session(id: string): Promise<Session | undefined>;
  /** The same for a session that left no row: true only where somebody logged out of it. As cheap, and never stale. */
  hasEnded(id: string): Promise<boolean>;
  /** Those of an identity that are neither ended nor past `now`, the oldest first. */
  sessionsOf(account: string, iamId: string, now: number): Promise<readonly Session[]>;
  refreshToken(hash: string): Promise<RefreshToken | undefined>;
  /** Undefined for a user who has none of them. */
  userCredentials(account: string, iamId: string): Promise<UserCredentials | undefined>;
  passcode(hash: string): Promise<Passcode | undefined>;
  identityProvider(account: string, id: string): Promise<IdentityProvider | undefined>;
  identityProviderOfRealm(account: string, realm: string): Promise<IdentityProvider | undefined>;
  identityProviders(account: string): Promise<readonly IdentityProvider[]>;
  /** The sealed secret by which we are a client of the provider; see `SealedValue` of the vault. */
  identityProviderSecret(id: string): Promise<Uint8Array | undefined>;
  federatedLink(provider: string, subject: string): Promise<FederatedLink | undefined>;
  federatedLinksOf(account: string, iamId: string): Promise<readonly FederatedLink[]>;
  /** Everybody whom the provider has vouched for. */
  federatedLinksBy(provider: string): Promise<readonly FederatedLink[]>;
  certificateChallenge(id: string): Promise<CertificateChallenge | undefined>;
  loginFlow(hash: string): Promise<LoginFlow | undefined>;
}

export interface LoginStore extends LoginReader {
  putSession(session: Session): Promise<void>;
  /** Remembers of a session that had no row that it has ended, until its tokens have expired; else as `endSession`. */
  putEndedSession(session: Session): Promise<number>;
  /**
   * Its access tokens are refused from the commit on, and its refresh tokens are gone; and so are those of every session
   * that came out of it. Resolves to how many sessions went on until now.
   */
  endSession(id: string): Promise<number>;
  /** Every session of an identity, or only those that were opened with one credential. */
  endSessionsOf(account: string, iamId: string, credentialId?: string): Promise<void>;
  /** Every session that a login by the realm's identity provider opened; resolves to how many were not over yet. */
  endSessionsOfRealm(account: string, realm: string): Promise<number>;
  putRefreshToken(token: RefreshToken): Promise<void>;
  useRefreshToken(hash: string): Promise<void>;
  putUserCredentials(credentials: UserCredentials): Promise<void>;
  putPasscode(passcode: Passcode): Promise<void>;
  deletePasscode(hash: string): Promise<void>;
  putIdentityProvider(provider: IdentityProvider, sealedSecret: Uint8Array | null): Promise<void>;
  /** With its links to users, the flows and the challenges under way. */
  deleteIdentityProvider(account: string, id: string): Promise<void>;
  putFederatedLink(link: FederatedLink): Promise<void>;
  putCertificateChallenge(challenge: CertificateChallenge): Promise<void>;
  deleteCertificateChallenge(id: string): Promise<void>;
  putLoginFlow(flow: LoginFlow): Promise<void>;
  deleteLoginFlow(hash: string): Promise<void>;
  /** Drops what expired before a moment, of each kind a bounded number at a time. */
  forgetExpiredLogins(expiredBefore: number): Promise<void>;
}
