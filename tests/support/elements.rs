//! The texts of element files for the servers of the tests.

/// Head and fields that all elements of these tests share. The callback address takes any free port, so that tests can
/// run in parallel.
fn element(key: &str, auth: &str, identity: &str) -> String {
    format!(
        r#"key = "{key}"
name = "Acme {key}"
initials = "AC"
category = "Tests"
gives = "Anvils"
access = ["Reading anvils"]
{auth}
{identity}
[callback]
any_loopback_port = true

[[fields]]
key = "oauth.api.key"
label = "Client ID"
example = "acme"

[[fields]]
key = "oauth.api.secret"
label = "Secret"
example = "practice-secret"
secret = true

[[fields]]
key = "oauth.callback.url"
label = "Callback URL"
example = "http://127.0.0.1:14747/callback/{key}"
type = "address"
advanced = true
"#
    )
}

/// An element for `oidc-provider` with its endpoints.
pub fn oidc_element(key: &str, server: &str) -> String {
    let auth = format!(
        r#"
[auth.oauth2]
issuer = "{server}"
announces_issuer = true
authorization_endpoint = "{server}/auth"
token_endpoint = "{server}/token"
scopes = ["openid", "offline_access", "email"]
client_authentication = "basic"
pkce = "S256"
# OpenID Connect Core §11: without it, offline_access counts for nothing.
authorize_parameters = {{ prompt = "consent" }}

[auth.oauth2.revocation]
endpoint = "{server}/token/revocation"
"#
    );
    let identity = format!("[identity]\nendpoint = \"{server}/me\"\nat = [\"/email\"]\n");
    element(key, &auth, &identity)
}

/// An element for a plain OAuth 2 server with `/authorize`, `/token`, `/revoke` and `/userinfo`.
pub fn plain_element(key: &str, server: &str) -> String {
    let auth = format!(
        r#"
[auth.oauth2]
authorization_endpoint = "{server}/authorize"
token_endpoint = "{server}/token"
scopes = ["read", "write"]
client_authentication = "body"
pkce = "S256"

[auth.oauth2.revocation]
endpoint = "{server}/revoke"
"#
    );
    let identity = format!("[identity]\nendpoint = \"{server}/userinfo\"\nat = [\"/email\"]\n");
    element(key, &auth, &identity)
}

/// An element for `oauth1.py`.
pub fn oauth1_element(key: &str, server: &str, method: &str) -> String {
    let auth = format!(
        r#"
[auth.oauth1]
request_token_endpoint = "{server}/request_token"
authorization_endpoint = "{server}/authorize"
token_endpoint = "{server}/access_token"
signature_method = "{method}"
"#
    );
    let identity = format!("[identity]\nendpoint = \"{server}/me\"\nat = [\"/email\"]\n");
    element(key, &auth, &identity)
}
