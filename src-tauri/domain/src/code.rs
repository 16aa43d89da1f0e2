//! The table of error codes: one row per code, with everything that follows from it.

use serde::{Deserialize, Serialize};

use Status::{NeedsSettings, NeedsSignIn, Retrying};

/// Whether a connection can be used, and if not, who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[derive(strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "snake_case")]
pub enum Status {
    /// Usable, as far as is known.
    Ok,
    /// The last renewal failed for a temporary reason.
    Retrying,
    /// The provider ended the sign-in.
    NeedsSignIn,
    /// The provider no longer accepts the client.
    NeedsSettings,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    pub fn parse(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// What follows from a code.
struct Facts {
    /// The exit status of the command line; a contract with scripts.
    exit: u8,
    /// Whether the same operation may succeed later without a change.
    temporary: bool,
    /// The status of a connection whose renewal or test ended so; `None` if the failure says nothing about the
    /// connection, such as a locked keychain, a wrong clock or another program that is renewing.
    status: Option<Status>,
}

macro_rules! codes {
    ($($(#[$attribute:meta])* $code:ident $facts:tt)*) => {
        /// Stable names of everything that can end an operation. Scripts and the window depend on them.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[derive(strum::EnumString, strum::IntoStaticStr)]
        #[cfg_attr(test, derive(ts_rs::TS, strum::EnumIter))]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum Code { $($(#[$attribute])* $code,)* }

        impl Code {
            const fn facts(self) -> Facts {
                match self { $(Self::$code => Facts $facts,)* }
            }
        }
    };
}

codes! {
    /// The user, or the provider on their behalf, declined.
    AccessDenied { exit: 14, temporary: false, status: Some(NeedsSettings) }
    /// The authorization code was used before, or is too old.
    AuthorizationExpired { exit: 15, temporary: false, status: Some(NeedsSettings) }
    /// Another Keyrack is listening at the callback address.
    CallbackBusy { exit: 13, temporary: true, status: None }
    /// The pasted text is not an answer of the sign-in.
    CallbackInvalid { exit: 2, temporary: false, status: None }
    /// The sign-in was not finished in time.
    CallbackTimeout { exit: 16, temporary: false, status: None }
    /// The user cancelled.
    Cancelled { exit: 17, temporary: false, status: None }
    /// The server's certificate chain is not trusted.
    CertificateUntrusted { exit: 12, temporary: true, status: Some(Retrying) }
    /// The provider refuses the time of this computer.
    ClockWrong { exit: 15, temporary: false, status: None }
    /// The connection was switched off.
    ConnectionDisabled { exit: 10, temporary: false, status: None }
    /// No connection has this name or id.
    ConnectionUnknown { exit: 3, temporary: false, status: None }
    /// A connection or an open sign-in uses the element.
    ElementInUse { exit: 2, temporary: false, status: None }
    /// The element can only be practised, and connected in hosted workspaces.
    ElementHistorical { exit: 2, temporary: false, status: Some(NeedsSettings) }
    /// An element file breaks the format.
    ElementInvalid { exit: 2, temporary: false, status: Some(NeedsSettings) }
    /// The product was closed by its maker: only practice and hosted workspaces can connect it.
    ElementRetired { exit: 2, temporary: false, status: Some(NeedsSettings) }
    /// No element has this key.
    ElementUnknown { exit: 3, temporary: false, status: Some(NeedsSettings) }
    /// One or more fields are empty or malformed.
    FormInvalid { exit: 2, temporary: false, status: None }
    /// The index is damaged or missing. `doctor` builds it again from the keychain.
    IndexDamaged { exit: 1, temporary: false, status: None }
    /// The index was written by a newer Keyrack.
    IndexNewer { exit: 1, temporary: false, status: None }
    /// The index cannot be read or written: disk full, read-only, held by another program.
    IndexUnwritable { exit: 1, temporary: false, status: None }
    /// The platform no longer has the instance.
    InstanceGone { exit: 10, temporary: false, status: Some(NeedsSignIn) }
    /// The answer comes from another authorization server than the one that was asked.
    IssuerMismatch { exit: 15, temporary: false, status: Some(NeedsSettings) }
    /// The address has no metadata that says how to sign in there.
    IssuerUnknown { exit: 2, temporary: false, status: Some(NeedsSettings) }
    /// A bug in Keyrack.
    #[default]
    Internal { exit: 1, temporary: false, status: None }
    /// The keychain refused this program.
    KeychainDenied { exit: 11, temporary: false, status: None }
    /// The keychain is locked, or did not answer in time.
    KeychainLocked { exit: 11, temporary: false, status: None }
    /// There is no keychain.
    KeychainMissing { exit: 11, temporary: false, status: None }
    /// The keychain cannot hold a value of this size.
    KeychainTooLong { exit: 11, temporary: false, status: None }
    /// Several connections match.
    NameAmbiguous { exit: 4, temporary: false, status: None }
    /// A connection of this name exists in the workspace.
    NameTaken { exit: 2, temporary: false, status: None }
    /// The provider no longer accepts the client's settings.
    NeedsSettings { exit: 10, temporary: false, status: Some(NeedsSettings) }
    /// The platform's answer cannot be read: not JSON, too large, or a redirect.
    PlatformBadResponse { exit: 15, temporary: false, status: Some(NeedsSettings) }
    /// The platform asks to wait (429).
    PlatformBusy { exit: 12, temporary: true, status: Some(Retrying) }
    /// The platform failed inside (5xx).
    PlatformFailed { exit: 12, temporary: true, status: Some(Retrying) }
    /// The platform refuses something of this size (413).
    PlatformLimit { exit: 15, temporary: false, status: Some(NeedsSettings) }
    /// The platform refused for a reason of its own.
    PlatformRejected { exit: 15, temporary: false, status: Some(NeedsSettings) }
    /// An answer was lost: the platform may have done what was asked. Reconciliation looks for the result.
    PlatformUncertain { exit: 12, temporary: false, status: Some(NeedsSettings) }
    /// The platform does not answer.
    PlatformUnreachable { exit: 12, temporary: true, status: Some(Retrying) }
    /// Another program uses a port that is needed.
    PortInUse { exit: 2, temporary: false, status: None }
    /// The provider's answer does not follow the protocol.
    ProviderBadResponse { exit: 15, temporary: false, status: Some(NeedsSettings) }
    /// The provider refused.
    ProviderRejected { exit: 15, temporary: false, status: Some(NeedsSettings) }
    /// The provider cannot be reached, or says that it is busy.
    ProviderUnreachable { exit: 12, temporary: true, status: Some(Retrying) }
    /// The redirect address is not the one that is registered at the provider.
    RedirectMismatch { exit: 15, temporary: false, status: Some(NeedsSettings) }
    /// Another process has been renewing for too long.
    RenewalBusy { exit: 12, temporary: true, status: None }
    /// The provider ended the sign-in.
    SignInExpired { exit: 10, temporary: false, status: Some(NeedsSignIn) }
    /// A pasted answer belongs to another sign-in.
    StateMismatch { exit: 2, temporary: false, status: None }
    /// The command line was not understood.
    Usage { exit: 2, temporary: false, status: None }
    /// The platform no longer accepts the User or Organization secret of the workspace.
    WorkspaceSecrets { exit: 10, temporary: false, status: Some(NeedsSettings) }
    /// A workspace of this name exists.
    WorkspaceTaken { exit: 2, temporary: false, status: None }
    /// No workspace has this name.
    WorkspaceUnknown { exit: 3, temporary: false, status: None }
    /// Another account than before signed in.
    WrongAccount { exit: 10, temporary: false, status: Some(NeedsSettings) }
}

impl Code {
    pub const fn exit_status(self) -> u8 {
        self.facts().exit
    }

    pub const fn is_temporary(self) -> bool {
        self.facts().temporary
    }

    pub const fn status_after(self) -> Option<Status> {
        self.facts().status
    }

    /// Reads a code back; `None` if a newer version wrote one that is unknown here.
    pub fn parse(word: &str) -> Option<Self> {
        word.parse().ok()
    }

    /// The word in JSON, in the index and in logs.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn a_code_has_one_word_everywhere() {
        for code in Code::iter() {
            assert_eq!(serde_json::to_value(code).expect("a word"), code.as_str());
            assert_eq!(Code::parse(code.as_str()), Some(code));
        }
    }

    #[test]
    fn exit_statuses_are_the_contract_with_scripts() {
        let contract = [
            (1, "internal index_damaged index_unwritable index_newer"),
            (2, "usage form_invalid name_taken workspace_taken port_in_use element_invalid element_retired"),
            (2, "issuer_unknown callback_invalid state_mismatch"),
            (3, "element_unknown connection_unknown workspace_unknown"),
            (4, "name_ambiguous"),
            (
                10,
                "sign_in_expired needs_settings workspace_secrets instance_gone wrong_account connection_disabled",
            ),
            (11, "keychain_locked keychain_missing keychain_denied keychain_too_long"),
            (
                12,
                "provider_unreachable certificate_untrusted platform_unreachable platform_busy platform_failed",
            ),
            (12, "platform_uncertain renewal_busy"),
            (13, "callback_busy"),
            (14, "access_denied"),
            (15, "provider_rejected provider_bad_response redirect_mismatch issuer_mismatch clock_wrong"),
            (15, "authorization_expired platform_rejected platform_limit platform_bad_response"),
            (16, "callback_timeout"),
            (17, "cancelled"),
        ];
        for (status, words) in contract {
            for word in words.split(' ') {
                assert_eq!(Code::parse(word).map(Code::exit_status), Some(status), "{word}");
            }
        }
    }

    #[test]
    fn only_failures_of_the_sign_in_change_the_status_of_a_connection() {
        let unchanged = "keychain_locked keychain_missing keychain_denied keychain_too_long index_unwritable index_newer index_damaged \
                         internal renewal_busy callback_busy connection_disabled clock_wrong form_invalid usage";
        for (status, words) in [
            (Some(NeedsSignIn), "sign_in_expired instance_gone"),
            (Some(Retrying), "provider_unreachable certificate_untrusted platform_unreachable platform_busy"),
            (Some(NeedsSettings), "needs_settings workspace_secrets provider_rejected provider_bad_response"),
            (Some(NeedsSettings), "redirect_mismatch authorization_expired access_denied element_invalid"),
            (Some(NeedsSettings), "element_unknown platform_rejected platform_bad_response"),
            (None, unchanged),
        ] {
            for word in words.split(' ') {
                assert_eq!(Code::parse(word).map(Code::status_after), Some(status), "{word}");
            }
        }
    }
}
