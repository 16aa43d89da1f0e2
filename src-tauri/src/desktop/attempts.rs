//! The sign-ins of this window: what the page shows of them, and how it steers them. The engine runs them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};
use url::Url;

use tauri::AppHandle;

use super::app::{bring_forward, opened_engine, report_change};
use crate::domain::attempt::{Stage, Stray};
use crate::domain::error::{Code, Failure};
use crate::domain::renewal::to_ms;
use crate::domain::view::{AttemptView, ConnectRequest};
use crate::engine::{Browser, Controls, Ending, Paste, SigningIn, Unsaved, attempt_life, open_browser};
use crate::io::clock;

/// How long the callback address stays open after the answer, for late and double callbacks.
const LINGER: Duration = Duration::from_secs(10);

/// The sign-ins of this window, newest last. Clones are the same list.
#[derive(Clone, Default)]
pub(super) struct Attempts {
    list: Arc<Mutex<Vec<Attempt>>>,
}

struct Attempt {
    view: AttemptView,
    /// None where no browser is needed.
    url: Option<Url>,
    cancel: watch::Sender<bool>,
    paste: mpsc::Sender<Paste>,
    deadline: watch::Sender<Instant>,
    /// When the user code ends, and the attempt with it.
    code_ends_at: Option<i64>,
    /// A token in memory that waits for the keychain.
    unsaved: Option<Box<Unsaved>>,
}

fn ended_failure() -> Failure {
    Failure::new(Code::CallbackInvalid).detail("this sign-in has ended")
}

