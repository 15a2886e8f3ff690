//! User data of instances: text in base 64, of at most 16 KiB.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use wharf_wire::Fault;

use crate::fault;

/// Before it is encoded.
pub const MAX_BYTES: usize = 16 * 1024;

/// Refuses what is no base 64, or too long.
pub fn check(encoded: &str) -> Result<(), Fault> {
    decoded(encoded).map(drop)
}

/// The text itself. Encoders that wrap lines are understood.
pub fn decoded(encoded: &str) -> Result<Vec<u8>, Fault> {
    let text: String = encoded.split_ascii_whitespace().collect();
    // Nothing longer is decoded.
    if text.len() > MAX_BYTES.div_ceil(3) * 4 {
        return Err(fault::user_data_too_long(MAX_BYTES));
    }
    match STANDARD.decode(text) {
        Ok(bytes) if bytes.len() > MAX_BYTES => Err(fault::user_data_too_long(MAX_BYTES)),
        Ok(bytes) => Ok(bytes),
        Err(_) => Err(fault::malformed_user_data()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_and_alphabet() {
        let of = |bytes: usize| STANDARD.encode(vec![b'x'; bytes]);
        assert!(check(&of(0)).is_ok());
        assert!(check(&of(MAX_BYTES)).is_ok());
        assert_eq!(decoded("aGFs\n bG8=\n").unwrap(), b"hallo");
        for (text, code) in [
            (of(MAX_BYTES + 1), "InvalidParameterValue"),
            (of(1 << 20), "InvalidParameterValue"),
            ("#!/bin/sh".to_owned(), "InvalidUserData.Malformed"),
            ("YQ".to_owned(), "InvalidUserData.Malformed"),
        ] {
            assert_eq!(check(&text).unwrap_err().code, code, "{:.20}", text);
        }
    }
}
