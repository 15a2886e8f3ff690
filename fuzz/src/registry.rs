//! What clients send to the registry.

use crate::input;

/// A line with the media type, then a manifest as it is pushed.
pub fn ecr_manifest(bytes: &[u8]) {
    if let Some((media_type, bytes)) = input::line(bytes) {
        let given = (!media_type.is_empty()).then_some(media_type);
        wharf_svc_ecr::fuzz::manifest(bytes, given);
    }
}

/// A line with tags, then a lifecycle policy.
pub fn ecr_lifecycle(bytes: &[u8]) {
    let Some((tags, policy)) = input::line(bytes) else {
        return;
    };
    if let Some(policy) = input::text(policy) {
        let tags: Vec<&str> = tags.split(' ').collect();
        wharf_svc_ecr::fuzz::lifecycle(policy, &tags);
    }
}

/// A line with a path and its query, then a `Range`.
pub fn registry_path(bytes: &[u8]) {
    let Some((target, range)) = input::line(bytes) else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    wharf_registry::fuzz::path(path, query);
    if let Some(range) = input::text(range) {
        wharf_registry::fuzz::ranges(range, target.len() as u64);
    }
}

/// A line with a host, then an `Authorization`.
pub fn registry_login(bytes: &[u8]) {
    if let Some((host, authorization)) = input::line(bytes) {
        wharf_registry::fuzz::login(authorization, host);
    }
}
