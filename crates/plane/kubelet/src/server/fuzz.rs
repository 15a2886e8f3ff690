//! What fuzzing reaches of logs and sessions: how they are asked for, frames of SPDY, and messages of a WebSocket.

use flate2::{Compress, Compression, FlushCompress};
use futures_util::StreamExt;
use tokio::io;
use wharf_base::Timestamp;

use super::{
    channels::brought,
    logs, sessions,
    spdy::{DICTIONARY, Reader},
    streams::websocket,
};

/// Nothing waits: all that comes is there, and what is written is lost.
fn run(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime
        .expect("a runtime without drivers is memory alone")
        .block_on(work);
}

/// Frames as they come.
pub fn spdy(bytes: &[u8]) {
    run(async {
        let mut reader = Reader::new(bytes);
        while let Ok(Some(_)) = reader.next().await {}
    });
}

/// The headers of a stream, packed as clients do, twice over one connection.
pub fn headers(plain: &[u8]) {
    let mut packer = Compress::new(Compression::fast(), true);
    if packer.set_dictionary(DICTIONARY).is_err() {
        return;
    }
    let mut frames = Vec::new();
    for _ in 0..2 {
        let mut packed = Vec::with_capacity(plain.len() + 1024);
        if packer
            .compress_vec(plain, &mut packed, FlushCompress::Sync)
            .is_err()
        {
            return;
        }
        let length = u32::try_from(packed.len() + 10).unwrap_or(u32::MAX);
        frames.extend([0x80, 3, 0, 1]);
        frames.extend(length.to_be_bytes());
        frames.extend([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
        frames.extend(packed);
    }
    spdy(&frames);
}

/// What a client sends behind its handshake.
pub fn websocket_messages(bytes: &[u8]) {
    run(async {
        let mut socket = websocket(io::join(bytes, io::sink())).await;
        while let Some(Ok(message)) = socket.next().await {
            let _ = brought(message);
        }
    });
}

/// How a log or a session is asked for.
pub fn query(text: &str, now: Timestamp) {
    let _ = logs::Wish::read(text, now);
    let _ = sessions::Wish::read(text).streams();
}
