//! The practice provider over real sockets, as any client calls it.

use std::collections::BTreeMap;
use std::sync::Arc;

use keyring_core::CredentialStore;
use url::Url;

use super::shared::ACCOUNT;
use super::{Practice, SCHEME, store};
use crate::domain::http::{HttpRequest, HttpResponse, Method};
use crate::domain::oauth::oauth1::{self, Credentials, SignatureMethod, Signing};
use crate::domain::oauth::percent;
use crate::domain::oauth::pkce::Verifier;
use crate::domain::sensitive::Sensitive;
use crate::io::catalog::Catalog;
use crate::io::clock;
use crate::io::http::Http;
use crate::io::index::Index;
use crate::io::vault::Vault;

const CALLBACK: &str = "http://127.0.0.1:4000/callback/zendesk";
const CLIENT: &str = "client";
const SECRET: &str = "client-secret";

/// The head and the fields of an element file with this key; `rest` comes between them.
fn element(key: &str, rest: &str) -> String {
    format!(
        r#"key = "{key}"
name = "Acme {key}"
initials = "AC"
category = "Tests"
gives = "Anvils"
access = ["Reading anvils"]
{rest}
[[fields]]
key = "way"
label = "Way"
type = "select"
options = [{{ value = "usual", label = "Usual" }}, {{ value = "plain", label = "Without PKCE" }}]
example = "usual"

[[fields]]
key = "country"
label = "Country"
example = "fr"
required = false

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
"#
    )
}

