//! What broke an exchange, in fixed words: the name, the connection, the TLS handshake, the protocol, or a proxy.

use std::error::Error;
use std::io;

use rustls::AlertDescription as Alert;

use super::chain::causes;
use super::error::Delivery;
use super::proxy;
use crate::domain::error::NetworkFault;

/// Where an exchange broke, and more precisely.
pub(super) type Cause = (NetworkFault, &'static str);

/// Also what a stream that stays silent ends with.
pub(in crate::io) const SILENCE: Cause = (NetworkFault::Timeout, "no answer in time");
const NO_HTTP: Cause = (NetworkFault::Protocol, "its answer is not HTTP");

pub(super) fn find_cause(error: &reqwest::Error) -> (Cause, Delivery) {
    let delivery = match (error.is_connect(), error.is_timeout(), error.is_builder()) {
        (true, _, _) | (_, false, true) => Delivery::NotSent,
        (false, true, _) => Delivery::TimedOut,
        (false, false, false) => Delivery::MaybeSent,
    };
    let proxy = proxy::describe_failure(error).filter(|_| error.is_connect());
    let cause = match (proxy, delivery) {
        (Some(what), _) => (NetworkFault::Proxy, what),
        _ if error.is_timeout() => SILENCE,
        _ if error.is_dns() => (NetworkFault::Name, "its name was not found"),
        (None, Delivery::NotSent) => {
            causes(error).find_map(read_connecting).unwrap_or((NetworkFault::Connection, "no connection"))
        }
        (None, _) => {
            causes(error).find_map(read_exchange).unwrap_or((NetworkFault::Lost, "the connection was lost"))
        }
    };
    (cause, delivery)
}

fn read_connecting(cause: &(dyn Error + 'static)) -> Option<Cause> {
    if let Some(error) = cause.downcast_ref() {
        return Some((NetworkFault::Handshake, describe_tls(error)));
    }
    match cause.downcast_ref::<io::Error>()?.kind() {
        io::ErrorKind::ConnectionRefused => Some((NetworkFault::Connection, "it refused the connection")),
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            Some((NetworkFault::Connection, "this network has no way to it"))
        }
        // Only TLS reads anything before the request is sent.
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
            Some((NetworkFault::Handshake, "it broke off the TLS handshake"))
        }
        _ => None,
    }
}

fn read_exchange(cause: &(dyn Error + 'static)) -> Option<Cause> {
    // With TLS 1.3 a server refuses a client after the handshake.
    if let Some(error) = cause.downcast_ref() {
        return Some((NetworkFault::Handshake, describe_tls(error)));
    }
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return match (error.is_parse_too_large(), error.is_parse()) {
            (true, _) => Some((NetworkFault::Protocol, "the head of its answer is too large")),
            (false, true) => Some(NO_HTTP),
            (false, false) => None,
        };
    }
    // The framing of a body.
    let kind = cause.downcast_ref::<io::Error>()?.kind();
    matches!(kind, io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData).then_some(NO_HTTP)
}

fn describe_tls(error: &rustls::Error) -> &'static str {
    match error {
        rustls::Error::InvalidMessage(_) => "it does not speak TLS at this port",
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            Alert::ProtocolVersion | Alert::HandshakeFailure | Alert::InsufficientSecurity,
        ) => "it speaks no version of TLS that is safe",
        rustls::Error::AlertReceived(Alert::UnrecognisedName) => {
            "no server has this name in the TLS handshake"
        }
        rustls::Error::AlertReceived(
            Alert::CertificateRequired | Alert::BadCertificate | Alert::UnknownCA | Alert::AccessDenied,
        ) => "it wants a certificate of this computer",
        _ => "the TLS handshake failed",
    }
}
