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
        moves: false,
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
fn a_volume_that_is_detached_by_itself_stays_though_its_host_left() {
    let mut life = Life::default();
    life.attach(device(), Timestamp(0)).unwrap();
    life.reported(&said(VolumeState::Ready, false));
    life.attachment.as_mut().unwrap().delete_on_termination = true;
    life.detach(false);
    assert_eq!(life.host_left(), Left::It);
    assert!(!life.deleting);
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

/// Made on `i-1`, detached, and attached to an instance on `i-2`.
fn moving() -> Life {
    let mut life = Life {
        host: Some("i-1".to_owned()),
        made: true,
        ..Life::default()
    };
    let there = To {
        moves: true,
        ..to("i-2", "i-2")
    };
    life.attach(there, Timestamp(1)).unwrap();
    life.kept_in = Some("snap-1".to_owned());
    life
}

#[test]
fn it_goes_to_another_host_when_its_own_has_nothing_of_it() {
    let mut life = moving();
    assert!(life.is_copying() && !life.is_attached());
    // Its host has it as before, and nobody there does.
    life.reported(&said(VolumeState::Ready, false));
    life.reported(&said(VolumeState::Gone, false));
    let state = |life: &Life| life.attachment.as_ref().map(|it| it.state);
    assert_eq!(state(&life), Some(AttachmentState::Attaching));
    assert_eq!((life.host.as_deref(), life.made), (Some("i-1"), true));
    assert!(!life.awaits_host());
    life.copied();
    life.reported(&said(VolumeState::Ready, false));
    life.reported(&said(VolumeState::Failed, false));
    assert!(life.is_leaving() && !life.is_attached() && life.lost.is_none());
    life.reported(&said(VolumeState::Gone, false));
    assert!(life.awaits_host() && !life.made);
    life.placed("i-2");
    assert!(life.is_attached() && life.kept_in.is_some());
    life.reported(&said(VolumeState::Ready, false));
    assert_eq!(state(&life), Some(AttachmentState::Attached));
    assert_eq!(
        (life.kept_in, life.spent.as_deref()),
        (None, Some("snap-1"))
    );
}

#[test]
fn one_that_is_detached_on_its_way_stays_or_leaves_its_host() {
    let mut life = moving();
    life.detach(false);
    assert_eq!(life.state(), "available");
    assert_eq!((life.moving, &life.kept_in), (None, &None));
    let mut life = moving();
    life.copied();
    life.detach(true);
    assert_eq!(life.state(), "available");
    // It may come back, once it has gone.
    life.attach(to("i-1", "i-1"), Timestamp(2)).unwrap();
    assert!(life.is_leaving());
    life.reported(&said(VolumeState::Gone, false));
    assert!(life.awaits_host() && life.kept_in.is_some());
    // No host is to have it, and no host has it.
    life.detach(false);
    assert!(!life.ends_unplaced());
    assert_eq!(life.state(), "available");
}

#[test]
fn a_host_that_left_takes_along_what_was_not_copied() {
    let mut life = moving();
    assert_eq!(life.host_left(), Left::It);
    assert_eq!((life.state(), &life.attachment), ("error", &None));
    assert_eq!((life.moving, &life.kept_in), (None, &None));
    let mut life = moving();
    life.copied();
    assert_eq!(life.host_left(), Left::It);
    assert!(life.awaits_host());
    // Nor does one that had not made it yet.
    life.placed("i-2");
    assert_eq!(life.host_left(), Left::It);
    assert_eq!(life.state(), "available");
    assert!(life.kept_in.is_some());
}

#[test]
fn one_that_is_made_nowhere_leaves_where_it_may_have_been_begun() {
    let mut life = Life::default();
    life.attach(to("i-1", "i-1"), Timestamp(1)).unwrap();
    life.reported(&said(VolumeState::Failed, false));
    life.detach(false);
    life.lost = None;
    let there = To {
        moves: true,
        ..to("i-2", "i-2")
    };
    life.attach(there, Timestamp(2)).unwrap();
    assert!(life.is_leaving() && life.kept_in.is_none());
    life.reported(&said(VolumeState::Gone, false));
    assert!(life.awaits_host());
}
