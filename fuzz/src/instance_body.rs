//! The body of `POST /instances`, sent with every permission.

use serde_json::Value;

use crate::assertions::assert_plain;
use crate::served::with_server;

/// A value that no answer may repeat. The seeds have it in the place of secrets.
const VALUE: &str = "marked-value";

pub fn check(data: &[u8]) {
    let answer = with_server(|served| {
        let head = format!(
            "POST /elements/api-v2/instances HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            served.authority,
            served.authorization,
            data.len()
        );
        served.exchange(&[head.as_bytes(), data].concat())
    });
    let object: Value = serde_json::from_str(&answer.body).expect("a JSON answer");
    assert!(answer.has("cache-control: no-store"));
    if !answer.is_success() {
        let message = object["message"].as_str().expect("a message");
        assert_plain(message, 2000);
        assert!(object["requestId"].is_string());
        // An unknown key is named, as the platform does; it is no secret.
        assert!(names_element(data, VALUE) || !answer.body.contains(VALUE), "{message}");
    }
}

fn names_element(data: &[u8], text: &str) -> bool {
    let asked = serde_json::from_slice::<Value>(data).unwrap_or_default();
    asked["element"].to_string().contains(text)
}
