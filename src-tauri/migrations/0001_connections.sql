-- Who is connected, who is signing in, and how the window looks. No secret is ever written here.

CREATE TABLE connection (
    id          TEXT PRIMARY KEY,
    workspace   TEXT NOT NULL,
    element     TEXT NOT NULL,
    name        TEXT NOT NULL,
    -- The name in lower case: names are unique per workspace, ignoring case.
    folded      TEXT NOT NULL,
    tags        TEXT NOT NULL DEFAULT '[]',
    status      TEXT NOT NULL DEFAULT 'ok',
    last_code   TEXT,
    identity    TEXT,
    host        TEXT,
    scopes      TEXT NOT NULL DEFAULT '[]',
    created_at  INTEGER NOT NULL,
    renewed_at  INTEGER,
    expires_at  INTEGER,
    -- 1 while its item is being removed from the keychain, so that a removal can be found half-done and finished.
    removing    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (workspace, folded)
) STRICT;

CREATE TABLE attempt (
    -- Becomes the connection's id and the key of its item in the keychain.
    id          TEXT PRIMARY KEY,
    workspace   TEXT NOT NULL,
    element     TEXT NOT NULL,
    name        TEXT NOT NULL,
    started_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE setting (
    key         TEXT PRIMARY KEY,
    value       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
