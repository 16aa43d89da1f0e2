//! Homes that an earlier version wrote, from `tests/golden`.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::home::{Home, eventually};
use super::platform::Platform;
use super::scripted::{Response, Scripted};

/// The address of the provider. It never changes, because the files contain it.
pub const PROVIDER: &str = "127.82.75.1:18181";
/// The address of the platform of the hosted workspace.
pub const PLATFORM: &str = "127.82.75.1:18182";

/// In seconds.
pub const LIFE: i64 = 4_000_000_000;

pub fn folder(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(version)
}

/// Reads a JSON file of a golden home.
pub fn read<T: DeserializeOwned>(version: &str, home: &str, file: &str) -> T {
    let path = folder(version).join(home).join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A copy of a golden home, with its items in a private keyring.
pub fn open(version: &str, home: &str) -> Home {
    let copy = Home::new();
    copy_folder(&folder(version).join(home).join("files"), &copy.path());
    for item in read::<Vec<_>>(version, home, "keyring.json") {
        copy.session.put_into_keyring(&item);
    }
    copy
}

/// Copies a folder. Only the owner may read the copy, as the program sets it; Git does not store that.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    fs::set_permissions(to, fs::Permissions::from_mode(0o700)).expect("a private folder");
    for entry in fs::read_dir(from).expect("listed") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            fs::copy(&from, &to).expect("copied");
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).expect("a private file");
        }
    }
}

/// The right to use [`PROVIDER`] and [`PLATFORM`]. A test needs it if a program that it runs may connect there, even if
/// nothing listens: another test may.
pub struct Network {
    _lock: File,
}

impl Network {
    /// Waits until no other test has it.
    pub fn take() -> Self {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/golden.lock");
        let file = File::create(path).expect("a file for the lock");
        file.lock().expect("locked");
        Self { _lock: file }
    }

    /// Starts a provider with discovery and registration whose tokens live for [`LIFE`].
    pub fn provider(&self) -> Scripted {
        // Tests of another checkout may use it.
        let socket = eventually("the provider's address is free", || TcpListener::bind(PROVIDER).ok());
        let provider = Scripted::start_on(socket);
        let url = &provider.url;
        let metadata = json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "registration_endpoint": format!("{url}/register"),
            "revocation_endpoint": format!("{url}/revoke"),
            "userinfo_endpoint": format!("{url}/userinfo"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "scopes_supported": ["openid", "email", "offline_access"],
        });
        let account = json!({ "email": "maria@scripted.example", "sub": "maria-1" });
        let client =
            json!({ "client_id": "a-client-that-registered-itself", "token_endpoint_auth_method": "none" });
        for (path, status, body) in [
            ("/.well-known/oauth-authorization-server", "200 OK", metadata),
            ("/userinfo", "200 OK", account),
            ("/register", "201 Created", client),
        ] {
            provider.publish(path, Response::json(status, &body.to_string()));
        }
        provider.set_life(LIFE);
        provider
    }

    /// Starts `keyrack serve` over the practice workspace of a home.
    pub fn platform(&self, home: &Home) -> Platform {
        eventually("the platform's address is free", || TcpListener::bind(PLATFORM).ok());
        let life = LIFE.to_string();
        let variables = [("KEYRACK_PRACTICE_LIFE", life.as_str())];
        Platform::start_with(home, &["--workspace", "practice", "--listen", PLATFORM], &variables)
    }
}

/// Whether `now` contains everything of `then`. Later versions may add members to objects.
pub fn contains_all(now: &Value, then: &Value) -> bool {
    match (now, then) {
        (Value::Object(now), Value::Object(then)) => {
            then.iter().all(|(name, then)| now.get(name).is_some_and(|now| contains_all(now, then)))
        }
        (Value::Array(now), Value::Array(then)) => {
            now.len() == then.len() && now.iter().zip(then).all(|(now, then)| contains_all(now, then))
        }
        _ => now == then,
    }
}
