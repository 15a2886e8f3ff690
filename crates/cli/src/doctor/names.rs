//! Whether programs of this machine find load balancers by their names, which end in `.localhost`.
//! Nothing of wharf's needs it.

use std::{
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use super::{Finding, Verdict, finding};

const NAME: &str = "wharf.us-east-1.elb.localhost";
/// A resolver without a name server takes its time.
const PATIENCE: Duration = Duration::from_secs(3);
const REMEDY: &str = "curl and browsers find them all the same; for other programs use systemd-resolved or install \
    nss-myhostname (Debian and Ubuntu: `apt install libnss-myhostname`), or connect to 127.0.0.1 with the \
    name as Host (curl: `--resolve NAME:PORT:127.0.0.1`)";

pub(super) fn balancer_names() -> Finding {
    let found = found();
    let detail = match found {
        Some(true) => "names below localhost lead to this machine",
        Some(false) => "programs do not find names below localhost, as load balancers have them",
        None => "it took too long to look up a name below localhost",
    };
    finding(
        "load balancer names",
        found == Some(true),
        Verdict::Doubtful,
        detail,
        REMEDY,
    )
}

/// As other programs see it: by the C library of this machine. `None` if there was no answer in time.
fn found() -> Option<bool> {
    let (told, answer) = mpsc::channel();
    // Left behind if it takes longer: this program is about to end.
    thread::spawn(move || {
        let found = Command::new("getent")
            .args(["ahostsv4", NAME])
            .stdin(Stdio::null())
            .output()
            .is_ok_and(|output| is_loopback(&String::from_utf8_lossy(&output.stdout)));
        let _ = told.send(found);
    });
    answer.recv_timeout(PATIENCE).ok()
}

/// `127.0.0.1       STREAM wharf.us-east-1.elb.localhost`
fn is_loopback(listed: &str) -> bool {
    let address = listed.split_whitespace().next();
    address.is_some_and(|address| address.starts_with("127."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_getent_lists() {
        assert!(is_loopback("127.0.0.1       STREAM x.localhost\n"));
        assert!(!is_loopback(""));
        assert!(!is_loopback("192.0.2.7       STREAM x.localhost\n"));
    }
}
