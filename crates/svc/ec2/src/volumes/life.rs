//! How a volume comes to a host and goes from it. Pure.
//!
//! The first host that a volume is attached on has its bytes, until it is attached on another: there is never a second
//! copy that could be written. An attachment ends when the host says that nothing has the volume mounted any more, and
//! a deletion when it says that nothing of it is left.
//!
//! | moving | what is there | what ends it |
//! | --- | --- | --- |
//! | copying | its host has the bytes, and nobody has the volume | a snapshot, which nobody sees, has all of them |
//! | leaving | the snapshot has them, and its host is to remove what it has | its host says that nothing is left |
//! | | the snapshot has them, and no host | the host of its instance has made it of the snapshot |
//!
//! So a volume has another host only when the one before said that it has nothing of it, or was deregistered.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_planeproto::volume::{VolumeReport, VolumeState};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Life {
    /// Instance id of the host that its bytes lie on.
    pub host: Option<String>,
    /// The host made its file: one that is missing from now on is lost.
    pub made: bool,
    /// Nothing of it is wanted any more.
    pub deleting: bool,
    pub attachment: Option<Attachment>,
    /// Why its bytes cannot be had.
    pub lost: Option<String>,
    /// It goes from its host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moving: Option<Moving>,
    /// The snapshot that is to have its bytes while it is copied, and has them from then on until another host has made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept_in: Option<String>,
    /// One that it has no use for any more, until that is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Moving {
    Copying,
    Leaving,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attachment {
    /// The id of the container instance's machine: a host, or an instance on one.
    pub instance: String,
    pub device: String,
    pub at: Timestamp,
    pub state: AttachmentState,
    /// It is a block device of the instance, not a task's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_device: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub delete_on_termination: bool,
    /// While it is detaching: programs that have it lose it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Of a sealed one: the grant by which its key is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<String>,
}

impl Attachment {
    /// Of a volume that is made together with its instance, which no host has yet.
    pub fn at_launch(instance: &str, device: &str, delete: bool, now: Timestamp) -> Self {
        Self {
            instance: instance.to_owned(),
            device: device.to_owned(),
            at: now,
            state: AttachmentState::Attaching,
            is_device: true,
            delete_on_termination: delete,
            force: false,
            grant: None,
        }
    }
}

/// What a volume is attached to.
#[derive(Debug, Clone, Copy)]
pub struct To<'a> {
    pub instance: &'a str,
    /// The instance id of the machine that the instance is on.
    pub host: &'a str,
    pub device: &'a str,
    /// See [`Attachment::is_device`].
    pub is_device: bool,
    /// It comes there from another host.
    pub moves: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttachmentState {
    Attaching,
    Attached,
    Detaching,
}

impl AttachmentState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attaching => "attaching",
            Self::Attached => "attached",
            Self::Detaching => "detaching",
        }
    }
}

/// What a report leaves of a volume.
#[derive(Debug, PartialEq, Eq)]
pub enum Left {
    It,
    Nothing,
}

/// Why a volume cannot be attached.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    Deleting,
    InUse,
    Lost(String),
    /// Its bytes are there, and are not to move.
    Elsewhere(String),
}

