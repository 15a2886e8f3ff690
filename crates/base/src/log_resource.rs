//! What ARNs of CloudWatch Logs name: a log group, with its streams or without, or one of its streams.

/// Opens the resource of the ARN of a group or a stream.
const GROUP: &str = "log-group:";
/// Parts the name of a stream from that of its group.
const STREAM: &str = "log-stream:";

/// A log group, and what of it is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogResource<'a> {
    /// Neither empty nor a pattern.
    pub group: &'a str,
    pub end: LogEnd<'a>,
}

/// How the ARN of a group or a stream ends after the group's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogEnd<'a> {
    /// `log-group:NAME`.
    Nothing,
    /// `log-group:NAME:`, which Grafana makes of the next one.
    Colon,
    /// `log-group:NAME:*`: the group with its streams.
    Streams,
    /// `log-group:NAME:log-stream:STREAM`, and without a name that of a stream which is to be made.
    Stream(&'a str),
}

impl<'a> LogResource<'a> {
    /// Of the last part of an ARN of CloudWatch Logs; `None` if it names something else, or all groups of a pattern. What names a
    /// stream may be a pattern: policies and what they are asked have `*` there.
    pub fn parse(resource: &'a str) -> Option<Self> {
        let named = resource.strip_prefix(GROUP)?;
        // No name of a group has a colon.
        let (group, end) = match named.split_once(':') {
            None => (named, LogEnd::Nothing),
            Some((group, "")) => (group, LogEnd::Colon),
            Some((group, "*")) => (group, LogEnd::Streams),
            Some((group, rest)) => (group, LogEnd::Stream(rest.strip_prefix(STREAM)?)),
        };
        (!group.is_empty() && !group.contains('*')).then_some(Self { group, end })
    }

    /// The group, if all of it is meant: with or without its closing `:*`.
    pub fn whole_group(self) -> Option<&'a str> {
        matches!(self.end, LogEnd::Nothing | LogEnd::Streams).then_some(self.group)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(it: LogResource<'_>) -> String {
        let group = it.group;
        match it.end {
            LogEnd::Nothing => format!("log-group:{group}"),
            LogEnd::Colon => format!("log-group:{group}:"),
            LogEnd::Streams => format!("log-group:{group}:*"),
            LogEnd::Stream(stream) => format!("log-group:{group}:log-stream:{stream}"),
        }
    }

    #[test]
    fn endings() {
        let check = |resource: &str, group: &str, end: LogEnd<'_>, whole: bool| {
            let found = LogResource::parse(resource);
            assert_eq!(found, Some(LogResource { group, end }), "{resource}");
            let whole = whole.then_some(group);
            assert_eq!(found.and_then(LogResource::whole_group), whole);
        };
        check("log-group:/a/b", "/a/b", LogEnd::Nothing, true);
        check("log-group:a:", "a", LogEnd::Colon, false);
        check("log-group:a:*", "a", LogEnd::Streams, true);
        let named = LogEnd::Stream("p/web/1");
        check("log-group:a:log-stream:p/web/1", "a", named, false);
        check("log-group:a:log-stream:", "a", LogEnd::Stream(""), false);
        check("log-group:a:log-stream:*", "a", LogEnd::Stream("*"), false);
        for none in [
            "",
            "*",
            "log-group",
            "log-group:",
            "log-group:*",
            "log-group:*:*",
            "log-group:a*:log-stream:b",
            "log-group::*",
            "log-group::log-stream:b",
            "log-group:a:b",
            "log-group:a:*:",
            "log-group:a:log-stream",
            "destination:a",
        ] {
            assert_eq!(LogResource::parse(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            group in r"[\.\-_/#A-Za-z0-9]{1,20}",
            stream in "[^:*]{0,20}",
            end in 0..4,
        ) {
            let end = match end {
                0 => LogEnd::Nothing,
                1 => LogEnd::Colon,
                2 => LogEnd::Streams,
                _ => LogEnd::Stream(&stream),
            };
            let it = LogResource { group: &group, end };
            let text = written(it);
            prop_assert_eq!(LogResource::parse(&text), Some(it));
        }

        #[test]
        fn nothing_is_lost_of_what_is_read(
            parts in proptest::collection::vec(
                prop_oneof![
                    Just("log-group:"), Just("log-stream:"), Just(":"), Just("*"), Just("a"), Just("ä/"),
                ],
                0..8,
            ),
        ) {
            let text = parts.concat();
            for resource in [text.clone(), format!("log-group:{text}")] {
                if let Some(it) = LogResource::parse(&resource) {
                    prop_assert_eq!(written(it), resource.as_str());
                    prop_assert!(!it.group.is_empty() && !it.group.contains([':', '*']));
                }
            }
        }
    }
}
