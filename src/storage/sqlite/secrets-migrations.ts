/** What the secrets' tables became after the first version; see `Database.open`. None is ever changed once released. */

/** Types of secrets that are made from configurations, and what is made for them. */
const typesOfSecrets = `
  ALTER TABLE secrets ADD COLUMN attributes TEXT;
  ALTER TABLE secrets ADD COLUMN csr_key BLOB;
  -- When its owners are next to be told that it is about to expire. Of dates set before there were notices, all times
  -- are to come: of those that are past, the nearest to the date is told.
  ALTER TABLE secrets ADD COLUMN expiry_notice_at INTEGER;
  UPDATE secrets SET expiry_notice_at = expires_at - 90 * 86400000 WHERE state = 1;
  CREATE INDEX secrets_to_notice ON secrets (expiry_notice_at)
    WHERE state = 1 AND expiry_notice_at IS NOT NULL;
  ALTER TABLE versions ADD COLUMN attributes TEXT;
  -- Certificates that were revoked end in their time like any.
  CREATE INDEX deactivated_to_expire ON secrets (expires_at)
    WHERE state = 3 AND expires_at IS NOT NULL;

  CREATE TABLE configurations (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    type TEXT NOT NULL,
    secret_type TEXT NOT NULL,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    sealed BLOB,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search_text TEXT NOT NULL,
    UNIQUE (account, instance, name)
  ) STRICT;
  CREATE INDEX configurations_by_type ON configurations (account, instance, type, created_at);

  CREATE TABLE revoked_certificates (
    authority TEXT NOT NULL REFERENCES configurations (id) ON DELETE CASCADE,
    serial_number TEXT NOT NULL,
    revoked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (authority, serial_number)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE leases (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    secret_id TEXT NOT NULL,
    version_id TEXT,
    api_key_id TEXT NOT NULL,
    service_id TEXT NOT NULL,
    owns_service_id INTEGER NOT NULL,
    policy_id TEXT,
    expires_at INTEGER
  ) STRICT;
  CREATE INDEX leases_of_secret ON leases (secret_id);
  CREATE INDEX leases_on_service_id ON leases (service_id);
  CREATE INDEX leases_by_expiry ON leases (expires_at) WHERE expires_at IS NOT NULL;

  CREATE TABLE tasks (
    -- The order in which they were made.
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    -- The first task of a secret is made with it, and before it.
    secret_id TEXT NOT NULL REFERENCES secrets (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    type TEXT NOT NULL,
    trigger_name TEXT NOT NULL,
    version_custom_metadata TEXT,
    retries INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    version_id TEXT,
    credentials_id TEXT,
    errors BLOB,
    updated_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER,
    retry_at INTEGER
  ) STRICT;
  CREATE INDEX tasks_of_secret ON tasks (secret_id, number);
  CREATE INDEX tasks_to_fail ON tasks (expires_at) WHERE expires_at IS NOT NULL;
  CREATE INDEX tasks_to_retry ON tasks (retry_at) WHERE retry_at IS NOT NULL;
  CREATE INDEX versions_to_end ON versions (expires_at) WHERE has_payload = 1 AND expires_at IS NOT NULL;

  CREATE TABLE issuances (
    -- An issuance begins with its secret, and before it.
    secret_id TEXT PRIMARY KEY REFERENCES secrets (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    id TEXT NOT NULL,
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    stage TEXT NOT NULL,
    since INTEGER NOT NULL,
    due_at INTEGER,
    attempts INTEGER NOT NULL,
    auto_rotated INTEGER NOT NULL,
    rotates_keys INTEGER NOT NULL,
    order_url TEXT,
    order_expires_at INTEGER,
    key BLOB,
    failures INTEGER NOT NULL,
    version_custom_metadata TEXT
  ) STRICT;
  CREATE INDEX issuances_by_due ON issuances (due_at) WHERE due_at IS NOT NULL;

  CREATE TABLE registrations (
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    notifications_crn TEXT NOT NULL,
    source_name TEXT NOT NULL,
    source_description TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (account, instance)
  ) STRICT, WITHOUT ROWID;

  -- How far each reader of the ledger that lives in the state has come.
  CREATE TABLE cursors (
    reader TEXT PRIMARY KEY,
    position INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

export const secretsMigrations: readonly string[] = [typesOfSecrets];
