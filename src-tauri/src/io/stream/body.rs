//! A body that a task of its own reads, so that a stall of its sender or its receiver is noticed.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Enough that neither side waits for the other at every piece, and at most some hundred kilobytes.
const MAX_BUFFERED_PIECES: usize = 8;

/// `Ok(None)` is the end. Without it the body is truncated, which must be an error.
pub(super) type Piece = Result<Option<Bytes>, BodyError>;

/// Why a body ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    #[error("the connection was lost")]
    Lost,
    #[error("nothing came for too long")]
    Stalled,
}

/// Dropping it ends the task, and with it the connection that the body comes from.
#[derive(Debug)]
pub struct StreamedBody {
    pieces: mpsc::Receiver<Piece>,
    ended: bool,
}

impl StreamedBody {
    pub(super) fn new(pieces: mpsc::Receiver<Piece>) -> Self {
        Self { pieces, ended: false }
    }
}

impl Body for StreamedBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(context).map(|piece| {
            let piece = piece.unwrap_or(Err(BodyError::Stalled)).transpose();
            self.ended = !matches!(piece, Some(Ok(_)));
            piece.map(|data| data.map(Frame::data))
        })
    }
}

/// Reads `body` in a task, with a timeout on every piece. `activity` gets the time of each piece that was taken.
pub(super) fn spawn_reader<B>(
    mut body: B,
    idle: Duration,
    activity: Option<watch::Sender<Instant>>,
) -> StreamedBody
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Send,
{
    let (sender, pieces) = mpsc::channel(MAX_BUFFERED_PIECES);
    tokio::spawn(async move {
        loop {
            let next = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
            let piece: Piece = tokio::select! {
                () = sender.closed() => return,
                next = tokio::time::timeout(idle, next) => match next {
                    Ok(None) => Ok(None),
                    // Trailers are dropped, which both ends must tolerate (RFC 9110 §6.5.1).
                    Ok(Some(Ok(frame))) => match frame.into_data() {
                        Ok(data) => Ok(Some(data)),
                        Err(_) => continue,
                    },
                    Ok(Some(Err(_))) => Err(BodyError::Lost),
                    Err(_) => Err(BodyError::Stalled),
                },
            };
            let is_last = !matches!(piece, Ok(Some(_)));
            let taken = tokio::time::timeout(idle, sender.send(piece)).await;
            if let Some(activity) = &activity {
                activity.send_replace(Instant::now());
            }
            if is_last || !matches!(taken, Ok(Ok(()))) {
                return;
            }
        }
    });
    StreamedBody::new(pieces)
}
