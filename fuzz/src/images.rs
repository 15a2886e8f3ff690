//! Images as registries send them to a node, and profiles of the containers that are made of them.

use wharf_container::image::{Digest, Reference, fuzz};

use crate::input;

/// A byte that says which, then a manifest or a configuration.
pub fn manifest(bytes: &[u8]) {
    match input::choice(bytes) {
        Some((kind, bytes)) if kind % 2 == 0 => fuzz::manifest(bytes),
        Some((_, bytes)) => fuzz::config(bytes),
        None => {}
    }
}

/// The name of an image; also a digest and a registry's challenge.
pub fn reference(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    if let Ok(reference) = Reference::parse(text) {
        let full = reference.to_string();
        assert_eq!(Reference::parse(&full).as_ref(), Ok(&reference), "{full}");
    }
    if let Ok(digest) = Digest::try_from(text.to_owned()) {
        let all: usize = if text.starts_with("sha512") { 128 } else { 64 };
        assert_eq!(digest.hex().len(), all);
    }
    fuzz::challenge(text);
}

pub fn layer_archive(bytes: &[u8]) {
    fuzz::archive(bytes);
}

/// A layer, unpacked into a folder that goes afterwards.
pub fn layer(bytes: &[u8]) {
    let outside = tempfile::tempdir().expect("there is room for temporary files");
    let folder = outside.path().join("layer");
    std::fs::create_dir(&folder).expect("there is room for temporary files");
    fuzz::layer(bytes, &folder);
    let beside = std::fs::read_dir(outside.path()).expect("the folder is still there");
    assert_eq!(beside.count(), 1, "a layer stays in its folder");
}

/// The length of an index, as a little-endian u32, then the index, then what its first span holds.
pub fn layer_index(bytes: &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return;
    };
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    let (index, span) = rest.split_at(length.min(rest.len()));
    let Ok(ztoc) = wharf_ztoc::Ztoc::decode(index) else {
        return;
    };
    let said = ztoc.spans[0].plain.end - ztoc.spans[0].plain.start;
    if said < 1 << 20
        && let Ok(plain) = ztoc.inflate(0, span)
    {
        assert!(plain.len() as u64 >= said);
    }
    if let Ok(tree) = wharf_ztoc::Tree::build(ztoc.entries) {
        for node in &tree.nodes {
            let is_there = |at: &usize| *at < tree.nodes.len();
            assert!(node.children.values().all(is_there) && is_there(&node.parent));
        }
    }
}

/// A filter of system calls, which is compiled as well.
pub fn seccomp_profile(bytes: &[u8]) {
    let _ = wharf_container::spec::Profile::read(bytes);
}
