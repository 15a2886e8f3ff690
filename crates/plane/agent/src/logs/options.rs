//! The options of a container's log driver (ecs.md §3).

use std::collections::BTreeMap;

use regex::Regex;

use super::splunk::Splunk;
use crate::protocol::docker::LogConfig;

/// Room for lines not yet delivered in non-blocking mode, unless the definition says otherwise.
const DEFAULT_BUFFER: u64 = 10 << 20;
/// In blocking mode the container waits when the spool is full; this is a long outage's worth.
const BLOCKING_SPOOL: u64 = 64 << 20;
/// A definition cannot claim more of the node's disk than this.
const MAX_BUFFER: u64 = 1 << 30;
/// How much of a definition's words goes into a reason, in characters.
const MAX_SHOWN: usize = 64;
/// Compiled patterns take memory that the definition's author chooses.
const MAX_PATTERN: usize = 1 << 20;

/// Where a container's lines go.
#[derive(Debug, Clone)]
pub enum Driver {
    /// Nowhere.
    None,
    /// To the spool, until the task is cleaned up.
    File {
        max_bytes: u64,
    },
    Awslogs(Box<Awslogs>),
    Splunk(Box<Splunk>),
}

/// What of the node's disk lines take that are not delivered yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// The container waits rather than that a line is lost.
    pub blocking: bool,
    pub max_bytes: u64,
}

#[derive(Debug, Clone)]
pub struct Awslogs {
    pub group: String,
    pub stream: String,
    /// Where the group is; empty for the node's own region.
    pub region: String,
    pub create_group: bool,
    pub room: Room,
    /// A line that matches begins a new event; the others belong to the one before.
    pub starts_event: Option<Regex>,
}

