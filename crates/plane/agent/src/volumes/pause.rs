//! Holding an instance where it is for a moment, so that nothing of it writes to a device. It ends with the agent at the
//! latest: a little shell holds the other end of a pipe and has the instance go on when nobody holds this one. What both
//! of them left, killed at once, the next agent has go on ([`go_on`]).

use std::{
    io::{self, PipeWriter},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use wharf_container::runtime::PauseSwitch;

/// What processes take to come to a stand: those that wait for a disk, until it answers.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// On 0 is the pipe that ends with the agent.
const SCRIPT: &str = "trap '' INT TERM HUP PIPE; read line; echo \"$WORD\" >\"$SWITCH\"";

/// While it lives, the instance stands still.
pub struct Paused {
    switch: PauseSwitch,
    guard: Child,
    /// Dropped, it tells the guard to have the instance go on.
    hold: Option<PipeWriter>,
}

/// Blocks until all of it stands still.
///
/// # Errors
/// [`io::ErrorKind::TimedOut`]; it is gone, or the kernel refuses.
pub fn pause(switch: PauseSwitch) -> io::Result<Paused> {
    let (told, hold) = io::pipe()?;
    let mut guard = Command::new("/bin/sh");
    guard
        .args(["-c", SCRIPT])
        .env("SWITCH", switch.file())
        .env("WORD", switch.word(false))
        .process_group(0)
        .stdin(Stdio::from(told))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let paused = Paused {
        guard: guard.spawn()?,
        switch,
        hold: Some(hold),
    };
    paused.switch.set(true)?;
    let end = Instant::now() + PATIENCE;
    while !paused.switch.is_paused()? {
        if Instant::now() >= end {
            let text = "the instance does not come to a stand";
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        thread::sleep(LOOK_EVERY);
    }
    Ok(paused)
}

impl Paused {
    /// That it stood still all the time: whoever looks for what an earlier agent left has it go on ([`go_on`]).
    ///
    /// # Errors
    /// [`io::ErrorKind::Interrupted`]: it did not; it is gone.
    pub fn check(&self) -> io::Result<()> {
        match self.switch.is_set()? {
            true => Ok(()),
            false => {
                let text = "the instance went on while its disks were read";
                Err(io::Error::new(io::ErrorKind::Interrupted, text))
            }
        }
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        // The guard does the same, and no harm where the instance is gone.
        if let Err(error) = self.switch.set(false)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::error!(%error, "failed to have an instance go on; its guard tries as well");
        }
        self.hold = None;
        if let Err(error) = self.guard.wait() {
            tracing::error!(%error, "failed to wait for the guard of an instance that stood still");
        }
    }
}

/// Has an instance go on that an agent left standing still.
pub fn go_on(instance: &str, switch: &PauseSwitch) {
    let done = match switch.is_set() {
        Ok(true) => switch.set(false).map(|()| true),
        other => other,
    };
    match done {
        Ok(true) => tracing::error!(instance, "an instance was left paused; resuming it"),
        Ok(false) => {}
        Err(error) => {
            tracing::warn!(instance, %error, "failed to read whether an instance is paused");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Group(wharf_cgroup::Group);

    impl Drop for Group {
        fn drop(&mut self) {
            let _ = self.0.kill_and_remove();
        }
    }

    fn counting(group: &wharf_cgroup::Group, file: &std::path::Path) -> Child {
        let mut child = Command::new("/bin/sh");
        let script = "n=0; while :; do n=$((n+1)); echo $n >\"$0\"; done";
        let child = child.args(["-c", script]).arg(file).spawn().unwrap();
        group.attach(child.id().cast_signed()).unwrap();
        child
    }

    /// Needs root and control groups.
    #[test]
    fn what_stands_still_goes_on_whoever_ends() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("count");
        let name = format!("/wharf-pause-{}", std::process::id());
        let group = wharf_cgroup::Hierarchies::detect().unwrap();
        let group = Group(group.group(&name).unwrap());
        group.0.create(&wharf_cgroup::Limits::default()).unwrap();
        let mut child = counting(&group.0, &file);
        let switch = group.0.pause_switch().unwrap();
        let read = || fs::read_to_string(&file).unwrap_or_default();
        let moves = |from: &str| {
            let end = Instant::now() + Duration::from_secs(20);
            while read() == from || read().is_empty() {
                assert!(Instant::now() < end, "it stands still");
                thread::sleep(LOOK_EVERY);
            }
        };
        moves("");
        let paused = pause(switch.clone()).unwrap();
        let before = read();
        thread::sleep(Duration::from_millis(50));
        assert_eq!(read(), before);
        drop(paused);
        moves(&before);
        // As when the agent is killed: its end of the pipe is closed, and nothing else is done.
        let mut paused = pause(switch.clone()).unwrap();
        let before = read();
        paused.hold = None;
        moves(&before);
        paused.guard.wait().unwrap();
        std::mem::forget(paused);
        // … and its guard with it.
        switch.set(true).unwrap();
        go_on("i-1", &switch);
        assert!(!switch.is_set().unwrap());
        // Whoever held it is told.
        let paused = pause(switch.clone()).unwrap();
        paused.check().unwrap();
        go_on("i-1", &switch);
        let went_on = paused.check().unwrap_err();
        assert_eq!(went_on.kind(), io::ErrorKind::Interrupted);
        drop(paused);
        let _ = child.kill();
        drop(group);
        child.wait().unwrap();
    }
}
