//! Which streams take turns as one.

/// Those with the same first two parts of their names: an account's audit log, or the streams of a log group.
pub(crate) fn lane_of(stream: &str) -> &str {
    let mut slashes = stream.match_indices('/').map(|(at, _)| at);
    slashes.nth(1).map_or(stream, |at| &stream[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_two_parts_of_a_name() {
        for (stream, lane) in [
            ("logs/g1/s1", "logs/g1"),
            ("logs/g1/s2/x", "logs/g1"),
            (
                "cloudtrail/000000000001/us-east-1",
                "cloudtrail/000000000001",
            ),
            ("s3/pack", "s3/pack"),
            ("one", "one"),
            ("", ""),
        ] {
            assert_eq!(lane_of(stream), lane);
        }
    }
}
