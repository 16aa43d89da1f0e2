//! What the practice provider stores across processes: clients, grants, and credentials by their SHA-256.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};
use strum::IntoStaticStr;
use subtle::ConstantTimeEq;

use crate::io::clock;
use crate::io::index::{Index, IndexError};

/// How far a client's clock may be off, and so how long nonces must be remembered (RFC 5849 §3.3).
pub(super) const CLOCK_WINDOW: Duration = Duration::from_secs(300);

/// The client of keys that users made.
const KEYS: &str = "keys";

/// How many registrations without a grant are kept: each authorization registers a client.
const UNUSED_CLIENTS: u32 = 1000;

/// The kinds of credentials, by their words in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub(super) enum Kind {
    Code,
    Access,
    Refresh,
    /// An OAuth 1.0a access token.
    Access1,
}

#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) id: i64,
    pub(super) client_id: String,
    pub(super) secret_sha256: Vec<u8>,
    pub(super) redirect_uri: String,
}

#[derive(Clone, Debug)]
pub(super) struct Credential {
    pub(super) client: i64,
    pub(super) grant: i64,
    /// The PKCE challenge of a code, else empty.
    pub(super) challenge: String,
    /// Whether a credential of single use was used.
    pub(super) spent: bool,
}

/// A credential to be issued.
pub(super) struct NewCredential<'c> {
    pub(super) kind: Kind,
    pub(super) text: &'c str,
    pub(super) client: i64,
    pub(super) grant: i64,
    /// The PKCE challenge of a code, else empty.
    pub(super) challenge: &'c str,
    /// In milliseconds since 1970.
    pub(super) expires_at: Option<i64>,
}

pub(super) fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[derive(Clone)]
pub(super) struct Store {
    index: Index,
}

impl Store {
    pub(super) fn new(index: Index) -> Self {
        Self { index }
    }

    pub(super) fn register(
        &self,
        product: &str,
        client_id: &str,
        secret_sha256: &[u8],
        redirect_uri: &str,
    ) -> Result<(), IndexError> {
        let new = self.index.sqlite().execute(
            "INSERT OR IGNORE INTO practice_client (product, client_id, secret_sha256, redirect_uri)
             VALUES (?1, ?2, ?3, ?4)",
            params![product, client_id, secret_sha256, redirect_uri],
        )?;
        if new == 1 { self.delete_unused() } else { Ok(()) }
    }

