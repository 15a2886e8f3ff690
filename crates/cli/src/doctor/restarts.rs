//! Parts of wharf that ended by themselves lately, from the supervisor's log.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::Path,
    time::Duration,
};

use wharf_base::{Clock, SystemClock, Timestamp};

use super::{Finding, Verdict, finding};
use crate::{layout::Layout, log, supervisor::STARTS_AGAIN};

const LATELY: Duration = Duration::from_secs(24 * 3600);
/// The end of the log that is read, in bytes.
const READ: u64 = 64 << 10;

/// Nothing where no supervisor has logged.
pub fn findings(layout: &Layout) -> Option<Finding> {
    let text = tail(&layout.log().join(format!("{}.log", log::SUPERVISOR))).ok()?;
    Some(judge(&text, SystemClock.now(), &layout.log()))
}

fn tail(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(READ)))?;
    let mut bytes = Vec::new();
    file.take(READ).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn judge(log: &str, now: Timestamp, folder: &Path) -> Finding {
    let lately = |line: &&str| {
        let at = line.split(' ').next().and_then(Timestamp::parse_iso8601);
        at.is_some_and(|at| at + LATELY >= now)
    };
    let ends: Vec<&str> = log
        .lines()
        .filter(lately)
        .filter_map(|line| {
            line.split_once(" WARN wharf: ")?
                .1
                .strip_suffix(STARTS_AGAIN)
        })
        .collect();
    let detail = match ends.as_slice() {
        [] => "no part of wharf ended by itself in the last day".to_owned(),
        [one] => format!("in the last day {one}"),
        [.., last] => format!("{} in the last day; the last: {last}", ends.len()),
    };
    finding(
        "restarts",
        ends.is_empty(),
        Verdict::Doubtful,
        detail,
        &format!("see what its log in {} says", folder.display()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_the_last_day_are_counted() {
        let now = Timestamp::parse_iso8601("2026-11-21T12:00:00Z").unwrap();
        let line = |at: &str, part: &str| {
            format!("{at}  WARN wharf: the {part} ended (SIGKILL); it starts again\n")
        };
        let said = |log: &str| judge(log, now, Path::new("/d/log"));
        let old = line("2026-11-20T11:59:59.000Z", "server");
        let other = "2026-11-21T11:00:00Z  WARN wharf: the disk is full\nhalf a line";
        let none = said(&format!("{old}{other}"));
        assert_eq!((none.verdict, none.remedy.as_str()), (Verdict::Good, ""));
        let one = line("2026-11-21T11:00:00.000Z", "server");
        let found = said(&format!("{old}{one}"));
        assert_eq!(found.detail, "in the last day the server ended (SIGKILL)");
        assert_eq!(found.remedy, "see what its log in /d/log says");
        let two = line("2026-11-21T11:30:00.000Z", "node");
        let found = said(&format!("{one}{two}"));
        assert_eq!(
            found.detail,
            "2 in the last day; the last: the node ended (SIGKILL)"
        );
    }
}
