//! The clipboard. A token is cleared from it after a while, since other programs can read it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::domain::error::Failure;
use crate::domain::sensitive::Sensitive;
use crate::fault;

/// Long enough to switch windows and paste, short enough not to be pasted elsewhere later.
const SECRET_LIFE: Duration = Duration::from_secs(30);

/// The system's clipboard. It must stay open: on X11 the owner of a text answers each paste.
#[derive(Clone, Default)]
pub(super) struct Clipboard {
    held: Arc<Mutex<Option<arboard::Clipboard>>>,
}

impl Clipboard {
    pub(super) async fn put(&self, text: String) -> Result<(), Failure> {
        self.with(move |clipboard| clipboard.set_text(text)).await
    }

    /// Puts a secret on the clipboard and clears it after a while, unless something else was copied.
    pub(super) async fn put_secret(&self, secret: Sensitive<String>) -> Result<(), Failure> {
        let text = secret.expose().clone();
        self.with(move |clipboard| set_unrecorded(clipboard, text)).await?;
        let this = self.clone();
        tauri::async_runtime::spawn(async move {
            let test_life = fault::number("KEYRACK_CLIPBOARD_LIFE").and_then(|s| u64::try_from(s).ok());
            tokio::time::sleep(test_life.map_or(SECRET_LIFE, Duration::from_secs)).await;
            let cleared = this.with(move |clipboard| match clipboard.get_text() {
                Ok(text) if secret.same_as(&text) => clipboard.clear(),
                _ => Ok(()),
            });
            if cleared.await.is_err() {
                tracing::warn!("the clipboard could not be cleared");
            }
        });
        Ok(())
    }

    async fn with(
        &self,
        work: impl FnOnce(&mut arboard::Clipboard) -> Result<(), arboard::Error> + Send + 'static,
    ) -> Result<(), Failure> {
        let held = self.held.clone();
        let done = tauri::async_runtime::spawn_blocking(move || {
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            if held.is_none() {
                *held = Some(arboard::Clipboard::new()?);
            }
            held.as_mut().map_or(Ok(()), work)
        });
        match done.await {
            Ok(Ok(())) => Ok(()),
            _ => Err(Failure::internal("the clipboard cannot be used")),
        }
    }
}

/// Sets a text that clipboard histories should not record, where the system supports that.
fn set_unrecorded(clipboard: &mut arboard::Clipboard, text: String) -> Result<(), arboard::Error> {
    #[cfg(target_os = "macos")]
    use arboard::SetExtApple as _;
    #[cfg(target_os = "linux")]
    use arboard::SetExtLinux as _;
    #[cfg(windows)]
    use arboard::SetExtWindows as _;
    let set = clipboard.set();
    #[cfg(windows)]
    let set = set.exclude_from_cloud();
    set.exclude_from_history().text(text)
}
