//! Reading a request's body: within its size, its time, and the bytes that may be in flight.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use tokio::time::{Instant, Sleep, sleep_until};

use super::{
    bytes_in_flight::{Full, Hold},
    rooms::Room,
};

/// A body has this long whatever its size.
const GRACE: Duration = Duration::from_secs(10);
/// Beyond, it must have come at this rate on average, in bytes a second: slower than any modem, and
/// fast enough that a trickle ends within seconds.
const LEAST_RATE: u64 = 16 << 10;
/// No body takes longer: a usual one (8 MiB at most) then came at 0.6 Mbit/s, the largest that is kept (27 MiB, a part of an image's
/// layer) at 1.9 Mbit/s.
const MOST_TIME: Duration = Duration::from_secs(120);

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    TooLarge,
    TooSlow,
    /// Too many bytes of requests are in flight.
    NoRoom,
    /// The connection broke off.
    Broken,
}

impl From<Full> for Stopped {
    fn from(_: Full) -> Self {
        Self::NoRoom
    }
}

/// The whole body, of at most `limit` bytes, each paid for through `hold`.
pub async fn read<B>(body: B, limit: usize, hold: &Hold) -> Result<Bytes, Stopped>
where
    B: Body<Data = Bytes> + Unpin,
{
    let said = body.size_hint().exact().unwrap_or_default();
    let said = usize::try_from(said).unwrap_or(usize::MAX);
    let mut read = Room::of(said.min(limit));
    let take = |data: &[u8]| {
        hold.grow(data.len())?;
        read.extend(data);
        Ok(())
    };
    each(body, limit, hold, take).await?;
    Ok(read.into())
}

/// The SHA-256 of a body of at most `limit` bytes, of which nothing is kept.
pub async fn digest<B>(body: B, limit: usize, hold: &Hold) -> Result<String, Stopped>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut digest = Sha256::new();
    let take = |data: &[u8]| {
        digest.update(data);
        Ok(())
    };
    each(body, limit, hold, take).await?;
    Ok(hex::encode(digest.finalize()))
}

/// Hands on what comes, as long as it comes fast enough and `hold` is not given up.
async fn each<B>(
    mut body: B,
    limit: usize,
    hold: &Hold,
    mut take: impl FnMut(&[u8]) -> Result<(), Stopped>,
) -> Result<(), Stopped>
where
    B: Body<Data = Bytes> + Unpin,
{
    let started = Instant::now();
    let mut read = 0;
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = hold.given_up() => return Err(Stopped::NoRoom),
            () = sleep_until(started + time_for(read)) => return Err(Stopped::TooSlow),
        };
        let Some(frame) = frame else {
            return Ok(());
        };
        // Trailers say nothing that the API reads.
        let Ok(data) = frame.map_err(|_| Stopped::Broken)?.into_data() else {
            continue;
        };
        if read + data.len() > limit {
            return Err(Stopped::TooLarge);
        }
        read += data.len();
        take(&data)?;
    }
}

