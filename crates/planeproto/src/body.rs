//! The stream's two directions over HTTP bodies.

use std::{
    error::Error,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};
use serde::de::DeserializeOwned;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use crate::wire::{FrameError, Frames, SILENCE};

/// A body whose frames are written while it is sent. Ends when the last sender is gone.
#[derive(Debug)]
pub struct Outgoing(mpsc::Receiver<Bytes>);

/// Frames that may wait for a slow reader before the writer does.
const QUEUE: usize = 8;

impl Outgoing {
    pub fn channel() -> (mpsc::Sender<Bytes>, Self) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (sender, Self(receiver))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0
            .poll_recv(cx)
            .map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// The messages in a body, as they come.
#[derive(Debug)]
pub struct Messages<B> {
    body: B,
    frames: Frames,
    heard: Instant,
    bytes: usize,
}

/// No further message.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the connection broke")]
    Body(#[source] Box<dyn Error + Send + Sync>),
    #[error("the other side said nothing for {SILENCE:?}")]
    Silent,
    #[error("the other side ended the stream")]
    Ended,
}

impl<B> Messages<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    pub fn new(body: B) -> Self {
        Self {
            body,
            frames: Frames::default(),
            heard: Instant::now(),
            bytes: 0,
        }
    }

    /// The next message. May be dropped while waiting: nothing is lost.
    ///
    /// # Errors
    /// The stream is over.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<T, ReadError> {
        loop {
            if let Some(message) = self.frames.take()? {
                return Ok(message);
            }
            let body = &mut self.body;
            let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx));
            let Ok(frame) = timeout_at(self.heard + SILENCE, frame).await else {
                return Err(ReadError::Silent);
            };
            let frame = frame
                .ok_or(ReadError::Ended)?
                .map_err(|error| ReadError::Body(error.into()))?;
            if let Some(data) = frame.data_ref() {
                self.heard = Instant::now();
                self.bytes += data.len();
                self.frames.push(data);
            }
        }
    }

    /// How many bytes came since the last question.
    pub fn take_bytes(&mut self) -> usize {
        std::mem::take(&mut self.bytes)
    }
}
