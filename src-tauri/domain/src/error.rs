//! What can go wrong, as the outside sees it: a stable code and facts, never prose and never a secret.
//!
//! Modules have their own error types; whoever stands at an edge (window, command line) turns them into a [`Failure`].
//! The sentences, and whose move it is, live with whoever speaks to the person: `ui/src/copy` and `cli/print.rs`.

use serde::{Deserialize, Serialize};

use super::exchange::Exchange;
use super::form::FieldProblem;

/// Stable names of everything that can end an operation. Scripts and the UI depend on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The person, or the provider in their name, declined.
    AccessDenied,
    /// The code that the browser brought was used before, or is too old.
    AuthorizationExpired,
    /// Another Keyrack is listening at the callback address.
    CallbackBusy,
    /// What was pasted is not an answer of the sign-in.
    CallbackInvalid,
    /// Nobody finished the sign-in in time.
    CallbackTimeout,
    /// The person cancelled.
    Cancelled,
    /// Nobody whom this computer trusts vouches for the server.
    CertificateUntrusted,
    /// The provider refuses our time of day.
    ClockWrong,
    /// The connection was switched off.
    ConnectionDisabled,
    /// No connection has this name or id.
    ConnectionUnknown,
    /// An element file breaks the format.
    ElementInvalid,
    /// The product was closed by its maker: only practice and hosted workspaces answer for it.
    ElementRetired,
    /// No element has this key.
    ElementUnknown,
    /// One or more fields are empty or malformed.
    FormInvalid,
    /// The index was written by a newer Keyrack.
    IndexNewer,
    /// The index cannot be written: disk full, read-only, damaged.
    IndexUnwritable,
    /// The platform no longer has the instance.
    InstanceGone,
    /// The answer comes from another authorization server than the one that was asked.
    IssuerMismatch,
    /// Nothing at the address tells how to sign in there.
    IssuerUnknown,
    /// A fault of ours.
    Internal,
    /// The keychain refused this program.
    KeychainDenied,
    /// The keychain is locked, or did not answer in time.
    KeychainLocked,
    /// There is no keychain.
    KeychainMissing,
    /// The keychain cannot hold a value of this size.
    KeychainTooLong,
    /// Several connections fit.
    NameAmbiguous,
    /// A connection of this name exists in the workspace.
    NameTaken,
    /// The provider no longer accepts the client's settings.
    NeedsSettings,
    /// The platform's answer cannot be read: not JSON, too large, or a redirect.
    PlatformBadResponse,
    /// The platform asks to wait (429).
    PlatformBusy,
    /// The platform failed inside (5xx).
    PlatformFailed,
    /// The platform refuses something of this size (413).
    PlatformLimit,
    /// The platform refused for a reason of its own.
    PlatformRejected,
    /// An answer was lost, so it is not known whether the platform did what was asked. What it made is looked for again.
    PlatformUncertain,
    /// The platform does not answer.
    PlatformUnreachable,
    /// A foreign program holds a port that is needed.
    PortInUse,
    /// The provider's answer does not follow the protocol.
    ProviderBadResponse,
    /// The provider refused.
    ProviderRejected,
    /// The provider cannot be reached, or says that it is busy.
    ProviderUnreachable,
    /// The redirect address is not the one that is registered at the provider.
    RedirectMismatch,
    /// Another process has been renewing for too long.
    RenewalBusy,
    /// The provider ended the sign-in.
    SignInExpired,
    /// A pasted answer belongs to another sign-in.
    StateMismatch,
    /// The command line was not understood.
    Usage,
    /// The platform no longer accepts the User or Organization secret of the workspace.
    WorkspaceSecrets,
    /// A workspace of this name exists.
    WorkspaceTaken,
    /// No workspace has this name.
    WorkspaceUnknown,
    /// Somebody else than before signed in.
    WrongAccount,
}