/// A body that is passed on as it comes, and ends with an error where it trickles: it may be waited
/// for as long as its bytes earn. Time in which nobody reads it does not count.
pub struct Paced<B> {
    body: B,
    received: u64,
    waited: Duration,
    /// Since when more is waited for, and until when.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<B> Paced<B> {
    pub fn new(body: B) -> Self {
        Self {
            body,
            received: 0,
            waited: Duration::ZERO,
            waiting: None,
        }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Paced<B>
where
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            if let Some((since, _)) = this.waiting.take() {
                this.waited += since.elapsed();
            }
            if let Some(Ok(frame)) = &frame {
                this.received += frame.data_ref().map_or(0, |data| data.len() as u64);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(io::Error::other)));
        }
        let left = earned_by(this.received).saturating_sub(this.waited);
        let (_, until) = this.waiting.get_or_insert_with(|| {
            let now = Instant::now();
            (now, Box::pin(sleep_until(now + left)))
        });
        ready!(until.as_mut().poll(cx));
        Poll::Ready(Some(Err(io::ErrorKind::TimedOut.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// How long a body of which `bytes` have come may have taken.
fn time_for(bytes: usize) -> Duration {
    earned_by(bytes as u64).min(MOST_TIME)
}

fn earned_by(bytes: u64) -> Duration {
    GRACE + Duration::from_millis(bytes.saturating_mul(1000) / LEAST_RATE)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body_util::{Full as Whole, StreamBody};

    use super::*;
    use crate::gateway::{
        bytes_in_flight::{BytesInFlight, Limits},
        source::Source,
    };

    fn hold(limits: Limits) -> (BytesInFlight, Hold) {
        let all = BytesInFlight::new(limits);
        let hold = all.enter(Source::Machine, 0).unwrap();
        (all, hold)
    }

    /// `pieces` bytes, one every `pause`.
    fn trickle(
        pieces: usize,
        size: usize,
        pause: Duration,
    ) -> impl Body<Data = Bytes, Error = Infallible> + Unpin {
        let stream = futures_util::stream::unfold(0, move |sent| async move {
            if sent == pieces {
                return None;
            }
            tokio::time::sleep(pause).await;
            let frame = Frame::data(Bytes::from(vec![b'x'; size]));
            Some((Ok(frame), sent + 1))
        });
        StreamBody::new(Box::pin(stream))
    }

    #[tokio::test]
    async fn a_body_within_its_bounds() {
        let (all, hold) = hold(Limits::default());
        let before = all.total();
        let body = read(Whole::new(Bytes::from_static(b"{}")), 2, &hold).await;
        assert_eq!(body.unwrap()[..], b"{}"[..]);
        assert_eq!(all.total(), before + 2);
        let large = read(Whole::new(Bytes::from_static(b"{ }")), 2, &hold).await;
        assert_eq!(large, Err(Stopped::TooLarge));
    }

    #[tokio::test]
    async fn a_digest_keeps_nothing() {
        let (all, hold) = hold(Limits::default());
        let before = all.total();
        let digested = digest(Whole::new(Bytes::from_static(b"abc")), 3, &hold).await;
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digested.as_deref(), Ok(expected));
        assert_eq!(all.total(), before);
        let large = digest(Whole::new(Bytes::from_static(b"abc")), 2, &hold).await;
        assert_eq!(large, Err(Stopped::TooLarge));
    }

    #[tokio::test(start_paused = true)]
    async fn a_trickle_ends() {
        let (_, hold) = hold(Limits::default());
        let started = Instant::now();
        let body = trickle(1 << 20, 1, Duration::from_secs(1));
        assert_eq!(read(body, 8 << 20, &hold).await, Err(Stopped::TooSlow));
        assert!(started.elapsed() <= GRACE + Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_line_is_fast_enough() {
        let (_, hold) = hold(Limits::default());
        let body = trickle(100, 20 << 10, Duration::from_secs(1));
        assert_eq!(
            read(body, 8 << 20, &hold).await.unwrap().len(),
            100 * (20 << 10)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn no_body_takes_for_ever() {
        let (_, hold) = hold(Limits::default());
        let started = Instant::now();
        let body = trickle(1000, 32 << 10, Duration::from_secs(1));
        assert_eq!(read(body, 64 << 20, &hold).await, Err(Stopped::TooSlow));
        assert_eq!(started.elapsed(), MOST_TIME);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_must_give_way_ends_at_once() {
        let (all, hold) = hold(Limits {
            total: 1 << 20,
            source: 100_000,
        });
        let reading = tokio::spawn(async move {
            let body = trickle(100, 1000, Duration::from_millis(100));
            read(body, 1 << 20, &hold).await
        });
        tokio::time::sleep(Duration::from_secs(5)).await;
        let other = all.enter(Source::Machine, 0).unwrap();
        for _ in 0..40 {
            other.grow(1000).unwrap();
        }
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(reading.await.unwrap(), Err(Stopped::NoRoom));
    }

    #[tokio::test(start_paused = true)]
    async fn a_layer_may_be_large_but_must_not_trickle() {
        let large = Paced::new(trickle(5000, 20 << 10, Duration::from_secs(1)));
        assert_eq!(
            large.collect().await.unwrap().to_bytes().len(),
            5000 * (20 << 10)
        );
        let slow = Paced::new(trickle(5000, 1 << 10, Duration::from_secs(1)));
        let started = Instant::now();
        let error = slow.collect().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(started.elapsed() < Duration::from_secs(15));
    }

    #[tokio::test(start_paused = true)]
    async fn a_layer_waits_for_its_disk() {
        let mut body = Paced::new(trickle(10, 100, Duration::from_millis(10)));
        let mut seen = 0;
        while let Some(frame) = body.frame().await {
            seen += frame.unwrap().into_data().unwrap().len();
            tokio::time::sleep(Duration::from_secs(100)).await;
        }
        assert_eq!(seen, 1000);
    }
}