/// Two elements whose callbacks bring more than the protocols say. One of them can do without PKCE.
fn elements() -> [(&'static str, String); 2] {
    let callback = "[callback]\nprovider_data = [\"realmId\", \"country\", \"code\"]\n\
                    configuration = { org = \"acme.org\" }\nexamples = { realmId = \"4711\" }\n";
    let oauth2 = "authorization_endpoint = \"https://acme.example/authorize\"\n\
                  token_endpoint = \"https://acme.example/token\"\n";
    let no_pkce = format!(
        "[auth.oauth2]\n{oauth2}[[variants]]\nwhen = {{ field = \"way\", is = \"plain\" }}\n\
         [variants.auth.oauth2]\n{oauth2}pkce = \"off\"\n{callback}"
    );
    let signed = format!(
        "[auth.oauth1]\nrequest_token_endpoint = \"https://acme.example/request\"\n\
         authorization_endpoint = \"https://acme.example/authorize\"\n\
         token_endpoint = \"https://acme.example/token\"\n{callback}"
    );
    [("no-pkce", element("no-pkce", &no_pkce)), ("signed", element("signed", &signed))]
}

/// A provider with its own index and keychain, and one registered client.
struct Provider {
    dir: tempfile::TempDir,
    catalog: Arc<Catalog>,
    index: Index,
    store: Arc<CredentialStore>,
    practice: Practice,
    http: Http,
}

impl Provider {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let index = Index::open(&dir.path().join("index.sqlite3")).expect("an index");
        let store: Arc<CredentialStore> = keyring_core::mock::Store::new().expect("a mock keychain");
        let catalog = catalog();
        let practice = over(&catalog, &index, &store);
        for product in ["zendesk", "desk", "no-pkce", "signed"] {
            practice.register(product, CLIENT, &SECRET.into(), CALLBACK).expect("registered");
        }
        Self { dir, catalog, index, store, practice, http: Http::default() }
    }

    /// The same provider in another process: a new port, the same notes.
    fn restarted(self) -> Self {
        let practice = over(&self.catalog, &self.index, &self.store);
        practice.present(CLIENT, &SECRET.into());
        Self { practice, ..self }
    }

    async fn url(&self, path: &str) -> Url {
        self.practice
            .resolve(format!("{SCHEME}:{path}").parse().expect("an address"))
            .await
            .expect("resolved")
    }

    async fn get(&self, url: Url) -> HttpResponse {
        self.http.send(HttpRequest::new(Method::Get, url)).await.expect("an answer")
    }

    async fn post(&self, url: Url, form: &[(&str, &str)]) -> HttpResponse {
        let mut request =
            HttpRequest::new(Method::Post, url).header("content-type", "application/x-www-form-urlencoded");
        request.body = Some(percent::form_encode(form).into());
        self.http.send(request).await.expect("an answer")
    }

    async fn authorize(&self, changes: &[(&str, &str)]) -> HttpResponse {
        self.authorize_at("zendesk", changes).await
    }

    async fn authorize_at(&self, product: &str, changes: &[(&str, &str)]) -> HttpResponse {
        let challenge = verifier().challenge();
        let mut query = BTreeMap::from([
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", CALLBACK),
            ("scope", "read write"),
            ("state", "our-state"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]);
        query.extend(changes.iter().copied());
        let mut url = self.url(&format!("/{product}/oauth2/authorize")).await;
        url.query_pairs_mut().extend_pairs(query.iter().filter(|(_, value)| !value.is_empty()));
        self.get(url).await
    }

    async fn decide(&self, product: &str, page: &HttpResponse, decision: &str) -> HttpResponse {
        assert_eq!(page.status, 200, "{}", body(page));
        let handle = between(&body(page), "name=\"request\" value=\"", "\"");
        let url = self.url(&format!("/{product}/decision")).await;
        self.post(url, &[("request", &handle), ("decision", decision)]).await
    }

    async fn code(&self) -> String {
        let page = self.authorize(&[]).await;
        let answer = query_of(&self.decide("zendesk", &page, "allow").await);
        assert_eq!(answer.get("state").map(String::as_str), Some("our-state"));
        answer["code"].clone()
    }

    async fn token(&self, changes: &[(&str, &str)]) -> HttpResponse {
        self.token_at("zendesk", changes).await
    }

    async fn token_at(&self, product: &str, changes: &[(&str, &str)]) -> HttpResponse {
        let verifier = verifier();
        let mut form = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("redirect_uri", CALLBACK),
            ("code_verifier", verifier.secret().expose().as_str()),
            ("client_id", CLIENT),
            ("client_secret", SECRET),
        ]);
        form.extend(changes.iter().copied());
        let form: Vec<_> = form.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        self.post(self.url(&format!("/{product}/oauth2/token")).await, &form).await
    }

    async fn refresh(&self, token: &str) -> HttpResponse {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    async fn knows(&self, access_token: &str) -> bool {
        let url = self.url("/zendesk/me").await;
        let request =
            HttpRequest::new(Method::Get, url).header("authorization", format!("Bearer {access_token}"));
        self.http.send(request).await.expect("an answer").status == 200
    }

    async fn request_token(&self, client: &Credentials, callback: &str, signing: &Signing) -> HttpResponse {
        self.request_token_at("desk", client, callback, signing).await
    }

    async fn request_token_at(
        &self,
        product: &str,
        client: &Credentials,
        callback: &str,
        signing: &Signing,
    ) -> HttpResponse {
        let url = self.url(&format!("/{product}/oauth1/request_token")).await;
        self.http
            .send(oauth1::request_token(url, callback, client, signing).expect("signed"))
            .await
            .expect("an answer")
    }

    /// Temporary credentials for which access was allowed, with their verifier.
    async fn allowed_request_token(&self) -> (Credentials, Sensitive<String>) {
        let issued = self.request_token(&client(), &format!("{CALLBACK}?state=s"), &signing()).await;
        let issued = oauth1::read_temporary(&issued).expect("a request token");
        let mut url = self.url("/desk/oauth1/authorize").await;
        url.query_pairs_mut().append_pair("oauth_token", &issued.token);
        let page = self.get(url).await;
        let answer = query_of(&self.decide("desk", &page, "allow").await);
        assert_eq!(answer["oauth_token"], issued.token);
        assert_eq!(answer["state"], "s", "the query of the callback address stays");
        let verifier = answer["oauth_verifier"].as_str().into();
        (client().with_token(issued.token.into(), issued.secret), verifier)
    }

    async fn access_token(&self, credentials: &Credentials, verifier: &Sensitive<String>) -> HttpResponse {
        let url = self.url("/desk/oauth1/access_token").await;
        let request = oauth1::access_token(url, verifier, credentials, &signing()).expect("signed");
        self.http.send(request).await.expect("an answer")
    }

    async fn who(&self, credentials: &Credentials) -> HttpResponse {
        let request = HttpRequest::new(Method::Get, self.url("/desk/me").await);
        self.http
            .send(oauth1::sign(request, credentials, &signing(), &[]).expect("signed"))
            .await
            .expect("an answer")
    }
}

