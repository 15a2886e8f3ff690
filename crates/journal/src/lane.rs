//! Which streams take turns as one.

/// Those with the same first two parts of their names, of the second what stands before a hyphen: an account's audit log
/// (`cloudtrail/ACCOUNT/…`), or the streams of all its log groups (`logs/ACCOUNT-…/…`). It is the name alone that says it,
/// so that what is asked of one stream stays in its order; but for [`crate::Journal::append_as`].
pub(crate) fn lane_of(stream: &str) -> &str {
    let Some((first, rest)) = stream.split_once('/') else {
        return stream;
    };
    let second = rest.find(['/', '-']).unwrap_or(rest.len());
    &stream[..first.len() + 1 + second]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_is_two_parts_of_a_name_up_to_a_hyphen() {
        for (stream, lane) in [
            ("logs/g1/s1", "logs/g1"),
            ("logs/g1/s2/x", "logs/g1"),
            ("logs/000000000001-a/s-1", "logs/000000000001"),
            ("logs/000000000001-b/s-1", "logs/000000000001"),
            ("logs-index/000000000001-b/s", "logs-index/000000000001"),
            (
                "cloudtrail/000000000001/us-east-1",
                "cloudtrail/000000000001",
            ),
            ("s3/pack", "s3/pack"),
            ("one-1", "one-1"),
            ("one/", "one/"),
            ("", ""),
        ] {
            assert_eq!(lane_of(stream), lane);
        }
    }
}
