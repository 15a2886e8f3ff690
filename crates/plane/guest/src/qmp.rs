//! The protocol by which qemu is told what to do: a line of JSON each. Pure.

use std::io::{self, BufRead, Read as _};

use serde::Deserialize;

/// The first that is said: before it nothing else is heard.
pub const BEGIN: &str = "{\"execute\":\"qmp_capabilities\"}\n";
/// As if somebody pressed the button of the machine.
pub const POWER_BUTTON: &str = "{\"execute\":\"system_powerdown\"}\n";
/// The emulator ends, whatever its guest does.
pub const QUIT: &str = "{\"execute\":\"quit\"}\n";

/// Of what qemu says at once. Whoever broke into it may say more.
const LONGEST: u64 = 16 << 10;

/// What qemu says.
#[derive(Debug, PartialEq, Eq)]
pub enum Said {
    Event(String),
    /// Something that it was told was refused.
    Refusal(String),
    /// Greetings, answers, and what is none of these.
    Other,
}

#[derive(Deserialize)]
struct Line {
    event: Option<String>,
    error: Option<Refused>,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    desc: String,
}

/// What is said next; a line that is too long comes in pieces, which say nothing. `None` at the end.
pub fn next(from: &mut impl BufRead) -> io::Result<Option<Said>> {
    let mut line = Vec::new();
    match from.take(LONGEST).read_until(b'\n', &mut line)? {
        0 => Ok(None),
        _ => Ok(Some(read(&line))),
    }
}

fn read(line: &[u8]) -> Said {
    match serde_json::from_slice::<Line>(line) {
        Ok(Line {
            event: Some(event), ..
        }) => Said::Event(event),
        Ok(Line {
            error: Some(refused),
            ..
        }) => Said::Refusal(refused.desc),
        _ => Said::Other,
    }
}

/// What the user of an instance is told on its console.
pub fn worth_telling(event: &str) -> Option<&'static str> {
    match event {
        "POWERDOWN" => Some("the power button was pressed"),
        "SHUTDOWN" => Some("the machine shut down"),
        "RESET" => Some("the machine was reset"),
        "GUEST_PANICKED" => Some("the kernel of the machine panicked"),
        "BLOCK_IO_ERROR" => Some("the disk of the machine failed, as where its host has no room"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_without_end_is_not_kept() {
        let mut said = vec![b'x'; 100_000];
        said.extend_from_slice(b"\n{\"event\": \"RESET\"}\r\n{\"event\": \"STOP\"}");
        let mut rest = said.as_slice();
        let mut heard = Vec::new();
        loop {
            let before = rest.len();
            let Some(said) = next(&mut rest).unwrap() else {
                break;
            };
            assert!(before - rest.len() <= 16 << 10);
            heard.extend((said != Said::Other).then_some(said));
        }
        let expected = ["RESET", "STOP"].map(|it| Said::Event(it.to_owned()));
        assert_eq!(heard, expected);
    }

    #[test]
    fn lines() {
        for (line, expected) in [
            (
                r#"{"QMP": {"version": {}, "capabilities": ["oob"]}}"#,
                Said::Other,
            ),
            (r#"{"return": {}}"#, Said::Other),
            (
                r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "POWERDOWN"}"#,
                Said::Event("POWERDOWN".to_owned()),
            ),
            (
                r#"{"error": {"class": "CommandNotFound", "desc": "no such"}}"#,
                Said::Refusal("no such".to_owned()),
            ),
            ("nonsense", Said::Other),
            ("", Said::Other),
            ("[1]", Said::Other),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
        for command in [BEGIN, POWER_BUTTON, QUIT] {
            let value: serde_json::Value = serde_json::from_str(command).unwrap();
            assert!(value["execute"].is_string() && command.ends_with('\n'));
        }
        assert!(worth_telling("RESET").is_some() && worth_telling("RTC_CHANGE").is_none());
    }
}
