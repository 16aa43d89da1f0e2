//! The commands of the guides, with only host, secrets, codes and mistakes changed. The responses have every member of a
//! guide's sample for its element.

use std::fs;

use serde_json::Value;
use url::Url;

use super::{Answer, Served, curl_in};
use crate::support::home::Home;
use crate::support::user;

/// One section of a guide.
struct Guide {
    /// The key in the path of `oauth/url`.
    path: &'static str,
    /// The query of `oauth/url`, as in the guide.
    query: &'static str,
    /// `instance.json`, with placeholders for code or verifier.
    instance: &'static str,
    /// The key of the element.
    key: &'static str,
    /// Members of the response, of its `element` and of its `configuration`.
    members: [&'static [&'static str]; 3],
}

const INSTANCE_MEMBERS: &[&str] = &[
    "id",
    "name",
    "token",
    "element",
    "provisionInteractions",
    "valid",
    "disabled",
    "maxCacheSize",
    "cacheTimeToLive",
    "eventsEnabled",
    "cachingEnabled",
];

const SALESFORCE_MEMBERS: &[&str] = &[
    "id",
    "name",
    "key",
    "description",
    "active",
    "deleted",
    "typeOauth",
    "trialAccount",
    "configDescription",
    "signupURL",
];

const ZENDESK: Guide = Guide {
    path: "zendesk",
    query: "apiKey=zendesk_unique_identifier&apiSecret=zendesk_client_secret&siteAddress=your-zendesk-subdomain\
            &callbackUrl=http://www.my_cool_app.com/auth&state=zendesk",
    instance: r#"{
  "element": { "key": "zendesk" },
  "providerData": { "code": "CODE" },
  "configuration": {
    "oauth.api.key": "zendesk_unique_identifier",
    "oauth.api.secret": "zendesk_client_secret",
    "oauth.callback.url": "http://www.my_cool_app.com/auth",
    "zendesk.subdomain": "your-zendesk-subdomain"
  },
  "tags": [ "help" ],
  "name": "Test"
}"#,
    key: "zendesk",
    members: [
        &["configuration"],
        &[
            "id",
            "name",
            "key",
            "description",
            "image",
            "active",
            "deleted",
            "typeOauth",
            "trialAccount",
            "configDescription",
            "signupURL",
            "transformationsEnabled",
            "authentication",
            "hub",
            "parameters",
        ],
        &[
            "oauth.api.secret",
            "event.notification.subscription.id",
            "zendesk.subdomain",
            "helpdesk.zendesk.tokenaccess",
            "oauth.token.url",
            "helpdesk.zendesk.webhook.target_id",
            "helpdesk.zendesk.username",
            "oauth.scope",
            "oauth.user.token",
            "oauth.authorization.url",
            "event.notification.callback.url",
            "oauth.callback.url",
            "oauth.user.refresh_token",
            "helpdesk.zendesk.password",
            "oauth.user.refresh_interval",
            "helpdesk.zendesk.url",
            "helpdesk.zendesk.webhook.trigger_id",
            "oauth.api.key",
            "oauth.user.refresh_time",
            "event.notification.enabled",
        ],
    ],
};

const SPARK: Guide = Guide {
    path: "ciscospark",
    query: "apiKey=insert_client_id&apiSecret=insert_client_secret&callbackUrl=https%3A%2F%2Fmycoolapp.com%2Fauth",
    instance: r#"{
  "element": { "key": "ciscospark" },
  "providerData": { "code": "CODE" },
  "configuration": {
    "oauth.api.key": "insert_client_id",
    "oauth.api.secret": "insert_client_secret",
    "oauth.callback.url": "https://mycoolapp.com/auth"
  },
  "tags": [ "chat" ],
  "name": "Test"
}"#,
    key: "ciscospark",
    members: [
        &["configuration", "traceLoggingEnabled", "externalAuthentication"],
        &[
            "id",
            "name",
            "hookName",
            "key",
            "description",
            "image",
            "active",
            "deleted",
            "typeOauth",
            "trialAccount",
            "resources",
            "transformationsEnabled",
            "bulkDownloadEnabled",
            "bulkUploadEnabled",
            "cloneable",
            "authentication",
            "hub",
            "protocolType",
            "parameters",
            "private",
        ],
        &[
            "oauth.api.secret",
            "base.url",
            "event.notification.subscription.id",
            "oauth.token.url",
            "pagination.max",
            "event.vendor.type",
            "oauth.scope",
            "oauth.user.token",
            "oauth.authorization.url",
            "event.notification.instance.finder",
            "pagination.type",
            "event.notification.callback.url",
            "oauth.callback.url",
            "oauth.user.refresh_token",
            "oauth.user.refresh_interval",
            "oauth.api.key",
            "oauth.user.refresh_time",
            "ciscospark.hooks.id",
            "oauth.basic.header",
            "event.notification.enabled",
        ],
    ],
};

