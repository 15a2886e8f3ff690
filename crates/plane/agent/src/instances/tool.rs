//! Programs of this machine that make, check and repair file systems. What they read may be anybody's doing, so their time
//! and what is kept of their words is bounded, and they are the first to end where memory is short.

use std::{
    fs,
    io::{self, PipeReader, Read as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::sys::{prctl::set_pdeathsig, signal::Signal};
use wharf_cgroup::slice;

/// More than a check of the largest disk takes.
const LONGEST: Duration = Duration::from_secs(60 * 60);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// What is kept of its words.
const MAX_SAID: u64 = 4096;

pub struct Tool {
    pub command: Command,
    name: &'static str,
    /// Codes of an end that is well.
    well: &'static [i32],
    longest: Duration,
}

/// The repair of what a machine that lost power left, on a device that is not mounted. It ends with the agent: the next
/// one begins it anew.
pub fn check_of(device: &Path) -> Tool {
    // 1 and 2: it was not as it should be, and is now.
    let mut check = Tool {
        well: &[0, 1, 2],
        ..Tool::named("e2fsck").ended_with_agent()
    };
    check.command.arg("-p").arg(device);
    check
}

impl Tool {
    /// Also where the agent's own PATH does not lead to it.
    pub fn named(name: &'static str) -> Self {
        let places = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(name));
        let found = places.into_iter().find(|path| path.exists());
        Self {
            command: Command::new(found.unwrap_or_else(|| name.into())),
            name,
            well: &[0],
            longest: LONGEST,
        }
    }

    /// It ends with the agent, whose next process begins it anew and would otherwise have two at work on the same file.
    #[must_use]
    pub fn ended_with_agent(mut self) -> Self {
        use std::os::unix::process::CommandExt as _;
        // SAFETY: a single system call, allowed between fork and exec.
        unsafe {
            self.command
                .pre_exec(|| Ok(set_pdeathsig(Signal::SIGKILL)?));
        }
        self
    }

    /// Runs it to its end, which must be one that is well. Blocks.
    pub fn run(self) -> io::Result<()> {
        self.run_as(|_| Ok(()))
    }

    /// The same with a process that `begun` takes somewhere: what it uses counts there.
    pub fn run_as(mut self, begun: impl FnOnce(i32) -> io::Result<()>) -> io::Result<()> {
        let name = self.name;
        let failed = |e: io::Error| io::Error::new(e.kind(), format!("cannot run {name}: {e}"));
        let (said, end) = io::pipe()?;
        self.command.stdin(Stdio::null()).stdout(end.try_clone()?);
        // It inherits this thread's slice, and is not to come first as the agent does.
        let own = slice::of(0).unwrap_or_default();
        let _ = slice::ask(None);
        let child = self.command.stderr(end).spawn();
        let _ = slice::ask(own);
        let mut child = child.map_err(failed)?;
        // Its ends of the pipe go with the command.
        drop(self.command);
        let reading = thread::spawn(move || read(said));
        let id = child.id();
        let ended = fs::write(format!("/proc/{id}/oom_score_adj"), "1000")
            .and_then(|()| begun(id.cast_signed()))
            .and_then(|()| await_end(&mut child, self.longest));
        if ended.is_err() {
            let _ = child.kill();
            child.wait()?;
        }
        let said = reading.join().unwrap_or_default();
        let status = ended.map_err(failed)?;
        if status.code().is_some_and(|code| self.well.contains(&code)) {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&said);
        let said = format!("{name}: {status}: {}", said.trim());
        Err(io::Error::other(said))
    }
}

fn await_end(child: &mut Child, longest: Duration) -> io::Result<ExitStatus> {
    let end = Instant::now() + longest;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if Instant::now() >= end {
            let text = format!("it took longer than {} s", longest.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, text));
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// Reads to the end, and keeps the beginning.
fn read(mut said: PipeReader) -> Vec<u8> {
    let mut kept = Vec::new();
    let read = said.by_ref().take(MAX_SAID).read_to_end(&mut kept);
    if read.is_ok() {
        let _ = io::copy(&mut said, &mut io::sink());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Tool {
        let mut shell = Tool::named("sh");
        shell.command.args(["-c", script]);
        shell
    }

    #[test]
    fn it_comes_no_earlier_than_others() {
        slice::ask(None).unwrap();
        let usual = slice::of(0).unwrap();
        slice::ask(Some(slice::OWN)).unwrap();
        let own = slice::of(0).unwrap();
        let looked = shell("exit 0").run_as(|process| {
            assert_eq!(slice::of(process)?, usual);
            Ok(())
        });
        looked.unwrap();
        assert_eq!(slice::of(0).unwrap(), own);
    }

    /// What the kernel kills with the thread that began it is told by a program that asks.
    #[test]
    fn one_that_is_to_end_with_the_agent_does() {
        let asks = "import ctypes, sys\n\
            it = ctypes.c_int()\n\
            ctypes.CDLL(None).prctl(2, ctypes.byref(it), 0, 0, 0)\n\
            sys.exit(it.value)";
        let python = |mut tool: Tool| {
            tool.command.args(["-c", asks]);
            tool
        };
        python(Tool::named("python3")).run().unwrap();
        let bound = python(Tool::named("python3").ended_with_agent());
        let told = bound.run().unwrap_err().to_string();
        assert!(told.contains("exit status: 9"), "{told}");
    }

    #[test]
    fn its_words_are_told_as_far_as_they_are_kept() {
        shell("echo well; exit 0").run().unwrap();
        let error = shell("echo so >&2; exit 3").run().unwrap_err();
        assert_eq!(error.to_string(), "sh: exit status: 3: so");
        let error = shell("yes | head -c 9000000; exit 3").run().unwrap_err();
        assert!(error.to_string().len() < 5000);
    }

    #[test]
    fn one_that_does_not_end_is_ended() {
        let hangs = Tool {
            longest: Duration::from_millis(50),
            ..shell("exec sleep 1000")
        };
        let error = hangs.run().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let refused = shell("exec sleep 1000").run_as(|_| Err(io::ErrorKind::NotFound.into()));
        assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
