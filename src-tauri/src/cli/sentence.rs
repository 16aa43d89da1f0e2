//! Sentences for failures: what happened, then what to do. Both matches are exhaustive, so a new code does not compile
//! without its words.

use super::print::shell_quoted;
use crate::domain::element::Element;
use crate::domain::error::{Code, Failure, NetworkFault, Refused};
use crate::domain::form::{FieldProblem, Problem};
use crate::domain::text::one_line;
use crate::io::vault::KEYCHAIN_NAME;

/// Says what happened and what to do, in one or two sentences. `element` labels the fields of [`Code::FormInvalid`].
pub(super) fn sentence(failure: &Failure, element: Option<&Element>) -> String {
    let facts = Facts(failure);
    match failure.code {
        Code::FormInvalid => return describe_fields(failure.fields.as_deref().unwrap_or_default(), element),
        Code::Usage => return facts.detail(),
        _ => {}
    }
    let mut text = facts.what_happened();
    if let Some(advice) = facts.what_to_do() {
        text = format!("{text} {advice}");
    }
    match facts.foreign_words() {
        words if words.is_empty() => text,
        words => format!("{text} ({})", words.join("; ")),
    }
}

/// The facts of a failure, fit for a terminal.
struct Facts<'a>(&'a Failure);

impl Facts<'_> {
    fn what_happened(&self) -> String {
        let (product, platform, name) = (self.product(), self.host_or("The platform"), self.name());
        let port = self.0.port.unwrap_or_default();
        match self.0.code {
            Code::AccessDenied => format!("{product} reported that access was declined."),
            Code::AuthorizationExpired => {
                format!("{product} says that this sign-in was used already, or took too long.")
            }
            Code::CallbackBusy => format!("Another Keyrack is signing in at port {port}."),
            Code::CallbackInvalid => "This is not the address that the sign-in ends on.".into(),
            Code::CallbackTimeout => "Nobody finished the sign-in in the browser.".into(),
            Code::Cancelled => "Cancelled.".into(),
            Code::CertificateUntrusted => self.describe_certificate(),
            Code::ClockWrong => format!("{product} refuses the time of this computer{}.", self.clock()),
            Code::ConnectionDisabled => format!("“{name}” is switched off."),
            Code::ConnectionUnknown => format!("No connection is called “{name}”."),
            Code::ElementInUse => format!("“{name}” uses this element."),
            Code::ElementInvalid => format!("The element file {name} cannot be used: {}", self.detail()),
            Code::ElementHistorical => format!("{product} can't be connected from this computer."),
            Code::ElementRetired => format!("{product} was closed by its maker."),
            Code::ElementUnknown => format!("No product is called “{name}”."),
            Code::FormInvalid | Code::Usage => self.detail(),
            Code::IndexDamaged => "The list of connections is damaged or missing.".into(),
            Code::IndexNewer => format!("A newer version of Keyrack wrote {name}."),
            Code::IndexUnwritable if self.is_saved() => {
                format!("The sign-in is saved in the {KEYCHAIN_NAME}, but the index could not be written.")
            }
            Code::IndexUnwritable => "The index cannot be read or written.".into(),
            Code::InstanceGone => format!("The platform no longer has “{name}”."),
            Code::IssuerMismatch => format!("The answer came from another sign-in service than {product}."),
            Code::IssuerUnknown => format!("Nothing at {} tells how to sign in there.", self.host_or("")),
            Code::Internal => "Something failed inside Keyrack.".into(),
            Code::KeychainDenied => format!("The {KEYCHAIN_NAME} refused access."),
            Code::KeychainLocked => format!("The {KEYCHAIN_NAME} is locked."),
            Code::KeychainMissing => {
                format!("No {KEYCHAIN_NAME} was found, so there is no safe place for a token.")
            }
            Code::KeychainTooLong => format!("The token is too long for the {KEYCHAIN_NAME}."),
            Code::NameAmbiguous => self.list_candidates(),
            Code::NameTaken => format!("A connection called “{name}” exists already."),
            Code::NeedsSettings => format!("{product} no longer accepts the client ID or secret."),
            Code::PlatformBadResponse => format!("{platform} sent an answer that cannot be read."),
            Code::PlatformBusy => match self.platform_pause() {
                Some(seconds) => format!("{platform} asks to wait {seconds} seconds."),
                None => format!("{platform} is busy."),
            },
            Code::PlatformFailed => format!("{platform} failed at its own end."),
            Code::PlatformLimit => format!("{platform} refuses something of this size."),
            Code::PlatformRejected => format!("{platform} refused."),
            Code::PlatformUncertain => {
                format!("The answer of {platform} was lost, so it is not known whether this was done there.")
            }
            Code::PlatformUnreachable => format!("{platform} can't be reached."),
            Code::PortInUse => format!("Another program uses port {port}."),
            Code::ProviderBadResponse => format!("{product} sent an unexpected answer."),
            Code::ProviderRejected if self.0.refused == Some(Refused::Registration) => {
                format!("{product} refused to register this app.")
            }
            Code::ProviderRejected if self.0.refused == Some(Refused::Key) => {
                format!("{product} does not accept this.")
            }
            Code::ProviderRejected => format!("{product} refused the sign-in."),
            Code::ProviderUnreachable => format!("{product} can't be reached."),
            Code::RedirectMismatch => format!("{product} does not know the address to come back to."),
            Code::RenewalBusy => format!("Another program has been renewing “{name}” for 30 seconds."),
            Code::SignInExpired => format!("The sign-in of “{name}” has ended."),
            Code::StateMismatch => "The pasted address belongs to another sign-in.".into(),
            Code::WorkspaceSecrets => {
                format!("{platform} does not accept the User and Organization secrets.")
            }
            Code::WorkspaceTaken => format!("A workspace called “{name}” exists already."),
            Code::WorkspaceUnknown => format!("No workspace is called “{name}”."),
            Code::WrongAccount => self.compare_accounts(),
        }
    }

    fn what_to_do(&self) -> Option<String> {
        let name = self.name();
        let quoted = shell_quoted(&name);
        let advice = match self.0.code {
            Code::AccessDenied | Code::Cancelled => "Nothing was saved.",
            Code::AuthorizationExpired => "Start it again.",
            Code::CallbackBusy => "Finish or cancel it there, then try again.",
            Code::CallbackInvalid => "Copy the whole address from the browser.",
            Code::CallbackTimeout => "Nothing was saved; run it again.",
            Code::CertificateUntrusted if self.0.issuer.is_some() => ADD_CERTIFICATE,
            Code::CertificateUntrusted => "Nothing was sent; ask your administrator.",
            Code::ClockWrong if self.0.clock_skew.is_some() => "Set the clock, then try again.",
            Code::ClockWrong => "Check its clock, then try again.",
            Code::ConnectionDisabled => return Some(format!("Switch it on with: keyrack enable {quoted}")),
            Code::ConnectionUnknown => "See: keyrack list",
            Code::ElementInUse => "Remove that connection first.",
            Code::ElementHistorical | Code::ElementRetired => PRACTISE,
            Code::ElementUnknown if self.0.candidates.is_some() => return Some(self.did_you_mean()),
            Code::ElementUnknown => "See: keyrack elements list",
            Code::IndexDamaged => REPAIR,
            Code::IndexNewer => "Update this program; nothing was changed.",
            Code::IndexUnwritable if self.is_saved() => {
                return Some(format!("Make room on the disk; the next start adds {name} to the list."));
            }
            Code::IndexUnwritable => "Check the disk and the rights of the folder, then try again.",
            Code::InstanceGone => return Some(format!("{CONNECT_OR_REMOVE} {quoted}")),
            Code::IssuerMismatch => {
                "Nothing was saved. Start again; if it happens again, tell your administrator."
            }
            Code::IssuerUnknown => "Check the address, or give authorization_endpoint and token_endpoint.",
            Code::Internal => "The log has more.",
            Code::KeychainDenied => "Allow Keyrack there, then try again.",
            Code::KeychainLocked if cfg!(target_os = "linux") => "Unlock it with: keyrack unlock",
            Code::KeychainLocked => "Unlock it, then try again.",
            Code::KeychainMissing => INSTALL_KEYCHAIN,
            Code::NameTaken | Code::WorkspaceTaken => "Choose another name.",
            Code::NeedsSettings => "Check the app's registration there.",
            Code::PlatformBadResponse => "Check the address of the workspace.",
            Code::PlatformBusy if self.platform_pause().is_some() => "Try again then.",
            Code::PlatformBusy => "Try again in a minute.",
            Code::PlatformFailed => "Try again later.",
            Code::PlatformUncertain => LOOK_AT_PLATFORM,
            Code::PlatformUnreachable | Code::ProviderUnreachable if self.0.network.is_some() => {
                self.0.network.map_or("", advise_on_network)
            }
            Code::PlatformUnreachable => "Check the connection and the address of the workspace.",
            Code::PortInUse => return Some(self.choose_port()),
            Code::ProviderBadResponse => "Its service may have changed.",
            Code::ProviderRejected => match self.0.refused {
                Some(Refused::Client) => "Usually the client ID or secret is wrong; check both.",
                Some(Refused::Key) => "Copy the whole key again, or make a new one there. Nothing was saved.",
                Some(Refused::Registration) => REGISTER_BY_HAND,
                Some(Refused::Scope) => "Check the scope that is asked for.",
                None => "Its own words say what it refuses.",
            },
            Code::ProviderUnreachable => "Check the connection and try again.",
            Code::RedirectMismatch => return Some(self.compare_redirects()),
            Code::RenewalBusy => "Try again.",
            Code::SignInExpired => "Connect it again.",
            Code::StateMismatch => "Paste the one that this sign-in ended on.",
            Code::WorkspaceSecrets => "Copy both again from the platform's own page.",
            Code::WorkspaceUnknown => "See: keyrack workspaces list",
            Code::WrongAccount if self.0.found.is_some() => USE_RIGHT_ACCOUNT,
            Code::WrongAccount => USE_ANY_ACCOUNT,
            Code::ElementInvalid | Code::FormInvalid | Code::KeychainTooLong | Code::NameAmbiguous => {
                return None;
            }
            Code::PlatformLimit | Code::PlatformRejected | Code::Usage => return None,
        };
        Some(advice.to_owned())
    }

    fn describe_certificate(&self) -> String {
        let host = self.host_or("the server");
        match self.0.issuer.as_deref().map(one_line) {
            Some(issuer) => format!("This computer does not trust “{issuer}”, which vouches for {host}."),
            None if self.0.host.is_none() => "The certificates of servers cannot be verified.".into(),
            None => format!("The certificate of {host} cannot be trusted."),
        }
    }

    /// How far off the clock of this computer is, as the end of a sentence.
    fn clock(&self) -> String {
        let Some(skew) = self.0.clock_skew else { return String::new() };
        let (amount, unit) = match skew.unsigned_abs() {
            seconds @ 0..=119 => (seconds, "seconds"),
            seconds @ 120..=7199 => (seconds / 60, "minutes"),
            seconds => (seconds / 3600, "hours"),
        };
        format!(", whose clock is {amount} {unit} {}", if skew > 0 { "slow" } else { "fast" })
    }

    fn did_you_mean(&self) -> String {
        let candidates = self.0.candidates.iter().flatten().map(|known| one_line(known));
        format!("Did you mean {}?", candidates.collect::<Vec<_>>().join(", or "))
    }

    fn list_candidates(&self) -> String {
        let candidates = self.0.candidates.iter().flatten().map(|known| format!("\n  {}", one_line(known)));
        let listed: String = candidates.collect();
        format!("“{}” could be any of these; use the id or --workspace:{listed}", self.name())
    }

    fn compare_accounts(&self) -> String {
        let belongs = format!("“{}” belongs to {}", self.name(), clean_fact(self.0.expected.as_ref()));
        match self.0.found.as_deref().map(one_line) {
            Some(found) => format!("The browser is signed in as {found}, but {belongs}."),
            None => format!("{} did not say who signed in, and {belongs}.", self.product()),
        }
    }

    fn compare_redirects(&self) -> String {
        let sent = clean_fact(self.0.redirect.as_ref());
        let registered = self.0.registered.as_deref().map(one_line);
        let other = registered.map_or_else(String::new, |other| format!("\n  registered {other}"));
        format!(
            "Register it there letter for letter, or give the registered one with --set oauth.callback.url=…\n  \
             sent       {sent}{other}"
        )
    }

    fn choose_port(&self) -> String {
        let free = self.0.free_port.map(|port| format!(" Port {port} is free.")).unwrap_or_default();
        // A sign-in waits at its callback address; `keyrack serve` names its address.
        let callback = self.name().is_empty();
        let other = if callback { "give another oauth.callback.url" } else { "choose another with --listen" };
        format!("Close it, or {other}.{free}")
    }

    /// The words of the system, the provider and the platform.
    fn foreign_words(&self) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        if matches!(self.0.code, Code::ElementInvalid | Code::CallbackInvalid | Code::KeychainLocked) {
            return words;
        }
        // Of a provider the product is named already, which is not always the host.
        let host = self.0.host.as_deref().filter(|_| self.0.network.is_some() && self.0.product.is_some());
        let detail = self.0.detail.as_ref().map(|detail| match host {
            Some(host) => format!("{host}: {detail}"),
            None => detail.clone(),
        });
        let answer = self.0.platform.as_deref();
        let texts = answer.map(|a| [a.message.clone(), a.provider_message.clone()]).into_iter().flatten();
        for text in [detail].into_iter().chain(texts).flatten().map(|text| one_line(&text)) {
            if !text.is_empty() && !words.contains(&text) {
                words.push(text);
            }
        }
        let id = answer.and_then(|answer| answer.request_id.as_deref());
        words.extend(id.map(|id| format!("request {}", one_line(id))));
        words
    }

    fn product(&self) -> String {
        self.0.product.as_deref().map_or_else(|| self.host_or("The provider"), one_line)
    }

    fn host_or(&self, unknown: &str) -> String {
        self.0.host.as_deref().map_or_else(|| unknown.to_owned(), one_line)
    }

    fn name(&self) -> String {
        clean_fact(self.0.name.as_ref())
    }

    fn detail(&self) -> String {
        clean_fact(self.0.detail.as_ref())
    }

    fn platform_pause(&self) -> Option<u64> {
        self.0.platform.as_ref()?.retry_after
    }

    /// Whether the keychain holds the sign-in already.
    fn is_saved(&self) -> bool {
        self.0.product.is_some()
    }
}