impl Attempts {
    fn list(&self) -> MutexGuard<'_, Vec<Attempt>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn views(&self) -> Vec<AttemptView> {
        self.list().iter().map(|attempt| attempt.view.clone()).collect()
    }

    /// Whether closing the window would lose a token.
    pub(super) fn holds_a_token(&self) -> bool {
        self.list().iter().any(|Attempt { view, .. }| match view.stage {
            Stage::Finishing => true,
            // The token of another account is set aside in the vault.
            Stage::Unsaved => view.failure.as_ref().is_none_or(|f| f.code != Code::WrongAccount),
            _ => false,
        })
    }

    fn update<T>(&self, id: &str, work: impl FnOnce(&mut Attempt) -> T) -> Option<T> {
        self.list().iter_mut().find(|attempt| attempt.view.id == id).map(work)
    }

    fn take_unsaved(&self, id: &str) -> Option<Box<Unsaved>> {
        self.update(id, |attempt| attempt.unsaved.take()).flatten()
    }

    /// Starts a sign-in in the current workspace, opens the browser and lets it run.
    pub(super) async fn start(
        &self,
        app: &AppHandle,
        request: ConnectRequest,
    ) -> Result<AttemptView, Failure> {
        let engine = opened_engine(app)?;
        let signing = engine.start(&engine.current_workspace()?.id, request).await?;
        let (deadline, deadline_seen) = watch::channel(Instant::now() + attempt_life());
        let (cancel, cancelled) = watch::channel(false);
        let (paste, pasted) = mpsc::channel(1);
        let (stage, staged) = watch::channel(Stage::Waiting);
        let browser_opened = signing.open_browser(&Browser::Default).await.is_ok();
        let code_ends_at = signing.code_ends_in().map(|left| clock::now_ms().saturating_add(to_ms(left)));
        let view = view(&signing, browser_opened, code_ends_at);
        let url = signing.url().cloned();
        let attempt =
            Attempt { view: view.clone(), url, cancel, paste, deadline, code_ends_at, unsaved: None };
        self.list().push(attempt);
        report_change(app);
        let (this, app, id) = (self.clone(), app.clone(), view.id.clone());
        tauri::async_runtime::spawn(this.clone().follow_stages(app.clone(), id.clone(), staged));
        if let Some(strays) = signing.strays() {
            tauri::async_runtime::spawn(this.clone().follow_strays(app.clone(), id.clone(), strays));
        }
        tauri::async_runtime::spawn(async move {
            let controls = Controls { pasted, cancelled, deadline: deadline_seen, stage };
            let ending = engine.finish(signing, controls).await;
            this.record_ending(&app, &id, ending);
        });
        Ok(view)
    }

    /// Brings the window forward when the answer of the browser has arrived.
    async fn follow_stages(self, app: AppHandle, id: String, mut staged: watch::Receiver<Stage>) {
        while staged.changed().await.is_ok() {
            let stage = *staged.borrow_and_update();
            self.update(&id, |Attempt { view, .. }| view.stage = view.stage.to(stage).unwrap_or(view.stage));
            bring_forward(&app);
            report_change(&app);
        }
    }

    async fn follow_strays(self, app: AppHandle, id: String, mut strays: watch::Receiver<Option<Stray>>) {
        while strays.changed().await.is_ok() {
            let stray = *strays.borrow_and_update();
            self.update(&id, |Attempt { view, .. }| view.stray = stray);
            report_change(&app);
        }
    }

    fn record_ending(&self, app: &AppHandle, id: &str, ending: Ending) {
        // Without an answer, the window stays where it is and no late tab asks the address again.
        let unanswered = matches!(&ending, Ending::Failed(f, _) if matches!(f.code, Code::Cancelled | Code::CallbackTimeout));
        let opened = self.update(id, |Attempt { view, unsaved, .. }| {
            view.failure = None;
            let (stage, opened) = match ending {
                Ending::Connected(connection, opened) => {
                    view.connection = Some(connection.id.clone());
                    view.name = connection.name.clone();
                    (Stage::Connected, opened)
                }
                Ending::Unsaved(mut token) => {
                    view.failure = Some(token.failure.clone());
                    let opened = token.opened.take();
                    *unsaved = Some(token);
                    (Stage::Unsaved, opened)
                }
                Ending::Failed(failure, opened) if failure.code == Code::Cancelled => {
                    (Stage::Cancelled, opened)
                }
                Ending::Failed(failure, opened) => {
                    view.failure = Some(*failure);
                    (Stage::Failed, opened)
                }
            };
            // The engine has passed through `Finishing`, which may not have been recorded yet.
            let unrecorded =
                view.stage == Stage::Waiting && matches!(stage, Stage::Connected | Stage::Unsaved);
            let from = if unrecorded { Stage::Finishing } else { view.stage };
            match from.to(stage) {
                Ok(stage) => view.stage = stage,
                Err(illegal) => tracing::error!(%illegal, "kept as it was"),
            }
            opened
        });
        if let Some(opened) = opened.flatten() {
            tauri::async_runtime::spawn(async move {
                if !unanswered {
                    tokio::time::sleep(LINGER).await;
                }
                opened.close().await;
            });
        }
        if !unanswered {
            bring_forward(app);
        }
        report_change(app);
    }

    pub(super) async fn open_again(&self, id: &str) -> Result<(), Failure> {
        let opened = open_browser(self.url(id)?, Browser::Default).await.is_ok();
        self.update(id, |attempt| attempt.view.browser_opened = opened);
        Ok(())
    }

    pub(super) fn url(&self, id: &str) -> Result<Url, Failure> {
        self.update(id, |attempt| attempt.url.clone()).flatten().ok_or_else(ended_failure)
    }

    /// Hands a pasted address to the attempt.
    ///
    /// Errors: [`Code::CallbackInvalid`] or [`Code::StateMismatch`] if it is not an answer of this attempt.
    pub(super) async fn paste(&self, id: &str, address: String) -> Result<(), Failure> {
        let paste = self.update(id, |attempt| attempt.paste.clone()).ok_or_else(ended_failure)?;
        let (reply, answered) = oneshot::channel();
        paste.send((address, reply)).await.map_err(|_| ended_failure())?;
        answered.await.unwrap_or_else(|_| Err(ended_failure()))
    }

    /// Ends a waiting attempt. An attempt that is finishing goes on: a token may exist already. A token that could not be
    /// saved is given back.
    pub(super) async fn cancel(&self, app: &AppHandle, id: &str) -> Result<(), Failure> {
        let engine = opened_engine(app)?;
        self.update(id, |attempt| attempt.cancel.send_replace(true));
        if let Some(unsaved) = self.take_unsaved(id) {
            engine.give_back(*unsaved).await;
            self.list().retain(|attempt| attempt.view.id != id);
        }
        Ok(())
    }

    /// Extends the wait by a quarter of an hour, but not beyond the end of the user code.
    pub(super) fn keep_waiting(&self, id: &str) {
        self.update(id, |attempt| {
            attempt.deadline.send_replace(Instant::now() + attempt_life());
            attempt.view.ends_at = ends_at(clock::now_ms(), attempt.code_ends_at);
        });
    }

    /// Saves a token that waits in memory.
    pub(super) async fn save_again(&self, app: &AppHandle, id: &str) -> Result<(), Failure> {
        let engine = opened_engine(app)?;
        let Some(unsaved) = self.take_unsaved(id) else { return Ok(()) };
        let ending = engine.save(*unsaved).await;
        let result = match &ending {
            Ending::Unsaved(unsaved) => Err(unsaved.failure.clone()),
            _ => Ok(()),
        };
        self.record_ending(app, id, ending);
        result
    }

    /// Saves a token of another account than before, and gives the connection to that account.
    pub(super) async fn take_account(&self, app: &AppHandle, id: &str) -> Result<(), Failure> {
        let engine = opened_engine(app)?;
        let Some(mut unsaved) = self.take_unsaved(id) else { return Ok(()) };
        unsaved.take_account();
        self.record_ending(app, id, engine.save(*unsaved).await);
        Ok(())
    }

    /// Saves a token of another account than before as a new connection.
    pub(super) async fn save_as_new(&self, app: &AppHandle, id: &str) -> Result<(), Failure> {
        let engine = opened_engine(app)?;
        let Some(mut unsaved) = self.take_unsaved(id) else { return Ok(()) };
        if let Err(failure) = engine.make_new(&mut unsaved) {
            self.update(id, |attempt| attempt.unsaved = Some(unsaved));
            return Err(failure);
        }
        self.update(id, |attempt| attempt.view.again = false);
        self.record_ending(app, id, engine.save(*unsaved).await);
        Ok(())
    }

    /// Removes an ended attempt.
    pub(super) fn dismiss(&self, id: &str) {
        self.list().retain(|attempt| attempt.view.id != id || !attempt.view.stage.has_ended());
    }
}

