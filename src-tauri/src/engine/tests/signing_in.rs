use std::collections::BTreeMap;

use tokio::net::TcpStream;
use url::Url;

use super::bench::{Bench, controls};
use crate::domain::error::Code;
use crate::domain::form::Problem;
use crate::domain::http::{HttpRequest, Method};
use crate::domain::oauth::percent;
use crate::domain::tally;
use crate::domain::view::ConnectRequest;
use crate::engine::{Ending, SigningIn, WorkspaceId};

/// Presses Allow on the page of the practice provider and follows it back.
async fn allow(bench: &Bench, page: &Url) {
    let html = bench.visit(page.as_str()).await;
    let html = String::from_utf8(html.body.expose().clone()).expect("a page");
    let part = |before: &str| {
        let rest = html.split_once(before).unwrap_or_else(|| panic!("{before} in {html}")).1;
        rest.split_once('"').expect("closed").0.to_owned()
    };
    let (action, request) = (part("action=\""), part("name=\"request\" value=\""));
    let form = percent::form_encode(&[("request", &request), ("decision", "allow")]);
    let post = HttpRequest {
        body: Some(form.into()),
        ..HttpRequest::new(Method::Post, page.join(&action).expect("an address"))
    };
    let post = post.header("content-type", "application/x-www-form-urlencoded");
    let answer = bench.engine.http.send(post).await.expect("an answer");
    bench.visit(answer.header("location").expect("a redirect")).await;
}

async fn start_in_practice(bench: &Bench) -> SigningIn {
    let request = ConnectRequest {
        element: "zendesk".into(),
        name: String::new(),
        tags: Vec::new(),
        values: BTreeMap::new(),
        again: None,
    };
    bench.engine.start(&WorkspaceId::Practice, request).await.expect("started")
}

#[tokio::test]
async fn a_sign_in_in_practice_checks_its_form_once_and_encodes_nothing() {
    let bench = Bench::usual().await;
    let before = (tally::CHECKS.get(), tally::CODINGS.get());
    let signing = start_in_practice(&bench).await;
    let page = signing.url().cloned().expect("a page");
    let (ending, ()) = tokio::join!(bench.engine.finish(signing, controls()), allow(&bench, &page));
    let Ending::Connected(connection, _) = ending else { panic!("not connected") };
    assert_eq!(connection.identity.as_deref(), Some("maria@practice.example"));
    assert_eq!((tally::CHECKS.get() - before.0, tally::CODINGS.get() - before.1), (1, 0));
}

#[tokio::test]
async fn the_callback_address_is_closed_while_the_program_goes_on() {
    let bench = Bench::usual().await;
    let signing = start_in_practice(&bench).await;
    let page = signing.url().cloned().expect("a page");
    let callback = page.query_pairs().find(|(name, _)| name == "redirect_uri").expect("a callback").1;
    let port = callback.parse::<Url>().expect("an address").port().expect("a port");
    let listens = async || {
        let v6 = TcpStream::connect(("::1", port)).await.is_ok();
        v6 || TcpStream::connect(("127.0.0.1", port)).await.is_ok()
    };
    assert!(listens().await, "during the sign-in");
    let (ending, ()) = tokio::join!(bench.engine.finish(signing, controls()), allow(&bench, &page));
    let Ending::Connected(_, Some(opened)) = ending else { panic!("not connected") };
    opened.close().await;
    assert!(!listens().await, "after it");
}

/// Format fault F1.
#[tokio::test]
async fn a_required_field_without_a_query_name_is_no_obstacle() {
    let bench = Bench::usual().await;
    let field = "[[fields]]\nkey = \"shop.id\"\nlabel = \"Shop\"\nexample = \"7\"\n";
    bench.add_element("shop", "", field);
    let connection = bench.connect("shop", &[("shop.id", "42")], "").await;
    let item = bench.item(&connection.id).expect("kept");
    assert_eq!(item.configuration["shop.id"].expose(), "42");
}

/// Format fault F3.
#[tokio::test]
async fn a_field_without_a_query_name_chooses_the_way_to_sign_in() {
    let bench = Bench::usual().await;
    let variant = "[[variants]]\nwhen = { field = \"way\", is = \"old\" }\n[variants.auth.oauth1]\n\
         request_token_endpoint = \"{at}/request\"\nauthorization_endpoint = \"{at}/authorize\"\n\
         token_endpoint = \"{at}/access\"\nsignature_method = \"HMAC-SHA1\"\n";
    let field = "[[fields]]\nkey = \"way\"\nlabel = \"Way\"\ntype = \"select\"\nexample = \"new\"\n\
         options = [{ value = \"new\", label = \"New\" }, { value = \"old\", label = \"Old\" }]\n";
    bench.add_element("books", variant, field);
    let connection = bench.connect("books", &[("way", "old")], "").await;
    let item = bench.item(&connection.id).expect("kept");
    assert_eq!(item.calling_token().expose(), "long-lived");
    assert!(item.tokens().expect("issued").token_secret.is_some());
}

