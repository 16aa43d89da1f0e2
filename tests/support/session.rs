//! A private D-Bus session, with a real keyring daemon or without one. The session of the user who runs the tests is never
//! touched: the bus has its own configuration, which starts no services.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, fdo::DBusProxy};
use zbus::zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value as Variant};

use super::TIMEOUT;

const PASSWORD: &str = "a password of the keyring";
const SECRETS: &str = "org.freedesktop.secrets";
const SERVICE_PATH: &str = "/org/freedesktop/secrets";
const COLLECTION: &str = "/org/freedesktop/secrets/collection/login";
/// The alias by which programs find the collection.
const DEFAULT: &str = "/org/freedesktop/secrets/aliases/default";

/// An item of the keyring, as another program reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyringItem {
    pub label: String,
    pub attributes: BTreeMap<String, String>,
    pub secret: String,
}

/// A secret of the Secret Service: session, parameters, value, content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// A session, ended with its daemons on drop.
pub struct Session {
    dir: tempfile::TempDir,
    address: String,
    connection: Connection,
    daemons: Vec<Child>,
}

impl Session {
    /// A session with an unlocked, empty keyring.
    pub fn with_keyring() -> Self {
        // gnome-keyring-daemon rarely crashes while it starts.
        let started = (0..3).find_map(|_| {
            let mut session = Self::without_keyring();
            session.start_keyring().then_some(session)
        });
        started.expect("gnome-keyring-daemon starts")
    }

