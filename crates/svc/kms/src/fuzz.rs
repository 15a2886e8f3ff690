//! Parsers as functions of any bytes.

use crate::ciphertext::Blob;

/// Reads a ciphertext; what was read is written back as it was.
pub fn ciphertext(bytes: &[u8]) {
    if let Some(blob) = Blob::parse(bytes) {
        assert_eq!(blob.to_bytes(), bytes);
    }
}
