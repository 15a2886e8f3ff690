//! Volumes as the host that they lie on is told of them.

use wharf_planeproto::volume::{self as plane, Device, SealedFile, Wanted};
use wharf_records::Scope;

use crate::volumes::{Attachment, Volume, name_in_dev};

/// `None` for one that lies nowhere yet.
pub fn resource(record: Volume, scope: &Scope) -> Option<plane::Volume> {
    let is_new = !record.life.made && !record.life.is_leaving();
    let is_restored = record.made_of(&scope.account).is_some();
    let how = match (is_new, is_restored) {
        (false, _) => SealedFile::Kept,
        (true, false) => SealedFile::Make,
        (true, true) => SealedFile::Restore,
    };
    // One that goes from there is no more than a file there.
    let attachment = record.life.attachment.as_ref();
    let attachment = attachment.filter(|_| record.life.moving.is_none());
    let sealed = record.encryption.is_some().then_some(how);
    Some(plane::Volume {
        host: record.life.host.clone()?,
        wanted: match record.life.deleting || record.life.is_leaving() {
            true => Wanted::Gone,
            false => Wanted::Kept,
        },
        may_make: sealed.is_none() && is_new && !is_restored,
        restore: sealed.is_none() && is_restored,
        sealed,
        bytes: u64::from(record.wanted_gib()) << 30,
        attached: record.life.is_attached(),
        device: attachment.and_then(device),
        mounted_by: attachment.and_then(mounted_by),
        account: scope.account.clone(),
        region: scope.region.clone(),
        id: record.id,
    })
}

fn mounted_by(attachment: &Attachment) -> Option<String> {
    let mounts = name_in_dev(attachment).is_none();
    mounts.then(|| attachment.instance.clone())
}

fn device(attachment: &Attachment) -> Option<Device> {
    Some(Device {
        name: name_in_dev(attachment)?.to_owned(),
        instance: attachment.instance.clone(),
        force: attachment.force,
    })
}