fn over(catalog: &Arc<Catalog>, index: &Index, store: &Arc<CredentialStore>) -> Practice {
    Practice::new(index.clone(), Vault::over(store.clone(), "home"), catalog.clone())
}

fn catalog() -> Arc<Catalog> {
    let folder = tempfile::tempdir().expect("a folder");
    for (key, text) in elements() {
        let own = folder.path().join(key);
        std::fs::create_dir(&own).expect("a folder");
        std::fs::write(own.join("element.toml"), text).expect("written");
    }
    let catalog = Catalog::load(folder.path());
    assert!(catalog.faults().is_empty(), "{:?}", catalog.faults());
    Arc::new(catalog)
}

fn verifier() -> Verifier {
    Verifier::from_random([7; 32])
}

fn client() -> Credentials {
    Credentials::client(CLIENT, SECRET.into())
}

fn signing() -> Signing {
    Signing { method: SignatureMethod::HmacSha1, timestamp: clock::now_s(), nonce: clock::random_id() }
}

fn body(answer: &HttpResponse) -> String {
    String::from_utf8_lossy(answer.body.expose()).into_owned()
}

fn json_of(answer: &HttpResponse) -> serde_json::Value {
    serde_json::from_slice(answer.body.expose()).expect("JSON")
}

fn text(answer: &HttpResponse, member: &str) -> String {
    json_of(answer)[member].as_str().unwrap_or_default().to_owned()
}

fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split_once(before).expect("the start is there").1;
    rest.split_once(after).expect("the end is there").0.to_owned()
}

/// The parameters that a redirect to the callback carries.
fn query_of(answer: &HttpResponse) -> BTreeMap<String, String> {
    assert_eq!(answer.status, 303, "{}", body(answer));
    let location: Url = answer.header("location").expect("a location").parse().expect("an address");
    assert!(location.as_str().starts_with(CALLBACK), "the redirect goes to the callback only");
    location.query_pairs().into_owned().collect()
}

#[tokio::test]
async fn an_unknown_client_or_callback_gets_a_page_and_no_redirect() {
    let provider = Provider::new();
    for change in [
        ("client_id", "stranger"),
        ("client_id", ""),
        ("redirect_uri", "http://127.0.0.1:4000/callback/zendesk/"),
        ("redirect_uri", "https://evil.example/"),
        ("redirect_uri", ""),
    ] {
        let answer = provider.authorize(&[change]).await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{change:?}");
    }
}

#[tokio::test]
async fn pkce_with_s256_is_required() {
    let provider = Provider::new();
    for change in [("code_challenge", ""), ("code_challenge_method", "plain"), ("code_challenge_method", "")]
    {
        let answer = query_of(&provider.authorize(&[change]).await);
        assert_eq!(
            (answer["error"].as_str(), answer["state"].as_str()),
            ("invalid_request", "our-state"),
            "{change:?}"
        );
    }
    let answer = query_of(&provider.authorize(&[("response_type", "token")]).await);
    assert_eq!(answer["error"], "unsupported_response_type");
}

#[tokio::test]
async fn an_element_without_pkce_signs_in_with_its_secret() {
    let provider = Provider::new();
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    let page = provider.authorize_at("no-pkce", &without).await;
    let code = query_of(&provider.decide("no-pkce", &page, "allow").await)["code"].clone();
    for (change, status, error) in [
        (("client_secret", "guess"), 401, "invalid_client"),
        (("client_secret", ""), 401, "invalid_client"),
        // A verifier without a challenge: the challenge was removed on the way.
        (("client_secret", SECRET), 400, "invalid_grant"),
    ] {
        let answer = provider.token_at("no-pkce", &[("code", &code), change]).await;
        assert_eq!((answer.status, text(&answer, "error").as_str()), (status, error), "{change:?}");
    }
    let answer = provider.token_at("no-pkce", &[("code", &code), ("code_verifier", "")]).await;
    assert_eq!(answer.status, 200, "{}", body(&answer));

    let page = provider.authorize_at("no-pkce", &[]).await;
    let code = query_of(&provider.decide("no-pkce", &page, "allow").await)["code"].clone();
    let answer = provider.token_at("no-pkce", &[("code", &code), ("code_verifier", "")]).await;
    assert_eq!(text(&answer, "error"), "invalid_grant", "a challenge that was sent counts");
    assert_eq!(provider.token_at("no-pkce", &[("code", &code)]).await.status, 200);

    let plain = [("code_challenge_method", "plain")];
    assert_eq!(query_of(&provider.authorize_at("no-pkce", &plain).await)["error"], "invalid_request");
    provider.practice.register("no-pkce", "public", &"".into(), CALLBACK).expect("registered");
    let public = [without[0], without[1], ("client_id", "public")];
    assert_eq!(query_of(&provider.authorize_at("no-pkce", &public).await)["error"], "invalid_request");
}

