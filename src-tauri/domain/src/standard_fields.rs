//! The fields that every sign-in of a kind needs. A file may leave them out, or declare them with words of its own.

use crate::element::{
    API_KEY, API_SECRET, ApiKey, Auth, Basic, CALLBACK_URL, Element, Field, Grant, KEY_ENDS, KEY_FIELD,
    PASSWORD, USERNAME,
};
use crate::oauth::token::ClientAuthentication;
use crate::values::FieldKind;

impl Element {
    /// Adds the fields that this kind of sign-in needs and the file does not declare.
    pub(crate) fn add_standard_fields(&mut self) {
        for field in standard_fields(self) {
            if self.field(&field.key).is_none() {
                self.fields.push(field);
            }
        }
    }
}

fn standard_fields(element: &Element) -> Vec<Field> {
    match &element.auth {
        Auth::Oauth2(oauth2) => {
            let mut fields = Vec::new();
            let grants: &[Grant] =
                if oauth2.grants.is_empty() { &[Grant::AuthorizationCode] } else { &oauth2.grants };
            if grants.contains(&Grant::Password) {
                fields.extend(oauth2.username_field.is_none().then(username));
                fields.extend(oauth2.password_field.is_none().then(password));
            }
            let is_shared = oauth2.client_id.is_some();
            let registers = is_shared || oauth2.registration_endpoint.is_some();
            if oauth2.client_id_field == API_KEY {
                let default = oauth2.client_id.clone();
                fields.push(Field {
                    required: !registers,
                    advanced: registers,
                    default,
                    ..client_id(element)
                });
            }
            let has_secret = oauth2.client_authentication != ClientAuthentication::None;
            if has_secret && oauth2.client_secret_field == API_SECRET {
                let secret = client_secret(element);
                fields.push(Field { required: !registers, advanced: registers, ..secret });
            }
            if grants.contains(&Grant::AuthorizationCode) {
                fields.push(callback_url(element));
            }
            fields
        }
        Auth::Oauth1(oauth1) if oauth1.token_field.is_some() => {
            vec![client_id(element), client_secret(element)]
        }
        Auth::Oauth1(_) => vec![client_id(element), client_secret(element), callback_url(element)],
        Auth::ApiKey(ApiKey { key_field, .. }) => {
            key_field.is_none().then(api_key).into_iter().chain([ends_on()]).collect()
        }
        Auth::Basic(Basic { username: user, password: pass, username_field, password_field }) => {
            let asks_user = user.is_none() && username_field.is_none();
            // A user name alone is the secret.
            let asks_password = pass.is_none() && password_field.is_none() && username_field.is_none();
            let asked = asks_user.then(username).into_iter().chain(asks_password.then(password));
            asked.chain([ends_on()]).collect()
        }
        Auth::Session(_) => vec![username(), password()],
        Auth::Custom(_) => Vec::new(),
    }
}

const COPY_AGAIN: &str = "Copy the whole value again, without spaces.";

fn copied(key: &str, label: &str, help: &str, example: &str) -> Field {
    Field {
        label: label.to_owned(),
        help: help.to_owned(),
        example: example.to_owned(),
        pattern: Some(r"\S+".to_owned()),
        problem: COPY_AGAIN.to_owned(),
        ..Field::new(key)
    }
}

fn client_id(element: &Element) -> Field {
    let help = format!("Shown by {} for the app that you register there.", element.name);
    copied(API_KEY, "Client ID", &help, "practice-client")
}

fn client_secret(element: &Element) -> Field {
    let help = format!("Beside the client ID. {} may show it only once.", element.name);
    Field { secret: true, ..copied(API_SECRET, "Client secret", &help, "practice-secret") }
}

fn callback_url(element: &Element) -> Field {
    Field {
        label: "Redirect address".to_owned(),
        help: format!("Register this address with the app at {}, letter for letter.", element.name),
        example: format!("http://localhost:14747/callback/{}", element.provider()),
        problem: "Enter a whole address that begins with https://, or with http://localhost.".to_owned(),
        kind: FieldKind::Address,
        advanced: true,
        ..Field::new(CALLBACK_URL)
    }
}

fn api_key() -> Field {
    Field { secret: true, max_length: 4000, ..copied(KEY_FIELD, "API key", "", "practice-key") }
}

fn ends_on() -> Field {
    Field {
        label: "Ends on".to_owned(),
        help: "For a key with an end date: Keyrack says so a week before, and a day before.".to_owned(),
        example: "2031-01-31".to_owned(),
        problem: "Enter a day as year, month and day: 2031-01-31.".to_owned(),
        kind: FieldKind::Day,
        required: false,
        advanced: true,
        configuration: false,
        ..Field::new(KEY_ENDS)
    }
}

fn username() -> Field {
    Field { label: "User name".to_owned(), example: "maria@example.org".to_owned(), ..Field::new(USERNAME) }
}

fn password() -> Field {
    Field {
        label: "Password".to_owned(),
        example: "practice-password".to_owned(),
        secret: true,
        ..Field::new(PASSWORD)
    }
}
