//! The protocol by which qemu is told what to do: a line of JSON each. Pure.

use serde::Deserialize;

/// The first that is said: before it nothing else is heard.
pub const BEGIN: &str = "{\"execute\":\"qmp_capabilities\"}\n";
/// As if somebody pressed the button of the machine.
pub const POWER_BUTTON: &str = "{\"execute\":\"system_powerdown\"}\n";
/// The emulator ends, whatever its guest does.
pub const QUIT: &str = "{\"execute\":\"quit\"}\n";

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

pub fn read(line: &str) -> Said {
    match serde_json::from_str::<Line>(line) {
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
            assert_eq!(read(line), expected, "{line}");
        }
        for command in [BEGIN, POWER_BUTTON, QUIT] {
            let value: serde_json::Value = serde_json::from_str(command).unwrap();
            assert!(value["execute"].is_string() && command.ends_with('\n'));
        }
        assert!(worth_telling("RESET").is_some() && worth_telling("RTC_CHANGE").is_none());
    }
}
