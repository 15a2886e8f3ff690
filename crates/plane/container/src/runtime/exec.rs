//! Further processes in a running container.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    path::Path,
    time::Duration,
};

use nix::{
    fcntl::OFlag,
    sys::socket::{AddressFamily, SockFlag, SockType, socketpair},
    unistd::pipe2,
};
use tokio::{
    io::AsyncReadExt,
    net::unix::pipe::{Receiver, Sender},
};
use wharf_durable as durable;
use wharf_shim_protocol::{
    ContainerName, ContainerPlan, Event, ExecPlan, Reply, Request, folder::ContainerFolder,
    plan::PLAN_LIMIT,
};

use super::{
    client::{Client, Connection},
    error::{ContainerError, Step},
};

/// What to run; `None` takes the container's own.
#[derive(Clone, Default)]
pub struct ExecSpec {
    pub argv: Vec<String>,
    /// On top of the container's.
    pub env: Vec<(String, String)>,
    pub user: Option<String>,
    pub working_dir: Option<String>,
    /// A terminal; then [`ExecSession::terminal`] takes the place of the three streams.
    pub tty: bool,
    /// It is killed when nobody follows it any more: the session is dropped, or this process ends.
    pub bound: bool,
}

/// A running process. Dropping this does not wait for it, and ends only one that is bound.
#[derive(Debug)]
pub struct ExecSession {
    /// As the host numbers it.
    pub pid: i32,
    pub stdin: Option<Sender>,
    pub stdout: Option<Receiver>,
    pub stderr: Option<Receiver>,
    /// The other side of its terminal.
    pub terminal: Option<OwnedFd>,
    client: Client,
    connection: Connection,
}

/// All that a short command said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecOutput {
    pub code: i32,
    /// Standard output and error as they came, cut at the wanted length.
    pub output: Vec<u8>,
}

impl ExecSession {
    pub(crate) async fn begin(
        client: &Client,
        container: &ContainerName,
        folder: &ContainerFolder,
        spec: &ExecSpec,
        merged: bool,
    ) -> Result<Self, ContainerError> {
        let plan = plan(folder, spec).await?;
        let failed = ContainerError::io("make pipes for", folder.base());
        let Ends { ours, theirs } = if spec.tty {
            Ends::terminal()
        } else {
            Ends::pipes(merged)
        }
        .map_err(failed)?;
        let streams: Vec<BorrowedFd<'_>> = theirs.iter().map(AsFd::as_fd).collect();
        let request = Request::Exec {
            container: container.clone(),
            exec: plan,
        };
        let mut connection = client.open(Step::Exec, request, &streams).await?;
        drop(theirs);
        let Reply::Started { pid, .. } = connection.reply().await? else {
            return Err(ContainerError::Confused { step: Step::Exec });
        };
        let Ours {
            stdin,
            stdout,
            stderr,
            channel,
        } = ours;
        let terminal = channel
            .map(|channel| receive_terminal(&channel))
            .transpose()
            .map_err(ContainerError::io("receive the terminal of", folder.base()))?;
        Ok(Self {
            pid,
            stdin,
            stdout,
            stderr,
            terminal,
            client: client.clone(),
            connection,
        })
    }

    /// The exit code, or 128 + the signal.
    pub async fn wait(&mut self) -> Result<i32, ContainerError> {
        match self.connection.reply().await? {
            Reply::Event {
                event: Event::ExecExited { code, .. },
            } => Ok(code),
            _ => Err(ContainerError::Confused { step: Step::Exec }),
        }
    }

    /// Sends a signal; refused once it has ended.
    pub async fn signal(&self, number: i32) -> Result<(), ContainerError> {
        self.client
            .tell(
                Step::Exec,
                Request::SignalExec {
                    pid: self.pid,
                    signal: number,
                },
            )
            .await
    }

