//! `Range` of a download and `Content-Range` of an upload.

/// What part of a blob a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Whole,
    /// From the first byte up to, without, the second.
    Part(u64, u64),
    /// Lies beyond the end, or ends before it begins.
    Nothing,
}

/// Reads a `Range` header against `size` bytes. Several ranges, other units and what is not
/// understood are answered with the whole, as RFC 9110 allows.
pub(crate) fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some((first, last)) = header.and_then(bounds) else {
        return Wanted::Whole;
    };
    match (number(first), number(last)) {
        (Some(start), _) if start >= size => Wanted::Nothing,
        // RFC 9110 leaves the choice; the distribution specification's own tests want it refused.
        (Some(start), Some(last)) if last < start => Wanted::Nothing,
        (Some(start), Some(last)) => Wanted::Part(start, last.saturating_add(1).min(size)),
        (Some(start), None) if last.is_empty() => Wanted::Part(start, size),
        (None, Some(count)) if first.is_empty() => match count.min(size) {
            0 => Wanted::Nothing,
            count => Wanted::Part(size - count, size),
        },
        _ => Wanted::Whole,
    }
}

fn bounds(header: &str) -> Option<(&str, &str)> {
    let (first, last) = header.trim().strip_prefix("bytes=")?.split_once('-')?;
    Some((first.trim(), last.trim()))
}

/// Reads `a-b` or `bytes a-b/…` of an upload's part: its first byte and its length.
pub(crate) fn content_range(header: &str) -> Option<(u64, u64)> {
    let header = header.trim();
    let header = header.strip_prefix("bytes ").unwrap_or(header);
    let range = header.split_once('/').map_or(header, |(range, _)| range);
    let (first, last) = range.split_once('-')?;
    let (first, last) = (number(first.trim())?, number(last.trim())?);
    Some((first, last.checked_sub(first)?.checked_add(1)?))
}

/// Digits only: no sign, which `parse` would take.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_part_lies_within_the_blob(header in "bytes=[0-9]{0,21}-[0-9]{0,21}|.{0,40}", size: u64) {
            if let Wanted::Part(start, end) = wanted(Some(&header), size) {
                prop_assert!(start < end && end <= size, "{start}..{end} of {size}");
            }
        }

        #[test]
        fn an_upload_range_adds_up(header in "(bytes )?[0-9]{0,21}-[0-9]{0,21}(/.*)?|.{0,40}") {
            if let Some((first, length)) = content_range(&header) {
                prop_assert!(length > 0 && first.checked_add(length - 1).is_some());
            }
        }
    }

    #[test]
    fn downloads() {
        for (header, expected) in [
            ("bytes=0-0", Wanted::Part(0, 1)),
            ("bytes=2-5", Wanted::Part(2, 6)),
            ("bytes=2-50", Wanted::Part(2, 10)),
            ("bytes=9-", Wanted::Part(9, 10)),
            ("bytes=-3", Wanted::Part(7, 10)),
            ("bytes=-30", Wanted::Part(0, 10)),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=10-12", Wanted::Nothing),
            ("bytes=5-2", Wanted::Nothing),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-2", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("bytes=99999999999999999999-", Wanted::Whole),
            ("bytes=0-18446744073709551615", Wanted::Part(0, 10)),
        ] {
            assert_eq!(wanted(Some(header), 10), expected, "{header}");
        }
        assert_eq!(wanted(None, 10), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Nothing);
    }

    #[test]
    fn uploads() {
        assert_eq!(content_range("0-9"), Some((0, 10)));
        assert_eq!(content_range("bytes 5-9/20"), Some((5, 5)));
        for bad in ["", "5", "9-5", "a-b", "-5", "0-18446744073709551615"] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }
}