const ACT: Guide = Guide {
    path: "actessentialsoauth",
    query: "apiKey=insert_actessentials_api_key&apiSecret=insert_actessentials_api_secret\
            &callbackUrl=https%3A%2F%2Fmycoolapp.com%2Foauth",
    // The guide omits the code.
    instance: r#"{
  "element" : { "key" : "actessentialsoauth" },
  "providerData": { "code": "CODE" },
  "configuration" : {
    "oauth.api.key": "insert_actessentials_api_key",
    "oauth.api.secret": "insert_actessentials_api_secret",
    "oauth.callback.url": "https://mycoolapp.com/oauth"
  },
  "tags": [ "crm" ],
  "name": "Test"
}"#,
    key: "actessentialsoauth",
    members: [
        &["configuration", "traceLoggingEnabled", "externalAuthentication", "user"],
        &[
            "id",
            "name",
            "key",
            "description",
            "image",
            "active",
            "deleted",
            "typeOauth",
            "trialAccount",
            "resources",
            "transformationsEnabled",
            "bulkDownloadEnabled",
            "bulkUploadEnabled",
            "cloneable",
            "authentication",
            "hub",
            "protocolType",
            "parameters",
        ],
        &[
            "base.url",
            "bulk.add_metadata",
            "bulk.query.field_name",
            "pagination.max",
            "event.vendor.type",
            "bulk.query.operator",
            "bulk.query.date_mask",
            "bulk.query.download_format",
            "password",
            "pagination.type",
            "bulk.relations",
            "event.poller.refresh_interval",
            "event.notification.callback.url",
            "pagination.page.startindex",
            "username",
            "event.notification.enabled",
        ],
    ],
};

const DOCUMENTS: Guide = Guide {
    path: "sfdc",
    query: "apiKey=fake_salesforce_api_key&apiSecret=fake_salesforce_api_secret\
            &callbackUrl=https://www.mycoolapp.com/auth&state=sfdcdocuments",
    instance: r#"{
  "element": { "key": "sfdcdocuments" },
  "providerData": { "code": "CODE" },
  "configuration": {
    "oauth.callback.url": "https://www.mycoolapp.com/auth",
    "oauth.api.key": "fake_salesforce_api_key",
    "oauth.api.secret": "fake_salesforce_api_secret"
  },
  "tags": [ "documents" ],
  "name": "test"
}"#,
    key: "sfdcdocuments",
    members: [&[], SALESFORCE_MEMBERS, &[]],
};

const MARKETING: Guide = Guide {
    path: "sfdc",
    query: "apiKey=fake_salesforce_api_key&apiSecret=fake_salesforce_api_secret\
            &callbackUrl=https://www.demonstrab.ly/home&state=sfdcmarketingcloud",
    instance: r#"{
  "element": { "key": "sfdcmarketingcloud" },
  "providerData": { "code": "CODE" },
  "configuration": {
    "oauth.callback.url": "https://www.demonstrab.ly/home",
    "oauth.api.key": "fake_salesforce_api_key",
    "oauth.api.secret": "fake_salesforce_api_secret"
  },
  "tags": [ "marketing" ],
  "name": "test"
}"#,
    key: "sfdcmarketingcloud",
    members: [&[], SALESFORCE_MEMBERS, &[]],
};

const SERVICE: Guide = Guide {
    path: "sfdcservicecloud",
    query: "apiKey=fake_salesforce_api_key&apiSecret=fake_salesforce_api_secret\
            &callbackUrl=https://www.demonstrab.ly/home&state=sfdcservicecloud",
    instance: r#"{
  "element": { "key": "sfdcservicecloud" },
  "providerData": { "code": "CODE" },
  "configuration": {
    "oauth.callback.url": "https://www.demonstrab.ly/home",
    "oauth.api.key": "fake_salesforce_api_key",
    "oauth.api.secret": "fake_salesforce_api_secret"
  },
  "tags": [ "service" ],
  "name": "test"
}"#,
    key: "sfdcservicecloud",
    members: [&[], SALESFORCE_MEMBERS, &[]],
};