#[tokio::test]
async fn a_callback_brings_the_values_that_the_element_declares() {
    let provider = Provider::new();
    let declared = [("country", "fr"), ("org", "practice"), ("realmId", "4711")];
    let page = provider.authorize_at("no-pkce", &[]).await;
    let answer = query_of(&provider.decide("no-pkce", &page, "allow").await);
    let names: Vec<_> = answer.keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "country", "org", "realmId", "state"]);
    assert!(declared.iter().all(|(name, value)| answer[*name] == *value), "{answer:?}");
    let page = provider.authorize_at("no-pkce", &[]).await;
    let denied = query_of(&provider.decide("no-pkce", &page, "deny").await);
    assert!(!denied.contains_key("realmId"), "{denied:?}");

    let issued = provider.request_token_at("signed", &client(), CALLBACK, &signing()).await;
    let issued = oauth1::read_temporary(&issued).expect("a request token");
    let mut url = provider.url("/signed/oauth1/authorize").await;
    url.query_pairs_mut().append_pair("oauth_token", &issued.token);
    let page = provider.get(url).await;
    let answer = query_of(&provider.decide("signed", &page, "allow").await);
    assert!(declared.iter().all(|(name, value)| answer[*name] == *value), "{answer:?}");
}

#[tokio::test]
async fn allowing_gives_a_code_and_the_code_gives_tokens_that_work() {
    let provider = Provider::new();
    let code = provider.code().await;
    let answer = provider.token(&[("code", &code)]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    let json = json_of(&answer);
    assert_eq!((json["token_type"].as_str(), json["scope"].as_str()), (Some("Bearer"), Some("read write")));
    assert_eq!(json["expires_in"], 600);
    assert!(provider.knows(&text(&answer, "access_token")).await);
    assert!(!provider.knows(&text(&answer, "refresh_token")).await, "a refresh token is no access token");
    assert!(!provider.knows(&code).await);
}

#[tokio::test]
async fn denying_sends_the_refusal_and_the_state_back() {
    let provider = Provider::new();
    let page = provider.authorize(&[]).await;
    let answer = query_of(&provider.decide("zendesk", &page, "deny").await);
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("access_denied", "our-state"));
    assert!(!answer.contains_key("code"));
}

#[tokio::test]
async fn a_consent_page_works_once() {
    let provider = Provider::new();
    let page = provider.authorize(&[]).await;
    query_of(&provider.decide("zendesk", &page, "allow").await);
    assert_eq!(provider.decide("zendesk", &page, "allow").await.status, 400);
}

#[tokio::test]
async fn a_code_is_bound_to_its_client_redirect_and_verifier() {
    let provider = Provider::new();
    let code = provider.code().await;
    let other = Verifier::from_random([8; 32]);
    for (change, status, error) in [
        (("client_secret", "guess"), 401, "invalid_client"),
        (("client_id", "stranger"), 401, "invalid_client"),
        (("redirect_uri", "http://127.0.0.1:4001/callback/zendesk"), 400, "invalid_grant"),
        (("code_verifier", other.secret().expose().as_str()), 400, "invalid_grant"),
        (("code_verifier", ""), 400, "invalid_grant"),
        (("code", "guess"), 400, "invalid_grant"),
        (("grant_type", "password"), 400, "unsupported_grant_type"),
    ] {
        let answer = provider.token(&[("code", &code), change]).await;
        assert_eq!((answer.status, text(&answer, "error").as_str()), (status, error), "{change:?}");
    }
    assert_eq!(provider.token(&[("code", &code)]).await.status, 200, "none of these spent the code");
}

