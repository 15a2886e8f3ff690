//! How a volume comes to a host and goes from it. Pure.
//!
//! The first host that a volume is attached on has its bytes from then on: there is never a second copy that could
//! be written. An attachment ends when the host says that nothing has the volume mounted any more, and a deletion
//! when it says that nothing of it is left.

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
    /// Its bytes are there, and do not move.
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
            Some(known) if self.made && known != host => {
                return Err(Refused::Elsewhere(known.clone()));
            }
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

    /// Whether a task or an instance may have it.
    pub fn is_attached(&self) -> bool {
        let state = self.attachment.as_ref().map(|it| it.state);
        state.is_some_and(|state| state != AttachmentState::Detaching)
    }

    /// `force` is never taken back.
    pub fn detach(&mut self, force: bool) {
        match &mut self.attachment {
            // Its host has not heard of it, or never will.
            Some(_) if self.lost.is_some() => self.attachment = None,
            Some(it) => {
                it.state = AttachmentState::Detaching;
                it.force |= force;
            }
            None => {}
        }
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
            // Of a time before it was wanted.
            VolumeState::Gone => {}
            VolumeState::Failed => {
                let why = said.reason.as_deref().unwrap_or("unknown");
                self.lost = Some(why.chars().take(500).collect());
                self.let_go(said);
            }
            VolumeState::Ready => {
                self.made = true;
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

    /// The host of the instance that it was made with is known.
    pub fn placed(&mut self, host: &str) {
        self.host.get_or_insert_with(|| host.to_owned());
    }

    /// The host of the instance that it was made with takes no more volumes.
    pub fn not_placed(&mut self, why: &str) {
        self.lost = Some(why.to_owned());
    }

    /// Whether it waits for its instance to be placed.
    pub fn awaits_host(&self) -> bool {
        let device = self.attachment.as_ref().filter(|it| it.is_device);
        self.host.is_none()
            && self.lost.is_none()
            && device.is_some_and(|it| it.state == AttachmentState::Attaching)
    }

    /// Whether an attachment or the volume itself ends that no host was ever told of.
    pub fn ends_unplaced(&self) -> bool {
        self.host.is_none() && (self.deleting || self.is_detaching())
    }

    /// Its host was deregistered: what was there will not be heard of again.
    pub fn host_left(&mut self) -> Left {
        // The instance that it goes with was there too, and whoever of the two is looked at first, it goes.
        let device = self.attachment.as_ref().filter(|it| it.is_device);
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
        let host = self.host.as_deref().unwrap_or_default();
        self.lost = Some(format!("its host {host} was deregistered"));
        self.attachment = None;
        Left::It
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(state: VolumeState, mounted: bool) -> VolumeReport {
        VolumeReport {
            id: "vol-1".to_owned(),
            state,
            reason: Some("no room".to_owned()),
            bytes: 1 << 30,
            mounted,
            attached: false,
            placed: false,
        }
    }

    fn to<'a>(instance: &'a str, host: &'a str) -> To<'a> {
        To {
            instance,
            host,
            device: "/dev/sdf",
            is_device: false,
        }
    }

    fn device() -> To<'static> {
        To {
            is_device: true,
            ..to("i-1", "i-host")
        }
    }

    #[test]
    fn a_volume_goes_with_its_instance_though_their_host_left() {
        for (deletes, then) in [(true, Left::Nothing), (false, Left::It)] {
            let mut life = Life::default();
            life.attach(device(), Timestamp(0)).unwrap();
            life.reported(&said(VolumeState::Ready, false));
            life.attachment.as_mut().unwrap().delete_on_termination = deletes;
            assert_eq!(life.host_left(), then, "{deletes}");
        }
    }

    #[test]
    fn a_device_is_attached_when_it_is_in_its_instance() {
        let mut life = Life::default();
        life.attach(device(), Timestamp(1)).unwrap();
        assert_eq!(life.attach(device(), Timestamp(1)), Err(Refused::InUse));
        let state = |life: &Life| life.attachment.as_ref().map(|it| it.state);
        life.reported(&said(VolumeState::Ready, false));
        assert_eq!(state(&life), Some(AttachmentState::Attaching));
        life.reported(&VolumeReport {
            placed: true,
            attached: true,
            ..said(VolumeState::Ready, true)
        });
        assert_eq!(state(&life), Some(AttachmentState::Attached));
        // Mounted in the instance, it stays; by force it goes all the same, and that is not taken back.
        life.detach(true);
        life.detach(false);
        life.reported(&said(VolumeState::Ready, true));
        assert!(life.attachment.as_ref().is_some_and(|it| it.force));
        life.reported(&said(VolumeState::Ready, false));
        assert_eq!(life.state(), "available");
    }

    #[test]
    fn one_that_its_host_takes_not_ends_with_its_instance() {
        let mut life = Life {
            attachment: Some(Attachment::at_launch("i-1", "/dev/sdf", true, Timestamp(1))),
            ..Life::default()
        };
        assert!(life.awaits_host());
        life.not_placed("too many");
        assert!(!life.awaits_host() && !life.ends_unplaced());
        assert_eq!(life.state(), "error");
        life.instance_left();
        assert!(life.ends_unplaced());
    }

    #[test]
    fn an_instance_that_ends_leaves_volumes_or_takes_them_along() {
        for (delete, then) in [(false, "available"), (true, "deleting")] {
            let mut life = Life::default();
            life.attach(device(), Timestamp(1)).unwrap();
            if let Some(it) = &mut life.attachment {
                it.delete_on_termination = delete;
            }
            life.instance_left();
            life.reported(&said(VolumeState::Ready, false));
            assert_eq!(life.state(), then);
        }
    }

    #[test]
    fn a_volume_is_attached_used_and_let_go() {
        let mut life = Life::default();
        assert_eq!(life.state(), "available");
        life.attach(to("i-1", "i-1"), Timestamp(1)).unwrap();
        life.attach(to("i-1", "i-1"), Timestamp(2)).unwrap();
        assert_eq!(life.state(), "in-use");
        assert_eq!(
            life.attach(to("i-2", "i-2"), Timestamp(2)),
            Err(Refused::InUse)
        );
        life.reported(&said(VolumeState::Ready, false));
        let attached = life.attachment.clone().unwrap();
        assert_eq!(
            (attached.state, attached.at),
            (AttachmentState::Attached, Timestamp(1))
        );
        assert!(life.is_attached());
        life.detach(false);
        assert!(!life.is_attached());
        // The host looked before it was told, when no task had it yet.
        let early = VolumeReport {
            attached: true,
            ..said(VolumeState::Ready, false)
        };
        life.reported(&early);
        assert!(life.attachment.is_some());
        // A task has it yet.
        life.reported(&said(VolumeState::Ready, true));
        assert_eq!(
            life.attach(to("i-1", "i-1"), Timestamp(2)),
            Err(Refused::InUse)
        );
        life.reported(&said(VolumeState::Ready, false));
        assert_eq!(life.state(), "available");
        // The bytes stay where they are.
        let elsewhere = Refused::Elsewhere("i-1".to_owned());
        assert_eq!(life.attach(to("i-2", "i-2"), Timestamp(3)), Err(elsewhere));
    }

    #[test]
    fn one_that_fails_while_it_is_let_go_is_let_go() {
        let mut life = Life::default();
        life.attach(to("i-1", "i-1"), Timestamp(1)).unwrap();
        life.detach(false);
        let still = |mounted, attached| VolumeReport {
            attached,
            ..said(VolumeState::Failed, mounted)
        };
        for early in [still(true, false), still(false, true)] {
            life.reported(&early);
            assert!(life.is_detaching());
        }
        life.reported(&still(false, false));
        assert_eq!((life.state(), &life.attachment), ("error", &None));
        // One that somebody has stays attached: its task is told why it fails.
        let mut life = Life::default();
        life.attach(to("i-1", "i-1"), Timestamp(1)).unwrap();
        life.reported(&still(false, false));
        assert!(life.is_attached());
    }

    #[test]
    fn before_anything_was_made_it_may_go_to_another_host() {
        let mut life = Life::default();
        life.attach(to("i-1", "i-1"), Timestamp(1)).unwrap();
        assert_eq!(life.host_left(), Left::It);
        life.attach(to("i-2", "i-2"), Timestamp(1)).unwrap();
        assert_eq!(life.host.as_deref(), Some("i-2"));
    }

    #[test]
    fn a_deletion_ends_with_the_hosts_word_or_with_the_host() {
        let mut life = Life {
            host: Some("i-1".to_owned()),
            made: true,
            ..Life::default()
        };
        // Of another life.
        assert_eq!(life.reported(&said(VolumeState::Gone, false)), Left::It);
        life.deleting = true;
        assert_eq!(life.reported(&said(VolumeState::Ready, false)), Left::It);
        assert_eq!(
            life.attach(to("i-1", "i-1"), Timestamp(1)),
            Err(Refused::Deleting)
        );
        assert_eq!(life.clone().host_left(), Left::Nothing);
        assert_eq!(
            life.reported(&said(VolumeState::Gone, false)),
            Left::Nothing
        );
    }

    #[test]
    fn what_is_lost_is_said() {
        let mut life = Life::default();
        life.attach(to("i-1", "i-1"), Timestamp(1)).unwrap();
        life.reported(&said(VolumeState::Failed, false));
        assert_eq!(
            (life.state(), life.lost.as_deref()),
            ("error", Some("no room"))
        );
        life.detach(false);
        assert_eq!(life.attachment, None);
        life.reported(&said(VolumeState::Ready, false));
        assert_eq!(life.state(), "available");
        life.host_left();
        assert_eq!(life.state(), "error");
    }
}