    /// Starts the keyring. Returns whether it still runs.
    fn start_keyring(&mut self) -> bool {
        let proxy = DBusProxy::new(&self.connection).expect("a proxy of the bus");
        let owners = proxy.receive_name_owner_changed().expect("a signal of the bus");
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            for change in owners {
                if change.args().is_ok_and(|args| args.name == SECRETS && args.new_owner.is_some()) {
                    let _ = sender.send(());
                    return;
                }
            }
        });
        let mut keyring = self.command("gnome-keyring-daemon");
        keyring.args(["--foreground", "--unlock", "--components=secrets", "--control-directory"]);
        keyring.arg(self.dir.path().join("run"));
        let mut daemon = keyring
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("gnome-keyring-daemon is installed");
        // The daemon creates or unlocks the collection at the end of the password.
        daemon.stdin.take().expect("a pipe").write_all(PASSWORD.as_bytes()).expect("the password is read");
        self.daemons.push(daemon);
        receiver.recv_timeout(TIMEOUT).expect("the keyring appears on the bus");
        match self.query_locked() {
            Some(locked) => {
                assert!(!locked, "a new keyring is unlocked");
                true
            }
            None => false,
        }
    }

    /// A session without a keyring, in which none can be started.
    pub fn without_keyring() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for name in ["run", "data", "user"] {
            let path = dir.path().join(name);
            fs::create_dir(&path).expect("a folder");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a private folder");
        }
        let config = dir.path().join("bus.conf");
        fs::write(&config, bus_config(&dir.path().join("run/bus"))).expect("written");
        let mut bus = Command::new("dbus-daemon")
            .arg("--config-file")
            .arg(&config)
            .args(["--nofork", "--print-address=1"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is installed");
        let mut address = String::new();
        BufReader::new(bus.stdout.take().expect("a pipe"))
            .read_line(&mut address)
            .expect("the address is printed");
        let address = address.trim().to_owned();
        let connection = Builder::address(address.as_str())
            .and_then(|builder| builder.method_timeout(TIMEOUT).build())
            .expect("a connection to the bus");
        Self { dir, address, connection, daemons: vec![bus] }
    }

    /// The whole environment of a program in this session.
    pub fn environment(&self) -> BTreeMap<&'static str, OsString> {
        BTreeMap::from([
            ("DBUS_SESSION_BUS_ADDRESS", self.address.clone().into()),
            ("XDG_RUNTIME_DIR", self.dir.path().join("run").into()),
            ("XDG_DATA_HOME", self.dir.path().join("data").into()),
            ("HOME", self.dir.path().join("user").into()),
            ("LANG", "C.UTF-8".into()),
            ("PATH", std::env::var_os("PATH").unwrap_or_default()),
        ])
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment());
        command
    }

    /// Locks the default collection, as a user who leaves the computer does.
    pub fn lock(&self) {
        let which = vec![ObjectPath::try_from(DEFAULT).expect("a path")];
        let reply = self.connection.call_method(
            Some(SECRETS),
            SERVICE_PATH,
            Some("org.freedesktop.Secret.Service"),
            "Lock",
            &which,
        );
        reply.expect("locked");
        assert!(self.is_locked());
    }

    /// Unlocks it with its password, without the password prompt.
    pub fn unlock(&self) {
        let session = self.keyring_session();
        let collection = ObjectPath::try_from(COLLECTION).expect("a path");
        let password = (session, Vec::<u8>::new(), PASSWORD.as_bytes().to_vec(), "text/plain");
        let reply = self.connection.call_method(
            Some(SECRETS),
            SERVICE_PATH,
            Some("org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"),
            "UnlockWithMasterPassword",
            &(collection, password),
        );
        reply.expect("unlocked");
        assert!(!self.is_locked());
    }

    /// Opens a session that transfers secrets in plain text.
    fn keyring_session(&self) -> OwnedObjectPath {
        let reply = self.connection.call_method(
            Some(SECRETS),
            SERVICE_PATH,
            Some("org.freedesktop.Secret.Service"),
            "OpenSession",
            &("plain", Variant::from("")),
        );
        let message = reply.expect("a session of the keyring");
        let (_, session): (OwnedValue, OwnedObjectPath) =
            message.body().deserialize().expect("a session's path");
        session
    }

    fn property<T: TryFrom<OwnedValue>>(&self, path: &str, interface: &str, name: &str) -> T {
        let properties = Some("org.freedesktop.DBus.Properties");
        let reply = self.connection.call_method(Some(SECRETS), path, properties, "Get", &(interface, name));
        let value: OwnedValue = reply.expect("a property").body().deserialize().expect("a value");
        T::try_from(value).ok().expect("the type of the property")
    }

    /// All items of the keyring, ordered by attributes.
    pub fn keyring(&self) -> Vec<KeyringItem> {
        const ITEM: &str = "org.freedesktop.Secret.Item";
        let session = self.keyring_session();
        let paths: Vec<OwnedObjectPath> =
            self.property(COLLECTION, "org.freedesktop.Secret.Collection", "Items");
        let read = |path: OwnedObjectPath| {
            let reply = self.connection.call_method(Some(SECRETS), &path, Some(ITEM), "GetSecret", &session);
            let (secret,): (Secret,) = reply.expect("a secret").body().deserialize().expect("a secret");
            let mut attributes: HashMap<String, String> = self.property(path.as_str(), ITEM, "Attributes");
            // gnome-keyring-daemon adds it to some items.
            attributes.remove("xdg:schema");
            KeyringItem {
                label: self.property(path.as_str(), ITEM, "Label"),
                attributes: attributes.into_iter().collect(),
                secret: String::from_utf8(secret.2).expect("text"),
            }
        };
        let mut items: Vec<_> = paths.into_iter().map(read).collect();
        items.sort_by(|one, other| one.attributes.cmp(&other.attributes));
        items
    }

    /// Puts an item into the keyring. It replaces one with the same attributes.
    pub fn put_into_keyring(&self, item: &KeyringItem) {
        self.create_item(item, true);
    }

    /// Puts a second item beside one with the same attributes, as an import of a keyring does.
    pub fn copy_into_keyring(&self, item: &KeyringItem) {
        self.create_item(item, false);
    }

    fn create_item(&self, item: &KeyringItem, replace: bool) {
        let attributes: HashMap<&str, &str> =
            item.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let properties = HashMap::from([
            ("org.freedesktop.Secret.Item.Label", Variant::from(item.label.as_str())),
            ("org.freedesktop.Secret.Item.Attributes", Variant::from(attributes)),
        ]);
        let value = item.secret.as_bytes().to_vec();
        let secret = (self.keyring_session(), Vec::<u8>::new(), value, "application/octet-stream");
        let reply = self.connection.call_method(
            Some(SECRETS),
            COLLECTION,
            Some("org.freedesktop.Secret.Collection"),
            "CreateItem",
            &(properties, secret, replace),
        );
        reply.expect("a new item");
    }

    fn is_locked(&self) -> bool {
        self.query_locked().expect("a response of the keyring")
    }

    fn query_locked(&self) -> Option<bool> {
        let reply = self.connection.call_method(
            Some(SECRETS),
            DEFAULT,
            Some("org.freedesktop.DBus.Properties"),
            "Get",
            &("org.freedesktop.Secret.Collection", "Locked"),
        );
        let value: OwnedValue = reply.ok()?.body().deserialize().expect("a value");
        Some(bool::try_from(value).expect("a boolean"))
    }

    /// All values in the keyring under Keyrack's service name, as another program reads them.
    pub fn secrets(&self) -> Vec<String> {
        let found = self
            .command("secret-tool")
            .args(["search", "--all", "service", "keyrack"])
            .output()
            .expect("secret-tool is installed");
        let text = String::from_utf8(found.stdout).expect("text");
        text.lines().filter_map(|line| line.strip_prefix("secret = ")).map(str::to_owned).collect()
    }

    /// The items of connections among them.
    pub fn items(&self) -> Vec<Value> {
        let values = self.secrets().into_iter().filter_map(|text| serde_json::from_str::<Value>(&text).ok());
        values.filter(|value| value.get("access_token").is_some()).collect()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The bus is the first daemon and ends last.
        for daemon in self.daemons.iter_mut().rev() {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

fn bus_config(socket: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        socket.display()
    )
}
