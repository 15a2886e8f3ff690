//! The last steps before a program of the container runs, for its first process and for exec
//! alike: user, working directory, seccomp, capabilities, exec.
//!
//! Until then the process has every capability, because the filter has to be set
//! while CAP_SYS_ADMIN is there: Docker and ECS do not set no_new_privs by default, and without it
//! seccomp is a privileged operation. All that is given up here, in this order.

use std::{
    ffi::CString,
    io,
    path::{Path, PathBuf},
};

use nix::{
    errno::Errno,
    sys::{
        signal::SigSet,
        stat::{Mode, umask},
    },
    unistd::{Gid, Uid, chdir, execve, setgroups, setresgid, setresuid},
};
use wharf_programs::capabilities;
use wharf_shim_protocol::{Failure, ProcessPlan};

use crate::{
    app_armor,
    users::{self, Identity},
};

/// Docker's own, used where neither image nor task definition has one.
const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A plan whose names have been resolved inside the container, ready to run.
#[derive(Debug, Clone)]
pub struct Prepared {
    identity: Identity,
    argv: Vec<CString>,
    env: Vec<CString>,
    /// Where the program may lie, in order.
    candidates: Vec<CString>,
    working_dir: PathBuf,
    capabilities: u64,
    no_new_privileges: bool,
    filter: Vec<u8>,
    app_armor: Option<String>,
}

/// Resolves what needs the container's files; the caller stands behind the change of root.
pub fn prepare(plan: &ProcessPlan, filter: Vec<u8>) -> Result<Prepared, Failure> {
    let identity = users::look_up(&plan.user, &plan.groups, plan.image_groups)?;
    let argv = c_strings(&plan.argv, "arguments")?;
    let Some(command) = plan.argv.first().filter(|c| !c.is_empty()) else {
        return Err(Failure::CommandNotFound {
            command: String::new(),
        });
    };
    let mut env = plan.env.clone();
    let path = match env.iter().find_map(|pair| pair.strip_prefix("PATH=")) {
        Some(path) => path.to_owned(),
        None => {
            env.push(format!("PATH={DEFAULT_PATH}"));
            DEFAULT_PATH.to_owned()
        }
    };
    if !env.iter().any(|pair| pair.starts_with("HOME=")) {
        env.push(format!("HOME={}", identity.home));
    }
    Ok(Prepared {
        candidates: c_strings(&candidates(command, &path), "PATH")?,
        argv,
        env: c_strings(&env, "environment")?,
        identity,
        working_dir: PathBuf::from(&plan.working_dir),
        capabilities: plan.capabilities,
        no_new_privileges: plan.no_new_privileges,
        filter,
        app_armor: plan.app_armor.clone(),
    })
}

fn c_strings(texts: &[String], step: &str) -> Result<Vec<CString>, Failure> {
    texts
        .iter()
        .map(|text| CString::new(text.as_bytes()))
        .collect::<Result<_, _>>()
        .map_err(|_| Failure::Process {
            step: step.to_owned(),
            detail: "contains a zero byte".to_owned(),
        })
}

/// A command with a slash is a path; any other is looked for in PATH, whose empty parts mean the
/// working directory.
fn candidates(command: &str, path: &str) -> Vec<String> {
    if command.contains('/') {
        return vec![command.to_owned()];
    }
    path.split(':')
        .map(|folder| {
            if folder.is_empty() {
                command.to_owned()
            } else {
                format!("{folder}/{command}")
            }
        })
        .collect()
}

/// What `ps` shows of this process; the kernel keeps the first fifteen bytes.
pub fn set_name(name: &str) {
    if let Ok(name) = CString::new(name) {
        // SAFETY: a C string that outlives the call, which copies it.
        unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
    }
}

impl Prepared {
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The last part of the command's path.
    pub fn program_name(&self) -> &str {
        let command = self.argv.first().and_then(|c| c.to_str().ok());
        let command = command.unwrap_or_default();
        command.rsplit('/').next().unwrap_or_default()
    }

    /// Looks for the program as root, so that a missing one is known when the container is made.
    pub fn check_program(&self) -> Result<(), Failure> {
        let mut refused = Errno::ENOENT;
        for candidate in &self.candidates {
            match std::fs::metadata(Path::new(std::ffi::OsStr::new(
                &*candidate.to_string_lossy(),
            ))) {
                Ok(found) if found.is_dir() => refused = Errno::EISDIR,
                Ok(_) => return Ok(()),
                Err(e) if e.raw_os_error() == Some(libc::ENOTDIR) => {}
                Err(_) => {}
            }
        }
        Err(self.cannot_run(refused))
    }

