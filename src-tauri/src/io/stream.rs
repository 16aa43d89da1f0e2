//! Forwards a request to another server and its response back while they arrive, whatever their size. The caller decides
//! which headers pass. There is no limit on the total time, since an upload may take an hour, but a timeout while neither
//! side sends anything.

mod body;
#[cfg(test)]
mod tests;

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use hyper::body::{Body, Bytes};
use tokio::sync::watch;
use tokio::time::Instant;
use url::Url;

use super::http::{Delivery, Http, HttpError, Moment, SILENCE, announces_empty_body};
use body::{StreamedBody, spawn_reader};

/// Slow reports take most of a minute before their first byte.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A request to forward.
pub struct Outgoing<B> {
    pub method: axum::http::Method,
    pub url: Url,
    /// A `Content-Length` is kept; without one the body is chunked.
    pub headers: HeaderMap,
    pub body: Option<B>,
}

/// The head of the response; the body is still arriving.
#[derive(Debug)]
pub struct Incoming {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: StreamedBody,
}

impl Http {
    /// Sends a request whose body is still arriving. Returns when the head of the response is there, also of a redirect.
    pub async fn forward<B>(&self, outgoing: Outgoing<B>) -> Result<Incoming, HttpError>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Send,
    {
        self.forward_within(outgoing, IDLE_TIMEOUT).await
    }

    async fn forward_within<B>(
        &self,
        mut outgoing: Outgoing<B>,
        idle: Duration,
    ) -> Result<Incoming, HttpError>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Send,
    {
        let host = outgoing.url.host_str().unwrap_or_default().to_owned();
        let (activity, mut last_activity) = watch::channel(Instant::now());
        let url = outgoing.url;
        let client = self.client(&url).await?;
        if outgoing.body.is_none() && announces_empty_body(&outgoing.method) {
            outgoing.headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut request = client.request(outgoing.method, url.clone()).headers(outgoing.headers);
        if let Some(body) = outgoing.body {
            request = request.body(reqwest::Body::wrap(spawn_reader(body, idle, Some(activity))));
        }
        let asked = Moment::now();
        let sent = request.send();
        tokio::pin!(sent);
        let answer = loop {
            let deadline = *last_activity.borrow_and_update() + idle;
            tokio::select! {
                answer = &mut sent => match answer {
                    Ok(answer) => break answer,
                    Err(error) => return Err(self.to_error(&url, &error).await),
                },
                () = tokio::time::sleep_until(deadline) => {
                    if *last_activity.borrow() + idle <= Instant::now() {
                        let ((fault, what), delivery) = (SILENCE, Delivery::TimedOut);
                        return Err(HttpError::Unreachable { host, fault, what, delivery });
                    }
                }
            }
        };
        self.record_date(&url, asked, answer.headers());
        let answer: axum::http::Response<reqwest::Body> = answer.into();
        let (head, body) = answer.into_parts();
        Ok(Incoming { status: head.status, headers: head.headers, body: spawn_reader(body, idle, None) })
    }
}
