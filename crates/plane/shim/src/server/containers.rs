//! Containers of the task: made, followed, removed.

use std::os::fd::OwnedFd;

use wharf_shim_protocol::{
    ContainerName, ContainerSetup, Event, Failure, Reply, now_ms, record::ProcessIdentity,
};

use super::{MAX_CONTAINERS, MAX_DEVICE_NAME, MAX_DEVICES, Server, connection::failed};
use crate::{
    container::{Container, Progress},
    overlay,
    secrets::HeldSecrets,
};

impl Server {
    pub(super) fn create(
        &mut self,
        name: &ContainerName,
        setup: ContainerSetup,
    ) -> Result<(), Failure> {
        if self.containers.contains_key(name) {
            return Err(Failure::AlreadyExists {
                container: name.clone(),
            });
        }
        if self.containers.len() >= MAX_CONTAINERS {
            return Err(Failure::TooMany {
                what: "containers".to_owned(),
                limit: MAX_CONTAINERS,
            });
        }
        let secrets = match &setup.secrets {
            None => None,
            Some(of) => Some(self.secrets_of(of)?),
        };
        let before = setup.replaces.as_ref();
        if let Some(before) = before.and_then(|name| self.containers.get(name))
            && !before.is_live()
        {
            // What it had written is about to go.
            overlay::unmount(before.folder(), before.user());
        }
        let (folder, groups) = (&self.folder, &self.hierarchies);
        let container = Container::create(folder, groups, name, setup, secrets)?;
        self.containers.insert(name.clone(), container);
        Ok(())
    }

    pub(super) fn secrets_of(&self, name: &ContainerName) -> Result<HeldSecrets, Failure> {
        let held = self.secrets.get(name).cloned();
        held.ok_or_else(|| Failure::NoSecrets {
            container: name.clone(),
        })
    }

    pub(super) fn hold_secrets(
        &mut self,
        container: ContainerName,
        streams: Vec<OwnedFd>,
    ) -> Result<(), Failure> {
        if self.secrets.len() >= MAX_CONTAINERS {
            return Err(Failure::TooMany {
                what: "containers with secrets".to_owned(),
                limit: MAX_CONTAINERS,
            });
        }
        let file = only(streams)?;
        let held = self.secrets.entry(container);
        held.or_insert_with(|| HeldSecrets::new(file));
        Ok(())
    }

    pub(super) fn hold_device(
        &mut self,
        name: String,
        streams: Vec<OwnedFd>,
    ) -> Result<(), Failure> {
        let is_new = !self.devices.contains_key(&name);
        if is_new && self.devices.len() >= MAX_DEVICES || name.len() > MAX_DEVICE_NAME {
            return Err(Failure::TooMany {
                what: "devices, or characters of their names".to_owned(),
                limit: MAX_DEVICES,
            });
        }
        let device = only(streams)?;
        self.devices.entry(name).or_insert(device);
        Ok(())
    }

    pub(super) fn attach(
        &mut self,
        name: &ContainerName,
        once: bool,
        streams: Vec<OwnedFd>,
    ) -> Result<(), Failure> {
        let channel = only(streams)?;
        self.known(name)?.attach(&channel, once)
    }

    pub(super) fn remove(&mut self, name: &ContainerName) -> Result<(), Failure> {
        let container = self.known(name)?;
        if container.is_live() {
            return Err(container.wrong_state("be removed"));
        }
        container.dismantle()?;
        if let Err(e) = overlay::discard(&self.folder.writable(name)) {
            eprintln!("wharf-shim: cannot remove what {name} has written: {e}");
        }
        self.containers.remove(name);
        self.state.containers.remove(name);
        self.save_state();
        self.tell(&Event::Removed {
            container: name.clone(),
        });
        Ok(())
    }

    /// Tells whoever waits, and the subscribers, what a container has reached.
    pub(super) fn announce(&mut self, name: &ContainerName, progress: Vec<Progress>) {
        for step in progress {
            let Some(container) = self.containers.get(name) else {
                return;
            };
            let (pid, at) = (
                container.pid(),
                container.started_at().unwrap_or_else(now_ms),
            );
            match step {
                Progress::Created => {
                    self.note_process(name, pid);
                    self.reply_to_waiter(name, &Reply::Created { pid });
                    self.tell(&Event::Created {
                        container: name.clone(),
                        pid,
                    });
                }
                Progress::Started => {
                    self.note_process(name, pid);
                    self.reply_to_waiter(name, &Reply::Started { pid, at });
                    self.tell(&Event::Started {
                        container: name.clone(),
                        pid,
                        at,
                    });
                }
                Progress::Failed(failure) => self.reply_to_waiter(name, &failed(failure)),
            }
        }
    }

    pub(super) fn note_process(&mut self, name: &ContainerName, pid: i32) {
        if self.state.containers.get(name).map(|known| known.pid) == Some(pid) {
            return;
        }
        if let Some(identity) = ProcessIdentity::of(pid) {
            self.state.containers.insert(name.clone(), identity);
            self.save_state();
        }
    }

    pub(super) fn creator_ended(&mut self, name: &ContainerName, code: i32) {
        let Some(container) = self.containers.get_mut(name) else {
            return;
        };
        let progress = container.child_ended(code);
        let useless = progress
            .iter()
            .any(|step| matches!(step, Progress::Failed(_)));
        if useless && let Err(e) = container.dismantle() {
            eprintln!("wharf-shim: cannot clean up after {name}: {e}");
        }
        self.announce(name, progress);
        if useless {
            self.containers.remove(name);
        }
    }

    pub(super) fn container_ended(&mut self, name: &ContainerName, code: i32) {
        let Some(container) = self.containers.get_mut(name) else {
            return;
        };
        let progress = container.ended(code);
        let never_ran = progress
            .iter()
            .any(|step| matches!(step, Progress::Failed(_)));
        let exit = container.exit();
        self.announce(name, progress);
        if let (Some(exit), false) = (exit, never_ran) {
            self.tell(&Event::Exited {
                container: name.clone(),
                exit,
            });
        }
    }
}

/// The one descriptor that is to come with a request.
fn only(streams: Vec<OwnedFd>) -> Result<OwnedFd, Failure> {
    let count = streams.len();
    let Ok([only]) = <[OwnedFd; 1]>::try_from(streams) else {
        let detail = format!("{count} descriptors came with it, not 1");
        return Err(Failure::UnsupportedRequest { detail });
    };
    Ok(only)
}