    /// Gives up what the program must not have. The caller execs or forks next.
    pub fn confine(&self) -> Result<(), Failure> {
        let failed = |step: &str| {
            let step = step.to_owned();
            move |e: Errno| Failure::Process {
                step,
                detail: e.desc().to_owned(),
            }
        };
        self.enter_working_dir()?;
        if self.no_new_privileges {
            prctl(libc::PR_SET_NO_NEW_PRIVS, 1).map_err(failed("no_new_privs"))?;
        } else {
            self.set_filter().map_err(failed("seccomp"))?;
        }
        capabilities::bound(self.capabilities).map_err(failed("bounding set"))?;
        prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as u64)
            .map_err(failed("ambient set"))?;
        let groups: Vec<Gid> = self
            .identity
            .groups
            .iter()
            .map(|gid| Gid::from_raw(*gid))
            .collect();
        setgroups(&groups).map_err(failed("setgroups"))?;
        let gid = Gid::from_raw(self.identity.gid);
        setresgid(gid, gid, gid).map_err(failed("setgid"))?;
        let uid = Uid::from_raw(self.identity.uid);
        // Leaving user 0 empties permitted and effective set, as with Docker.
        setresuid(uid, uid, uid).map_err(failed("setuid"))?;
        let kept = if uid.is_root() { self.capabilities } else { 0 };
        set_capabilities(kept).map_err(failed("capabilities"))?;
        if self.no_new_privileges {
            self.set_filter().map_err(failed("seccomp"))?;
        }
        Ok(())
    }

    /// Changes to the working directory, which has to lie inside the root: a path such as
    /// `/proc/self/fd/7` leads wherever that descriptor was opened.
    fn enter_working_dir(&self) -> Result<(), Failure> {
        let failed = |detail: String| Failure::WorkingDirectory {
            path: self.working_dir.display().to_string(),
            detail,
        };
        chdir(&self.working_dir).map_err(|e| failed(e.desc().to_lowercase()))?;
        if is_inside_root().map_err(|e| failed(e.desc().to_lowercase()))? {
            Ok(())
        } else {
            Err(failed("it is outside of the container".to_owned()))
        }
    }

    /// Becomes the program; returns only why that failed.
    pub fn exec(&self) -> Failure {
        // The shim's own files are private; a program's are what it makes of them, as with Docker.
        umask(Mode::from_bits_truncate(0o022));
        // A program starts with no signal blocked or ignored, whatever is ignored where wharf was
        // started: `nohup` and shells that start something in the background do so.
        let _ = SigSet::empty().thread_set_mask();
        // The kernel's sigaction, all zeroes: SIG_DFL. The C library keeps some signals to itself.
        let (default, nowhere) = ([0_u64; 4], std::ptr::null_mut::<u64>());
        for number in 1..=libc::SIGRTMAX() {
            // SAFETY: it is as long as the kernel reads, and installs no code of ours.
            unsafe {
                libc::syscall(
                    libc::SYS_rt_sigaction,
                    number,
                    default.as_ptr(),
                    nowhere,
                    8_usize,
                )
            };
        }
        if let Some(profile) = &self.app_armor
            && let Err(error) = app_armor::put_on(profile)
        {
            return Failure::Process {
                step: format!("apparmor profile {profile}"),
                detail: error.to_string(),
            };
        }
        let mut refused = Errno::ENOENT;
        for candidate in &self.candidates {
            match execve(candidate, &self.argv, &self.env) {
                Err(Errno::ENOENT | Errno::ENOTDIR) => {}
                // As execvp: remembered, but a later folder may have one that runs.
                Err(Errno::EACCES) => refused = Errno::EACCES,
                Err(other) => return self.cannot_run(other),
                Ok(never) => match never {},
            }
        }
        self.cannot_run(refused)
    }

    fn cannot_run(&self, why: Errno) -> Failure {
        let command = self
            .argv
            .first()
            .map(|c| c.to_string_lossy().into_owned())
            .unwrap_or_default();
        match why {
            Errno::ENOENT if command.contains('/') => {
                let detail = format!("stat {command}: no such file or directory");
                Failure::CannotExecute { command, detail }
            }
            Errno::ENOENT => Failure::CommandNotFound { command },
            Errno::EISDIR => Failure::CannotExecute {
                command,
                detail: "is a directory".to_owned(),
            },
            Errno::ENOEXEC => Failure::CannotExecute {
                command,
                detail: "exec format error".to_owned(),
            },
            other => Failure::CannotExecute {
                command,
                detail: other.desc().to_lowercase(),
            },
        }
    }

    fn set_filter(&self) -> nix::Result<()> {
        if self.filter.is_empty() {
            return Ok(());
        }
        if !self
            .filter
            .len()
            .is_multiple_of(size_of::<libc::sock_filter>())
        {
            return Err(Errno::EINVAL);
        }
        let mut program: Vec<libc::sock_filter> = self
            .filter
            .chunks_exact(size_of::<libc::sock_filter>())
            .map(|b| libc::sock_filter {
                code: u16::from_ne_bytes([b[0], b[1]]),
                jt: b[2],
                jf: b[3],
                k: u32::from_ne_bytes([b[4], b[5], b[6], b[7]]),
            })
            .collect();
        let header = libc::sock_fprog {
            len: u16::try_from(program.len()).map_err(|_| Errno::EINVAL)?,
            filter: program.as_mut_ptr(),
        };
        // SAFETY: `header` and the program behind it are valid for the length of the call.
        let result = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                0,
                &raw const header,
            )
        };
        Errno::result(result).map(drop)
    }
}

