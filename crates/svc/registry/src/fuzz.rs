//! What fuzzing reaches of this crate's parsers.

use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

use crate::{
    auth, path,
    range::{self, Wanted},
};

/// A path with its query.
pub fn path(path: &str, query: &str) {
    let _ = path::parse(path);
    let _ = path::parameter(Some(query), "n");
}

/// `Range` of a download of `size` bytes, `Content-Range` of an upload.
pub fn ranges(header: &str, size: u64) {
    if let Wanted::Part(start, end) = range::wanted(Some(header), size) {
        assert!(start < end && end <= size);
    }
    if let Some((first, length)) = range::content_range(header) {
        assert!(length > 0 && first.checked_add(length - 1).is_some());
    }
}

/// The credentials and the host of a request.
pub fn login(authorization: &[u8], host: &str) {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_bytes(authorization) {
        headers.insert(AUTHORIZATION, value);
    }
    let _ = auth::credentials(&headers);
    let _ = auth::aws_host(host);
}
