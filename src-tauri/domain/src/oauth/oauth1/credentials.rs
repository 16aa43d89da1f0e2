//! In whose name a request is signed.

use crate::sensitive::Sensitive;

/// Whom a signature speaks for: the client, and the resource owner once there is a token.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The consumer key.
    pub client_id: String,
    /// The consumer secret.
    pub client_secret: Sensitive<String>,
    /// The request token or the access token.
    pub token: Option<Sensitive<String>>,
    /// The secret of that token.
    pub token_secret: Option<Sensitive<String>>,
}

impl Credentials {
    /// The client alone, as the first step needs it.
    pub fn client(client_id: impl Into<String>, client_secret: Sensitive<String>) -> Self {
        Self { client_id: client_id.into(), client_secret, token: None, token_secret: None }
    }

    /// The client together with a token.
    pub fn with_token(self, token: Sensitive<String>, token_secret: Sensitive<String>) -> Self {
        Self { token: Some(token), token_secret: Some(token_secret), ..self }
    }
}
