//! Volumes as the host that they lie on is told of them.

use wharf_planeproto::volume::{self as plane, Device, SealedFile, Wanted};
use wharf_records::Scope;

use crate::volumes::{Attachment, Volume, name_in_dev};

/// `None` for one that lies nowhere yet.
pub fn resource(record: Volume, scope: &Scope) -> Option<plane::Volume> {
    let is_new = !record.life.made;
    let how = match (is_new, &record.source) {
        (false, _) => SealedFile::Kept,
        (true, None) => SealedFile::Make,
        (true, Some(_)) => SealedFile::Restore,
    };
    let sealed = record.encryption.is_some().then_some(how);
    Some(plane::Volume {
        host: record.life.host.clone()?,
        wanted: match record.life.deleting {
            true => Wanted::Gone,
            false => Wanted::Kept,
        },
        may_make: sealed.is_none() && is_new && record.source.is_none(),
        restore: sealed.is_none() && is_new && record.source.is_some(),
        sealed,
        bytes: u64::from(record.wanted_gib()) << 30,
        attached: record.life.is_attached(),
        device: record.life.attachment.as_ref().and_then(device),
        mounted_by: record.life.attachment.as_ref().and_then(mounted_by),
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