impl Code {
    /// The exit status of the command line; a contract with scripts.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Internal | Self::IndexUnwritable | Self::IndexNewer => 1,
            Self::Usage
            | Self::FormInvalid
            | Self::NameTaken
            | Self::WorkspaceTaken
            | Self::PortInUse
            | Self::ElementInvalid
            | Self::ElementRetired
            | Self::IssuerUnknown
            | Self::CallbackInvalid
            | Self::StateMismatch => 2,
            Self::ElementUnknown | Self::ConnectionUnknown | Self::WorkspaceUnknown => 3,
            Self::NameAmbiguous => 4,
            Self::SignInExpired
            | Self::NeedsSettings
            | Self::WorkspaceSecrets
            | Self::InstanceGone
            | Self::WrongAccount
            | Self::ConnectionDisabled => 10,
            Self::KeychainLocked | Self::KeychainMissing | Self::KeychainDenied | Self::KeychainTooLong => 11,
            Self::ProviderUnreachable
            | Self::CertificateUntrusted
            | Self::PlatformUnreachable
            | Self::PlatformBusy
            | Self::PlatformFailed
            | Self::PlatformUncertain
            | Self::RenewalBusy => 12,
            Self::CallbackBusy => 13,
            Self::AccessDenied => 14,
            Self::ProviderRejected
            | Self::ProviderBadResponse
            | Self::RedirectMismatch
            | Self::IssuerMismatch
            | Self::ClockWrong
            | Self::AuthorizationExpired
            | Self::PlatformRejected
            | Self::PlatformLimit
            | Self::PlatformBadResponse => 15,
            Self::CallbackTimeout => 16,
            Self::Cancelled => 17,
        }
    }

    /// Whether the same operation may succeed later without anybody changing anything.
    pub fn is_temporary(self) -> bool {
        matches!(
            self,
            Self::ProviderUnreachable
                | Self::PlatformUnreachable
                | Self::PlatformBusy
                | Self::PlatformFailed
                | Self::CertificateUntrusted
                | Self::RenewalBusy
                | Self::CallbackBusy
        )
    }

    /// Reads a code back; `None` if a newer version wrote one that is unknown here.
    pub fn parse(word: &str) -> Option<Self> {
        serde_json::from_value(word.into()).ok()
    }

    /// The code as it stands in `--json` and in logs.
    pub fn as_str(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// What a hosted platform said when it refused, for "Details".
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct PlatformAnswer {
    /// The HTTP status; absent if there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Under which the platform's own people find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The platform's words, cleaned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The words of the provider behind it, cleaned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_message: Option<String>,
    /// Seconds to wait before asking again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// A code with the facts that its sentence needs. Serialised as `{ "code": …, …facts }`; absent facts are left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[cfg_attr(test, ts(optional_fields))]
pub struct Failure {
    /// What happened.
    pub code: Code,
    /// The fields that are wrong, for [`Code::FormInvalid`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<FieldProblem>>,
    /// The product's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// The name that was asked for: of a connection, an element, a workspace or a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The host that did not answer or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The port that is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// A port that was free when the failure was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_port: Option<u16>,
    /// The provider's or the system's own words, cleaned; shown under "Details" only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The names that an ambiguous one could mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Vec<String>>,
    /// What a hosted platform said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<Box<PlatformAnswer>>,
    /// The redirect address that was sent, for [`Code::RedirectMismatch`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// The redirect address that is registered, if the provider told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<String>,
    /// Who vouches for the server's certificate, for [`Code::CertificateUntrusted`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Seconds that the server's clock is ahead of this computer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew: Option<i64>,
    /// Seconds that the provider wants to be left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// Who signed in before, for [`Code::WrongAccount`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// Who signed in now, for [`Code::WrongAccount`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What was asked of whom, for a report; oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<Exchange>>"))]
    pub exchanges: Vec<Exchange>,
    /// Finds the failure in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

impl Failure {
    /// A failure without facts.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            fields: None,
            product: None,
            name: None,
            host: None,
            port: None,
            free_port: None,
            detail: None,
            candidates: None,
            platform: None,
            redirect: None,
            registered: None,
            issuer: None,
            clock_skew: None,
            retry_after: None,
            expected: None,
            found: None,
            exchanges: Vec::new(),
            report: None,
        }
    }

    /// A form with these problems.
    pub fn form(fields: Vec<FieldProblem>) -> Self {
        Self { fields: Some(fields), ..Self::new(Code::FormInvalid) }
    }

    /// A fault of ours. `detail` must be a text of the program, never a value that passed through it.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(Code::Internal).detail(detail)
    }

    /// Adds the product's name.
    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    /// Adds the name that was asked for.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds the host.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Adds words for "Details".
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code.as_str())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_a_code_with_the_facts_it_has() {
        let failure = Failure { port: Some(14747), ..Failure::new(Code::PortInUse) };
        assert_eq!(
            serde_json::to_string(&failure).expect("serialisable"),
            r#"{"code":"port_in_use","port":14747}"#
        );
    }

    #[test]
    fn exit_statuses_are_the_contract() {
        let table = [
            (Code::Internal, 1),
            (Code::IndexUnwritable, 1),
            (Code::FormInvalid, 2),
            (Code::NameTaken, 2),
            (Code::PortInUse, 2),
            (Code::ConnectionUnknown, 3),
            (Code::NameAmbiguous, 4),
            (Code::SignInExpired, 10),
            (Code::NeedsSettings, 10),
            (Code::KeychainLocked, 11),
            (Code::KeychainMissing, 11),
            (Code::ProviderUnreachable, 12),
            (Code::RenewalBusy, 12),
            (Code::CallbackBusy, 13),
            (Code::AccessDenied, 14),
            (Code::ProviderRejected, 15),
            (Code::CallbackTimeout, 16),
            (Code::Cancelled, 17),
            (Code::WorkspaceSecrets, 10),
            (Code::ConnectionDisabled, 10),
            (Code::PlatformUnreachable, 12),
            (Code::PlatformBusy, 12),
            (Code::PlatformRejected, 15),
        ];
        for (code, status) in table {
            assert_eq!(code.exit_status(), status, "{code:?}");
        }
    }
}
