/** Credentials of users, sessions and identity providers on SQLite. */
import type { CertificateChallenge } from "../../identity/certificate-challenge.ts";
import type {
  FederatedLink,
  IdentityProvider,
  LoginFlow,
} from "../../identity/identity-provider.ts";
import type { LoginStore } from "../../identity/login-store.ts";
import type { RefreshToken } from "../../identity/refresh-token.ts";
import type { Session } from "../../identity/session.ts";
import type { Passcode } from "../../identity/passcode.ts";
import type { UserCredentials } from "../../identity/user-credentials.ts";
import type { Database } from "./database.ts";
import { IdentityMemory, IdentityStamp } from "./identity-memory.ts";
import {
  challengeOf,
  credentialsOf,
  flowOf,
  linkOf,
  passcodeOf,
  providerOf,
  refreshTokenOf,
  sessionOf,
} from "./login-rows.ts";
import { bytesOrNull, number, one, put } from "./table.ts";

/** How many expired rows of each kind one login clears away. */
export const MAX_FORGOTTEN_AT_ONCE = 100;

const EXPIRING: readonly (readonly [table: string, key: string, column: string])[] = [
  ["refresh_tokens", "hash", "expires_at"],
  ["sessions", "id", "ends_at"],
  ["passcodes", "hash", "expires_at"],
  ["login_flows", "hash", "expires_at"],
  ["certificate_challenges", "id", "expires_at"],
];

/** A session and all that came out of it, however far removed; the parent may have left no row. */
const ALL_OUT_OF_ONE = `WITH RECURSIVE all_of_it (id) AS (
  SELECT ? UNION SELECT sessions.id FROM sessions JOIN all_of_it ON sessions.parent = all_of_it.id
) SELECT id FROM all_of_it`;

export class SqliteLoginStore implements LoginStore {
  readonly #db: Database;
  readonly #sessions: IdentityMemory<Session | undefined>;
  readonly #ended: IdentityMemory<boolean>;

  constructor(database: Database, stamp = new IdentityStamp(database)) {
    this.#db = database;
    this.#sessions = new IdentityMemory(stamp);
    this.#ended = new IdentityMemory(stamp);
  }

