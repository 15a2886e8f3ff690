//! Answers that pass piece by piece: what is too large to be held at once.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};

use crate::{Egress, Failure, connect};

/// Bytes of an answer that is no success: a page that says why, or where else.
const OTHER_BYTES: u64 = 64 << 10;

/// What one request may take whose answer passes piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamLimits {
    /// From waiting for its turn to the head of the answer.
    pub head: Duration,
    /// From one piece to the next.
    pub idle: Duration,
    /// From the head to the last piece.
    pub whole: Duration,
    /// Bytes of the body of an answer that is a success. Of others a few can be read, whatever they announce.
    pub body: u64,
}

/// A body on its way in. Dropped, it ends the request.
pub struct Pieces {
    body: Incoming,
    left: u64,
    limits: StreamLimits,
    ends: Instant,
    _turn: OwnedSemaphorePermit,
}

impl fmt::Debug for Pieces {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pieces({} bytes left)", self.left)
    }
}

impl Pieces {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// It did not come in time, the body is longer than it may be, or the connection broke.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        loop {
            let now = Instant::now();
            let idle = now + self.limits.idle;
            let (until, limit) = match idle < self.ends {
                true => (idle, self.limits.idle),
                false => (self.ends, self.limits.whole),
            };
            let frame = timeout_at(until, self.body.frame()).await;
            let frame = frame.map_err(|_| Failure::TimedOut(limit))?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| Failure::Broken(error.to_string()))?;
            // Trailers say nothing here.
            let Ok(piece) = frame.into_data() else {
                continue;
            };
            let bytes = piece.len() as u64;
            self.left = self
                .left
                .checked_sub(bytes)
                .ok_or_else(|| self.too_long())?;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
    }

    /// All of it at once.
    ///
    /// # Errors
    /// As [`Pieces::next`].
    pub async fn whole(mut self) -> Result<Bytes, Failure> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.into())
    }

    fn too_long(&self) -> Failure {
        Failure::TooLong(usize::try_from(self.limits.body).unwrap_or(usize::MAX))
    }
}

impl Egress {
    /// As [`Egress::send`], for an answer whose body is taken piece by piece.
    ///
    /// # Errors
    /// There is no head of an answer within the limits, or a success announces more than they allow.
    pub async fn open(
        &self,
        request: Request<Bytes>,
        limits: StreamLimits,
    ) -> Result<Response<Pieces>, Failure> {
        let ends = Instant::now() + limits.head;
        let opened = timeout_at(ends, self.opened(request, limits)).await;
        opened.unwrap_or(Err(Failure::TimedOut(limits.head)))
    }

    async fn opened(
        &self,
        request: Request<Bytes>,
        limits: StreamLimits,
    ) -> Result<Response<Pieces>, Failure> {
        crate::check(request.uri())?;
        let turn = Arc::clone(&self.streams).acquire_owned().await;
        let turn = turn.map_err(|error| Failure::Broken(error.to_string()))?;
        let answer = self.client.request(request.map(Full::new)).await;
        let (head, body) = answer.map_err(|error| connect::why(&error))?.into_parts();
        let is_success = head.status.is_success();
        let announced = body.size_hint().lower();
        let most = match is_success {
            true => limits.body,
            false => OTHER_BYTES,
        };
        let pieces = Pieces {
            body,
            left: most,
            limits: StreamLimits {
                body: most,
                ..limits
            },
            ends: Instant::now() + limits.whole,
            _turn: turn,
        };
        match is_success && announced > most {
            true => Err(pieces.too_long()),
            false => Ok(Response::from_parts(head, pieces)),
        }
    }
}
