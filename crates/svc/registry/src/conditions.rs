//! Conditional requests (RFC 9110, section 13): what lies under a digest never changes, so nobody who has it need get it
//! again.

use http::{
    HeaderMap, HeaderName,
    header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE},
};
use wharf_blobs::Digest;

/// What a request for something that is there shall get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Send,
    /// 304: who asks has it.
    NotModified,
    /// 412: it is not what who asks meant.
    Failed,
}

/// The entity tag of what has this digest.
pub(crate) fn tag_of(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// `If-Match` comes first, and where it is there and holds, `If-None-Match` is asked too.
pub(crate) fn judge(headers: &HeaderMap, digest: &Digest) -> Verdict {
    let tag = tag_of(digest);
    // A weak tag says less than that it is this, byte by byte.
    let same = |one: &str| one == tag;
    let alike = |one: &str| one.strip_prefix("W/").unwrap_or(one) == tag;
    if headers.contains_key(IF_MATCH) && !names(headers, IF_MATCH, same) {
        return Verdict::Failed;
    }
    match names(headers, IF_NONE_MATCH, alike) {
        true => Verdict::NotModified,
        false => Verdict::Send,
    }
}

/// Whether a range may be sent: `If-Range` names this, or is not there.
pub(crate) fn range_holds(headers: &HeaderMap, digest: &Digest) -> bool {
    let Some(wanted) = headers.get(IF_RANGE) else {
        return true;
    };
    wanted.as_bytes() == tag_of(digest).as_bytes()
}

/// Whether one of the header's entity tags is meant, or it says `*`. Digests have no commas.
fn names(headers: &HeaderMap, name: HeaderName, is_meant: impl Fn(&str) -> bool) -> bool {
    let values = headers.get_all(name).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|one| one == "*" || is_meant(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name.clone(), value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn tags_are_compared_as_the_standard_says() {
        let (own, other) = (Digest::of(b"own"), Digest::of(b"other"));
        let (tag, foreign) = (tag_of(&own), tag_of(&other));
        let both = format!("{foreign} , W/{tag}");
        for (pairs, expected) in [
            (vec![], Verdict::Send),
            (vec![(IF_NONE_MATCH, tag.as_str())], Verdict::NotModified),
            (vec![(IF_NONE_MATCH, "*")], Verdict::NotModified),
            (vec![(IF_NONE_MATCH, both.as_str())], Verdict::NotModified),
            (vec![(IF_NONE_MATCH, foreign.as_str())], Verdict::Send),
            (vec![(IF_NONE_MATCH, "sha256")], Verdict::Send),
            (
                vec![
                    (IF_NONE_MATCH, foreign.as_str()),
                    (IF_NONE_MATCH, tag.as_str()),
                ],
                Verdict::NotModified,
            ),
            (vec![(IF_MATCH, tag.as_str())], Verdict::Send),
            (vec![(IF_MATCH, both.as_str())], Verdict::Failed),
            (vec![(IF_MATCH, foreign.as_str())], Verdict::Failed),
            (
                vec![(IF_MATCH, "*"), (IF_NONE_MATCH, tag.as_str())],
                Verdict::NotModified,
            ),
            (
                vec![(IF_MATCH, foreign.as_str()), (IF_NONE_MATCH, tag.as_str())],
                Verdict::Failed,
            ),
        ] {
            assert_eq!(judge(&asked(&pairs), &own), expected, "{pairs:?}");
        }
        assert!(range_holds(&asked(&[]), &own));
        assert!(range_holds(&asked(&[(IF_RANGE, &tag)]), &own));
        for no in [foreign.as_str(), "Sun, 22 Nov 2026 16:00:00 GMT", "W/x"] {
            assert!(!range_holds(&asked(&[(IF_RANGE, no)]), &own), "{no}");
        }
    }
}