    /// Reads until the end, or kills it after `timeout`.
    pub(crate) async fn output(
        mut self,
        timeout: Duration,
        max_bytes: usize,
    ) -> Result<ExecOutput, ContainerError> {
        drop(self.stdin.take());
        let mut output = Vec::new();
        let Some(mut stdout) = self.stdout.take() else {
            return Err(ContainerError::Confused { step: Step::Exec });
        };
        let collect = async {
            let mut buffer = vec![0; 16 << 10];
            loop {
                match stdout.read(&mut buffer).await {
                    Ok(0) | Err(_) => break,
                    // What is beyond the bound is read and forgotten, so that nobody waits.
                    Ok(n) => output.extend_from_slice(&buffer[..n.min(max_bytes - output.len())]),
                }
            }
            self.wait().await
        };
        match tokio::time::timeout(timeout, collect).await {
            Ok(code) => Ok(ExecOutput {
                code: code?,
                output,
            }),
            Err(_) => {
                // One that has just ended needs no signal.
                let _ = self.signal(libc::SIGKILL).await;
                Err(ContainerError::TimedOut(timeout))
            }
        }
    }
}

/// The container's own plan with what the exec changes.
async fn plan(folder: &ContainerFolder, spec: &ExecSpec) -> Result<ExecPlan, ContainerError> {
    let path = folder.plan();
    let read = tokio::task::spawn_blocking({
        let path = path.clone();
        move || durable::read_json::<ContainerPlan>(&path, PLAN_LIMIT)
    });
    let found = read.await.unwrap_or_else(|e| Err(io::Error::other(e)));
    let found = found.and_then(|plan| plan.ok_or_else(|| io::ErrorKind::NotFound.into()));
    let mut process = found.map_err(ContainerError::io("read", path))?.process;
    process.argv.clone_from(&spec.argv);
    for (name, value) in &spec.env {
        process
            .env
            .retain(|pair| pair.split_once('=').is_none_or(|(known, _)| known != name));
        process.env.push(format!("{name}={value}"));
    }
    if let Some(user) = &spec.user {
        process.user.clone_from(user);
    }
    if let Some(dir) = spec
        .working_dir
        .as_ref()
        .filter(|dir| Path::new(dir).is_absolute())
    {
        process.working_dir.clone_from(dir);
    }
    process.tty = spec.tty;
    Ok(ExecPlan {
        own_variables: spec.env.iter().map(|(name, _)| name.clone()).collect(),
        process,
        bound: spec.bound,
    })
}

struct Ends {
    ours: Ours,
    theirs: Vec<OwnedFd>,
}

#[derive(Default)]
struct Ours {
    stdin: Option<Sender>,
    stdout: Option<Receiver>,
    stderr: Option<Receiver>,
    channel: Option<OwnedFd>,
}

impl Ends {
    fn pipes(merged: bool) -> io::Result<Self> {
        let pipe = || -> io::Result<(OwnedFd, OwnedFd)> { Ok(pipe2(OFlag::O_CLOEXEC)?) };
        let (in_read, in_write) = pipe()?;
        let (out_read, out_write) = pipe()?;
        let (stderr, err_write) = if merged {
            (None, out_write.try_clone()?)
        } else {
            let (read, write) = pipe()?;
            (Some(Receiver::from_owned_fd(read)?), write)
        };
        let ours = Ours {
            stdin: Some(Sender::from_owned_fd(in_write)?),
            stdout: Some(Receiver::from_owned_fd(out_read)?),
            stderr,
            channel: None,
        };
        Ok(Self {
            ours,
            theirs: vec![in_read, out_write, err_write],
        })
    }

    fn terminal() -> io::Result<Self> {
        let (channel, theirs) = channel()?;
        Ok(Self {
            ours: Ours {
                channel: Some(channel),
                ..Ours::default()
            },
            theirs: vec![theirs],
        })
    }
}

/// A pair over which a descriptor comes.
pub(super) fn channel() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(
        AddressFamily::Unix,
        SockType::Datagram,
        None,
        SockFlag::SOCK_CLOEXEC,
    )?)
}

/// It was sent before the program ran, or before the shim answered, so it is there.
pub(super) fn receive_terminal(channel: &OwnedFd) -> io::Result<OwnedFd> {
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, UnixAddr, recvmsg};
    let mut space = nix::cmsg_space!([i32; 1]);
    let mut byte = [0; 1];
    let mut parts = [io::IoSliceMut::new(&mut byte)];
    let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<UnixAddr>(channel.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
    let mut received = Vec::new();
    for control in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(fds) = control {
            // SAFETY: the kernel has just given these descriptors to us.
            received.extend(
                fds.into_iter()
                    .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) }),
            );
        }
    }
    received.pop().ok_or_else(|| io::ErrorKind::NotFound.into())
}
