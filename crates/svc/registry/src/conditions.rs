//! Conditional requests (RFC 9110, section 13): what lies under a digest never changes, so nobody who has it need get it
//! again; and a tag is set or deleted only while it names what it is taken to name.

use http::{
    HeaderMap, HeaderName,
    header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE},
};
use wharf_blobs::Digest;
use wharf_svc_ecr::{ImageRef, Images, Precondition};

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
    tag_of_text(&digest.to_string())
}

/// The same of a digest that is written out already.
pub(crate) fn tag_of_text(digest: &str) -> String {
    format!("\"{digest}\"")
}

/// `If-Match` comes first, and where it is there and holds, `If-None-Match` is asked too.
pub(crate) fn judge(headers: &HeaderMap, digest: &Digest) -> Verdict {
    // As of nearly every pull.
    if !headers.contains_key(IF_MATCH) && !headers.contains_key(IF_NONE_MATCH) {
        return Verdict::Send;
    }
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

/// On which condition something is pushed or deleted: about what its reference names before.
pub(crate) fn of_change(headers: &HeaderMap, of: &ImageRef) -> Option<Precondition> {
    let alike = |one: &str| digest_in(one.strip_prefix("W/").unwrap_or(one));
    let is = images(headers, IF_MATCH, digest_in);
    let is_not = images(headers, IF_NONE_MATCH, alike);
    (is.is_some() || is_not.is_some()).then(|| Precondition {
        of: of.clone(),
        is,
        is_not,
    })
}

/// The images that a header names by their entity tags; `None` without it. Tags that are not of here name none.
fn images(
    headers: &HeaderMap,
    name: HeaderName,
    read: impl Fn(&str) -> Option<Digest>,
) -> Option<Images> {
    if !headers.contains_key(&name) {
        return None;
    }
    if each(headers, name.clone()).any(|one| one == "*") {
        return Some(Images::Any);
    }
    Some(Images::Of(each(headers, name).filter_map(read).collect()))
}

/// Reads [`tag_of`].
fn digest_in(tag: &str) -> Option<Digest> {
    let text = tag.strip_prefix('"')?.strip_suffix('"')?;
    text.parse().ok()
}

/// Whether one of the header's entity tags is meant, or it says `*`.
fn names(headers: &HeaderMap, name: HeaderName, is_meant: impl Fn(&str) -> bool) -> bool {
    each(headers, name).any(|one| one == "*" || is_meant(one))
}

/// The entity tags of a header. Digests have no commas.
fn each(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let values = headers.get_all(name).into_iter();
    let values = values.filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
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

    #[test]
    fn a_change_names_images_by_their_tags() {
        let (own, other) = (Digest::of(b"own"), Digest::of(b"other"));
        let (tag, foreign) = (tag_of(&own), tag_of(&other));
        let both = format!("{foreign} , W/{tag}, \"v1\"");
        let of = |digests: &[Digest]| Some(Images::Of(digests.to_vec()));
        let reference = ImageRef::Tag("v1".to_owned());
        for (pairs, is, is_not) in [
            (vec![(IF_MATCH, tag.as_str())], of(&[own]), None),
            (vec![(IF_MATCH, both.as_str())], of(&[other]), None),
            (
                vec![(IF_NONE_MATCH, both.as_str())],
                None,
                of(&[other, own]),
            ),
            (vec![(IF_NONE_MATCH, "*")], None, Some(Images::Any)),
            (
                vec![(IF_MATCH, foreign.as_str()), (IF_MATCH, "*")],
                Some(Images::Any),
                None,
            ),
            // What names nothing is met by nothing.
            (vec![(IF_MATCH, "sha256:")], of(&[]), None),
            (
                vec![(IF_MATCH, tag.as_str()), (IF_NONE_MATCH, foreign.as_str())],
                of(&[own]),
                of(&[other]),
            ),
        ] {
            let of = reference.clone();
            assert_eq!(
                of_change(&asked(&pairs), &reference),
                Some(Precondition { of, is, is_not }),
                "{pairs:?}"
            );
        }
        assert_eq!(of_change(&asked(&[]), &reference), None);
    }
}