const CRM: Guide = Guide {
    path: "sfdcdocuments",
    query: "apiKey=fake_salesforce_api_key&apiSecret=fake_salesforce_api_secret\
            &callbackUrl=https://www.demonstrab.ly/home&state=sfdc",
    instance: r#"{
  "element": { "key": "sfdc" },
  "providerData": { "code": "CODE" },
  "configuration": {
    "oauth.callback.url": "https://www.demonstrab.ly/home",
    "oauth.api.key": "fake_salesforce_api_key",
    "oauth.api.secret": "fake_salesforce_api_secret"
  },
  "tags": [ "crm" ],
  "name": "test"
}"#,
    key: "sfdc",
    members: [&[], SALESFORCE_MEMBERS, &[]],
};

const DESK_QUERY: &str = "apiKey=insert_api_key&apiSecret=insert_api_secret\
                          &callbackUrl=https%3A%2F%2Fwww.mycoolapp.com%2Fauth";

const DESK: Guide = Guide {
    path: "desk",
    query: DESK_QUERY,
    // The guide's body has no site, which is in the queries.
    instance: r#"{
  "element": { "key": "desk" },
  "providerData": {
    "oauth_token": "TOKEN",
    "oauth_verifier": "VERIFIER",
    "secret": "SECRET"
  },
  "configuration": {
    "oauth.api.key":"insert_api_key",
    "oauth.api.secret":"insert_api_secret",
    "oauth.callback.url":"https://www.mycoolapp.com/auth"
  },
  "tags": [ "desk" ],
  "name": "Test"
}"#,
    key: "desk",
    members: [
        &["configuration", "traceLoggingEnabled"],
        &[
            "id",
            "name",
            "key",
            "description",
            "image",
            "active",
            "deleted",
            "typeOauth",
            "trialAccount",
            "resources",
        ],
        &[
            "base.url",
            "oauth.api.secret",
            "site.address",
            "oauth.token.url",
            "oauth.user.token.secret",
            "pagination.max",
            "event.vendor.type",
            "oauth.request.url",
            "oauth.user.token",
            "oauth.authorization.url",
            "pagination.type",
            "event.notification.callback.url",
            "oauth.callback.url",
            "oauth.api.key",
            "event.notification.enabled",
        ],
    ],
};

/// Step 1 (or 2) of each guide.
#[track_caller]
fn oauth_url(served: &Served, guide: &Guide, more: &str) -> String {
    let path = format!("/elements/{}/oauth/url?{}{more}", guide.path, guide.query);
    let answer = served.bare(&path, &["-X", "GET", "-H", "Content-Type: application/json"]).ok();
    assert_eq!(answer["element"], guide.key, "{answer}");
    let url = answer["oauthUrl"].as_str().expect("an address").to_owned();
    assert!(!url.contains("secret"), "a browser must not get a secret: {url}");
    url
}

/// The last step of each guide.
#[track_caller]
fn create(served: &Served, instance: &str) -> Answer {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("instance.json"), instance).expect("written");
    let url = served.url("/instances");
    let secrets = served.secrets();
    let json = "Content-Type: application/json";
    curl_in(folder.path(), &["-X", "POST", "-H", &secrets, "-H", json, "-d", "@instance.json", &url])
}

#[track_caller]
fn has_all(object: &Value, members: &[&str], of: &str) {
    for member in members {
        assert!(object.get(member).is_some(), "{of} lacks {member}: {object}");
    }
}

#[track_caller]
fn check(served: &Served, guide: &Guide, answer: &Answer) -> Value {
    let instance = answer.ok();
    has_all(&instance, INSTANCE_MEMBERS, guide.key);
    has_all(&instance, guide.members[0], guide.key);
    has_all(&instance["element"], guide.members[1], guide.key);
    has_all(&instance["configuration"], guide.members[2], guide.key);
    assert_eq!(instance["element"]["key"], guide.key);
    assert!(instance["id"].is_u64() && instance["valid"] == true);
    let token = instance["token"].as_str().expect("a token");
    let ping = served.call_as(token, "GET", "/ping").ok();
    assert_eq!(ping["endpoint"], guide.key);
    let iso = ping["dateTime"].as_str().expect("a moment");
    assert!(iso.len() == 20 && iso.ends_with('Z'), "{iso}");
    let hub = instance["element"]["hub"].as_str().expect("a hub");
    served.call_as(token, "GET", &format!("/hubs/{hub}/ping")).ok();
    instance
}

