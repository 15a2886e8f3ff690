//! Starting a shim.

use std::{
    fs::File,
    io,
    os::fd::{AsRawFd, OwnedFd},
    path::Path,
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
};
use wharf_shim_protocol::{READY, TaskFolder};
use wharf_userns::{clone_tree, set_attributes};

use super::error::{NoUserNamespaces, RuntimeError};

/// A shim listens within a millisecond or two; this is for a machine that swaps.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// What a shim may say instead of `ready`, in bytes.
const MESSAGE_LIMIT: u64 = 4096;

/// The shim's program, seen through a read-only mount that exists nowhere else.
///
/// Whatever runs in a container may come to hold its runtime's program file (`#!/proc/self/exe`
/// as an entry point); through this view it cannot be written, not even by root.
#[derive(Debug)]
pub(crate) struct ShimProgram {
    view: OwnedFd,
}

impl ShimProgram {
    pub fn open(path: &Path) -> io::Result<Self> {
        // A plain check first: the calls below would name the problem less clearly.
        if !File::open(path)?.metadata()?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a program file",
            ));
        }
        let view = clone_tree(path)?;
        let attributes = libc::mount_attr {
            attr_set: libc::MOUNT_ATTR_RDONLY,
            attr_clr: 0,
            propagation: libc::MS_PRIVATE,
            userns_fd: 0,
        };
        set_attributes(&view, &attributes, libc::AT_EMPTY_PATH)?;
        Ok(Self { view })
    }

    /// Runs the program in `folder` to say whether containers can have user namespaces here; why not.
    pub async fn probe_user_namespaces(
        &self,
        folder: &Path,
        stage: &Path,
    ) -> Result<(), NoUserNamespaces> {
        let child = self
            .command(folder)
            .arg("probe-user-namespaces")
            .arg(stage)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = match tokio::time::timeout(START_TIMEOUT, child).await {
            Ok(output) => output.map_err(NoUserNamespaces::NotRun)?,
            Err(_) => return Err(NoUserNamespaces::TimedOut),
        };
        match String::from_utf8_lossy(&output.stdout).trim() {
            "ok" => Ok(()),
            "" => Err(NoUserNamespaces::NoAnswer),
            reason => {
                let reason = reason.chars().take(MESSAGE_LIMIT as usize);
                Err(NoUserNamespaces::Refused(reason.collect()))
            }
        }
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(format!("/proc/self/fd/{}", self.view.as_raw_fd()));
        command
            .arg0("wharf-shim")
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    /// Starts a shim in the folder with the task's record, with the mount of the task's disk if it has one, and waits
    /// until it listens. Returns its process id.
    pub async fn start(
        &self,
        task: &str,
        folder: &TaskFolder,
        disk: Option<&OwnedFd>,
    ) -> Result<u32, RuntimeError> {
        let log = folder.shim_log();
        let log = File::create(&log).map_err(RuntimeError::io("make", log))?;
        let failed = |reason: String| RuntimeError::ShimDidNotStart {
            task: task.to_owned(),
            reason,
        };
        let mut command = self.command(folder.base());
        command.stdout(Stdio::piped()).stderr(log);
        // As standard input, and with nothing to do between fork and exec: so the child is made without a
        // copy of this process's page tables.
        if let Some(disk) = disk {
            let disk = disk.try_clone().map_err(|e| failed(e.to_string()))?;
            command.stdin(disk);
        }
        let mut child = command
            .spawn()
            .map_err(|e| failed(format!("cannot run the program: {e}")))?;
        let pid = child.id().unwrap_or(0);
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            let mut out = BufReader::new(out.take(MESSAGE_LIMIT));
            // A shim that says nothing has ended, or will be found by recovery.
            let _ = tokio::time::timeout(START_TIMEOUT, out.read_line(&mut line)).await;
        }
        let expected = READY[usize::from(folder.run().is_some())];
        if line.trim_end() != expected {
            let _ = child.start_kill();
            let _ = child.wait().await;
            let said = match line.trim_end() {
                "" => "it ended without a word",
                // It listens elsewhere than we would look for it.
                said if READY.contains(&said) => "the program is of another version than the agent",
                said => said,
            };
            return Err(failed(said.to_owned()));
        }
        // Reaped when it ends, if this agent is still there then.
        tokio::spawn(async move { child.wait().await });
        Ok(pid)
    }
}
