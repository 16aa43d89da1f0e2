//! Lists: one call after the other until the platform names no next page.

use serde_json::Value;

use super::Hosted;
use super::send::Size;
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::answer;
use crate::domain::hosted::refusal::Asked;
use crate::domain::http::HttpRequest;

/// 200,000 items: no organization has as many, and a list that goes round in circles ends here.
const MOST_PAGES: usize = 1000;

impl Hosted {
    /// All items that `read` understands. One that it does not is left out: a list is worth having without it.
    pub(super) async fn pages<T>(
        &self,
        request: impl Fn(Option<&str>) -> HttpRequest,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let mut page: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let answer = self.repeat(|| request(page.as_deref()), Size::Large).await?;
            let Some((items, next)) = answer::page(&answer) else {
                let answer = self.success(answer, Asked::Platform, &[])?;
                return Err(self.unreadable(&answer));
            };
            all.extend(items.iter().filter_map(&read));
            match next {
                None => return Ok(all),
                // The same page again, for ever.
                Some(next) if page.as_ref() == Some(&next) => break,
                Some(next) => page = Some(next),
            }
        }
        Err(Failure::new(Code::PlatformBadResponse).host(self.host()).detail("the list does not end"))
    }
}
