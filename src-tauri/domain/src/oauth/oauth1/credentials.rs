//! The credentials that sign a request.

use crate::sensitive::Sensitive;

/// The client's credentials, and those of the resource owner once there is a token.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: Sensitive<String>,
    /// The request token or the access token.
    pub token: Option<Sensitive<String>>,
    pub token_secret: Option<Sensitive<String>>,
}

impl Credentials {
    pub fn client(client_id: impl Into<String>, client_secret: Sensitive<String>) -> Self {
        Self { client_id: client_id.into(), client_secret, token: None, token_secret: None }
    }

    pub fn with_token(self, token: Sensitive<String>, token_secret: Sensitive<String>) -> Self {
        Self { token: Some(token), token_secret: Some(token_secret), ..self }
    }
}
