/** What the state's tables became after the first version; see `Database.open`. None is ever changed once released. */

/** A new stamp with every change of a table that decisions depend on; see `identity_stamp`. */
function stamped(tables: readonly string[]): string {
  return tables
    .flatMap((table) =>
      ["INSERT", "UPDATE", "DELETE"].map(
        (change) => `
  CREATE TRIGGER ${table}_stamp_${change.toLowerCase()} AFTER ${change} ON ${table}
    BEGIN UPDATE identity_stamp SET stamp = hex(randomblob(16)); END;`,
      ),
    )
    .join("");
}

/**
 * Groups, trusted profiles, logins. Refresh tokens come to belong to sessions: those given out before are gone, and
 * whoever held one logs in again.
 */
const accessAndLogins = `
  ALTER TABLE users ADD COLUMN realm TEXT NOT NULL DEFAULT 'IBMid';
  ALTER TABLE users ADD COLUMN sessions_since INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE service_ids ADD COLUMN unique_instance_crns TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE api_keys ADD COLUMN action_when_leaked TEXT NOT NULL DEFAULT 'none';
  ALTER TABLE api_keys ADD COLUMN support_sessions INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE api_keys ADD COLUMN sessions_since INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE policies ADD COLUMN description TEXT NOT NULL DEFAULT '';
  ALTER TABLE policies ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
  ALTER TABLE policies ADD COLUMN entity_tag TEXT NOT NULL DEFAULT '';
  ALTER TABLE policies ADD COLUMN modified_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE policies ADD COLUMN modified_by TEXT NOT NULL DEFAULT '';
  UPDATE policies SET entity_tag = '1-' || lower(hex(randomblob(16))), modified_at = created_at, modified_by = created_by;

  CREATE TABLE account_settings (
    account TEXT PRIMARY KEY REFERENCES accounts (id),
    settings TEXT NOT NULL,
    public_access INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE access_groups (
    account TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    modified_by TEXT NOT NULL,
    PRIMARY KEY (account, id),
    UNIQUE (account, name_key)
  ) STRICT;
  CREATE INDEX access_groups_of_account ON access_groups (account, created_at, id);
  INSERT INTO access_groups
    SELECT id, 'AccessGroupId-PublicAccess', 'Public Access', 'public access',
      'Everyone in the account, while its settings say so.', '1-' || lower(hex(randomblob(16))),
      created_at, '', created_at, '' FROM accounts;
  CREATE TRIGGER access_groups_of_new_account AFTER INSERT ON accounts BEGIN
    INSERT INTO access_groups VALUES (new.id, 'AccessGroupId-PublicAccess', 'Public Access', 'public access',
      'Everyone in the account, while its settings say so.', '1-' || lower(hex(randomblob(16))),
      new.created_at, '', new.created_at, '');
  END;

  CREATE TABLE group_members (
    account TEXT NOT NULL,
    group_id TEXT NOT NULL,
    iam_id TEXT NOT NULL,
    rule TEXT NOT NULL,
    kind TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (account, group_id, iam_id, rule),
    FOREIGN KEY (account, group_id) REFERENCES access_groups (account, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX group_members_of_identity ON group_members (account, iam_id);
  CREATE INDEX group_members_by_rule ON group_members (account, rule);

  CREATE TABLE group_rules (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    group_id TEXT NOT NULL,
    name TEXT NOT NULL,
    realm TEXT NOT NULL,
    expiration_hours INTEGER NOT NULL,
    conditions TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    modified_by TEXT NOT NULL,
    FOREIGN KEY (account, group_id) REFERENCES access_groups (account, id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX group_rules_of_group ON group_rules (account, group_id, created_at, id);
  CREATE INDEX group_rules_of_realm ON group_rules (account, realm);

  CREATE TABLE profiles (
    id TEXT PRIMARY KEY,
    iam_id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    email TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    sessions_since INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    UNIQUE (account, name)
  ) STRICT;
  CREATE INDEX profiles_of_account ON profiles (account, created_at, id);
  CREATE TABLE profile_rules (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    profile TEXT NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    realm TEXT NOT NULL,
    cr_type TEXT NOT NULL,
    expiration_s INTEGER NOT NULL,
    conditions TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX profile_rules_of_profile ON profile_rules (account, profile, created_at, id);
  CREATE INDEX profile_rules_of_realm ON profile_rules (account, realm);
  CREATE TABLE profile_links (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    profile TEXT NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    cr_type TEXT NOT NULL,
    is_cross_account INTEGER NOT NULL,
    crn TEXT NOT NULL,
    namespace TEXT NOT NULL,
    resource_name TEXT NOT NULL,
    component_type TEXT NOT NULL,
    component_name TEXT NOT NULL,
    entity_tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX profile_links_of_profile ON profile_links (account, profile, created_at, id);
  CREATE TABLE profile_identities (
    account TEXT NOT NULL,
    profile TEXT NOT NULL REFERENCES profiles (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    identifier TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    PRIMARY KEY (account, profile, kind, identifier)
  ) STRICT;
  CREATE INDEX profile_identities_by_identifier ON profile_identities (account, identifier);

  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    iam_id TEXT NOT NULL,
    credential_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    grant_type TEXT NOT NULL,
    profile TEXT,
    profiles_by_claims TEXT NOT NULL,
    realm TEXT,
    started_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    ended INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sessions_of_identity ON sessions (account, iam_id, started_at);
  CREATE INDEX sessions_of_credential ON sessions (account, credential_id);
  CREATE INDEX sessions_by_end ON sessions (ends_at);
  CREATE TRIGGER sessions_stamp_ended AFTER UPDATE OF ended ON sessions WHEN new.ended <> old.ended
    BEGIN UPDATE identity_stamp SET stamp = hex(randomblob(16)); END;

  DROP TABLE IF EXISTS refresh_tokens;
  CREATE TABLE refresh_tokens (
    hash TEXT PRIMARY KEY,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    client_id TEXT NOT NULL,
    account TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX refresh_tokens_of_session ON refresh_tokens (session);
  CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

  CREATE TABLE user_credentials (
    iam_id TEXT PRIMARY KEY REFERENCES users (iam_id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    password TEXT,
    password_set_at INTEGER,
    totp BLOB,
    totp_confirmed INTEGER NOT NULL,
    last_totp_step INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    locked_until INTEGER
  ) STRICT;
  CREATE TABLE passcodes (
    hash TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    iam_id TEXT NOT NULL REFERENCES users (iam_id) ON DELETE CASCADE,
    session TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX passcodes_of_session ON passcodes (session);
  CREATE INDEX passcodes_by_expiry ON passcodes (expires_at);
  CREATE INDEX passcodes_of_user ON passcodes (iam_id);

  CREATE TABLE identity_providers (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    realm TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    secret BLOB,
    scopes TEXT NOT NULL,
    creates_users INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    UNIQUE (account, realm)
  ) STRICT;
  CREATE TABLE federated_links (
    provider TEXT NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    subject TEXT NOT NULL,
    account TEXT NOT NULL,
    iam_id TEXT NOT NULL REFERENCES users (iam_id) ON DELETE CASCADE,
    PRIMARY KEY (provider, subject)
  ) STRICT;
  CREATE INDEX federated_links_of_user ON federated_links (iam_id);
  CREATE TABLE login_flows (
    hash TEXT PRIMARY KEY,
    provider TEXT NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    client_id TEXT NOT NULL,
    code_verifier TEXT NOT NULL,
    nonce TEXT NOT NULL,
    return_to TEXT NOT NULL,
    person TEXT,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX login_flows_by_expiry ON login_flows (expires_at);
  CREATE INDEX login_flows_of_provider ON login_flows (provider);
${stamped(["account_settings", "access_groups", "group_members", "profiles"])}
`;

/** Which session a session came out of, to end with it. */
const parentsOfSessions = `
  ALTER TABLE sessions ADD COLUMN parent TEXT;
  CREATE INDEX sessions_by_parent ON sessions (parent) WHERE parent IS NOT NULL;
`;

export const identityMigrations: readonly string[] = [accessAndLogins, parentsOfSessions];
