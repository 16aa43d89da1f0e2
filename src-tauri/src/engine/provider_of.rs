//! From a connection's item to the provider that it signed in at.

use super::Engine;
use crate::domain::error::{Code, Failure};
use crate::domain::form::FilledForm;
use crate::domain::item::Item;
use crate::platform::Provider;

impl Engine {
    /// The provider of a connection of this computer.
    ///
    /// Errors: [`Code::ElementUnknown`], [`Code::ElementInvalid`]; [`Code::NeedsSettings`] if the element's file no
    /// longer takes the values; [`Code::SignInExpired`] if it names other hosts than those of the sign-in, which get no
    /// token.
    pub async fn provider_of(&self, item: &Item) -> Result<Provider, Failure> {
        let element = self.element(&item.element)?;
        let product = element.name.clone();
        let outdated = || Failure::new(Code::NeedsSettings).product(&product);
        let mut form = FilledForm::of_entries(element, &item.configuration).map_err(|_| outdated())?;
        form.values = form.values.with_callback(&item.callback);
        let provider =
            self.local(&item.workspace).bind(form).await.map_err(|failure| match failure.code {
                Code::FormInvalid => outdated(),
                _ => failure,
            })?;
        if provider.hosts() != item.pinned_hosts {
            let changed = Failure::new(Code::SignInExpired).product(&product);
            return Err(changed.detail("the addresses have changed"));
        }
        Ok(provider)
    }
}