fn advise_on_network(fault: NetworkFault) -> &'static str {
    match fault {
        NetworkFault::Name => "Check the address and the connection.",
        NetworkFault::Connection => "Check the address, the connection and the firewall.",
        NetworkFault::Handshake => "Check the address; a gateway of your network may also be in the way.",
        NetworkFault::CertificateDate | NetworkFault::CertificateName | NetworkFault::CertificateOther => {
            "Nothing was sent; ask your administrator."
        }
        NetworkFault::Protocol => "Check the address and its port.",
        NetworkFault::Lost => "Try again.",
        NetworkFault::Timeout => "Try again in a few minutes.",
        NetworkFault::Proxy => "Check the proxy, or ask your administrator.",
        NetworkFault::ProxyVariable => WRITE_PROXY,
    }
}

const WRITE_PROXY: &str = "Nothing was sent. Write it like http://proxy.example:3128, or unset it.";
const ADD_CERTIFICATE: &str = "If that is your own network's authority, ask your administrator for its certificate \
                               and add it with: keyrack trust add FILE";
const PRACTISE: &str = "It can be practised (--workspace practice), and connected in a hosted workspace that still \
                        answers for it.";
const CONNECT_OR_REMOVE: &str = "Connect it again, or remove it here with: keyrack remove --here";
const INSTALL_KEYCHAIN: &str =
    "Install and start one, such as gnome-keyring, or create its default keyring; then try again.";
