//! What can go wrong, as the outside sees it: a stable code and facts, never prose and never a secret.
//!
//! Modules have their own error types; the edges turn them into a [`Failure`]. The sentences, and whose move it is, are
//! in `ui/src/copy/errors.ts` and `cli/sentence.rs`.

use serde::Serialize;

pub use super::code::Code;
use super::exchange::Exchange;
use super::form::FieldProblem;

/// The refusal of a hosted platform, for "Details".
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct PlatformAnswer {
    /// The HTTP status; absent if there was no answer.
    pub status: Option<u16>,
    /// The id under which the platform's support finds the request.
    pub request_id: Option<String>,
    /// The platform's words, cleaned.
    pub message: Option<String>,
    /// The words of the provider behind it, cleaned.
    pub provider_message: Option<String>,
    /// Seconds to wait before asking again.
    pub retry_after: Option<u64>,
}

/// What a provider refused, for [`Code::ProviderRejected`]. Absent if its own words alone tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// The client's id or secret.
    Client,
    /// The key, or the user name and the password.
    Key,
    /// The registration of a client.
    Registration,
    /// The scope that was requested.
    Scope,
}

/// What broke an exchange with a server, for [`Code::ProviderUnreachable`], [`Code::PlatformUnreachable`], and
/// [`Code::CertificateUntrusted`] where the issuer is not the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NetworkFault {
    /// The name of the host has no address.
    Name,
    /// The host takes no connection.
    Connection,
    /// There was no agreement on TLS.
    Handshake,
    /// The certificate is not valid today.
    CertificateDate,
    /// The certificate is of another server.
    CertificateName,
    /// The certificate cannot be judged, or was not made for this.
    CertificateOther,
    /// What answers speaks another protocol.
    Protocol,
    /// The connection broke before the whole answer was there.
    Lost,
    /// No answer in time.
    Timeout,
    /// The proxy refused or did not answer.
    Proxy,
    /// A variable names no proxy that can be used, so nothing was sent.
    ProxyVariable,
}

/// A code with the facts that its sentence needs. Serialised as `{ "code": …, …facts }`; absent facts are left out.
#[serde_with::skip_serializing_none]
#[derive(Clone, Debug, Default, PartialEq, Serialize, thiserror::Error)]
#[error("{}", code.as_str())]
#[cfg_attr(test, derive(ts_rs::TS), ts(optional_fields))]
pub struct Failure {
    pub code: Code,
    /// The fields that are wrong, for [`Code::FormInvalid`].
    pub fields: Option<Vec<FieldProblem>>,
    pub product: Option<String>,
    /// The name that was asked for: of a connection, an element, a workspace or a file.
    pub name: Option<String>,
    /// The host that did not answer or refused.
    pub host: Option<String>,
    pub port: Option<u16>,
    /// A port that was free when the failure was made.
    pub free_port: Option<u16>,
    /// The provider's or the system's own words, cleaned; shown under "Details" only.
    pub detail: Option<String>,
    /// The names that an ambiguous one could mean.
    pub candidates: Option<Vec<String>>,
    pub platform: Option<Box<PlatformAnswer>>,
    pub refused: Option<Refused>,
    pub network: Option<NetworkFault>,
    /// The redirect address that was sent, for [`Code::RedirectMismatch`].
    pub redirect: Option<String>,
    /// The redirect address that is registered, if the provider named it.
    pub registered: Option<String>,
    /// The issuer of the server's certificate, for [`Code::CertificateUntrusted`].
    pub issuer: Option<String>,
    /// Seconds that the server's clock is ahead of this computer's.
    pub clock_skew: Option<i64>,
    /// Seconds that the provider asks to wait.
    pub retry_after: Option<u64>,
    /// The account that signed in before, for [`Code::WrongAccount`].
    pub expected: Option<String>,
    /// The account that signed in now, for [`Code::WrongAccount`].
    pub found: Option<String>,
    /// The requests that led here, for a report; oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<Exchange>>"))]
    pub exchanges: Vec<Exchange>,
    /// Finds the failure in the log.
    pub report: Option<String>,
}

impl Failure {
    pub fn new(code: Code) -> Self {
        Self { code, ..Self::default() }
    }

    pub fn form(fields: Vec<FieldProblem>) -> Self {
        Self { fields: Some(fields), ..Self::new(Code::FormInvalid) }
    }

    /// A bug in Keyrack. `detail` must be a text of the program, never a value that passed through it.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(Code::Internal).detail(detail)
    }

    pub fn product(mut self, product: impl Into<String>) -> Self {
        self.product = Some(product.into());
        self
    }

    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

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
}
