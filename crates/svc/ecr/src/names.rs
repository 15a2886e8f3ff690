//! Names, tags, and whether a tag may move (spec ecr.md §2, §5).

use wharf_base::Glob;

use crate::records::Repository;

const MAX_NAME: usize = 256;
const MIN_NAME: usize = 2;

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/…)*`, 2 to 256 characters.
pub fn valid_repository_name(name: &str) -> bool {
    (MIN_NAME..=MAX_NAME).contains(&name.len()) && name.split('/').all(valid_path_part)
}

fn valid_path_part(part: &str) -> bool {
    let bytes = part.as_bytes();
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    if !alphanumeric(first) || !alphanumeric(last) {
        return false;
    }
    // What stands between two alphanumeric runs.
    bytes
        .split(alphanumeric)
        .filter(|separator| !separator.is_empty())
        .all(|separator| {
            matches!(separator, b"." | b"_" | b"__") || separator.iter().all(|b| *b == b'-')
        })
}

/// `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`, what clients of the OCI API can name.
pub fn valid_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let bytes = tag.as_bytes();
    bytes.len() <= 128
        && bytes.first().is_some_and(|b| word(*b))
        && bytes.iter().all(|b| word(*b) || *b == b'.' || *b == b'-')
}

/// Whether a tag once set stays: the repository's setting, inverted for tags that one of its
/// exclusion filters matches.
pub(crate) fn immutable(repository: &Repository, tag: &str) -> bool {
    let excluded = || {
        repository
            .exclusion_filters
            .iter()
            .any(|filter| Glob::stars(filter).matches(tag))
    };
    match repository.tag_mutability.as_str() {
        "IMMUTABLE" => true,
        "IMMUTABLE_WITH_EXCLUSION" => !excluded(),
        "MUTABLE_WITH_EXCLUSION" => excluded(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repository_names() {
        for good in ["ab", "team/app", "a1.b2", "a__b", "a---b", "0a/b_c/d"] {
            assert!(valid_repository_name(good), "{good}");
        }
        let long = "a".repeat(257);
        for bad in [
            "", "a", "A1", "a.", "-a", "a..b", "a___b", "a/", "/a", "a//b", "a._b", "é1", &long,
        ] {
            assert!(!valid_repository_name(bad), "{bad}");
        }
    }

    #[test]
    fn tags() {
        for good in ["v1", "_x", "1.2-rc_3", &"a".repeat(128)] {
            assert!(valid_tag(good), "{good}");
        }
        for bad in ["", ".a", "-a", "a b", "a/b", "a:b", "é", &"a".repeat(129)] {
            assert!(!valid_tag(bad), "{bad}");
        }
    }
}