/// When a sign-in ends that waits since `from`.
fn ends_at(from: i64, code_ends_at: Option<i64>) -> i64 {
    let deadline = from.saturating_add(to_ms(attempt_life()));
    code_ends_at.map_or(deadline, |code| code.min(deadline))
}

fn view(signing: &SigningIn, browser_opened: bool, code_ends_at: Option<i64>) -> AttemptView {
    AttemptView {
        id: signing.id.clone(),
        element: signing.element().key.clone(),
        product: signing.element().name.clone(),
        initials: signing.element().initials.clone(),
        name: signing.name.clone(),
        again: signing.again.is_some(),
        stage: if signing.url().is_some() { Stage::Waiting } else { Stage::Finishing },
        host: signing.host().to_owned(),
        link: signing.url().map(Url::to_string).unwrap_or_default(),
        callback: signing.callback_url().to_owned(),
        paste_only: signing.paste_only(),
        browser_opened,
        user_code: signing.user_code().map(str::to_owned),
        started_at: signing.started_at,
        ends_at: ends_at(signing.started_at, code_ends_at),
        stray: None,
        connection: None,
        failure: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_does_not_wait_beyond_the_end_of_its_code() {
        let quarter = 15 * 60 * 1000;
        for (from, code, ends) in [
            (1_000, None, 1_000 + quarter),
            (1_000, Some(301_000), 301_000),
            (1_000, Some(3_601_000), 1_000 + quarter),
            // Extended: not beyond the end of the code either.
            (300_000, Some(301_000), 301_000),
        ] {
            assert_eq!(ends_at(from, code), ends, "{from} {code:?}");
        }
    }
}
