//! A connection, as the HTTP implementation and as the rest of the server see it.

use std::{
    cell::{RefCell, RefMut},
    future::{pending, poll_fn},
    io,
    mem::MaybeUninit,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_http::{BoxedPayloadStream, HttpMessage, Payload, Request, error::PayloadError};
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

use super::progress::{Length, Progress, READ_AHEAD, Reading};
use crate::http::codes::Code;

/// How much of an answer is copied at a time, to be written.
const PIECE: usize = 32 * 1024;
const HTTP_400: &[u8] = b"HTTP/1.1 400 ";
const HTTP_431: &[u8] = b"HTTP/1.1 431 ";

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
        loop {
            let reading = self.0.progress().reading();
            match reading {
                Reading::NothingMore => return Poll::Ready(Ok(())),
                Reading::NothingYet => return Poll::Pending,
                Reading::AtMost(room) => return self.read_part(cx, buffer, room),
                Reading::Ahead(room) => {
                    if ready!(self.read_ahead(cx, room))? {
                        return Poll::Ready(Ok(()));
                    }
                }
            }
        }
    }
}

impl ClientStream {
    /// What belongs to the awaited part of the request.
    fn read_part(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
        room: usize,
    ) -> Poll<io::Result<()>> {
        let room = room.min(buffer.remaining());
        let kept = self.0.progress().take_kept(room, Instant::now());
        if !kept.is_empty() {
            buffer.put_slice(&kept);
            return Poll::Ready(Ok(()));
        }
        if self.0.progress().is_over() {
            return Poll::Ready(Ok(()));
        }
        let mut part = ReadBuf::new(buffer.initialize_unfilled_to(room));
        ready!(self.read(cx, &mut part))?;
        let taken = self.0.progress().has_read(part.filled(), Instant::now());
        buffer.advance(taken);
        Poll::Ready(Ok(()))
    }

    /// What is sent behind the request that is served: so it is seen whether the client is still
    /// there. Ready with `true` if it is not, and has sent nothing else.
    fn read_ahead(&self, cx: &mut Context<'_>, room: usize) -> Poll<io::Result<bool>> {
        let mut space = [MaybeUninit::uninit(); READ_AHEAD];
        let mut part = ReadBuf::uninit(space.get_mut(..room).unwrap_or_default());
        ready!(self.read(cx, &mut part))?;
        let mut progress = self.0.progress();
        if part.filled().is_empty() {
            return Poll::Ready(Ok(progress.has_seen_the_end()));
        }
        progress.has_read_ahead(part.filled());
        Poll::Ready(Ok(false))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(code) = bare_refusal(bytes) {
            self.0.progress().is_refused(code);
            return Poll::Ready(Ok(bytes.len()));
        }
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

/// What the HTTP implementation says, without a body, of a head that it cannot read: the last
/// answer of its connection. All others have a body.
fn bare_refusal(bytes: &[u8]) -> Option<&'static Code> {
    let code = match bytes.get(..HTTP_400.len())? {
        HTTP_400 => code!("request.unreadable"),
        HTTP_431 => code!("request.head_too_large"),
        _ => return None,
    };
    let head = std::str::from_utf8(bytes).ok()?.strip_suffix("\r\n\r\n")?;
    let is_bare = head.split("\r\n").any(|line| line.eq_ignore_ascii_case("content-length: 0"));
    (is_bare && !head.contains("\r\n\r\n")).then_some(code)
}

/// A request that is not answered yet. It is when this is dropped.
pub(super) struct InFlight(Rc<Connection>);

impl InFlight {
    /// The head of a request is complete.
    pub(super) fn begin(connection: &Rc<Connection>, request: &mut Request) -> Self {
        let payload = request.take_payload();
        let body = if let Payload::None = payload {
            None
        } else {
            let watched = WatchedBody { payload, connection: Rc::clone(connection) };
            let watched: BoxedPayloadStream = Box::pin(watched);
            *request.payload() = Payload::Stream { payload: watched };
            Some(length(request))
        };
        connection.progress().begins(body, Instant::now());
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

fn length(request: &Request) -> Length {
    if request.chunked().unwrap_or(false) {
        return Length::Chunked;
    }
    let bytes = request.headers().get(CONTENT_LENGTH);
    let bytes = bytes.and_then(|text| text.to_str().ok()?.trim().parse().ok());
    bytes.map_or(Length::Open, Length::Bytes)
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
