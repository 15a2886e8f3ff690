//! The stream between the control plane and the planes.

use serde::{Serialize, de::DeserializeOwned};
use wharf_planeproto::{
    access_logs,
    forward::{self, Forwarded},
    layers, snapshot,
    wire::{self, Frames, ToPlane, ToServer},
};

use crate::input;

/// A byte that says which end reads and into what pieces it is cut, then frames.
pub fn plane_frames(bytes: &[u8]) {
    let Some((cut, bytes)) = input::choice(bytes) else {
        return;
    };
    if cut % 2 == 0 {
        read::<ToServer>(bytes, cut);
    } else {
        read::<ToPlane>(bytes, cut);
    }
}

fn read<T: DeserializeOwned + Serialize>(bytes: &[u8], cut: usize) {
    let mut frames = Frames::default();
    for piece in bytes.chunks(cut.max(1)) {
        frames.push(piece);
        loop {
            match frames.pop::<T>() {
                Ok(Some(message)) => {
                    let again = wire::encode(&message).expect("what came in a frame fits into one");
                    let mut own = Frames::default();
                    own.push(&again);
                    assert!(own.pop::<T>().is_ok_and(|found| found.is_some()));
                }
                Ok(None) => break,
                Err(_) => return,
            }
        }
    }
}

/// A file of access logs as a host hands it over.
pub fn access_log(bytes: &[u8]) {
    if let Some((head, at)) = access_logs::split(bytes) {
        let packed = bytes.get(at..).expect("a head ends within the file");
        let again = access_logs::join(&head, packed).expect("what was read can be written");
        let start = again.len() - packed.len();
        if start <= access_logs::MOST_HEAD {
            assert_eq!(access_logs::split(&again), Some((head, start)));
        }
    }
}

/// The head by which a node begins a connection that it passes on.
pub fn forward_head(bytes: &[u8]) {
    if let Some(headers) = forward::parse(bytes) {
        let _ = Forwarded::read(&headers);
        let again = forward::head(&headers);
        let again = again.strip_suffix("\r\n").expect("a head ends so");
        assert_eq!(forward::parse(again.as_bytes()), Some(headers));
    }
}

/// What nodes that share layers say to each other, and how the control plane names them.
pub fn layer_peers(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let peers = layers::peers(text);
    assert_eq!(layers::peers(&layers::header(&peers)), peers);
    if let Some(request) = layers::Request::read(text) {
        let line = request.line();
        assert!(line.len() <= layers::MOST_REQUEST);
        assert_eq!(layers::Request::read(line.trim_end()), Some(request));
    }
    let _ = serde_json::from_str::<layers::Announcement>(text);
}

/// What a task asks the name service of its network.
pub fn dns_question(bytes: &[u8]) {
    wharf_dns::fuzz::question(bytes);
}

/// A question, and what a name server of the host said to it: each with its length before it.
pub fn dns_answer(bytes: &[u8]) {
    if let [question, said, ..] = input::parts(bytes)[..] {
        wharf_dns::fuzz::answer(question, said);
    }
}

/// Changes as the plane stream tells them, in JSON, to a host's network.
pub fn network(bytes: &[u8]) {
    if let Ok(changes) = serde_json::from_slice(bytes) {
        wharf_network::fuzz::changes(changes);
    }
}

/// What a server of files answers, of any operation.
pub fn nfs_answer(bytes: &[u8]) {
    wharf_shared_files::fuzz::answer(bytes);
}

/// A page of a snapshot, and a path that its bytes go to.
pub fn snapshot_page(bytes: &[u8]) {
    if let Some(entries) = snapshot::entries(bytes) {
        assert_eq!(snapshot::page(&entries), bytes);
    }
    if let Ok(path) = std::str::from_utf8(bytes) {
        for method in ["GET", "PUT", "POST"] {
            if let Some(found) = snapshot::path_of(method, path) {
                assert_eq!(found.text(), path);
            }
        }
    }
}
