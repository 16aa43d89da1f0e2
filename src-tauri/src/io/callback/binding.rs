use crate::domain::oauth::callback::Callback;
use crate::domain::sensitive::Sensitive;

/// What a callback must carry to belong to a sign-in.
#[derive(Clone, Debug)]
pub enum Binding {
    /// OAuth 2: our own `state` (RFC 6749 §10.12).
    State(String),
    /// OAuth 1.0a: the temporary credentials' token (RFC 5849 §2.2). The RFC describes no refusal, so a refusal may
    /// carry the `state` that was appended to the callback address instead.
    RequestToken { token: Sensitive<String>, state: String },
    /// The provider echoes no `state`: accepted only while exactly one sign-in is pending at the address.
    OnlyPending,
}

impl Binding {
    /// `pending` is the number of pending sign-ins at the address.
    pub fn matches(&self, callback: &Callback, pending: usize) -> bool {
        let has = |name| callback.get(name).is_some();
        match self {
            Self::State(state) => callback.binds_oauth2(state),
            Self::RequestToken { token, state } => {
                callback.binds_oauth1(token.expose()) || (has("error") && callback.binds_oauth2(state))
            }
            Self::OnlyPending => pending == 1 && (has("code") || has("error")),
        }
    }
}
