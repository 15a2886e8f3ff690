//! Copies between two connections until one ends, or nothing was said for long.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split},
    sync::watch,
    time::{Instant, timeout, timeout_at},
};

/// A connection over which neither side said anything for this long is ended: longer than any call
/// takes to answer, and than SDKs keep an idle connection.
pub(super) const SILENCE: Duration = Duration::from_secs(120);
/// None lasts longer, whatever is said on it: pings cost nothing. An upload of a large layer at a
/// poor rate takes less.
const LIFETIME: Duration = Duration::from_secs(8 * 60 * 60);
/// As much as is read at once.
const BUFFER: usize = 16 << 10;

/// # Errors
/// One side broke, or its time was over.
pub async fn copy<A, B>(a: A, b: B) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (spoke, heard) = watch::channel(Instant::now());
    let (from_a, to_a) = split(a);
    let (from_b, to_b) = split(b);
    let copying = async {
        tokio::try_join!(one_way(from_a, to_b, &spoke), one_way(from_b, to_a, &spoke)).map(drop)
    };
    tokio::select! {
        copied = timeout(LIFETIME, copying) => copied.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())),
        () = silent(heard) => Err(io::ErrorKind::TimedOut.into()),
    }
}

async fn one_way<R: AsyncRead, W: AsyncWrite>(
    mut from: ReadHalf<R>,
    mut to: WriteHalf<W>,
    spoke: &watch::Sender<Instant>,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..count]).await?;
        // TLS holds back what is not flushed.
        to.flush().await?;
        spoke.send_replace(Instant::now());
    }
}

/// Returns once nothing has been said for [`SILENCE`].
async fn silent(mut heard: watch::Receiver<Instant>) {
    loop {
        let until = *heard.borrow_and_update() + SILENCE;
        match timeout_at(until, heard.changed()).await {
            Err(_) => return,
            // Both ways have ended, and the copying with them.
            Ok(Err(_)) => std::future::pending().await,
            Ok(Ok(())) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn both_ways_and_ends() {
        let (mut client, ours) = tokio::io::duplex(64);
        let (upstream, mut server) = tokio::io::duplex(64);
        let copying = tokio::spawn(copy(ours, upstream));
        client.write_all(b"ask").await.unwrap();
        let mut seen = [0; 3];
        server.read_exact(&mut seen).await.unwrap();
        assert_eq!(&seen, b"ask");
        server.write_all(b"answer").await.unwrap();
        drop(server);
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer, "answer");
        drop(client);
        assert!(copying.await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_it_and_talk_does_not() {
        let (mut client, ours) = tokio::io::duplex(64);
        let (upstream, mut server) = tokio::io::duplex(64);
        let began = Instant::now();
        let copying = tokio::spawn(copy(ours, upstream));
        for _ in 0..5 {
            tokio::time::sleep(SILENCE / 2).await;
            client.write_all(b".").await.unwrap();
            server.read_exact(&mut [0]).await.unwrap();
        }
        let ended = copying.await.unwrap().unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        let lasted = began.elapsed();
        assert!(
            lasted >= SILENCE * 7 / 2 && lasted < SILENCE * 4,
            "{lasted:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn pings_do_not_keep_it_for_ever() {
        let (mut client, ours) = tokio::io::duplex(64);
        let (upstream, mut server) = tokio::io::duplex(64);
        let began = Instant::now();
        let copying = tokio::spawn(copy(ours, upstream));
        let pings = tokio::spawn(async move {
            while client.write_all(b".").await.is_ok() {
                if server.read_exact(&mut [0]).await.is_err() {
                    return;
                }
                tokio::time::sleep(SILENCE / 2).await;
            }
        });
        assert!(copying.await.unwrap().is_err());
        assert!(began.elapsed() >= LIFETIME && began.elapsed() < LIFETIME + SILENCE);
        pings.abort();
    }
}