    fn delete_unused(&self) -> Result<(), IndexError> {
        let sqlite = self.index.sqlite();
        let mut unused = sqlite.prepare_cached(
            "DELETE FROM practice_client WHERE id IN (
                 SELECT id FROM practice_client WHERE id NOT IN (SELECT client FROM practice_grant)
                 ORDER BY id DESC LIMIT -1 OFFSET ?1)",
        )?;
        unused.execute([UNUSED_CLIENTS])?;
        Ok(())
    }

    /// Registrations of a client id at a product, newest first.
    pub(super) fn clients(&self, product: &str, client_id: &str) -> Result<Vec<Client>, IndexError> {
        let sqlite = self.index.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT id, client_id, secret_sha256, redirect_uri FROM practice_client
             WHERE product = ?1 AND client_id = ?2 ORDER BY id DESC",
        )?;
        let rows = query
            .query_map([product, client_id], |r| {
                Ok(Client {
                    id: r.get(0)?,
                    client_id: r.get(1)?,
                    secret_sha256: r.get(2)?,
                    redirect_uri: r.get(3)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The registrations of a client that have this secret, newest first.
    pub(super) fn authenticate(
        &self,
        product: &str,
        client_id: &str,
        secret: &str,
    ) -> Result<Vec<Client>, IndexError> {
        let shown = hash(secret);
        let mut clients = self.clients(product, client_id)?;
        clients.retain(|client| client.secret_sha256.ct_eq(&shown).into());
        Ok(clients)
    }

    pub(super) fn new_grant(&self, client: i64, scope: &str) -> Result<i64, IndexError> {
        let sqlite = self.index.sqlite();
        sqlite
            .execute("INSERT INTO practice_grant (client, scope) VALUES (?1, ?2)", params![client, scope])?;
        Ok(sqlite.last_insert_rowid())
    }

    /// The scope of a grant; `None` if it was revoked.
    pub(super) fn scope(&self, grant: i64) -> Result<Option<String>, IndexError> {
        let sqlite = self.index.sqlite();
        let mut query =
            sqlite.prepare_cached("SELECT scope FROM practice_grant WHERE id = ?1 AND revoked = 0")?;
        Ok(query.query_row([grant], |r| r.get(0)).optional()?)
    }

    pub(super) fn revoke(&self, grant: i64) -> Result<(), IndexError> {
        self.index.sqlite().execute("UPDATE practice_grant SET revoked = 1 WHERE id = ?1", [grant])?;
        Ok(())
    }

    pub(super) fn issue(&self, new: &NewCredential<'_>) -> Result<(), IndexError> {
        let kind: &str = new.kind.into();
        self.index.sqlite().execute(
            "INSERT INTO practice_credential (sha256, kind, client, grant_id, challenge, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![hash(new.text), kind, new.client, new.grant, new.challenge, new.expires_at],
        )?;
        Ok(())
    }

    /// Stores a key that a user made, unless it is known.
    pub(super) fn accept_key(&self, product: &str, key: &str) -> Result<(), IndexError> {
        if self.find(Kind::Access, key)?.is_some() {
            return Ok(());
        }
        self.index
            .sqlite()
            .execute("DELETE FROM practice_credential WHERE sha256 = ?1", params![hash(key)])?;
        self.register(product, KEYS, &hash(""), "")?;
        let client = self.clients(product, KEYS)?.first().map(|client| client.id).unwrap_or_default();
        let grant = self.new_grant(client, "")?;
        let (kind, challenge, expires_at) = (Kind::Access, "", None);
        self.issue(&NewCredential { kind, text: key, client, grant, challenge, expires_at })
    }

    /// A credential that has not expired and whose grant was not revoked.
    pub(super) fn find(&self, kind: Kind, text: &str) -> Result<Option<Credential>, IndexError> {
        let kind: &str = kind.into();
        let sqlite = self.index.sqlite();
        let mut query = sqlite.prepare_cached(
            "SELECT c.client, c.grant_id, c.challenge, c.used FROM practice_credential c
             JOIN practice_grant g ON g.id = c.grant_id
             WHERE c.sha256 = ?1 AND c.kind = ?2 AND g.revoked = 0 AND (c.expires_at IS NULL OR c.expires_at > ?3)",
        )?;
        let found = query
            .query_row(params![hash(text), kind, clock::now_ms()], |r| {
                Ok(Credential { client: r.get(0)?, grant: r.get(1)?, challenge: r.get(2)?, spent: r.get(3)? })
            })
            .optional()?;
        Ok(found)
    }

    /// Marks a credential as used. `true` for exactly one call.
    pub(super) fn spend(&self, text: &str) -> Result<bool, IndexError> {
        let changed = self.index.sqlite().execute(
            "UPDATE practice_credential SET used = 1 WHERE sha256 = ?1 AND used = 0",
            params![hash(text)],
        )?;
        Ok(changed == 1)
    }

    /// Stores a nonce (RFC 5849 §3.3). `false` if it was seen before.
    pub(super) fn remember_nonce(
        &self,
        client_id: &str,
        timestamp: i64,
        nonce: &str,
    ) -> Result<bool, IndexError> {
        let changed = self.index.sqlite().execute(
            "INSERT OR IGNORE INTO practice_nonce (client_id, timestamp, nonce) VALUES (?1, ?2, ?3)",
            params![client_id, timestamp, nonce],
        )?;
        Ok(changed == 1)
    }

    /// Deletes what can no longer be used or replayed. Refresh tokens stay, spent ones too: their replay ends a grant.
    pub(super) fn delete_expired(&self) -> Result<(), IndexError> {
        let sqlite = self.index.sqlite();
        let now = clock::now_ms();
        sqlite.execute("DELETE FROM practice_credential WHERE expires_at < ?1", [now])?;
        let oldest = now / 1000 - i64::try_from(CLOCK_WINDOW.as_secs()).unwrap_or(i64::MAX);
        sqlite.execute("DELETE FROM practice_nonce WHERE timestamp < ?1", [oldest])?;
        Ok(())
    }
}
