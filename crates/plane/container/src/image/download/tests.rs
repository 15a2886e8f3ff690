use std::convert::Infallible;

use http::{Request, Response, StatusCode, header};
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::*;
use crate::image::{
    digest::Digest,
    reference::Reference,
    registry::{Endpoint, RegistryAuth, system_tls},
};

type Sent = Response<BoxBody<Bytes, Infallible>>;

/// A repository whose registry answers with what `answer` makes of a range; `None`: of the whole.
async fn repository(
    answer: impl Fn(Option<(usize, Option<usize>)>) -> Sent + Clone + Send + Sync + 'static,
) -> Arc<Repository> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let reference = format!("{}/x:1", listener.local_addr().unwrap());
    let reference = Reference::parse(&reference).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            let service = service_fn(move |request: Request<Incoming>| {
                let range = request.headers().get(header::RANGE);
                let range = range.map(|range| {
                    let range = range.to_str().unwrap().strip_prefix("bytes=").unwrap();
                    let (from, last) = range.split_once('-').unwrap();
                    (from.parse().unwrap(), last.parse().ok())
                });
                let answer = answer(range);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = hyper::server::conn::http1::Builder::new();
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
        }
    });
    let (endpoint, auth) = (Endpoint::of(&reference), RegistryAuth::Anonymous);
    let repository = Repository::new(&endpoint, &reference, auth, system_tls());
    Arc::new(repository)
}

/// An answer that sends `content` in pieces of `size` bytes.
fn sent(range: Option<(usize, usize)>, content: Bytes, size: usize) -> Sent {
    let pieces: Vec<Bytes> = content.chunks(size).map(Bytes::copy_from_slice).collect();
    let pieces = futures_util::stream::iter(pieces.into_iter().map(|it| Ok(Frame::data(it))));
    let mut response = Response::new(StreamBody::new(pieces).boxed());
    if let Some((from, last)) = range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {from}-{last}/*").parse().unwrap();
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}

fn layer(bytes: usize) -> Descriptor {
    Descriptor {
        digest: Digest::of(&[0; 32]),
        size: bytes as u64,
    }
}

#[test]
fn more_connections_help_only_where_one_keeps_the_unpacker_waiting() {
    let trial = |awaited, ms| is_slow(TRIAL, awaited, Duration::from_millis(ms));
    // 4 MiB in a second, always awaited.
    assert!(trial(TRIAL, 1000));
    // As slow, but because of whoever unpacks.
    assert!(!trial(TRIAL / 4, 1000));
    // 400 MB a second.
    assert!(!trial(TRIAL, 10));
}

/// In chunks of one byte each, as a registry may send what it has.
#[tokio::test]
async fn a_part_that_comes_in_crumbs_takes_the_memory_of_its_bytes() {
    const BYTES: usize = 4 * PIECE + 100;
    let content = Bytes::from(vec![7; BYTES]);
    let all = content.clone();
    let repository = repository(move |range| {
        let (from, last) = range.unwrap();
        sent(Some((from, last.unwrap())), all.clone(), 1)
    })
    .await;
    let (filling, mut pieces) = mpsc::unbounded_channel();
    bring(&repository, &layer(BYTES), 0..BYTES as u64, &filling)
        .await
        .unwrap();
    drop(filling);
    assert!(pieces.recv().await.unwrap().unwrap().is_empty());
    let mut sizes = Vec::new();
    while let Some(piece) = pieces.recv().await {
        sizes.push(piece.unwrap().len());
    }
    assert_eq!(sizes.iter().sum::<usize>(), BYTES);
    assert!(sizes.len() <= 5, "{} pieces", sizes.len());
}

/// It answers parts at once and sends next to nothing of them, so that it would keep the room of all pulls.
#[tokio::test(start_paused = true)]
async fn parts_that_drip_are_given_up() {
    const BYTES: usize = 40 << 20;
    // So that the clock never runs ahead of what is in a socket.
    tokio::spawn(async {
        loop {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let repository = repository(move |range| {
        let (from, size, pause) = match range {
            None => (0, 64 << 10, Duration::from_millis(1)),
            Some((from, Some(_))) => (from, 1, Duration::from_secs(30)),
            Some((from, None)) => (from, 1 << 20, Duration::ZERO),
        };
        let pieces = futures_util::stream::unfold(from, move |at| async move {
            let size = size.min(BYTES - at);
            tokio::time::sleep(pause).await;
            (size > 0).then(|| (Ok(Frame::data(Bytes::from(vec![7; size]))), at + size))
        });
        let mut response = Response::new(StreamBody::new(Box::pin(pieces)).boxed());
        if let Some((from, last)) = range {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let last = last.unwrap_or(BYTES - 1);
            let range = format!("bytes {from}-{last}/{BYTES}").parse().unwrap();
            response.headers_mut().insert(header::CONTENT_RANGE, range);
        }
        response
    })
    .await;
    let room = Arc::new(Semaphore::new(PARTS));
    let pause = Backoff::new(Duration::from_millis(1), Duration::from_millis(1), 1.0);
    let layer = layer(BYTES);
    let mut download = Download::begin(&repository, &layer, Some(&room), pause)
        .await
        .unwrap();
    let (mut got, mut least_room, began) = (0, PARTS, Instant::now());
    while let Some(piece) = download.next(|| true).await.unwrap() {
        got += piece.len();
        least_room = least_room.min(room.available_permits());
    }
    assert_eq!(got, BYTES);
    assert!(least_room < PARTS, "there were parts");
    assert!(began.elapsed() < 2 * GRACE, "{:?}", began.elapsed());
    // Given back before the layer is done with.
    assert_eq!(room.available_permits(), PARTS);
    drop(download);
}
