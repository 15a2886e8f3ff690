//! A body that passes piece by piece.
//!
//! An operation reads with [`ByteStream::reader`] until there is nothing more. Only then the body is known to
//! be what its sender promised, so nothing may be acknowledged before: the dispatcher answers a failure for an
//! operation that succeeds without having read to the end.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use parking_lot::Mutex;

use super::Algorithm;
use crate::{
    Fault,
    node::{Node, Slot, View},
};

/// Where the pieces of a body come from.
#[async_trait]
pub trait Source: Send {
    /// The next piece, never an empty one; `None` after the last. Nothing follows a fault.
    async fn next(&mut self) -> Option<Result<Bytes, Fault>>;

    /// The checksums that the sender gave and that proved right, in base 64; known after the last piece.
    fn checksums(&self) -> &[(Algorithm, String)] {
        &[]
    }
}

/// A body in the input or the output of an operation. Clones are handles of the same body, which can be
/// read once.
#[derive(Clone)]
pub struct ByteStream(Arc<Shared>);

struct Shared {
    /// Absent while somebody reads.
    source: Mutex<Option<Box<dyn Source>>>,
    length: Option<u64>,
    /// The last piece has been read, and no fault.
    ended: AtomicBool,
}

impl Shared {
    fn exchange(&self, source: Option<Box<dyn Source>>) -> Option<Box<dyn Source>> {
        let mut held = self.source.lock();
        std::mem::replace(&mut *held, source)
    }
}

impl ByteStream {
    /// `length` is the number of bytes, where it is known.
    pub fn new(source: impl Source + 'static, length: Option<u64>) -> Self {
        Self(Arc::new(Shared {
            source: Mutex::new(Some(Box::new(source))),
            length,
            ended: AtomicBool::new(false),
        }))
    }

    /// How many bytes there are, where it is known before they have come.
    pub fn length(&self) -> Option<u64> {
        self.0.length
    }

    /// Whether all of it has been read and proved right.
    pub fn has_ended(&self) -> bool {
        self.0.ended.load(Ordering::Acquire)
    }

    /// Reads on from where the last reader stopped. While another reads, there is nothing but a fault.
    pub fn reader(&self) -> Reader {
        Reader {
            source: self.0.exchange(None),
            shared: self.0.clone(),
        }
    }
}

impl From<Vec<u8>> for ByteStream {
    fn from(bytes: Vec<u8>) -> Self {
        let length = bytes.len() as u64;
        Self::new(Whole(Some(bytes.into())), Some(length))
    }
}

impl Default for ByteStream {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl PartialEq for ByteStream {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ByteStream")
            .field("length", &self.0.length)
            .finish_non_exhaustive()
    }
}

impl Node for ByteStream {
    fn view(&self) -> View<'_> {
        View::Stream(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Stream(self)
    }
}

/// Reads a body. What is left when it is dropped, another reader gets.
pub struct Reader {
    source: Option<Box<dyn Source>>,
    shared: Arc<Shared>,
}

impl Reader {
    /// The next piece; `None` once all of it has come and is what was promised.
    pub async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        if self.shared.ended.load(Ordering::Acquire) {
            return None;
        }
        let Some(source) = &mut self.source else {
            return Some(Err(read_twice()));
        };
        let next = source.next().await;
        match &next {
            None => self.shared.ended.store(true, Ordering::Release),
            // It must not seem to end well after that.
            Some(Err(_)) => self.source = None,
            Some(Ok(_)) => {}
        }
        next
    }

    /// All that is left, of at most `limit` bytes; `Err(None)` for more.
    pub async fn whole(&mut self, limit: usize) -> Result<Vec<u8>, Option<Fault>> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await {
            let piece = piece?;
            if whole.len() + piece.len() > limit {
                return Err(None);
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    /// How many bytes the whole body has, where it is known.
    pub fn length(&self) -> Option<u64> {
        self.shared.length
    }

    /// What [`Source::checksums`] are.
    pub fn checksums(&self) -> &[(Algorithm, String)] {
        self.source.as_ref().map_or(&[], |it| it.checksums())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(source) = self.source.take() {
            self.shared.exchange(Some(source));
        }
    }
}

fn read_twice() -> Fault {
    tracing::error!("a body was read by two readers at once, or after it had failed");
    super::fault::internal()
}

/// Bytes that are there already.
struct Whole(Option<Bytes>);

#[async_trait]
impl Source for Whole {
    async fn next(&mut self) -> Option<Result<Bytes, Fault>> {
        self.0.take().filter(|it| !it.is_empty()).map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_is_read_once_and_on_from_where_it_was_left() {
        let body = ByteStream::from(b"abc".to_vec());
        assert_eq!((body.length(), body.has_ended()), (Some(3), false));
        let mut first = body.reader();
        assert_eq!(first.next().await.unwrap().unwrap(), "abc");
        assert!(body.reader().next().await.unwrap().is_err());
        assert!(!body.has_ended());
        drop(first);
        assert!(body.reader().next().await.is_none());
        assert!(body.has_ended() && body.reader().next().await.is_none());
    }

    #[tokio::test]
    async fn a_body_that_is_collected_is_bounded() {
        let body = ByteStream::from(b"abc".to_vec());
        assert_eq!(body.reader().whole(2).await, Err(None));
        let body = ByteStream::from(b"abc".to_vec());
        assert_eq!(body.reader().whole(3).await.unwrap(), b"abc");
    }
}
