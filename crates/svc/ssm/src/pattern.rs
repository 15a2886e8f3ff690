//! The patterns that values must match. Pure.
//!
//! AWS's are Java's; here they have no look-around and no back-references, so that matching takes time
//! in proportion to the value.

use regex::{Regex, RegexBuilder};
use wharf_api_ssm::faults;
use wharf_wire::Fault;

use crate::records::Kind;

/// What a compiled pattern may take of memory.
const MAX_COMPILED: usize = 1 << 20;
/// Parentheses within parentheses.
const MAX_NESTING: u32 = 50;

/// Refuses a value that does not match as a whole; of a list, each item must.
///
/// # Errors
/// The pattern is none, or the value does not match it.
pub fn check(pattern: &str, kind: Kind, value: &str) -> Result<(), Fault> {
    let compiled = compile(pattern).map_err(|_| {
        faults::invalid_allowed_pattern_exception(
            "The request does not meet the regular expression requirement.",
        )
    })?;
    let matches = match kind {
        Kind::StringList => value.split(',').all(|item| compiled.is_match(item)),
        Kind::String | Kind::SecureString => compiled.is_match(value),
    };
    match matches {
        true => Ok(()),
        false => Err(faults::parameter_pattern_mismatch_exception(format!(
            "Parameter value, cannot be validated against allowedPattern: {pattern}"
        ))),
    }
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    // A pattern that closes parentheses of its own accord must not end ours.
    RegexBuilder::new(pattern)
        .nest_limit(MAX_NESTING)
        .size_limit(MAX_COMPILED)
        .build()?;
    RegexBuilder::new(&format!(r"\A(?:{pattern})\z"))
        .nest_limit(MAX_NESTING + 1)
        .size_limit(MAX_COMPILED)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_match_as_a_whole() {
        for (pattern, kind, value, fits) in [
            (r"^\d+$", Kind::String, "12", true),
            (r"\d{1,4}", Kind::String, "12345", false),
            (".{8,20}", Kind::SecureString, "eight888", true),
            (".{8,20}", Kind::SecureString, "seven77", false),
            ("a|b", Kind::String, "b", true),
            ("a|b", Kind::String, "ab", false),
            ("[a-z]+", Kind::StringList, "one,two", true),
            ("[a-z]+", Kind::StringList, "one,2", false),
        ] {
            let found = check(pattern, kind, value);
            assert_eq!(found.is_ok(), fits, "{pattern} {value}");
            if let Err(fault) = found {
                assert_eq!(fault.code, "ParameterPatternMismatchException");
                assert!(fault.message.ends_with(pattern));
            }
        }
        for pattern in [
            "(",
            ")|(",
            "(?=a)",
            r"(a)\1",
            "(?x)a #",
            "((((a{99}){99}){99}){99})",
        ] {
            let refused = check(pattern, Kind::String, "a").unwrap_err();
            assert_eq!(refused.code, "InvalidAllowedPatternException", "{pattern}");
        }
    }
}
