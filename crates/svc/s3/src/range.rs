//! Which bytes of an object a request asks for. Pure.

use wharf_wire::Fault;

use crate::fault;

/// Bytes from `start` up to, without, `end`; whether they are a part by request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub start: u64,
    pub end: u64,
    pub is_part: bool,
}

impl Range {
    pub fn whole(size: u64) -> Self {
        Self {
            start: 0,
            end: size,
            is_part: false,
        }
    }

    pub fn length(self) -> u64 {
        self.end - self.start
    }

    /// As `Content-Range` has it; nothing where the whole was asked for.
    pub fn header(self, size: u64) -> Option<String> {
        let Self { start, end, .. } = self;
        self.is_part
            .then(|| format!("bytes {start}-{}/{size}", end.saturating_sub(1)))
    }
}

/// Reads the header `Range`. What is none, or asks for several, is as if it were not there.
///
/// # Errors
/// It begins behind the end.
pub fn asked(header: Option<&str>, size: u64) -> Result<Range, Fault> {
    let whole = Range::whole(size);
    let Some((first, last)) = header.and_then(|it| it.strip_prefix("bytes=")?.split_once('-'))
    else {
        return Ok(whole);
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(last) || (first.is_empty() && last.is_empty()) {
        return Ok(whole);
    }
    // More digits than a number has mean behind any end.
    let number = |text: &str| text.parse().unwrap_or(u64::MAX);
    let (start, end) = match (first, last) {
        ("", last) => (
            size.saturating_sub(number(last)),
            if number(last) == 0 { 0 } else { size },
        ),
        (first, "") => (number(first), size),
        (first, last) if number(last) < number(first) => return Ok(whole),
        (first, last) => (number(first), number(last).saturating_add(1).min(size)),
    };
    match start < end {
        true => Ok(Range {
            start,
            end,
            is_part: true,
        }),
        false => Err(fault::range(header.unwrap_or_default(), size)),
    }
}

/// The range that a part is copied from: both ends must be given, and be there.
pub fn copied(header: &str, size: u64) -> Result<Range, Fault> {
    let text = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
                zero-based offsets of the first and last bytes to copy";
    let bad = || fault::argument(text, "x-amz-copy-source-range", header);
    let (first, last) = header
        .strip_prefix("bytes=")
        .and_then(|it| it.split_once('-'))
        .ok_or_else(bad)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| bad());
    let (start, last) = (number(first)?, number(last)?);
    if start > last {
        return Err(bad());
    }
    if last >= size {
        let text = format!("Range specified is not valid for source object of size: {size}");
        return Err(fault::argument(text, "x-amz-copy-source-range", header));
    }
    Ok(Range {
        start,
        end: last + 1,
        is_part: true,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges() {
        let part = |start, end| {
            Some(Range {
                start,
                end,
                is_part: true,
            })
        };
        for (header, expected) in [
            ("bytes=0-0", part(0, 1)),
            ("bytes=2-5", part(2, 6)),
            ("bytes=2-50", part(2, 10)),
            ("bytes=9-", part(9, 10)),
            ("bytes=-3", part(7, 10)),
            ("bytes=-30", part(0, 10)),
            ("bytes=-0", None),
            ("bytes=10-", None),
            ("bytes=99999999999999999999-", None),
            ("bytes=5-2", Some(Range::whole(10))),
            ("bytes=0-1,3-4", Some(Range::whole(10))),
            ("bytes=-", Some(Range::whole(10))),
            ("lines=1-2", Some(Range::whole(10))),
        ] {
            assert_eq!(asked(Some(header), 10).ok(), expected, "{header}");
        }
        assert_eq!(asked(Some("bytes=0-"), 0).unwrap_err().code, "InvalidRange");
        assert_eq!(asked(None, 0).unwrap().length(), 0);
        assert_eq!(part(2, 6).unwrap().header(10).unwrap(), "bytes 2-5/10");
        assert!(copied("bytes=0-10", 10).is_err() && copied("bytes=0-", 10).is_err());
        assert_eq!(copied("bytes=0-9", 10).unwrap().length(), 10);
    }

    proptest! {
        #[test]
        fn a_range_lies_within(header in "bytes=[0-9]{0,20}-[0-9]{0,20}", size: u64) {
            if let Ok(range) = asked(Some(&header), size) {
                prop_assert!(range.start <= range.end && range.end <= size);
            }
            let _ = copied(&header, size);
        }
    }
}