#[tokio::test]
async fn a_client_may_authenticate_with_basic() {
    let provider = Provider::new();
    let code = provider.code().await;
    let (url, verifier) = (provider.url("/zendesk/oauth2/token").await, verifier());
    let mut request = HttpRequest::new(Method::Post, url)
        .header("content-type", "application/x-www-form-urlencoded")
        // "client:client-secret"
        .header("authorization", "Basic Y2xpZW50OmNsaWVudC1zZWNyZXQ=");
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", verifier.secret().expose()),
    ];
    request.body = Some(percent::form_encode(&form).into());
    assert_eq!(provider.http.send(request).await.expect("an answer").status, 200);
}

#[tokio::test]
async fn a_code_used_twice_revokes_its_tokens() {
    let provider = Provider::new();
    let code = provider.code().await;
    let access = text(&provider.token(&[("code", &code)]).await, "access_token");
    assert!(provider.knows(&access).await);
    assert_eq!(text(&provider.token(&[("code", &code)]).await, "error"), "invalid_grant");
    assert!(!provider.knows(&access).await);
}

#[tokio::test]
async fn refresh_tokens_rotate_and_a_replay_ends_the_grant() {
    let provider = Provider::new();
    let first = provider.token(&[("code", &provider.code().await)]).await;
    let second = provider.refresh(&text(&first, "refresh_token")).await;
    assert_eq!(second.status, 200);
    assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"));
    assert_eq!(text(&second, "scope"), "read write");
    assert!(provider.knows(&text(&second, "access_token")).await);
    assert_eq!(text(&provider.refresh(&text(&first, "refresh_token")).await, "error"), "invalid_grant");
    assert_eq!(text(&provider.refresh(&text(&second, "refresh_token")).await, "error"), "invalid_grant");
    assert!(!provider.knows(&text(&second, "access_token")).await);
}

#[tokio::test]
async fn revoking_a_refresh_token_revokes_its_access_token() {
    let provider = Provider::new();
    let tokens = provider.token(&[("code", &provider.code().await)]).await;
    let refresh = text(&tokens, "refresh_token");
    let revoke = provider.url("/zendesk/oauth2/revoke").await;
    let wrong = [("token", refresh.as_str()), ("client_id", CLIENT), ("client_secret", "guess")];
    assert_eq!(provider.post(revoke.clone(), &wrong).await.status, 401);
    assert!(provider.knows(&text(&tokens, "access_token")).await);
    let right = [("token", refresh.as_str()), ("client_id", CLIENT), ("client_secret", SECRET)];
    assert_eq!(provider.post(revoke.clone(), &right).await.status, 200);
    assert!(!provider.knows(&text(&tokens, "access_token")).await);
    assert_eq!(provider.post(revoke, &right).await.status, 200, "revoking twice is as good as once");
}

#[tokio::test]
async fn an_oauth_1_sign_in_gives_a_token_that_signs() {
    let provider = Provider::new();
    let (temporary, verifier) = provider.allowed_request_token().await;
    let tokens =
        oauth1::read_access(&provider.access_token(&temporary, &verifier).await, &[], 0).expect("a token");
    let signed =
        client().with_token(tokens.access_token.clone(), tokens.token_secret.clone().expect("a secret"));
    assert_eq!(text(&provider.who(&signed).await, "email"), ACCOUNT.1);
    let forged = client().with_token(tokens.access_token, "guess".into());
    assert_eq!(provider.who(&forged).await.status, 401);
    let again = provider.access_token(&temporary, &verifier).await;
    assert!(body(&again).contains("token_used"), "temporary credentials work once");
}

#[tokio::test]
async fn a_wrong_verifier_ends_the_temporary_credentials() {
    let provider = Provider::new();
    let (temporary, verifier) = provider.allowed_request_token().await;
    assert!(body(&provider.access_token(&temporary, &"guess".into()).await).contains("verifier_invalid"));
    assert_eq!(provider.access_token(&temporary, &verifier).await.status, 401);
}

#[tokio::test]
async fn a_request_token_needs_a_valid_request() {
    let provider = Provider::new();
    let late = Signing { timestamp: clock::now_s() - 400, ..signing() };
    let stranger = Credentials::client("stranger", SECRET.into());
    let guess = Credentials::client(CLIENT, "guess".into());
    for (who, callback, signing, problem) in [
        (&guess, CALLBACK, signing(), "signature_invalid"),
        (&stranger, CALLBACK, signing(), "unknown+consumer+key"),
        (&client(), CALLBACK, late, "timestamp_refused"),
        (&client(), "http://127.0.0.1:4000/elsewhere", signing(), "callback_rejected"),
    ] {
        let answer = provider.request_token(who, callback, &signing).await;
        assert_eq!(answer.status, 401, "{problem}");
        assert!(body(&answer).replace("%20", "+").contains(problem), "{problem}: {}", body(&answer));
    }
}