fn parameter(url: &Url, name: &str) -> String {
    let found = url.query_pairs().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("{name} in {url}")).1.into_owned()
}

#[test]
fn the_commands_of_all_guides_work() {
    let home = Home::new();
    let served = Served::start(&home);
    for guide in [ZENDESK, SPARK, ACT, DOCUMENTS, MARKETING, SERVICE, CRM] {
        let callback = user::allow(&oauth_url(&served, &guide, ""));
        // The default state is the key of the path.
        let state = guide.query.split("&state=").nth(1).unwrap_or(guide.path);
        assert_eq!(parameter(&callback, "state"), state);
        let instance = create(&served, &guide.instance.replace("CODE", &parameter(&callback, "code")));
        check(&served, &guide, &instance);
    }
    let listed = home.list();
    assert_eq!(listed.len(), 7, "all are listed");
    assert!(listed.iter().all(|connection| connection["workspace"] == "practice"));
    assert_eq!(served.platform.terminate(), Some(0));
}

#[test]
fn the_commands_of_the_oauth_1_guide_work() {
    let home = Home::new();
    let served = Served::start(&home);
    let json = ["-X", "GET", "-H", "Content-Type: application/json"];
    let issued =
        served.bare(&format!("/elements/desk/oauth/token?{DESK_QUERY}&siteAddress=acme"), &json).ok();
    let (token, secret) = (issued["token"].as_str().expect("one"), issued["secret"].as_str().expect("one"));
    let url = oauth_url(&served, &DESK, &format!("&requestToken={token}&siteAddress=acme"));
    let callback = user::allow(&url);
    assert_eq!(parameter(&callback, "state"), "desk", "the state is appended to the callback");
    assert_eq!(parameter(&callback, "oauth_token"), token);
    let body = DESK
        .instance
        .replace("TOKEN", token)
        .replace("VERIFIER", &parameter(&callback, "oauth_verifier"))
        .replace("SECRET", secret);
    let instance = check(&served, &DESK, &create(&served, &body));
    assert_eq!(instance["configuration"]["site.address"], "acme");
}

#[test]
fn the_secret_of_a_request_token_need_not_be_sent_again() {
    let home = Home::new();
    let served = Served::start(&home);
    let issued = served.bare(&format!("/elements/desk/oauth/token?{DESK_QUERY}&siteAddress=acme"), &[]).ok();
    let token = issued["token"].as_str().expect("one");
    // The last call takes the site of the first one; the second needs it for its address.
    let url = oauth_url(&served, &DESK, &format!("&requestToken={token}&siteAddress=acme"));
    let callback = user::allow(&url);
    let body = DESK
        .instance
        .replace("TOKEN", token)
        .replace("VERIFIER", &parameter(&callback, "oauth_verifier"))
        .replace(",\n    \"secret\": \"SECRET\"", "");
    assert!(!body.contains("\"secret\""));
    check(&served, &DESK, &create(&served, &body));
}

#[test]
fn the_response_masks_what_the_platform_masks() {
    let home = Home::new();
    let served = Served::start(&home);
    let callback = user::allow(&oauth_url(&served, &ZENDESK, ""));
    let body = ZENDESK.instance.replace("CODE", &parameter(&callback, "code"));
    let configuration = create(&served, &body).ok()["configuration"].clone();
    for masked in ["oauth.api.key", "oauth.api.secret", "oauth.user.token", "oauth.user.refresh_token"] {
        assert_eq!(configuration[masked], "********", "{masked}");
    }
    for (key, value) in [
        ("zendesk.subdomain", "your-zendesk-subdomain"),
        ("helpdesk.zendesk.url", "https://your-zendesk-subdomain.zendesk.com"),
        ("oauth.callback.url", "http://www.my_cool_app.com/auth"),
        ("oauth.scope", "read write"),
        ("event.notification.enabled", "false"),
        ("oauth.user.refresh_interval", "600"),
    ] {
        assert_eq!(configuration[key], value, "{key}");
    }
    assert!(configuration["helpdesk.zendesk.password"].is_null());
}
