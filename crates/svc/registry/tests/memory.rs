//! A large layer goes in and out while the process hardly grows. Alone in its binary: other tests
//! beside it would grow the process too.

#[path = "registry/support.rs"]
#[allow(dead_code, reason = "one of its users needs only a part")]
mod support;

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};
use support::Home;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const PIECE: usize = 64 * 1024;
const PIECES: usize = 4096;
/// Issue text: 1 GiB with less than 32 MiB. A quarter of it tells as much about streaming.
const MAX_GROWTH_KIB: u64 = 32 * 1024;

#[tokio::test]
async fn a_large_layer_streams_through() {
    let home = Home::new().await;
    let piece = support::random(PIECE);
    let mut hash = Sha256::new();
    for _ in 0..PIECES {
        hash.update(&piece);
    }
    let digest: String = hash
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let auth = STANDARD.encode(format!("AWS:{}", home.password));
    let before = peak_kib();

    let mut stream = TcpStream::connect(home.address).await.unwrap();
    let head = format!(
        "POST /v2/app/blobs/uploads/?digest=sha256:{digest} HTTP/1.1\r\nhost: x\r\n\
         authorization: Basic {auth}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        PIECE * PIECES
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..PIECES {
        stream.write_all(&piece).await.unwrap();
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");

    let mut stream = TcpStream::connect(home.address).await.unwrap();
    let head = format!(
        "GET /v2/app/blobs/sha256:{digest} HTTP/1.1\r\nhost: x\r\n\
         authorization: Basic {auth}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut buffer, mut received) = (vec![0; PIECE], 0);
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        if read == 0 {
            break;
        }
        received += read;
    }
    assert!(received > PIECE * PIECES, "{received}");

    let grown = peak_kib() - before;
    assert!(grown < MAX_GROWTH_KIB, "grew by {grown} KiB");
}

/// The most memory this process ever held, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