#[tokio::test]
async fn a_nonce_works_once() {
    let provider = Provider::new();
    let signing = signing();
    assert_eq!(provider.request_token(&client(), CALLBACK, &signing).await.status, 200);
    let again = provider.request_token(&client(), CALLBACK, &signing).await;
    assert!(again.status == 401 && body(&again).contains("nonce_used"), "{}", body(&again));
}

#[tokio::test]
async fn denying_an_oauth_1_sign_in_names_the_request_token() {
    let provider = Provider::new();
    let issued = provider.request_token(&client(), CALLBACK, &signing()).await;
    let issued = oauth1::read_temporary(&issued).expect("a request token");
    let mut url = provider.url("/desk/oauth1/authorize").await;
    url.query_pairs_mut().append_pair("oauth_token", &issued.token);
    let page = provider.get(url.clone()).await;
    let answer = query_of(&provider.decide("desk", &page, "deny").await);
    assert_eq!(answer, BTreeMap::from([("denied".to_owned(), issued.token)]));
    assert_eq!(provider.get(url).await.status, 400, "the request token is gone");
}

#[tokio::test]
async fn tokens_of_both_protocols_outlive_their_process() {
    let provider = Provider::new();
    let tokens = provider.token(&[("code", &provider.code().await)]).await;
    let (temporary, verifier) = provider.allowed_request_token().await;
    let one =
        oauth1::read_access(&provider.access_token(&temporary, &verifier).await, &[], 0).expect("a token");
    let before = provider.url("/zendesk/me").await;
    let provider = provider.restarted();
    assert_ne!(provider.url("/zendesk/me").await, before, "another process, another port");
    assert!(provider.knows(&text(&tokens, "access_token")).await);
    let signed = client().with_token(one.access_token, one.token_secret.expect("a secret"));
    assert_eq!(provider.who(&signed).await.status, 200);
    assert_eq!(provider.refresh(&text(&tokens, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn the_index_holds_no_issued_secret() {
    let provider = Provider::new();
    let code = provider.code().await;
    let tokens = provider.token(&[("code", &code)]).await;
    let issued = [code, text(&tokens, "access_token"), text(&tokens, "refresh_token"), SECRET.to_owned()];
    let files = std::fs::read_dir(provider.dir.path()).expect("listed");
    for file in files {
        let bytes = std::fs::read(file.expect("a file").path()).expect("read");
        for secret in &issued {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}

#[tokio::test]
async fn a_request_under_another_host_name_is_refused() {
    let provider = Provider::new();
    let mut url = provider.url("/zendesk/me").await;
    url.set_host(Some("localhost")).expect("a host");
    // `localhost` may lead to another family, where no socket listens: that is no answer either.
    let answer = provider.http.send(HttpRequest::new(Method::Get, url)).await;
    assert!(answer.map_or(true, |answer| answer.status == 404));
}

#[tokio::test]
async fn addresses_of_real_providers_stay_unchanged() {
    let provider = Provider::new();
    let url: Url = "https://acme.zendesk.com/oauth/tokens".parse().expect("an address");
    assert_eq!(provider.practice.resolve(url.clone()).await.expect("resolved"), url);
}

#[test]
fn unused_registrations_are_deleted_beyond_a_limit() {
    let provider = Provider::new();
    let store = store::Store::new(provider.index.clone());
    let first = store.clients("zendesk", CLIENT).expect("read").remove(0).id;
    store.new_grant(first, "read").expect("granted");
    for number in 0..1010 {
        provider
            .practice
            .register("zendesk", &format!("c{number}"), &SECRET.into(), CALLBACK)
            .expect("registered");
    }
    let count = |of: &str| -> u32 {
        let sql = format!("SELECT count(*) FROM practice_client WHERE client_id = '{of}' OR '{of}' = ''");
        provider.index.sqlite().query_row(&sql, [], |row| row.get(0)).expect("counted")
    };
    assert_eq!(count(""), 1001);
    assert_eq!((count(CLIENT), count("c9"), count("c10")), (1, 0, 1), "one with a grant stays");
}
