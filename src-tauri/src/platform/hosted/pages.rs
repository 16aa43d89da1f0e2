//! Lists: one call after the other until the platform names no next page.

use std::collections::HashSet;

use serde_json::Value;

use super::Hosted;
use super::bounds::LARGE_MAX;
use crate::domain::error::{Code, Failure};
use crate::domain::hosted::answer;
use crate::domain::hosted::refusal::Operation;
use crate::domain::http::HttpRequest;

/// A hundred full pages. No real list is longer.
const MOST_ITEMS: usize = 20_000;
/// All pages together: 20,000 instances of 3 kB are 60 MB.
const MOST_BYTES: usize = 256 * 1024 * 1024;

impl Hosted {
    /// Returns all items that `read` understands, each once. Items are the same if `name` is: when one is added or
    /// removed meanwhile, the next page may repeat some.
    pub(super) async fn pages<T>(
        &self,
        request: impl Fn(Option<&str>) -> HttpRequest,
        read: impl Fn(&Value) -> Option<T>,
        name: impl Fn(&T) -> &str,
    ) -> Result<Vec<T>, Failure> {
        let mut all = Vec::new();
        let (mut known, mut seen) = (HashSet::new(), HashSet::new());
        let (mut items_so_far, mut bytes_so_far) = (0, 0);
        let mut page: Option<String> = None;
        let whole = async {
            loop {
                let answer = self.repeat(|| request(page.as_deref()), LARGE_MAX).await?;
                let Some((items, next)) = answer::page(&answer) else {
                    let answer = self.success(answer, Operation::Platform, &[])?;
                    return Err(self.unreadable(&answer));
                };
                items_so_far += items.len();
                bytes_so_far += answer.body.expose().len();
                let read = items.iter().filter_map(&read);
                all.extend(read.filter(|item| known.insert(name(item).to_owned())));
                let Some(next) = next else { return Ok(all) };
                bytes_so_far += next.len();
                // A cursor that was seen before would loop.
                if items_so_far > MOST_ITEMS || bytes_so_far > MOST_BYTES || !seen.insert(next.clone()) {
                    let endless = Failure::new(Code::PlatformBadResponse).host(self.host());
                    return Err(endless.detail("the list does not end"));
                }
                page = Some(next);
            }
        };
        let late = Failure::new(Code::PlatformUnreachable).host(self.host()).detail("no whole list in time");
        tokio::time::timeout(self.pace.list, whole).await.unwrap_or(Err(late))
    }
}
