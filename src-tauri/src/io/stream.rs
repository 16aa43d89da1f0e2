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

use super::http::{Http, HttpError, Moment, Reached};

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
        let url = outgoing.url;
        let client = self.client(&url).await?;
        let mut request = client.request(outgoing.method, url.clone()).headers(outgoing.headers);
        if let Some(body) = outgoing.body {
            request = request.body(reqwest::Body::wrap(piped(body, idle, Some(moved))));
        }
        let asked = Moment::now();
        let sent = request.send();
        tokio::pin!(sent);
        let answer = loop {
            let until = *moves.borrow_and_update() + idle;
            tokio::select! {
                answer = &mut sent => match answer {
                    Ok(answer) => break answer,
                    Err(error) => return Err(self.failed(&url, &error).await),
                },
                () = tokio::time::sleep_until(until) => {
                    if *moves.borrow() + idle <= Instant::now() {
                        let what = "no answer in time";
                        return Err(HttpError::Unreachable { host, what, stage: Reached::TimeOut });
                    }
                }
            }
        };
        self.arrived(&url, asked, answer.headers());
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    use axum::Router;
    use axum::extract::Request;
    use axum::http::{Method, header};
    use axum::response::{IntoResponse, Response};
    use axum::routing::any;
    use http_body_util::{BodyExt, Full};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::oneshot;

    use crate::io::listener::{Bound, Loopback, Serving};

    const MEGABYTE: usize = 1024 * 1024;
    /// Silence that a test can wait for.
    const SOON: Duration = Duration::from_millis(400);

    async fn serve(router: Router) -> (Url, Serving) {
        let bound = Bound::bind(Loopback::Ip(Ipv4Addr::LOCALHOST.into()), 0).await.expect("bound");
        let url = format!("http://127.0.0.1:{}/", bound.port).parse().expect("an address");
        (url, bound.serve(&router))
    }

    /// A server that is written by hand, byte for byte, for one connection.
    async fn raw<F: Future<Output = ()> + Send + 'static>(
        answer: impl FnOnce(TcpStream) -> F + Send + 'static,
    ) -> Url {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
        let port = socket.local_addr().expect("an address").port();
        tokio::spawn(async move {
            let (mut stream, _) = socket.accept().await.expect("a caller");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("a request"));
            }
            answer(stream).await;
        });
        format!("http://127.0.0.1:{port}/").parse().expect("an address")
    }

    fn outgoing(method: Method, url: Url, body: Option<Piped>) -> Outgoing<Piped> {
        Outgoing { method, url, headers: HeaderMap::new(), body }
    }

    /// A body that is written piece by piece.
    fn written() -> (mpsc::Sender<Piece>, Piped) {
        let (tell, pieces) = mpsc::channel(1);
        (tell, Piped { pieces, ended: false })
    }

    async fn piece(body: &mut Piped) -> Option<Result<Bytes, Broken>> {
        body.frame().await.map(|frame| frame.map(|frame| frame.into_data().expect("data")))
    }

    #[tokio::test]
    async fn three_megabytes_go_and_come_back_as_they_are() {
        let (url, _serving) = serve(Router::new().fallback(any(async |request: Request| {
            let length = request.headers().get(header::CONTENT_LENGTH).cloned();
            let mut answer = Response::new(request.into_body());
            if let Some(length) = length {
                answer.headers_mut().insert("x-length", length);
            }
            answer
        })))
        .await;
        let sent: Vec<u8> = (0..3 * MEGABYTE).map(|n| u8::try_from(n % 251).expect("small")).collect();
        let body = Full::new(Bytes::from(sent.clone()));
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, sent.len().into());
        let request = Outgoing { method: Method::POST, url, headers, body: Some(body) };
        let answer = Http::default().pass(request).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers["x-length"], sent.len().to_string().as_str(), "the length is kept");
        let back = answer.body.collect().await.expect("whole").to_bytes();
        assert!(back == sent, "{} bytes came back", back.len());
    }

    #[tokio::test]
    async fn what_was_sent_is_there_before_the_rest_is() {
        let (url, _serving) =
            serve(Router::new().fallback(any(async |request: Request| Response::new(request.into_body()))))
                .await;
        let (tell, body) = written();
        let passing = tokio::spawn(async move {
            Http::default().pass(outgoing(Method::POST, url, Some(body))).await.expect("an answer")
        });
        tell.send(Ok(Some("first".into()))).await.expect("taken");
        let mut answer = passing.await.expect("passed");
        assert_eq!(piece(&mut answer.body).await, Some(Ok("first".into())));
        tell.send(Ok(Some("second".into()))).await.expect("taken");
        assert_eq!(piece(&mut answer.body).await, Some(Ok("second".into())));
        tell.send(Ok(None)).await.expect("taken");
        assert_eq!(piece(&mut answer.body).await, None);
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let there = [(header::LOCATION, "http://127.0.0.1:1/elsewhere")];
        let (url, _serving) =
            serve(Router::new().fallback(any(async move || (StatusCode::FOUND, there).into_response())))
                .await;
        let answer = Http::default().pass(outgoing(Method::GET, url, None)).await.expect("an answer");
        assert_eq!(answer.status, StatusCode::FOUND);
        assert_eq!(answer.headers[header::LOCATION], "http://127.0.0.1:1/elsewhere");
    }

    #[tokio::test]
    async fn half_an_answer_does_not_pass_for_a_whole_one() {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n";
        let url = raw(async |mut stream| {
            stream.write_all(head.as_bytes()).await.expect("sent");
        })
        .await;
        let mut answer = Http::default().pass(outgoing(Method::GET, url, None)).await.expect("an answer");
        assert_eq!(piece(&mut answer.body).await, Some(Ok("half".into())));
        assert_eq!(piece(&mut answer.body).await, Some(Err(Broken::Lost)));
        assert_eq!(piece(&mut answer.body).await, None);
    }

    #[tokio::test]
    async fn silence_ends_an_answer_and_slowness_does_not() {
        let (go_on, going_on) = oneshot::channel::<()>();
        let url = raw(async move |mut stream: TcpStream| {
            stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.expect("sent");
            // Altogether longer than silence may last.
            for _ in 0..8 {
                tokio::time::sleep(SOON / 4).await;
                stream.write_all(b"4\r\nslow\r\n").await.expect("sent");
            }
            let _ = going_on.await;
        })
        .await;
        let http = Http::default();
        let mut answer = http.pass_within(outgoing(Method::GET, url, None), SOON).await.expect("an answer");
        for _ in 0..8 {
            assert_eq!(piece(&mut answer.body).await, Some(Ok("slow".into())));
        }
        assert_eq!(piece(&mut answer.body).await, Some(Err(Broken::Silent)));
        drop(go_on);
    }

    #[tokio::test]
    async fn an_upload_may_take_longer_than_silence_may_last() {
        let (url, _serving) = serve(Router::new().fallback(any(async |request: Request| {
            let body = request.into_body().collect().await.expect("whole").to_bytes();
            body.len().to_string()
        })))
        .await;
        let (tell, body) = written();
        let sending = tokio::spawn(async move {
            for _ in 0..8 {
                tokio::time::sleep(SOON / 4).await;
                tell.send(Ok(Some("slow".into()))).await.expect("taken");
            }
            tell.send(Ok(None)).await.expect("taken");
        });
        let http = Http::default();
        let answer =
            http.pass_within(outgoing(Method::POST, url, Some(body)), SOON).await.expect("an answer");
        sending.await.expect("sent");
        assert_eq!(answer.body.collect().await.expect("whole").to_bytes(), "32");
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_left_after_a_while() {
        let url = raw(async |mut stream: TcpStream| {
            // Until the other side hangs up.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        })
        .await;
        let error =
            Http::default().pass_within(outgoing(Method::GET, url, None), SOON).await.expect_err("silence");
        assert!(matches!(error, HttpError::Unreachable { stage: Reached::TimeOut, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn a_caller_that_goes_takes_the_connection_with_it() {
        let (tell, told) = oneshot::channel();
        let url = raw(async move |mut stream: TcpStream| {
            let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhere\r\n";
            stream.write_all(head).await.expect("sent");
            let _ = stream.read_to_end(&mut Vec::new()).await;
            let _ = tell.send(());
        })
        .await;
        let http = Http::default();
        let mut answer = http.pass(outgoing(Method::GET, url, None)).await.expect("an answer");
        assert_eq!(piece(&mut answer.body).await, Some(Ok("here".into())));
        drop(answer);
        told.await.expect("the server sees the end");
    }

    #[tokio::test]
    async fn nobody_there_is_said_at_once() {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bound");
        let url =
            format!("http://{}/", socket.local_addr().expect("an address")).parse().expect("an address");
        drop(socket);
        let error = Http::default().pass(outgoing(Method::GET, url, None)).await.expect_err("nobody");
        assert!(matches!(error, HttpError::Unreachable { stage: Reached::Nobody, .. }), "{error:?}");
    }
}
