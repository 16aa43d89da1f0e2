//! A keyring that asks its user before it unlocks: a Secret Service in front of a real keyring, which keeps the items. It
//! can also ask for each item, as KeePassXC does.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use zbus::Message;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::{ObjectPath, OwnedObjectPath, Structure, Value};

use super::session::Session;

const SECRETS: &str = "org.freedesktop.secrets";
const PROMPT_PATH: &str = "/org/freedesktop/secrets/prompt/test";
const ITEMS: &str = "/org/freedesktop/secrets/collection/login/";

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// The password of a locked keyring.
    WhenLocked,
    /// Access to each item too, once per program.
    ForEachItem,
}

pub struct PromptingKeyring {
    keyring: Arc<Session>,
    user: Arc<User>,
}

/// The user in front of the prompts.
struct User {
    allows: AtomicBool,
    prompts: AtomicUsize,
}

impl PromptingKeyring {
    /// Starts in a session without a keyring.
    pub fn start(front: &Session, asking: Asking) -> Self {
        let keyring = Arc::new(Session::with_keyring());
        let user = Arc::new(User { allows: true.into(), prompts: 0.into() });
        let connection = Builder::address(front.address())
            .and_then(|builder| builder.name(SECRETS))
            .and_then(Builder::build)
            .expect("the name of the keyring");
        let service = Service {
            connection,
            keyring: keyring.clone(),
            asking,
            user: user.clone(),
            allowed: Mutex::default(),
            asked: Mutex::default(),
        };
        std::thread::spawn(move || service.run());
        Self { keyring, user }
    }

    pub fn lock(&self) {
        self.keyring.lock();
    }

    /// How the user answers from now on.
    pub fn set_allows(&self, allows: bool) {
        self.user.allows.store(allows, Ordering::SeqCst);
    }

    /// How many prompts were shown.
    pub fn prompts(&self) -> usize {
        self.user.prompts.load(Ordering::SeqCst)
    }
}

struct Service {
    connection: Connection,
    keyring: Arc<Session>,
    asking: Asking,
    user: Arc<User>,
    /// The items that each program may read.
    allowed: Mutex<HashSet<(String, String)>>,
    /// What the open prompt asks for.
    asked: Mutex<Vec<OwnedObjectPath>>,
}

impl Service {
    fn run(self) {
        for message in MessageIterator::from(&self.connection) {
            let Ok(message) = message else { return };
            let header = message.header();
            if message.message_type() != Type::MethodCall
                || header.path().is_none_or(|p| !p.starts_with("/org/freedesktop/secrets"))
            {
                continue;
            }
            let member = header.member().map(|name| name.to_string()).unwrap_or_default();
            let answered = match member.as_str() {
                "Unlock" => self.ask(&message),
                "Prompt" => self.prompt(&message),
                "SearchItems" if self.asking == Asking::ForEachItem => self.search(&message),
                "GetSecret" if self.is_locked(&message) => self
                    .connection
                    .reply_error(&header, "org.freedesktop.Secret.Error.IsLocked", &"")
                    .map(drop),
                _ => self.forward(&message, &member),
            };
            if answered.is_err() {
                return;
            }
        }
    }

    /// Passes a call on to the real keyring.
    fn forward(&self, message: &Message, member: &str) -> zbus::Result<()> {
        let header = message.header();
        match self.call(message) {
            Ok(reply) => {
                if member == "CreateItem"
                    && let Ok((item, _)) = reply.body().deserialize::<(OwnedObjectPath, OwnedObjectPath)>()
                {
                    self.allow(message, &item);
                }
                let body = reply.body();
                match body.deserialize::<Structure<'_>>() {
                    Ok(values) => self.connection.reply(&header, &values),
                    Err(_) => self.connection.reply(&header, &()),
                }
            }
            Err(zbus::Error::MethodError(name, text, _)) => {
                self.connection.reply_error(&header, name.as_str(), &text.unwrap_or_default())
            }
            Err(error) => Err(error),
        }
        .map(drop)
    }

    fn call(&self, message: &Message) -> zbus::Result<Message> {
        let header = message.header();
        let (path, member) = (header.path().expect("a path"), header.member().expect("a member"));
        let interface = header.interface().map(ToString::to_string);
        let (body, keyring) = (message.body(), self.keyring.connection());
        match body.deserialize::<Structure<'_>>() {
            Ok(values) => keyring.call_method(Some(SECRETS), path, interface.as_deref(), member, &values),
            Err(_) => keyring.call_method(Some(SECRETS), path, interface.as_deref(), member, &()),
        }
    }

    /// Answers `Unlock` with a prompt.
    fn ask(&self, message: &Message) -> zbus::Result<()> {
        let (objects,): (Vec<OwnedObjectPath>,) = message.body().deserialize()?;
        *self.asked.lock().expect("not poisoned") = objects;
        let nothing: Vec<ObjectPath<'_>> = Vec::new();
        self.connection.reply(&message.header(), &(nothing, ObjectPath::try_from(PROMPT_PATH)?)).map(drop)
    }

    /// Shows the prompt, to which the user answers.
    fn prompt(&self, message: &Message) -> zbus::Result<()> {
        self.user.prompts.fetch_add(1, Ordering::SeqCst);
        self.connection.reply(&message.header(), &())?;
        let objects = std::mem::take(&mut *self.asked.lock().expect("not poisoned"));
        let allows = self.user.allows.load(Ordering::SeqCst);
        if allows {
            self.keyring.unlock();
            objects.iter().for_each(|item| self.allow(message, item));
        }
        let unlocked: Vec<ObjectPath<'_>> =
            objects.iter().filter(|_| allows).map(|path| path.as_ref()).collect();
        let body = (!allows, Value::from(unlocked));
        let prompt = "org.freedesktop.Secret.Prompt";
        self.connection.emit_signal(None::<&str>, PROMPT_PATH, prompt, "Completed", &body)
    }

    /// Answers with the items that the program may read, and those that it has to ask for.
    fn search(&self, message: &Message) -> zbus::Result<()> {
        let reply = self.call(message)?;
        let (unlocked, locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = reply.body().deserialize()?;
        let (open, asks): (Vec<_>, Vec<_>) =
            unlocked.into_iter().chain(locked).partition(|item| self.is_allowed(message, item));
        self.connection.reply(&message.header(), &(open, asks)).map(drop)
    }

    fn is_locked(&self, message: &Message) -> bool {
        let header = message.header();
        let item = header.path().filter(|path| path.starts_with(ITEMS));
        self.asking == Asking::ForEachItem && item.is_some_and(|item| !self.is_allowed(message, item))
    }

    fn allow(&self, message: &Message, item: &ObjectPath<'_>) {
        self.allowed.lock().expect("not poisoned").insert(program_and(message, item));
    }

    fn is_allowed(&self, message: &Message, item: &ObjectPath<'_>) -> bool {
        self.allowed.lock().expect("not poisoned").contains(&program_and(message, item))
    }
}

fn program_and(message: &Message, item: &ObjectPath<'_>) -> (String, String) {
    let program = message.header().sender().map(ToString::to_string).unwrap_or_default();
    (program, item.to_string())
}