impl Life {
    pub fn state(&self) -> &'static str {
        if self.deleting {
            "deleting"
        } else if self.lost.is_some() {
            "error"
        } else if self.attachment.is_some() {
            "in-use"
        } else {
            "available"
        }
    }

    /// A task's volume may be attached again where it is, which changes nothing.
    pub fn attach(&mut self, to: To<'_>, now: Timestamp) -> Result<(), Refused> {
        let To { instance, host, .. } = to;
        if self.deleting {
            return Err(Refused::Deleting);
        }
        if let Some(why) = &self.lost {
            return Err(Refused::Lost(why.clone()));
        }
        match &self.attachment {
            Some(it)
                if it.instance == instance
                    && it.state != AttachmentState::Detaching
                    && !(it.is_device || to.is_device) =>
            {
                return Ok(());
            }
            Some(_) => return Err(Refused::InUse),
            None => {}
        }
        match &self.host {
            Some(known) if known == host => {}
            // Where it goes is said by its instance, once it has gone.
            Some(_) if to.moves => {
                let then = match self.made {
                    true => Moving::Copying,
                    false => Moving::Leaving,
                };
                self.moving.get_or_insert(then);
            }
            Some(known) if self.made => return Err(Refused::Elsewhere(known.clone())),
            // Where nothing was made yet there is nothing to lose.
            _ => self.host = Some(host.to_owned()),
        }
        self.attachment = Some(Attachment {
            instance: instance.to_owned(),
            device: to.device.to_owned(),
            at: now,
            state: AttachmentState::Attaching,
            is_device: to.is_device,
            delete_on_termination: false,
            force: false,
            grant: None,
        });
        Ok(())
    }

    /// Whether a task or an instance on its host may have it.
    pub fn is_attached(&self) -> bool {
        let state = self.attachment.as_ref().map(|it| it.state);
        self.moving.is_none() && state.is_some_and(|state| state != AttachmentState::Detaching)
    }

    /// `force` is never taken back.
    pub fn detach(&mut self, force: bool) {
        match &mut self.attachment {
            Some(_) if self.moving.is_some() || self.host.is_none() && self.kept_in.is_some() => {
                self.stays();
            }
            // What the host cannot make another can.
            Some(_) if self.lost.is_some() && self.kept_in.is_some() => {
                self.moving = Some(Moving::Leaving);
                self.stays();
            }
            // Its host has not heard of it, or never will.
            Some(_) if self.lost.is_some() => self.attachment = None,
            Some(it) => {
                it.state = AttachmentState::Detaching;
                it.force |= force;
            }
            None => {}
        }
    }

    /// Nobody is to have it where it was to go. What is leaving its host leaves it all the same, since nobody knows what is
    /// left there.
    pub fn stays(&mut self) {
        self.attachment = None;
        if self.is_copying() {
            self.moving = None;
            self.spend();
        } else if self.kept_in.is_some() {
            self.lost = None;
        }
    }

    fn spend(&mut self) {
        if let Some(snapshot) = self.kept_in.take() {
            self.spent = Some(snapshot);
        }
    }

    pub fn is_copying(&self) -> bool {
        self.moving == Some(Moving::Copying)
    }

    /// Whether its host is to remove what it has of it.
    pub fn is_leaving(&self) -> bool {
        self.moving == Some(Moving::Leaving)
    }

    /// All of it is in the snapshot.
    pub fn copied(&mut self) {
        self.moving = Some(Moving::Leaving);
    }

    /// The instance that it was a device of is gone.
    pub fn instance_left(&mut self) {
        if let Some(it) = &self.attachment {
            self.deleting |= it.delete_on_termination;
            // Nothing of the instance runs that could lose anything.
            self.detach(true);
        }
    }

    /// What its host says.
    pub fn reported(&mut self, said: &VolumeReport) -> Left {
        match said.state {
            VolumeState::Gone if self.deleting => return Left::Nothing,
            VolumeState::Gone if self.is_leaving() => self.gone(),
            // Of a time before it was wanted.
            VolumeState::Gone => {}
            // What is to go is nobody's.
            _ if self.is_leaving() => {}
            VolumeState::Failed => {
                let why = said.reason.as_deref().unwrap_or("unknown");
                self.lost = Some(why.chars().take(500).collect());
                if self.moving.is_some() {
                    self.stays();
                }
                self.let_go(said);
            }
            VolumeState::Ready if self.moving.is_some() => {}
            VolumeState::Ready => {
                self.made = true;
                self.spend();
                self.lost = None;
                if let Some(it) = &mut self.attachment {
                    let is_there = said.placed || !it.is_device;
                    if it.state == AttachmentState::Attaching && is_there {
                        it.state = AttachmentState::Attached;
                    }
                }
                self.let_go(said);
            }
        }
        Left::It
    }

    /// Ends an attachment that is to end, if nothing has the volume any more.
    fn let_go(&mut self, said: &VolumeReport) {
        if self.is_detaching() && !said.mounted && !said.attached {
            self.attachment = None;
        }
    }

    pub fn is_detaching(&self) -> bool {
        let state = self.attachment.as_ref().map(|it| it.state);
        state == Some(AttachmentState::Detaching)
    }

    /// Its host has nothing of it.
    fn gone(&mut self) {
        self.host = None;
        self.made = false;
        self.moving = None;
        self.lost = None;
    }

    /// The host of the instance that it was made with, or goes to, is known.
    pub fn placed(&mut self, host: &str) {
        self.host.get_or_insert_with(|| host.to_owned());
    }

    /// That host takes no more volumes.
    pub fn not_placed(&mut self, why: &str) {
        self.lost = Some(why.to_owned());
    }

    /// Whether it waits for its instance to be placed.
    pub fn awaits_host(&self) -> bool {
        let attachment = self.attachment.as_ref();
        self.host.is_none()
            && self.lost.is_none()
            && attachment.is_some_and(|it| it.state == AttachmentState::Attaching)
    }

    /// Whether an attachment or the volume itself ends that no host was ever told of.
    pub fn ends_unplaced(&self) -> bool {
        self.host.is_none() && (self.deleting || self.is_detaching())
    }

    /// Its host was deregistered: what was there will not be heard of again.
    pub fn host_left(&mut self) -> Left {
        // The instance that it goes with was there too, and whoever of the two is looked at first, it goes.
        // One that is detached by itself stays.
        let device = self.attachment.as_ref();
        let device = device.filter(|it| it.is_device && it.state != AttachmentState::Detaching);
        if self.moving.is_some() {
            // Its instance is elsewhere.
            return self.left_by_host();
        }
        self.deleting |= device.is_some_and(|it| it.delete_on_termination);
        if self.deleting || !self.made {
            self.host = None;
            self.attachment = None;
            return if self.deleting {
                Left::Nothing
            } else {
                Left::It
            };
        }
        self.lose();
        Left::It
    }

    /// The same of one that goes from there.
    fn left_by_host(&mut self) -> Left {
        match self.moving {
            _ if self.deleting => return Left::Nothing,
            Some(Moving::Leaving) => self.gone(),
            _ => {
                self.stays();
                self.lose();
            }
        }
        Left::It
    }

    fn lose(&mut self) {
        let host = self.host.as_deref().unwrap_or_default();
        self.lost = Some(format!("its host {host} was deregistered"));
        self.attachment = None;
    }
}

#[cfg(test)]
mod tests;
