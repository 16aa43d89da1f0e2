//! Carries a request to another server and its answer back as they come, whatever their size. Nothing is kept, and
//! nothing is decided: which headers pass, and to where, is the caller's business.
//!
//! There is no limit on the whole: an upload may take an hour. What may not last is silence, on either side.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::{HeaderMap, StatusCode};
use hyper::body::{Body, Bytes, Frame};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use url::Url;

use super::http::{Http, HttpError, Reached, in_words};
use super::listener::Loopback;

/// How long neither side may say anything. Slow reports take most of a minute before their first byte.
const IDLE: Duration = Duration::from_secs(60);

/// Pieces on their way: enough that neither side waits for each one of the other, and at most some hundred kilobytes.
const PIECES: usize = 8;

/// A request that is passed on.
pub struct Outgoing<B> {
    /// The method by its name in the request line.
    pub method: axum::http::Method,
    /// Where to.
    pub url: Url,
    /// What goes with it. A `Content-Length` among them is kept, else the body is sent in chunks.
    pub headers: HeaderMap,
    /// What follows, if anything does.
    pub body: Option<B>,
}

/// The answer, of which the head is there and the body is on its way.
#[derive(Debug)]
pub struct Incoming {
    /// The status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// What follows.
    pub body: Piped,
}

/// A body that another task fills. Dropping it ends that task, and with it the connection behind it.
#[derive(Debug)]
pub struct Piped {
    pieces: mpsc::Receiver<Piece>,
    ended: bool,
}

/// `Ok(None)` is the end. One that is not announced is none: half an answer must not pass for a whole one.
type Piece = Result<Option<Bytes>, Broken>;

/// Why a body ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The connection that it came over was lost.
    #[error("the connection was lost")]
    Lost,
    /// Nothing came for too long.
    #[error("nothing came for too long")]
    Silent,
}

impl Body for Piped {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(context).map(|piece| match piece.unwrap_or(Err(Broken::Silent)) {
            Ok(Some(data)) => Some(Ok(Frame::data(data))),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(broken) => {
                self.ended = true;
                Some(Err(broken))
            }
        })
    }
}

impl Http {
    /// Sends a request whose body is still coming in, and returns as soon as the head of the answer is there. Redirects
    /// are answers like all others.
    ///
    /// # Errors
    /// When there is no answer: no connection, one that was lost, or silence.
    pub async fn pass<B>(&self, outgoing: Outgoing<B>) -> Result<Incoming, HttpError>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Send,
    {
        self.pass_within(outgoing, IDLE).await
    }

    async fn pass_within<B>(&self, outgoing: Outgoing<B>, idle: Duration) -> Result<Incoming, HttpError>
    where
        B: Body<Data = Bytes> + Send + Unpin + 'static,
        B::Error: Send,
    {
        let host = outgoing.url.host_str().unwrap_or_default().to_owned();
        let (moved, mut moves) = watch::channel(Instant::now());
        let client = self.client(Loopback::of(&outgoing.url).is_some());
        let mut request = client.request(outgoing.method, outgoing.url).headers(outgoing.headers);
        if let Some(body) = outgoing.body {
            request = request.body(reqwest::Body::wrap(piped(body, idle, Some(moved))));
        }
        let sent = request.send();
        tokio::pin!(sent);
        let answer = loop {
            let until = *moves.borrow_and_update() + idle;
            tokio::select! {
                answer = &mut sent => break answer.map_err(|error| {
                    let (what, stage) = in_words(&error);
                    HttpError::Unreachable { host: host.clone(), what, stage }
                })?,
                () = tokio::time::sleep_until(until) => {
                    if *moves.borrow() + idle <= Instant::now() {
                        let what = "no answer in time";
                        return Err(HttpError::Unreachable { host, what, stage: Reached::TimeOut });
                    }
                }
            }
        };
        let answer: axum::http::Response<reqwest::Body> = answer.into();
        let (head, body) = answer.into_parts();
        Ok(Incoming { status: head.status, headers: head.headers, body: piped(body, idle, None) })
    }
}

/// A body whose pieces are fetched by a task of their own, so that silence of whoever sends it, or of whoever takes it,
/// is noticed.
fn piped<B>(mut body: B, idle: Duration, moved: Option<watch::Sender<Instant>>) -> Piped
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Send,
{
    let (tell, told) = mpsc::channel(PIECES);
    tokio::spawn(async move {
        loop {
            let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            let piece: Piece = tokio::select! {
                () = tell.closed() => return,
                next = tokio::time::timeout(idle, next) => match next {
                    Ok(None) => Ok(None),
                    // Trailers are dropped: few ask for them, and both ends can do without (RFC 9110 §6.5.1).
                    Ok(Some(Ok(frame))) => match frame.into_data() {
                        Ok(data) => Ok(Some(data)),
                        Err(_) => continue,
                    },
                    Ok(Some(Err(_))) => Err(Broken::Lost),
                    Err(_) => Err(Broken::Silent),
                },
            };
            let ends = !matches!(piece, Ok(Some(_)));
            let taken = tokio::time::timeout(idle, tell.send(piece)).await;
            if let Some(moved) = &moved {
                moved.send_replace(Instant::now());
            }
            if ends || !matches!(taken, Ok(Ok(()))) {
                return;
            }
        }
    });
    Piped { pieces: told, ended: false }
}
