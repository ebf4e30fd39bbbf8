/** What the tables became with AWS's wire: staging labels, scheduled deletion, access keys. */

/** Versions are found within their secret only: clients choose their ids, and may choose one id for several secrets. */
const versionsOfSecrets = `
  CREATE TABLE versions_by_secret (
    id TEXT NOT NULL,
    secret_id TEXT NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    auto_rotated INTEGER NOT NULL,
    expires_at INTEGER,
    custom_metadata TEXT,
    has_payload INTEGER NOT NULL,
    attributes TEXT,
    PRIMARY KEY (secret_id, id),
    UNIQUE (secret_id, number)
  ) STRICT;
  INSERT INTO versions_by_secret SELECT id, secret_id, number, created_by, created_at, auto_rotated, expires_at,
    custom_metadata, has_payload, attributes FROM versions;

  CREATE TABLE payloads_by_secret (
    secret_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (secret_id, version_id),
    FOREIGN KEY (secret_id, version_id) REFERENCES versions_by_secret (secret_id, id) ON DELETE CASCADE
  ) STRICT;
  INSERT INTO payloads_by_secret
    SELECT v.secret_id, p.version_id, p.sealed FROM payloads p JOIN versions v ON v.id = p.version_id;

  CREATE TABLE locks_by_version (
    secret_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    version_number INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    attributes TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search_text TEXT NOT NULL,
    PRIMARY KEY (secret_id, version_id, name),
    FOREIGN KEY (secret_id, version_id) REFERENCES versions_by_secret (secret_id, id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  INSERT INTO locks_by_version SELECT secret_id, version_id, version_number, name, description, attributes, created_by,
    created_at, updated_at, search_text FROM locks;

  CREATE TABLE retrievals_by_version (
    secret_id TEXT NOT NULL,
    version_id TEXT NOT NULL,
    retrieved_at INTEGER NOT NULL,
    PRIMARY KEY (secret_id, version_id),
    FOREIGN KEY (secret_id, version_id) REFERENCES versions_by_secret (secret_id, id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  INSERT INTO retrievals_by_version SELECT secret_id, version_id, retrieved_at FROM retrievals;

  -- Those that refer first: dropping what they refer to would empty them.
  DROP TABLE payloads;
  DROP TABLE locks;
  DROP TABLE retrievals;
  DROP TABLE versions;
  ALTER TABLE versions_by_secret RENAME TO versions;
  ALTER TABLE payloads_by_secret RENAME TO payloads;
  ALTER TABLE locks_by_version RENAME TO locks;
  ALTER TABLE retrievals_by_version RENAME TO retrievals;
  CREATE INDEX versions_to_end ON versions (expires_at) WHERE has_payload = 1 AND expires_at IS NOT NULL;
  CREATE INDEX locks_by_secret ON locks (secret_id, created_at, name);
  CREATE INDEX retrievals_by_secret ON retrievals (secret_id, retrieved_at);
`;

const livesOfSecrets = `
  ALTER TABLE secrets ADD COLUMN current_version INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE secrets ADD COLUMN previous_version INTEGER NOT NULL DEFAULT 0;
  UPDATE secrets SET current_version = last_version, previous_version = max(last_version - 1, 0);
  ALTER TABLE secrets ADD COLUMN stages TEXT NOT NULL DEFAULT '{}';
  ALTER TABLE secrets ADD COLUMN keeps_unlabelled INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE secrets ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
  ALTER TABLE secrets ADD COLUMN kms_key_id TEXT;
  ALTER TABLE secrets ADD COLUMN deletion_requested_at INTEGER;
  ALTER TABLE secrets ADD COLUMN deletion_due_at INTEGER;
  ALTER TABLE secrets ADD COLUMN resource_policy TEXT;
  ALTER TABLE secrets ADD COLUMN replica_of TEXT;
  ALTER TABLE secrets ADD COLUMN primary_region TEXT;
  ALTER TABLE secrets ADD COLUMN rotator TEXT;
  ALTER TABLE secrets ADD COLUMN last_rotated_at INTEGER;
  CREATE INDEX secrets_called ON secrets (account, instance, name, created_at, id);
  CREATE INDEX secrets_to_delete ON secrets (deletion_due_at) WHERE deletion_due_at IS NOT NULL;
  CREATE INDEX replicas_of_secret ON secrets (replica_of) WHERE replica_of IS NOT NULL;

  CREATE TABLE failed_replications (
    secret_id TEXT NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
    region TEXT NOT NULL,
    kms_key_id TEXT,
    reason TEXT NOT NULL,
    failed_at INTEGER NOT NULL,
    PRIMARY KEY (secret_id, region)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE rotations_under_way (
    secret_id TEXT PRIMARY KEY REFERENCES secrets (id) ON DELETE CASCADE,
    token TEXT NOT NULL,
    step TEXT NOT NULL,
    is_test INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX rotations_by_due ON rotations_under_way (due_at);
`;

/** Of a lasting key, or of a session; gone with it. What is cached of a key is good until one goes. */
const accessKeys = `
  ALTER TABLE api_keys ADD COLUMN access_key_id TEXT;
  CREATE TABLE access_keys (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    api_key TEXT REFERENCES api_keys (id) ON DELETE CASCADE,
    session TEXT REFERENCES sessions (id) ON DELETE CASCADE,
    -- By the account's data key for access keys.
    sealed BLOB NOT NULL,
    token_hash TEXT,
    terms TEXT,
    created_at INTEGER NOT NULL,
    CHECK ((api_key IS NULL) <> (session IS NULL))
  ) STRICT;
  CREATE INDEX access_keys_of_api_key ON access_keys (api_key) WHERE api_key IS NOT NULL;
  CREATE INDEX access_keys_of_session ON access_keys (session) WHERE session IS NOT NULL;
  CREATE TRIGGER access_keys_stamp_delete AFTER DELETE ON access_keys
    BEGIN UPDATE identity_stamp SET stamp = hex(randomblob(16)); END;

  -- Of sessions that are opened by an access key.
  ALTER TABLE profiles ADD COLUMN max_session_s INTEGER NOT NULL DEFAULT 3600;

  -- Whoever stands for the account itself: AWS's root.
  ALTER TABLE users ADD COLUMN is_owner INTEGER NOT NULL DEFAULT 0;
  UPDATE users SET is_owner = 1 WHERE email = 'admin@keytrail.local';
`;

export const awsMigrations: readonly string[] = [versionsOfSecrets, livesOfSecrets, accessKeys];
