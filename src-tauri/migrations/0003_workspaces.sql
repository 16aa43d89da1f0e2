-- Hosted workspaces, and what the platform API tells of a connection.

CREATE TABLE workspace (
    -- Random, and never reused: connections and items in the keychain name it.
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    -- The name in lower case: names are unique, ignoring case.
    folded      TEXT NOT NULL UNIQUE,
    base_url    TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    -- 'adding' until its secrets are in the keychain, 'removing' until they are out of it, so that either can be found
    -- half-done and finished.
    state       TEXT NOT NULL DEFAULT 'adding'
) STRICT;

-- The product's name, for elements that only a hosted platform describes.
ALTER TABLE connection ADD COLUMN product TEXT NOT NULL DEFAULT '';
-- The id of the instance at its platform; this computer is a platform too.
ALTER TABLE connection ADD COLUMN instance TEXT;
ALTER TABLE connection ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
-- Of the Element token, by which a call of `keyrack serve` names its instance.
ALTER TABLE connection ADD COLUMN token_sha256 BLOB;

-- Connections of an earlier version get their number here; their tokens are hashed when `serve` first starts.
UPDATE connection SET product = element, instance = rowid;
CREATE UNIQUE INDEX connection_instance ON connection (workspace, instance) WHERE removing = 0;
CREATE INDEX connection_token ON connection (token_sha256);

-- The last number that this computer gave to an instance. Numbers are never reused.
INSERT INTO setting (key, value) SELECT 'last_instance', COALESCE(MAX(rowid), 0) FROM connection;

-- The connection that an attempt signs in to again.
ALTER TABLE attempt ADD COLUMN again TEXT;
