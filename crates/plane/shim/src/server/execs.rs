//! Further processes in containers.

use std::os::{fd::OwnedFd, unix::net::UnixStream};

use nix::errno::Errno;
use wharf_shim_protocol::{ContainerName, ContainerState, Event, ExecPlan, Failure, Reply, now_ms};

use super::{
    MAX_EXECS, Server,
    connection::{failed, send},
};
use crate::{
    exec,
    lineage::is_offspring,
    pipes::{Report, Reports},
};

/// A further process in a container.
pub(super) struct Exec {
    pub container: ContainerName,
    pub socket: UnixStream,
    pub reports: Reports,
    pub child: i32,
    pub pid: i32,
    pub started: bool,
    pub failure: Option<Failure>,
    /// Ends with its connection.
    pub bound: bool,
}

impl Server {
    pub(super) fn exec(
        &mut self,
        name: ContainerName,
        plan: &ExecPlan,
        streams: Vec<OwnedFd>,
        socket: UnixStream,
    ) -> Result<(), (UnixStream, Failure)> {
        let expected = if plan.process.tty { 1 } else { 3 };
        let begun = (|| {
            if self.execs.len() >= MAX_EXECS {
                return Err(Failure::TooMany {
                    what: "exec sessions".to_owned(),
                    limit: MAX_EXECS,
                });
            }
            if streams.len() != expected {
                let detail = format!("{} descriptors came with it, not {expected}", streams.len());
                return Err(Failure::UnsupportedRequest { detail });
            }
            let Some(container) = self.containers.get(&name) else {
                return Err(Failure::NoSuchContainer {
                    container: name.clone(),
                });
            };
            if container.state() != ContainerState::Running {
                return Err(container.wrong_state("exec"));
            }
            let target = exec::Target {
                hierarchies: &self.hierarchies,
                cgroup: container.cgroup(),
                folder: container.folder().clone(),
                pid: container.pid(),
                in_user_namespace: container.user().is_some(),
                secrets: container.secrets(),
            };
            exec::begin(&target, plan, streams).map_err(|e| Failure::Runtime {
                detail: e.to_string(),
            })
        })();
        match begun {
            Ok((child, reports)) => {
                self.execs.push(Exec {
                    container: name,
                    socket,
                    reports,
                    child,
                    pid: 0,
                    started: false,
                    failure: None,
                    bound: plan.bound,
                });
                Ok(())
            }
            Err(failure) => Err((socket, failure)),
        }
    }

    /// Only to processes that are known here and not reaped yet, so that no number is anybody else's.
    pub(super) fn signal_exec(&self, pid: i32, signal: i32) -> Result<(), Failure> {
        if pid <= 0 || !self.execs.iter().any(|exec| exec.pid == pid) {
            return Err(Failure::UnsupportedRequest {
                detail: format!("{pid} is no exec session"),
            });
        }
        // SAFETY: takes numbers.
        match Errno::result(unsafe { libc::kill(pid, signal) }) {
            Ok(_) | Err(Errno::ESRCH) => Ok(()),
            Err(e) => Err(Failure::Process {
                step: format!("signal {signal}"),
                detail: e.desc().to_owned(),
            }),
        }
    }

    pub(super) fn exec_ended(&mut self, pid: i32, code: i32) {
        let Some(at) = self
            .execs
            .iter()
            .position(|e| e.pid == pid || (e.child == pid && e.pid == 0))
        else {
            return;
        };
        let mut exec = self.execs.swap_remove(at);
        if exec.pid == pid {
            exec.start_if_silent();
            let event = Event::ExecExited {
                container: exec.container,
                pid,
                code,
            };
            send(&exec.socket, &Reply::Event { event });
        } else {
            let detail = format!("joining the container ended with code {code}");
            send(&exec.socket, &failed(Failure::Runtime { detail }));
        }
    }
}

impl Exec {
    /// Somebody has to stay for it to go on.
    pub(super) fn is_followed(&self) -> bool {
        self.bound && self.pid != 0
    }

    /// Whoever followed it says nothing more: anything readable there is their end. The process
    /// heads a session of its own, whose terminal hangs up for what else is in it.
    pub(super) fn abandon(&mut self) {
        self.bound = false;
        // SAFETY: takes numbers; the process is not reaped yet, so the group is its own.
        let ended = unsafe { libc::kill(-self.pid, libc::SIGKILL) };
        if ended != 0 {
            // Not at the head of its session yet.
            // SAFETY: as above.
            unsafe { libc::kill(self.pid, libc::SIGKILL) };
        }
    }

    pub(super) fn take_reports(&mut self) {
        for report in self.reports.read() {
            match report {
                Report::Process(pid) if is_offspring(pid, &[self.child]) => self.pid = pid,
                Report::Process(pid) => {
                    eprintln!("wharf-shim: {pid} was reported, which is no process of ours");
                }
                Report::Failed(failure) if self.failure.is_none() => {
                    send(&self.socket, &failed(failure.clone()));
                    self.failure = Some(failure);
                }
                Report::Failed(_) | Report::User(_) => {}
            }
        }
        if self.reports.closed() && self.failure.is_none() && self.pid != 0 {
            self.start_if_silent();
        }
    }

    /// Tells once that the program runs.
    pub(super) fn start_if_silent(&mut self) {
        if !self.started {
            self.started = true;
            send(
                &self.socket,
                &Reply::Started {
                    pid: self.pid,
                    at: now_ms(),
                },
            );
        }
    }
}
