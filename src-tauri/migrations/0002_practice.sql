-- The state of the practice provider. Codes and tokens stand here as SHA-256 only; token secrets are derived from a
-- key in the keychain.

CREATE TABLE practice_client (
    id            INTEGER PRIMARY KEY,
    product       TEXT NOT NULL,
    client_id     TEXT NOT NULL,
    secret_sha256 BLOB NOT NULL,
    redirect_uri  TEXT NOT NULL,
    UNIQUE (product, client_id, secret_sha256, redirect_uri)
) STRICT;

CREATE TABLE practice_grant (
    id            INTEGER PRIMARY KEY,
    client        INTEGER NOT NULL REFERENCES practice_client (id) ON DELETE CASCADE,
    scope         TEXT NOT NULL,
    revoked       INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE practice_credential (
    sha256        BLOB PRIMARY KEY,
    -- code, access, refresh; access1 is an OAuth 1.0a access token
    kind          TEXT NOT NULL,
    client        INTEGER NOT NULL REFERENCES practice_client (id) ON DELETE CASCADE,
    grant_id      INTEGER REFERENCES practice_grant (id) ON DELETE CASCADE,
    -- The PKCE challenge of a code, else empty.
    challenge     TEXT NOT NULL DEFAULT '',
    expires_at    INTEGER,
    used          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE practice_nonce (
    client_id     TEXT NOT NULL,
    timestamp     INTEGER NOT NULL,
    nonce         TEXT NOT NULL,
    PRIMARY KEY (client_id, timestamp, nonce)
) STRICT, WITHOUT ROWID;