const REPAIR: &str = "Nothing is lost from the keychain. Build it again with: keyrack doctor";
const LOOK_AT_PLATFORM: &str =
    "Look with: keyrack doctor, which also finds what was made; then repeat it if need be.";
const REGISTER_BY_HAND: &str =
    "Register an app there by hand, then give its client ID with --set oauth.api.key=…";
const USE_RIGHT_ACCOUNT: &str =
    "Nothing was changed. Sign in as the right account, or take the other one with --other-account.";
const USE_ANY_ACCOUNT: &str = "Nothing was changed. Try again, or take whoever it is with --other-account.";

fn clean_fact(fact: Option<&String>) -> String {
    one_line(fact.map(String::as_str).unwrap_or_default())
}

/// Writes a line for each field, with its label, its key, and where its value is found.
fn describe_fields(problems: &[FieldProblem], element: Option<&Element>) -> String {
    let describe = |p: &FieldProblem| {
        let field = element.and_then(|element| element.field(&p.key));
        let label = field.map_or_else(|| p.key.clone(), |f| format!("{} ({})", f.label, p.key));
        let text = match (p.problem, field) {
            (Problem::Required, None) => format!("The {} is missing.", p.key),
            (Problem::Required, Some(field)) => {
                let option = if field.secret { "--secret" } else { "--set" };
                format!("{label} is missing. Give it with {option} {}=… {}", p.key, field.help)
            }
            (Problem::Malformed, field) => {
                format!("{label} does not fit. {}", field.map(|f| f.problem.as_str()).unwrap_or_default())
            }
            (Problem::NotAnOption, _) => format!("{label} is none of the choices."),
            (Problem::TooLong, _) => format!("{label} is too long."),
            (Problem::Unknown, _) => format!("{label} is not a field of this element."),
        };
        one_line(&text)
    };
    problems.iter().map(describe).collect::<Vec<_>>().join("\n  ").trim_end().to_owned()
}
