//! The values of the platform's calls: `oauth/token`, `oauth/url` and `instances`.

use std::collections::BTreeMap;

use crate::domain::connection::Facts;
use crate::domain::credential::Credential;
use crate::domain::error::Failure;
use crate::domain::item::{Item, Role};
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;

pub type Pairs = Vec<(String, Sensitive<String>)>;

/// The answer of `oauth/token`.
#[derive(Clone, Debug)]
pub struct OauthToken {
    /// `requestToken` of `oauth/url`.
    pub token: String,
    /// `secret` of `providerData`.
    pub secret: Sensitive<String>,
}

/// The answer of `oauth/url`.
#[derive(Clone, Debug)]
pub struct OauthUrl {
    /// Untrusted: a hosted platform wrote it.
    pub oauth_url: String,
    /// The local platform needs it again to exchange the code (RFC 7636).
    pub verifier: Option<Verifier>,
}

/// What `POST /instances` is called with, beside the form.
pub struct NewInstance<'a> {
    pub name: &'a str,
    pub tags: &'a [String],
    /// Every parameter of the callback; for OAuth 1.0a also `secret`, the one of `oauth/token`.
    pub provided: Pairs,
    /// Marks the instance at a hosted platform, so that it is found if the answer is lost.
    pub attempt: &'a str,
}

/// What a connection is made of once the platform or the provider has issued it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The Element token.
    pub token: Sensitive<String>,
    /// The instance's id at a hosted platform.
    pub instance: Option<String>,
    pub credential: Credential,
    /// Whether the element's file says what calls carry.
    pub own_call: bool,
    /// Scopes that were requested and not granted.
    pub missing: Vec<String>,
    /// The hosts that the connection depends on from now on.
    pub hosts: Vec<String>,
    /// Values of the callback that the element declares.
    pub callback: BTreeMap<String, String>,
}

impl Issued {
    /// The keychain item of a sign-in that ended `now`, in milliseconds since 1970. The account is asked for later.
    pub fn into_item(
        self,
        facts: Facts,
        configuration: BTreeMap<String, Sensitive<String>>,
        now: i64,
    ) -> Item {
        let Self { instance, missing, callback, .. } = self;
        Item {
            facts: Facts { instance, missing, callback, ..facts },
            received_at: now,
            pinned_hosts: self.hosts,
            configuration,
            credential: self.credential,
            own_call: self.own_call,
            element_token: self.token,
            role: Role::Connection,
        }
    }
}

/// Why there is no instance.
#[derive(Clone, Debug)]
pub struct NotCreated {
    pub failure: Failure,
    /// The platform may have made it all the same: the answer was lost, and a search found nothing.
    pub uncertain: bool,
}

impl From<Failure> for NotCreated {
    fn from(failure: Failure) -> Self {
        Self { failure, uncertain: false }
    }
}

/// What `PATCH /instances/{id}` changes; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct InstanceChange {
    pub name: Option<String>,
    /// Replaces all tags.
    pub tags: Option<Vec<String>>,
    /// Entries to set.
    pub configuration: Option<Pairs>,
    /// Signs in again in place.
    pub provider_data: Option<Pairs>,
}