/// Options that the driver cannot work with. Fails the container's creation.
#[derive(Debug, thiserror::Error)]
pub enum BadLogOptions {
    #[error("log driver `{0}` is not supported on this instance")]
    UnknownDriver(String),
    #[error("must specify a value for log opt '{0}'")]
    Missing(&'static str),
    #[error("invalid value for log opt '{option}': {value}")]
    Invalid { option: &'static str, value: String },
    #[error(
        "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time"
    )]
    TwoPatterns,
    #[error("awslogs could not parse multiline pattern key: {0}")]
    Pattern(#[from] regex::Error),
    #[error("unknown log opt '{name}' for {driver} log driver")]
    UnknownOption { name: String, driver: &'static str },
    /// The value may be a secret.
    #[error("invalid value for log opt '{0}'")]
    NotShown(&'static str),
    #[error("splunk: {0} is expected")]
    Expected(&'static str),
    #[error("splunk: expected format scheme://dns_name_or_ip:port for {0}")]
    Address(&'static str),
    #[error("splunk: unknown format specified, supported formats are inline, json and raw")]
    Format,
    #[error("not supported level for {0} (supported values between -1 and 9)")]
    Level(&'static str),
    #[error(
        "a tag can have {{{{.ID}}}}, {{{{.FullID}}}}, {{{{.Name}}}} and {{{{.ImageName}}}} on this instance"
    )]
    Tag,
}

impl BadLogOptions {
    pub fn unknown(name: &str, driver: &'static str) -> Self {
        Self::UnknownOption {
            name: name.chars().take(MAX_SHOWN).collect(),
            driver,
        }
    }
}

impl Driver {
    /// `task_id`, `container` and `runtime_id` name the stream where the options do not.
    ///
    /// # Errors
    /// See [`BadLogOptions`].
    pub fn of(
        config: &LogConfig,
        task_id: &str,
        container: &str,
        runtime_id: &str,
    ) -> Result<Self, BadLogOptions> {
        let options = &config.config;
        match config.r#type.as_str() {
            "none" => Ok(Self::None),
            "" | "json-file" => {
                let max_bytes = size(options, "max-size")?.unwrap_or(DEFAULT_BUFFER);
                Ok(Self::File { max_bytes })
            }
            "awslogs" => awslogs(options, task_id, container, runtime_id)
                .map(|options| Self::Awslogs(Box::new(options))),
            "splunk" => Splunk::of(options).map(|options| Self::Splunk(Box::new(options))),
            other => Err(BadLogOptions::UnknownDriver(other.to_owned())),
        }
    }
}

impl Room {
    /// # Errors
    /// `mode` or `max-buffer-size` is none.
    pub fn of(options: &BTreeMap<String, String>) -> Result<Self, BadLogOptions> {
        let blocking = match options.get("mode").map(String::as_str) {
            Some("blocking") => true,
            // The default since June 2025.
            None | Some("" | "non-blocking") => false,
            Some(other) => {
                return Err(BadLogOptions::Invalid {
                    option: "mode",
                    value: other.to_owned(),
                });
            }
        };
        let buffer = size(options, "max-buffer-size")?.unwrap_or(DEFAULT_BUFFER);
        Ok(Self {
            blocking,
            max_bytes: if blocking { BLOCKING_SPOOL } else { buffer },
        })
    }
}

fn awslogs(
    options: &BTreeMap<String, String>,
    task_id: &str,
    container: &str,
    runtime_id: &str,
) -> Result<Awslogs, BadLogOptions> {
    let given = |name: &str| {
        options
            .get(name)
            .map(String::as_str)
            .filter(|v| !v.is_empty())
    };
    let group = given("awslogs-group").ok_or(BadLogOptions::Missing("awslogs-group"))?;
    let stream = match (given("awslogs-stream"), given("awslogs-stream-prefix")) {
        (Some(stream), _) => stream.to_owned(),
        (None, Some(prefix)) => format!("{prefix}/{container}/{task_id}"),
        (None, None) => runtime_id.to_owned(),
    };
    Ok(Awslogs {
        group: group.to_owned(),
        stream,
        region: given("awslogs-region").unwrap_or_default().to_owned(),
        create_group: given("awslogs-create-group") == Some("true"),
        room: Room::of(options)?,
        starts_event: starts_event(
            given("awslogs-datetime-format"),
            given("awslogs-multiline-pattern"),
        )?,
    })
}

fn starts_event(
    format: Option<&str>,
    pattern: Option<&str>,
) -> Result<Option<Regex>, BadLogOptions> {
    let pattern = match (format, pattern) {
        (Some(_), Some(_)) => return Err(BadLogOptions::TwoPatterns),
        (Some(format), None) => strftime_pattern(format),
        (None, Some(pattern)) => pattern.to_owned(),
        (None, None) => return Ok(None),
    };
    Ok(Some(
        regex::RegexBuilder::new(&pattern)
            .size_limit(MAX_PATTERN)
            .build()?,
    ))
}

/// A regular expression for a strftime format; what is no conversion stands for itself.
fn strftime_pattern(format: &str) -> String {
    let mut pattern = String::new();
    let mut characters = format.chars();
    while let Some(c) = characters.next() {
        if c != '%' {
            pattern.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
            continue;
        }
        pattern.push_str(match characters.next() {
            Some('A') => "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day",
            Some('a') => "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
            Some('B') => {
                "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
            }
            Some('b') => "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
            Some('d') => "(?:0[1-9]|[1,2][0-9]|3[0,1])",
            Some('H') => "(?:[0,1][0-9]|2[0-3])",
            Some('I') => "(?:0[0-9]|1[0-2])",
            Some('j') => "(?:00[1-9]|0[1-9][0-9]|[1,2][0-9][0-9]|3[0-5][0-9]|36[0-6])",
            Some('f') => r"(?:\d{6})",
            Some('L') => r"(?:\.\d{3})",
            Some('M' | 'S') => "(?:[0-5][0-9])",
            Some('m') => "(?:0[1-9]|1[0-2])",
            Some('p') => "[A,P]M",
            Some('w') => "[0-6]",
            Some('Y') => r"\d{4}",
            Some('y') => r"\d{2}",
            Some('Z') => "[A-Z]{1,4}T",
            Some('z') => r"[+-]\d{4}",
            Some('%') | None => "%",
            Some(_) => ".",
        });
    }
    pattern
}

/// `25k`, `10m`, `1g` or plain bytes.
fn size(
    options: &BTreeMap<String, String>,
    option: &'static str,
) -> Result<Option<u64>, BadLogOptions> {
    let Some(text) = options.get(option).filter(|v| !v.is_empty()) else {
        return Ok(None);
    };
    let invalid = || BadLogOptions::Invalid {
        option,
        value: text.clone(),
    };
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches('b');
    let (digits, shift) = match digits.strip_suffix(['k', 'm', 'g']) {
        Some(rest) if digits.ends_with('k') => (rest, 10),
        Some(rest) if digits.ends_with('m') => (rest, 20),
        Some(rest) => (rest, 30),
        None => (digits, 0),
    };
    let number: u64 = digits.trim().parse().map_err(|_| invalid())?;
    let bytes = number
        .checked_mul(1 << shift)
        .filter(|b| *b > 0)
        .ok_or_else(invalid)?;
    Ok(Some(bytes.min(MAX_BUFFER)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, &str)]) -> Result<Awslogs, BadLogOptions> {
        let config = LogConfig {
            r#type: "awslogs".into(),
            config: options
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
        };
        match Driver::of(&config, "task", "web", "runtime")? {
            Driver::Awslogs(options) => Ok(*options),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn streams() {
        for (options, stream) in [
            (&[("awslogs-group", "g")][..], "runtime"),
            (
                &[("awslogs-group", "g"), ("awslogs-stream-prefix", "p")],
                "p/web/task",
            ),
            (
                &[
                    ("awslogs-group", "g"),
                    ("awslogs-stream-prefix", "p"),
                    ("awslogs-stream", "s"),
                ],
                "s",
            ),
        ] {
            assert_eq!(read(options).unwrap().stream, stream);
        }
        assert!(matches!(
            read(&[]),
            Err(BadLogOptions::Missing("awslogs-group"))
        ));
    }

    #[test]
    fn modes_and_sizes() {
        let with = |name, value| read(&[("awslogs-group", "g"), (name, value)]);
        assert!(!with("mode", "").unwrap().room.blocking);
        assert!(with("mode", "blocking").unwrap().room.blocking);
        assert!(with("mode", "sometimes").is_err());
        for (text, bytes) in [
            ("25k", 25 << 10),
            ("2m", 2 << 20),
            ("1g", 1 << 30),
            ("9", 9),
            ("4MB", 4 << 20),
        ] {
            assert_eq!(with("max-buffer-size", text).unwrap().room.max_bytes, bytes);
        }
        for bad in ["m", "-1m", "0", "99999999999g", "1x"] {
            assert!(with("max-buffer-size", bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns() {
        let with = |name, value| read(&[("awslogs-group", "g"), (name, value)]);
        let date = with("awslogs-datetime-format", "[%b %d, %Y %H:%M:%S]")
            .unwrap()
            .starts_event
            .unwrap();
        assert!(date.is_match("[May 01, 2017 19:00:01] A message"));
        assert!(!date.is_match("  at something"));
        assert!(with("awslogs-multiline-pattern", "(").is_err());
    }

    #[test]
    fn other_drivers() {
        let driver = |name: &str| {
            let config = LogConfig {
                r#type: name.into(),
                ..LogConfig::default()
            };
            Driver::of(&config, "t", "c", "r")
        };
        assert!(matches!(driver("none"), Ok(Driver::None)));
        assert!(matches!(driver("json-file"), Ok(Driver::File { .. })));
        assert!(matches!(
            driver("syslog"),
            Err(BadLogOptions::UnknownDriver(_))
        ));
    }
}
