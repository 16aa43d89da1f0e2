//! Why a request has no response.

use super::clocks::is_significant;
use crate::domain::certificate::CertificateProblem;
use crate::domain::error::{Code, Failure, NetworkFault};

const NOT_SECURE: &str = "its address does not begin with https";

/// Never holds an address, whose query could hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// No connection, or it broke. `what` is more precise than `fault`.
    #[error("{host}: {what}")]
    Unreachable { host: String, fault: NetworkFault, what: &'static str, delivery: Delivery },
    /// The server's certificate was refused, and nothing was sent. `issuer` is that of the last certificate in the
    /// chain, `skew` the seconds that the clocks of other servers are ahead of this computer's.
    #[error("{host}: {}", problem.description())]
    Untrusted { host: String, issuer: Option<String>, problem: CertificateProblem, skew: Option<i64> },
    /// The address does not use https. Nothing was sent.
    #[error("{host}: {NOT_SECURE}")]
    NotSecure { host: String },
    #[error("{host} sent an answer that is too large")]
    TooLarge { host: String },
    /// The response is compressed and cannot be unpacked.
    #[error("{host}: {what}")]
    Compressed { host: String, what: &'static str },
}

/// How far a request without a response got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// There was no connection.
    NotSent,
    /// The server may have received the request, and even processed it.
    MaybeSent,
    /// As [`Delivery::MaybeSent`], and the time limit has passed.
    TimedOut,
}

impl HttpError {
    /// What happened, in fixed words.
    pub fn description(&self) -> &'static str {
        match self {
            Self::Unreachable { what, .. } | Self::Compressed { what, .. } => what,
            Self::Untrusted { problem, .. } => problem.description(),
            Self::NotSecure { .. } => NOT_SECURE,
            Self::TooLarge { .. } => "the answer is too large",
        }
    }

    /// Whether the server has certainly not received the request.
    pub fn is_not_sent(&self) -> bool {
        match self {
            Self::Unreachable { delivery, .. } => *delivery == Delivery::NotSent,
            Self::Untrusted { .. } | Self::NotSecure { .. } => true,
            Self::TooLarge { .. } | Self::Compressed { .. } => false,
        }
    }

    /// The failure of a call, with the codes for a server that cannot be reached and for an unusable response.
    pub fn into_failure(self, unreachable: Code, bad_response: Code) -> Failure {
        let what = self.description();
        match self {
            Self::Unreachable { host, fault, .. } => {
                Failure { network: Some(fault), ..Failure::new(unreachable).host(host).detail(what) }
            }
            Self::NotSecure { host } | Self::TooLarge { host } | Self::Compressed { host, .. } => {
                Failure::new(bad_response).host(host).detail(what)
            }
            Self::Untrusted { host, issuer, problem, skew } => {
                let clock = problem.depends_on_clock() && skew.is_none_or(is_significant);
                let or_clock = if clock { ", or this computer's clock is wrong" } else { "" };
                Failure {
                    // Only of this problem is the issuer the reason.
                    issuer: issuer.filter(|_| problem == CertificateProblem::UnknownIssuer),
                    network: problem.network_fault(),
                    clock_skew: skew.filter(|_| clock),
                    ..Failure::new(Code::CertificateUntrusted).host(host).detail(format!("{what}{or_clock}"))
                }
            }
        }
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        error.into_failure(Code::ProviderUnreachable, Code::ProviderBadResponse)
    }
}