const CALLBACK_TABLES: &str = "[callback]\nprovider_data = [\"realmId\"]\n\
     configuration = { country = \"books.country\" }\n\
     [api]\naddress = \"{at}/company/{callback.realmId}\"\n";

/// Format fault F4.
#[tokio::test]
async fn callback_values_that_the_element_declares_are_kept_shown_and_used_in_addresses() {
    let bench = Bench::usual().await;
    bench.add_element("books", CALLBACK_TABLES, "");
    let connection = bench.connect("books", &[], "&realmId=4711&country=AT&other=x").await;
    let expected = BTreeMap::from([("realmId".into(), "4711".into()), ("country".into(), "AT".into())]);
    assert_eq!(connection.callback, expected);
    let row = bench.row(&connection.id).expect("listed");
    assert_eq!(row.callback, expected);
    assert_eq!(bench.engine.view(row).callback, expected);
    // After a restart they come from the keychain item.
    let engine = bench.restarted();
    let item = engine.item(&connection).await.expect("kept");
    let provider = engine.provider_of(&item).await.expect("bound");
    let base = provider.api_base(&item.credential).await.expect("filled in");
    assert_eq!(base.path(), "/company/4711");
}

#[tokio::test]
async fn a_sign_in_without_a_declared_callback_value_is_refused() {
    let bench = Bench::usual().await;
    bench.add_element("books", CALLBACK_TABLES, "");
    let signing = bench.start("books", &[], None).await.expect("started");
    let Ending::Failed(failure, _) = bench.finish(signing, "").await else { panic!("it is refused") };
    assert_eq!(failure.code, Code::ProviderBadResponse);
    assert_eq!(failure.detail.as_deref(), Some("the answer holds no realmId"));
}

/// Format fault F9.
#[tokio::test]
async fn an_empty_field_that_an_address_needs_is_named_at_the_form() {
    let bench = Bench::usual().await;
    let field = "[[fields]]\nkey = \"site\"\nlabel = \"Site\"\nexample = \"eu\"\nrequired = false\n";
    bench.add_element("sites", "refresh_endpoint = \"{at}/{site}/token\"\n", field);
    let failure = bench.start("sites", &[], None).await.err().expect("refused");
    assert_eq!(failure.code, Code::FormInvalid);
    let fields = failure.fields.expect("named");
    assert_eq!((fields[0].key.as_str(), fields[0].problem), ("site", Problem::Required));
    assert!(bench.engine.index.open_attempts().expect("read").is_empty());
}

#[tokio::test]
async fn another_account_does_not_take_a_connection_over() {
    let mut names = ["maria", "maria", "maria"].into_iter();
    let bench = Bench::new(move |seen| match seen.target.as_str() {
        "/me" => crate::scripted::json(&format!(r#"{{"email":"{}"}}"#, names.next().unwrap_or("eve"))),
        _ => super::bench::answer_as_usual(seen, 1),
    })
    .await;
    bench.add_element("acme", "[identity]\nendpoint = \"{at}/me\"\nat = [\"/email\"]\n", "");
    let first = bench.connect("acme", &[], "").await;
    let before = bench.item(&first.id).expect("kept");
    // The same account takes its place, and keeps the Element token.
    let signing = bench.start("acme", &[], Some(&first.id)).await.expect("started");
    let Ending::Connected(again, _) = bench.finish(signing, "").await else { panic!("the same account") };
    assert_eq!(again.id, first.id);
    let kept = bench.item(&first.id).expect("kept");
    assert_eq!(kept.element_token.expose(), before.element_token.expose());
    // Another one waits for the user's choice, and nothing has changed.
    let signing = bench.start("acme", &[], Some(&first.id)).await.expect("started");
    let aside = signing.id.clone();
    let Ending::Unsaved(unsaved) = bench.finish(signing, "").await else { panic!("another account") };
    assert_eq!(unsaved.failure.code, Code::WrongAccount);
    assert_eq!(unsaved.failure.found.as_deref(), Some("eve"));
    assert_eq!(bench.item(&first.id).expect("kept").received_at, kept.received_at);
    assert!(bench.item(&aside).is_some(), "the token is set aside");
}
