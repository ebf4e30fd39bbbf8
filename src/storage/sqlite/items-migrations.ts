/** What items, and homes, need of the state: additions to it, never changed once they were released. */

const items = `
  CREATE TABLE items (
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    modified_at INTEGER NOT NULL,
    modified_by TEXT NOT NULL,
    removed_at INTEGER,
    removed_by TEXT,
    due_at INTEGER,
    PRIMARY KEY (kind, account, id)
  ) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX items_by_name ON items (kind, account, name);
  CREATE INDEX items_by_due ON items (due_at) WHERE due_at IS NOT NULL;

  CREATE TABLE item_versions (
    kind TEXT NOT NULL,
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    content TEXT NOT NULL,
    at INTEGER NOT NULL,
    by TEXT NOT NULL,
    PRIMARY KEY (kind, account, id, version),
    FOREIGN KEY (kind, account, id) REFERENCES items (kind, account, id) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;

  -- Whom an account lets in stands in these two kinds as well.
  CREATE TRIGGER items_stamp_insert AFTER INSERT ON items WHEN new.kind IN ('policy-document', 'config')
    BEGIN UPDATE identity_stamp SET stamp = hex(randomblob(16)); END;
  CREATE TRIGGER items_stamp_update AFTER UPDATE ON items WHEN new.kind IN ('policy-document', 'config')
    BEGIN UPDATE identity_stamp SET stamp = hex(randomblob(16)); END;
  CREATE TRIGGER items_stamp_delete AFTER DELETE ON items WHEN old.kind IN ('policy-document', 'config')
    BEGIN UPDATE identity_stamp SET stamp = hex(randomblob(16)); END;
`;

/** An instance that is the home of an identity: nobody else's roles reach into it. */
const homes = `
  ALTER TABLE instances ADD COLUMN home_of TEXT;
  ALTER TABLE instances ADD COLUMN home_principal TEXT;
  CREATE UNIQUE INDEX instances_by_home ON instances (account, home_of) WHERE home_of IS NOT NULL;
`;

/** Providers that vouch by certificates, logins that a program began, and challenges to the keys of certificates. */
const providers = `
  ALTER TABLE identity_providers ADD COLUMN type TEXT NOT NULL DEFAULT 'oidc';
  ALTER TABLE identity_providers ADD COLUMN username_claim TEXT;
  ALTER TABLE identity_providers ADD COLUMN sends_welcome_email INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE identity_providers ADD COLUMN authority TEXT;
  ALTER TABLE login_flows ADD COLUMN callback TEXT;
  CREATE TABLE certificate_challenges (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL,
    provider TEXT NOT NULL REFERENCES identity_providers (id) ON DELETE CASCADE,
    account TEXT NOT NULL,
    certificates TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX certificate_challenges_by_expiry ON certificate_challenges (expires_at);
`;

/** Who changed a secret last; null of one that nobody has changed since it was made. */
const changers = "ALTER TABLE secrets ADD COLUMN changed_by TEXT;";

/** SIEM endpoints as they were kept when nothing was sent to them yet, as the destinations that they are. */
const destinationOfSiem = `json_object(
  'sink', json_patch('{}', json_object(
    'kind', content ->> 'siemType',
    'transport', CASE WHEN content ->> 'siemType' <> 'splunk' THEN content ->> 'protocol' END,
    'host', content ->> 'host',
    'port', content -> 'port',
    'path', nullif(content ->> 'endpoint', ''),
    'tls', CASE WHEN content ->> 'allowSelfSigned' THEN json('{"allow_self_signed":true}') END
  )),
  'sealed', json_object('token', content ->> 'sealedToken'),
  'filter', '',
  'includesOperators', json('false'),
  'isRouted', json('false'),
  -- An engine was to reach its server, and may be all that can: whoever knows has to say so.
  'isPaused', json(CASE WHEN content ->> 'sendToEngine' THEN 'true' ELSE 'false' END),
  'maxBacklog', NULL,
  'start', json_object('id', id, 'index', NULL),
  'shown', CASE WHEN content ->> 'sendToEngine'
    THEN json_object('sendToEngine', 'true', 'pool', content ->> 'pool')
    ELSE json('{}') END
)`;

const destinations = `
  INSERT INTO items (kind, account, id, name, version, content, created_at, created_by, modified_at, modified_by,
      removed_at, removed_by, due_at)
    SELECT 'destination', account, id, name, version, ${destinationOfSiem}, created_at, created_by, modified_at,
      modified_by, removed_at, removed_by, due_at
    FROM items WHERE kind = 'siem';
  INSERT INTO item_versions (kind, account, id, version, content, at, by)
    SELECT 'destination', account, id, version, ${destinationOfSiem}, at, by
    FROM item_versions WHERE kind = 'siem';
  DELETE FROM items WHERE kind = 'siem';
`;

export const itemsMigrations: readonly string[] = [items, homes, providers, changers, destinations];
