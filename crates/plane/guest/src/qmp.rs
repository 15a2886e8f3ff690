//! The protocol by which qemu is told what to do: a line of JSON each. Pure.

use std::io::{self, BufRead, Read as _};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

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
    Event(Event),
    /// What it was told is done; the number of the command.
    Done(u64),
    /// Something that it was told was refused; the command's number, if it had one.
    Refused(Option<u64>, Refusal),
    /// Greetings, answers, and what is none of these.
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub name: String,
    /// Of those of a device that has a name: which.
    pub device: Option<String>,
    /// Of a shutdown or a reset: whether the guest asked for it.
    pub by_guest: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub why: String,
    /// What was named is not there.
    pub is_absent: bool,
}

/// The machine shut down.
pub const SHUTDOWN: &str = "SHUTDOWN";
/// A device is taken out of the machine.
pub const DEVICE_DELETED: &str = "DEVICE_DELETED";
/// The guest keeps a device that it was asked for.
pub const GUEST_KEEPS_DEVICE: &str = "DEVICE_UNPLUG_GUEST_ERROR";

/// Class of refusals.
const NOT_FOUND: &str = "DeviceNotFound";

#[derive(Deserialize)]
struct Line {
    event: Option<String>,
    data: Option<Data>,
    error: Option<Refused>,
    #[serde(rename = "return")]
    answer: Option<IgnoredAny>,
    id: Option<u64>,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    guest: bool,
    device: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default)]
    class: String,
    #[serde(default)]
    desc: String,
}

/// A command whose answer is known by its number.
pub fn command(name: &str, arguments: &Value, number: u64) -> String {
    let command = json!({"execute": name, "arguments": arguments, "id": number});
    format!("{command}\n")
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
    let Ok(line) = serde_json::from_slice::<Line>(line) else {
        return Said::Other;
    };
    match (line.event, line.error, line.answer, line.id) {
        (Some(name), ..) => {
            let data = line.data.unwrap_or_default();
            Said::Event(Event {
                name,
                device: data.device,
                by_guest: data.guest,
            })
        }
        (None, Some(refused), _, number) => Said::Refused(
            number,
            Refusal {
                is_absent: refused.class == NOT_FOUND,
                why: refused.desc,
            },
        ),
        (None, None, Some(_), Some(number)) => Said::Done(number),
        _ => Said::Other,
    }
}

/// What the user of an instance is told on its console.
pub fn worth_telling(event: &str) -> Option<&'static str> {
    match event {
        "POWERDOWN" => Some("the power button was pressed"),
        SHUTDOWN => Some("the machine shut down"),
        "RESET" => Some("the machine was reset"),
        "GUEST_PANICKED" => Some("the kernel of the machine panicked"),
        "BLOCK_IO_ERROR" => Some("the disk of the machine failed, as where its host has no room"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, device: Option<&str>, by_guest: bool) -> Said {
        Said::Event(Event {
            name: name.to_owned(),
            device: device.map(str::to_owned),
            by_guest,
        })
    }

    fn refused(number: Option<u64>, why: &str, is_absent: bool) -> Said {
        let why = why.to_owned();
        Said::Refused(number, Refusal { why, is_absent })
    }

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
        assert_eq!(
            heard,
            ["RESET", "STOP"].map(|name| event(name, None, false))
        );
    }

    #[test]
    fn lines() {
        for (line, expected) in [
            (
                r#"{"QMP": {"version": {}, "capabilities": ["oob"]}}"#,
                Said::Other,
            ),
            (r#"{"return": {}}"#, Said::Other),
            (r#"{"return": {}, "id": 7}"#, Said::Done(7)),
            (
                r#"{"return": {"fd": 11, "fdset-id": 5}, "id": 8}"#,
                Said::Done(8),
            ),
            (r#"{"id": 9}"#, Said::Other),
            (
                r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "POWERDOWN"}"#,
                event("POWERDOWN", None, false),
            ),
            (
                r#"{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-shutdown"}}"#,
                event(SHUTDOWN, None, true),
            ),
            (
                r#"{"event": "SHUTDOWN", "data": {"guest": false, "reason": "host-signal"}}"#,
                event(SHUTDOWN, None, false),
            ),
            (
                r#"{"event": "DEVICE_DELETED", "data": {"device": "device-3", "path": "/x"}}"#,
                event(DEVICE_DELETED, Some("device-3"), false),
            ),
            (
                r#"{"event": "DEVICE_DELETED", "data": {"path": "/x"}}"#,
                event(DEVICE_DELETED, None, false),
            ),
            (
                r#"{"error": {"class": "CommandNotFound", "desc": "no such"}}"#,
                refused(None, "no such", false),
            ),
            (
                r#"{"id": 3, "error": {"class": "DeviceNotFound", "desc": "none"}}"#,
                refused(Some(3), "none", true),
            ),
            (r#"{"return": {}, "id": "of nobody"}"#, Said::Other),
            ("nonsense", Said::Other),
            ("", Said::Other),
            ("[1]", Said::Other),
        ] {
            assert_eq!(read(line.as_bytes()), expected, "{line}");
        }
        let own = command("device_del", &json!({"id": "device-3"}), 4);
        for command in [BEGIN, POWER_BUTTON, QUIT, own.as_str()] {
            let value: Value = serde_json::from_str(command).unwrap();
            assert!(value["execute"].is_string() && command.ends_with('\n'));
        }
        assert!(worth_telling("RESET").is_some() && worth_telling("RTC_CHANGE").is_none());
    }
}
