//! The fields of custom elements.

use crate::element::{API_KEY, API_SECRET, CALLBACK_URL, Field, FieldKind, FieldOption, GRANT, Grant};

/// The key of the field for the scopes, and its name in the query.
pub(super) const SCOPE: &str = "scope";

/// The client at the server, and the callback address. `labels` and `required` are of the client's ID and secret.
pub(super) fn client_fields(key: &str, labels: [&str; 2], required: [bool; 2]) -> Vec<Field> {
    let [id_label, secret_label] = labels;
    let [id_required, secret_required] = required;
    let client = |key: &str, label: &str, help: &str, example: &str| Field {
        help: help.to_owned(),
        problem: "Copy the whole value again, without spaces.".to_owned(),
        pattern: Some(r"\S+".to_owned()),
        ..field(key, label, example)
    };
    let id_help = if id_required {
        "Given by the product when this app is registered there."
    } else {
        "May stay empty: the app registers itself."
    };
    let secret_help = if secret_required {
        "Given together with the key."
    } else {
        "Given together with the client ID. Some products give none."
    };
    vec![
        Field { required: id_required, ..client(API_KEY, id_label, id_help, "practice-key") },
        Field {
            required: secret_required,
            secret: true,
            ..client(API_SECRET, secret_label, secret_help, "practice-secret")
        },
        Field {
            help: "Register this address with the product, letter for letter.".to_owned(),
            problem: "Enter a whole address that begins with https://, or with http://localhost.".to_owned(),
            kind: FieldKind::Address,
            advanced: true,
            ..field(CALLBACK_URL, "Callback URL", &format!("http://localhost:14747/callback/{key}"))
        },
    ]
}

/// The scopes. They stay with the connection: another sign-in to the same server may request others.
pub(super) fn scope_field(scopes: &[String]) -> Field {
    Field {
        help: "The product's own words for what is asked for, with spaces between them.".to_owned(),
        problem: "Enter words with spaces between them.".to_owned(),
        default: (!scopes.is_empty()).then(|| scopes.join(" ")),
        required: false,
        advanced: true,
        query: vec![SCOPE.to_owned()],
        ..field(SCOPE, "Access", "openid email")
    }
}

/// The choice of a grant, the default first.
pub(super) fn grant_field(grants: &[Grant]) -> Field {
    let label = |grant: Grant| match grant {
        Grant::AuthorizationCode => "The browser",
        Grant::DeviceCode => "A code on another device",
        Grant::ClientCredentials => "The application itself",
        Grant::Password => "User name and password",
    };
    let option =
        |grant: &Grant| FieldOption { value: grant.as_str().to_owned(), label: label(*grant).to_owned() };
    let default = grants.first().copied().unwrap_or_default().as_str();
    Field {
        help: "A code helps where the browser cannot come back to this computer.".to_owned(),
        problem: "Choose one of the ways.".to_owned(),
        kind: FieldKind::Select,
        options: grants.iter().map(option).collect(),
        default: Some(default.to_owned()),
        advanced: true,
        ..field(GRANT, "Sign in with", default)
    }
}

fn field(key: &str, label: &str, example: &str) -> Field {
    Field { label: label.to_owned(), example: example.to_owned(), ..Field::new(key) }
}
