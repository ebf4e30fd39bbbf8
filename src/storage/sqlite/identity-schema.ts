/** The tables of the identities. Times are milliseconds, flags 0 or 1, lists JSON. */

/**
 * `identity_stamp` holds random bytes, new with every change that can bear on a decision: what is remembered under
 * one stamp is good while the stamp stands. Random, not counted, so that the stamp of a change that was rolled back
 * never comes again with another meaning.
 */
export const identitySchema: string = `
  CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    handed_over INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS instances (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    region TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS instances_of_account ON instances (account, created_at, id);

  CREATE TABLE IF NOT EXISTS users (
    iam_id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (account, email)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS users_of_account ON users (account, created_at, iam_id);

  CREATE TABLE IF NOT EXISTS service_ids (
    id TEXT PRIMARY KEY,
    iam_id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES accounts (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    locked INTEGER NOT NULL,
    entity_tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS service_ids_of_account ON service_ids (account, created_at, id);

  CREATE TABLE IF NOT EXISTS api_keys (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES accounts (id),
    iam_id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    locked INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    expires_at INTEGER,
    entity_tag TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS api_keys_of_account ON api_keys (account, created_at, id);
  CREATE INDEX IF NOT EXISTS api_keys_of_identity ON api_keys (account, iam_id, created_at, id);

  CREATE TABLE IF NOT EXISTS policies (
    id TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES accounts (id),
    subject TEXT NOT NULL,
    roles TEXT NOT NULL,
    resource TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS policies_of_account ON policies (account, created_at, id);
  CREATE INDEX IF NOT EXISTS policies_of_subject ON policies (account, subject, created_at, id);

  CREATE TABLE IF NOT EXISTS identity_stamp (one INTEGER PRIMARY KEY CHECK (one = 1), stamp TEXT NOT NULL) STRICT;
  INSERT OR IGNORE INTO identity_stamp VALUES (1, hex(randomblob(16)));
  ${["users", "service_ids", "api_keys", "policies"]
    .flatMap((table) =>
      ["INSERT", "UPDATE", "DELETE"].map(
        (change) => `
  CREATE TRIGGER IF NOT EXISTS ${table}_stamp_${change.toLowerCase()} AFTER ${change} ON ${table}
    BEGIN UPDATE identity_stamp SET stamp = hex(randomblob(16)); END;`,
      ),
    )
    .join("")}
`;
