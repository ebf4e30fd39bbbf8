/**
 * The tables of the secrets. Values and usernames are in them sealed; everything else is in clear,
 * to be found by.
 */

export const secretsSchema = `
  CREATE TABLE IF NOT EXISTS secret_groups (
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (account, instance, id),
    UNIQUE (account, instance, name)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS data_keys (
    owner TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    root_key_id TEXT NOT NULL,
    wrapped BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS data_keys_by_root_key ON data_keys (root_key_id);

  CREATE TABLE IF NOT EXISTS root_key_check (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    root_key_id TEXT NOT NULL,
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS secrets (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    group_id TEXT NOT NULL,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    labels TEXT NOT NULL,
    custom_metadata TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    expires_at INTEGER,
    rotation TEXT,
    password_policy TEXT,
    next_rotation_at INTEGER,
    username BLOB,
    last_version INTEGER NOT NULL,
    versions_total INTEGER NOT NULL,
    locks_total INTEGER NOT NULL,
    -- Name, description, labels and id in lower case, for searches.
    search_text TEXT NOT NULL,
    UNIQUE (account, instance, type, name)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS secrets_by_creation ON secrets (account, instance, created_at, id);
  CREATE INDEX IF NOT EXISTS secrets_by_group ON secrets (account, instance, group_id, created_at, id);
  CREATE INDEX IF NOT EXISTS secrets_to_rotate ON secrets (next_rotation_at)
    WHERE next_rotation_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS secrets_to_expire ON secrets (expires_at)
    WHERE state = 1 AND expires_at IS NOT NULL;
  CREATE INDEX IF NOT EXISTS secrets_locked ON secrets (account, instance, name) WHERE locks_total > 0;

  CREATE TABLE IF NOT EXISTS versions (
    id TEXT PRIMARY KEY,
    secret_id TEXT NOT NULL REFERENCES secrets (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    auto_rotated INTEGER NOT NULL,
    expires_at INTEGER,
    custom_metadata TEXT,
    has_payload INTEGER NOT NULL,
    UNIQUE (secret_id, number)
  ) STRICT;

  -- Apart from the versions, so that whoever lists those does not read payloads.
  CREATE TABLE IF NOT EXISTS payloads (
    version_id TEXT PRIMARY KEY REFERENCES versions (id) ON DELETE CASCADE,
    sealed BLOB NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS locks (
    secret_id TEXT NOT NULL,
    version_id TEXT NOT NULL REFERENCES versions (id) ON DELETE CASCADE,
    version_number INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    attributes TEXT,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    search_text TEXT NOT NULL,
    PRIMARY KEY (version_id, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS locks_by_secret ON locks (secret_id, created_at, name);

  CREATE TABLE IF NOT EXISTS retrievals (
    version_id TEXT PRIMARY KEY REFERENCES versions (id) ON DELETE CASCADE,
    secret_id TEXT NOT NULL,
    retrieved_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS retrievals_by_secret ON retrievals (secret_id, retrieved_at);

  CREATE TABLE IF NOT EXISTS retrievals_position (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    position INTEGER NOT NULL
  ) STRICT;
`;
