//! A connection, as the HTTP implementation and as the rest of the server see it.

use std::{
    cell::{RefCell, RefMut},
    future::{pending, poll_fn},
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_http::{BoxedPayloadStream, Payload, Request, RequestHead, error::PayloadError};
use actix_web::{
    body::{BodySize, BoxBody, MessageBody},
    http::header::CONTENT_LENGTH,
    web::Bytes,
};
use futures_core::Stream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Instant,
};

use super::progress::{Length, Progress, Reading};

/// How much of an answer is copied at a time, to be written.
const PIECE: usize = 32 * 1024;

pub(super) struct Connection {
    stream: RefCell<TcpStream>,
    progress: RefCell<Progress>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Rc<Self> {
        let progress = RefCell::new(Progress::new(Instant::now()));
        Rc::new(Self { stream: RefCell::new(stream), progress })
    }

    pub(super) fn progress(&self) -> RefMut<'_, Progress> {
        self.progress.borrow_mut()
    }

    /// What the kernel still holds for the client is thrown away when the connection is closed.
    pub(super) fn forget_unsent(&self) {
        let _ = self.stream.borrow().set_zero_linger();
    }

    /// Writes what fits at once: nobody is waited for.
    pub(super) async fn say(&self, last_words: &[u8]) {
        let _ = poll_fn(|cx| {
            let written = Pin::new(&mut *self.stream.borrow_mut()).poll_write(cx, last_words);
            Poll::Ready(written)
        })
        .await;
    }

    /// Ends the answers, then throws away what the client still sends, up to `room` bytes, until
    /// it closes its side: closing ours before would make it lose the last answer.
    pub(super) async fn hang_up(&self, mut room: usize) {
        let _ = poll_fn(|cx| Pin::new(&mut *self.stream.borrow_mut()).poll_shutdown(cx)).await;
        let mut buffer = vec![0; 4096];
        while room > 0 {
            let mut buffer = ReadBuf::new(&mut buffer);
            let read =
                poll_fn(|cx| Pin::new(&mut *self.stream.borrow_mut()).poll_read(cx, &mut buffer))
                    .await;
            if read.is_err() || buffer.filled().is_empty() {
                return;
            }
            room = room.saturating_sub(buffer.filled().len());
        }
        pending::<()>().await;
    }
}

/// The stream as the HTTP implementation sees it.
pub(super) struct ClientStream(pub(super) Rc<Connection>);

impl ClientStream {
    fn read(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.stream.borrow_mut()).poll_read(cx, buffer)
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let reading = self.0.progress().reading();
        let polled = match reading {
            Reading::NothingMore => return Poll::Ready(Ok(())),
            Reading::NothingYet => return Poll::Pending,
            Reading::AtMost(room) if room < buffer.remaining() => {
                let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
                let polled = self.read(cx, &mut part);
                let read = part.filled().len();
                buffer.advance(read);
                polled
            }
            Reading::AtMost(_) => self.read(cx, buffer),
        };
        let read = buffer.filled().len() - before;
        if read > 0 {
            self.0.progress().has_read(read, Instant::now());
        }
        polled
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut *self.0.stream.borrow_mut()).poll_write(cx, bytes);
        let mut progress = self.0.progress();
        match &polled {
            Poll::Pending => progress.write_waits(Instant::now()),
            Poll::Ready(Ok(written)) if progress.is_stalled() => {
                progress.has_written(*written, Instant::now());
            }
            Poll::Ready(_) => {}
        }
        polled
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut *self.0.stream.borrow_mut()).poll_flush(cx);
        let mut progress = self.0.progress();
        if polled.is_ready() && progress.is_stalled() {
            progress.has_flushed(Instant::now());
        }
        polled
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.0.stream.borrow_mut()).poll_shutdown(cx)
    }
}

/// A request that is not answered yet. It is when this is dropped.
pub(super) struct InFlight(Rc<Connection>);

impl InFlight {
    /// The head of a request is complete.
    pub(super) fn begin(connection: &Rc<Connection>, request: &mut Request) -> Self {
        let payload = request.take_payload();
        let body = match payload {
            Payload::None => None,
            payload => {
                let watched = WatchedBody { payload, connection: Rc::clone(connection) };
                let watched: BoxedPayloadStream = Box::pin(watched);
                *request.payload() = Payload::Stream { payload: watched };
                Some(content_length(request.head()).map_or(Length::Chunked, Length::Bytes))
            }
        };
        connection.progress().begins(head_size(request.head()), body, Instant::now());
        Self(Rc::clone(connection))
    }

    /// Whether the rest of the body is of no use.
    pub(super) fn has_open_body(&self) -> bool {
        self.0.progress().has_open_body()
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.progress().ends(Instant::now());
    }
}

fn content_length(head: &RequestHead) -> Option<u64> {
    head.headers().get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// The bytes of a head, written without needless blanks.
fn head_size(head: &RequestHead) -> usize {
    let uri = &head.uri;
    let scheme = uri.scheme_str().map_or(0, |scheme| scheme.len() + "://".len());
    let authority = uri.authority().map_or(0, |authority| authority.as_str().len());
    let path = uri.path_and_query().map_or(0, |path| path.as_str().len());
    let first_line =
        head.method.as_str().len() + scheme + authority + path + "  HTTP/1.1\r\n".len();
    let lines = head.headers().iter();
    let lines = lines.map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    first_line + lines.sum::<usize>() + "\r\n".len()
}

/// The body of a request; knows whether it was read to its end.
struct WatchedBody {
    payload: Payload,
    connection: Rc<Connection>,
}

impl Stream for WatchedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        let mut progress = self.connection.progress();
        progress.awaits_body(polled.is_pending());
        match &polled {
            Poll::Pending if progress.has_too_large_a_body() => {
                return Poll::Ready(Some(Err(PayloadError::Overflow)));
            }
            Poll::Ready(None) => progress.has_read_the_body(),
            Poll::Pending | Poll::Ready(Some(_)) => {}
        }
        polled
    }
}

/// The body of an answer, in pieces: what waits for the client to take it is copied piece by
/// piece. The request is in flight until this is dropped.
pub(super) struct AnswerBody {
    body: BoxBody,
    /// What is left of the last part of the body.
    part: Bytes,
    _in_flight: Option<InFlight>,
}

impl AnswerBody {
    pub(super) fn new(body: BoxBody, in_flight: Option<InFlight>) -> Self {
        Self { body, part: Bytes::new(), _in_flight: in_flight }
    }
}

impl MessageBody for AnswerBody {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if self.part.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                Some(Ok(part)) => self.part = part,
                end => return Poll::Ready(end),
            }
        }
        let size = self.part.len().min(PIECE);
        Poll::Ready(Some(Ok(self.part.split_to(size))))
    }
}