  async session(id: string): Promise<Session | undefined> {
    const load = (): Session | undefined =>
      one(sessionOf, this.#db.get("SELECT * FROM sessions WHERE id = ?", id));
    // One that is not there may be opened without a new stamp; that one has ended always gives one.
    return this.#sessions.get(id, load, (session) => session !== undefined);
  }

  async hasEnded(id: string): Promise<boolean> {
    const sql = "SELECT 1 FROM sessions WHERE id = ? AND ended = 1";
    // Also that one has not is held: the stamp changes whenever one ends.
    return this.#ended.get(id, () => this.#db.get(sql, id) !== undefined);
  }

  async sessionsOf(account: string, iamId: string, now: number): Promise<readonly Session[]> {
    const sql = `SELECT * FROM sessions WHERE account = ? AND iam_id = ? AND ended = 0 AND ends_at > ?
      ORDER BY started_at, id`;
    return this.#db.all(sql, account, iamId, now).map(sessionOf);
  }

  async refreshToken(hash: string): Promise<RefreshToken | undefined> {
    return one(refreshTokenOf, this.#db.get("SELECT * FROM refresh_tokens WHERE hash = ?", hash));
  }

  async userCredentials(account: string, iamId: string): Promise<UserCredentials | undefined> {
    const sql = "SELECT * FROM user_credentials WHERE account = ? AND iam_id = ?";
    return one(credentialsOf, this.#db.get(sql, account, iamId));
  }

  async passcode(hash: string): Promise<Passcode | undefined> {
    return one(passcodeOf, this.#db.get("SELECT * FROM passcodes WHERE hash = ?", hash));
  }

  async identityProvider(account: string, id: string): Promise<IdentityProvider | undefined> {
    const sql = "SELECT * FROM identity_providers WHERE account = ? AND id = ?";
    return one(providerOf, this.#db.get(sql, account, id));
  }

  async identityProviderOfRealm(
    account: string,
    realm: string,
  ): Promise<IdentityProvider | undefined> {
    const sql = "SELECT * FROM identity_providers WHERE account = ? AND realm = ?";
    return one(providerOf, this.#db.get(sql, account, realm));
  }

  async identityProviders(account: string): Promise<readonly IdentityProvider[]> {
    const sql = "SELECT * FROM identity_providers WHERE account = ? ORDER BY created_at, id";
    return this.#db.all(sql, account).map(providerOf);
  }

  async identityProviderSecret(id: string): Promise<Uint8Array | undefined> {
    const row = this.#db.get("SELECT secret FROM identity_providers WHERE id = ?", id);
    return (row && bytesOrNull(row, "secret")) ?? undefined;
  }

  async federatedLink(provider: string, subject: string): Promise<FederatedLink | undefined> {
    const sql = "SELECT * FROM federated_links WHERE provider = ? AND subject = ?";
    return one(linkOf, this.#db.get(sql, provider, subject));
  }

  async federatedLinksOf(account: string, iamId: string): Promise<readonly FederatedLink[]> {
    const sql = "SELECT * FROM federated_links WHERE account = ? AND iam_id = ?";
    return this.#db.all(sql, account, iamId).map(linkOf);
  }

  async federatedLinksBy(provider: string): Promise<readonly FederatedLink[]> {
    const sql = "SELECT * FROM federated_links WHERE provider = ? ORDER BY subject";
    return this.#db.all(sql, provider).map(linkOf);
  }

  async certificateChallenge(id: string): Promise<CertificateChallenge | undefined> {
    const sql = "SELECT * FROM certificate_challenges WHERE id = ?";
    return one(challengeOf, this.#db.get(sql, id));
  }

  async loginFlow(hash: string): Promise<LoginFlow | undefined> {
    return one(flowOf, this.#db.get("SELECT * FROM login_flows WHERE hash = ?", hash));
  }

  async putSession(session: Session): Promise<void> {
    put(
      this.#db,
      { table: "sessions", keys: ["id"] },
      {
        id: session.id,
        account: session.account,
        iam_id: session.iamId,
        credential_id: session.credentialId,
        parent: session.parent,
        client_id: session.clientId,
        grant_type: session.grantType,
        profile: session.profile,
        profiles_by_claims: JSON.stringify(session.profilesByClaims),
        realm: session.realm,
        started_at: session.startedAt,
        ends_at: session.endsAt,
        ended: Number(session.isEnded),
      },
    );
  }

  async endSession(id: string): Promise<number> {
    this.#db.run(`DELETE FROM refresh_tokens WHERE session IN (${ALL_OUT_OF_ONE})`, id);
    return this.#db.run(
      `UPDATE sessions SET ended = 1 WHERE ended = 0 AND id IN (${ALL_OUT_OF_ONE})`,
      id,
    );
  }

  async endSessionsOf(account: string, iamId: string, credentialId?: string): Promise<void> {
    const which =
      credentialId === undefined
        ? "account = ? AND iam_id = ?"
        : "account = ? AND iam_id = ? AND credential_id = ?";
    const values = credentialId === undefined ? [account, iamId] : [account, iamId, credentialId];
    this.#db.run(
      `DELETE FROM refresh_tokens WHERE session IN (SELECT id FROM sessions WHERE ${which})`,
      ...values,
    );
    this.#db.run(`UPDATE sessions SET ended = 1 WHERE ${which}`, ...values);
  }

  async endSessionsOfRealm(account: string, realm: string): Promise<number> {
    const which = "account = ? AND realm = ? AND ended = 0";
    const sql = `SELECT count(*) AS open FROM sessions WHERE ${which}`;
    const open = one((row) => number(row, "open"), this.#db.get(sql, account, realm)) ?? 0;
    this.#db.run(
      `DELETE FROM refresh_tokens WHERE session IN (SELECT id FROM sessions WHERE ${which})`,
      account,
      realm,
    );
    this.#db.run(`UPDATE sessions SET ended = 1 WHERE ${which}`, account, realm);
    return open;
  }

  async putEndedSession(session: Session): Promise<number> {
    // In two steps: it is the change to an ended one that gives a new stamp.
    await this.putSession({ ...session, isEnded: false });
    return this.endSession(session.id);
  }

  async putRefreshToken(token: RefreshToken): Promise<void> {
    put(
      this.#db,
      { table: "refresh_tokens", keys: ["hash"] },
      {
        hash: token.hash,
        session: token.session,
        client_id: token.clientId,
        account: token.account,
        expires_at: token.expiresAt,
        used: Number(token.isUsed),
      },
    );
  }

  async useRefreshToken(hash: string): Promise<void> {
    this.#db.run("UPDATE refresh_tokens SET used = 1 WHERE hash = ?", hash);
  }

  async putUserCredentials(credentials: UserCredentials): Promise<void> {
    put(
      this.#db,
      { table: "user_credentials", keys: ["iam_id"] },
      {
        iam_id: credentials.iamId,
        account: credentials.account,
        password: credentials.password,
        password_set_at: credentials.passwordSetAt,
        totp: credentials.totp,
        totp_confirmed: Number(credentials.isTotpConfirmed),
        last_totp_step: credentials.lastTotpStep,
        failures: credentials.failures,
        locked_until: credentials.lockedUntil,
      },
    );
  }

  async putPasscode(passcode: Passcode): Promise<void> {
    put(
      this.#db,
      { table: "passcodes", keys: ["hash"] },
      {
        hash: passcode.hash,
        account: passcode.account,
        iam_id: passcode.iamId,
        session: passcode.session,
        expires_at: passcode.expiresAt,
      },
    );
  }

  async deletePasscode(hash: string): Promise<void> {
    this.#db.run("DELETE FROM passcodes WHERE hash = ?", hash);
  }

  async putIdentityProvider(
    provider: IdentityProvider,
    sealedSecret: Uint8Array | null,
  ): Promise<void> {
    put(
      this.#db,
      { table: "identity_providers", keys: ["id"] },
      {
        id: provider.id,
        account: provider.account,
        name: provider.name,
        realm: provider.realm,
        issuer: provider.issuer,
        client_id: provider.clientId,
        secret: sealedSecret,
        scopes: JSON.stringify(provider.scopes),
        type: provider.type,
        username_claim: provider.usernameClaim,
        sends_welcome_email: Number(provider.sendsWelcomeEmail),
        authority: provider.authority && JSON.stringify(provider.authority),
        creates_users: Number(provider.createsUsers),
        enabled: Number(provider.enabled),
        created_at: provider.createdAt,
        created_by: provider.createdBy,
        modified_at: provider.modifiedAt,
      },
    );
  }

  async deleteIdentityProvider(account: string, id: string): Promise<void> {
    this.#db.run("DELETE FROM identity_providers WHERE account = ? AND id = ?", account, id);
  }

  async putFederatedLink(link: FederatedLink): Promise<void> {
    put(
      this.#db,
      { table: "federated_links", keys: ["provider", "subject"] },
      {
        provider: link.provider,
        subject: link.subject,
        account: link.account,
        iam_id: link.iamId,
      },
    );
  }

  async putCertificateChallenge(challenge: CertificateChallenge): Promise<void> {
    put(
      this.#db,
      { table: "certificate_challenges", keys: ["id"] },
      {
        id: challenge.id,
        hash: challenge.hash,
        provider: challenge.provider,
        account: challenge.account,
        certificates: challenge.certificates,
        expires_at: challenge.expiresAt,
      },
    );
  }

  async deleteCertificateChallenge(id: string): Promise<void> {
    this.#db.run("DELETE FROM certificate_challenges WHERE id = ?", id);
  }

  async putLoginFlow(flow: LoginFlow): Promise<void> {
    put(
      this.#db,
      { table: "login_flows", keys: ["hash"] },
      {
        hash: flow.hash,
        provider: flow.provider,
        account: flow.account,
        client_id: flow.clientId,
        code_verifier: flow.codeVerifier,
        nonce: flow.nonce,
        return_to: flow.returnTo,
        callback: flow.callback,
        person: flow.person && JSON.stringify(flow.person),
        expires_at: flow.expiresAt,
      },
    );
  }

  async deleteLoginFlow(hash: string): Promise<void> {
    this.#db.run("DELETE FROM login_flows WHERE hash = ?", hash);
  }

  async forgetExpiredLogins(expiredBefore: number): Promise<void> {
    for (const [table, key, column] of EXPIRING) {
      this.#db.run(
        `DELETE FROM ${table} WHERE ${key} IN
           (SELECT ${key} FROM ${table} WHERE ${column} < ? LIMIT ${MAX_FORGOTTEN_AT_ONCE})`,
        expiredBefore,
      );
    }
  }
}
