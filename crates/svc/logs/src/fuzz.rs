//! What fuzzing reaches of this crate's parsers beside [`crate::pattern`].

use crate::token;

/// The tokens of a page that a caller gives back.
pub fn token(text: &str) {
    let _ = token::read(text);
    let _ = token::open::<(String, i64)>(text, "of");
}