/// Whether the working directory can be reached from the root. The kernel's own answer: the C
/// library hides the difference.
fn is_inside_root() -> nix::Result<bool> {
    // The kernel's bound on a path.
    let mut path = [0_u8; libc::PATH_MAX as usize];
    // SAFETY: the buffer has the length given and outlives the call.
    let written = unsafe { libc::syscall(libc::SYS_getcwd, path.as_mut_ptr(), path.len()) };
    // Of a place that is not below the root it says `(unreachable)` and the rest.
    Errno::result(written).map(|_| path[0] == b'/')
}

fn prctl(option: libc::c_int, value: u64) -> nix::Result<()> {
    // SAFETY: the options used here take numbers only.
    Errno::result(unsafe { libc::prctl(option, value, 0u64, 0u64, 0u64) }).map(drop)
}

/// Permitted and effective, as far as they are permitted now; nothing is inheritable.
fn set_capabilities(set: u64) -> nix::Result<()> {
    capabilities::set(capabilities::permitted()? & set)
}

/// The compiled filter beside a bundle; an empty one filters nothing.
pub fn read_filter(path: &Path) -> io::Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_programs_are_looked_for() {
        assert_eq!(
            candidates("sh", "/bin:/usr/bin"),
            ["/bin/sh", "/usr/bin/sh"]
        );
        assert_eq!(candidates("sh", ":/bin"), ["sh", "/bin/sh"]);
        assert_eq!(candidates("./sh", "/bin"), ["./sh"]);
    }

    fn prepared(argv: &[&str]) -> Result<Prepared, Failure> {
        let plan = ProcessPlan {
            argv: argv.iter().map(|a| (*a).to_owned()).collect(),
            env: vec!["A=1".into()],
            user: "0:0".into(),
            working_dir: "/".into(),
            capabilities: 0,
            no_new_privileges: false,
            tty: false,
            groups: Vec::new(),
            image_groups: Default::default(),
            app_armor: None,
        };
        prepare(&plan, Vec::new())
    }

    /// What CVE-2024-21626 makes of a leaked descriptor.
    #[test]
    fn a_working_directory_outside_of_the_root_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let outside = std::fs::File::open("/").unwrap();
        let mut program = prepared(&["sh"]).unwrap();
        // SAFETY: the child only makes calls of the kernel and ends; nothing here holds a lock that
        // it takes but the allocator's, which glibc makes safe to use after a fork.
        match unsafe { nix::unistd::fork() }.unwrap() {
            nix::unistd::ForkResult::Child => {
                nix::unistd::fchdir(&outside).unwrap();
                program.working_dir = ".".into();
                let before = program.enter_working_dir().is_ok();
                nix::unistd::chroot(dir.path()).unwrap();
                let refused = program.enter_working_dir().is_err();
                program.working_dir = "/".into();
                let inside = program.enter_working_dir().is_ok();
                // SAFETY: ends the process.
                unsafe { libc::_exit(i32::from(!(before && refused && inside))) }
            }
            nix::unistd::ForkResult::Parent { child } => {
                let ended = nix::sys::wait::waitpid(child, None).unwrap();
                assert_eq!(ended, nix::sys::wait::WaitStatus::Exited(child, 0));
            }
        }
    }

    #[test]
    fn path_and_home_are_added() {
        let env = prepared(&["sh"]).unwrap().env;
        let env: Vec<_> = env.iter().map(|e| e.to_string_lossy()).collect();
        assert_eq!(env, ["A=1", &format!("PATH={DEFAULT_PATH}"), "HOME=/root"]);
    }

    #[test]
    fn missing_programs_have_dockers_texts() {
        let text = |argv: &[&str]| {
            prepared(argv)
                .and_then(|p| p.check_program())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            text(&["no-such-x"]),
            "exec: \"no-such-x\": executable file not found in $PATH: unknown"
        );
        assert_eq!(
            text(&["/no/x"]),
            "exec: \"/no/x\": stat /no/x: no such file or directory: unknown"
        );
        assert_eq!(text(&["/etc"]), "exec: \"/etc\": is a directory: unknown");
        assert_eq!(
            text(&[]),
            "exec: \"\": executable file not found in $PATH: unknown"
        );
        assert!(prepared(&["a\0b"]).is_err());
    }
}
