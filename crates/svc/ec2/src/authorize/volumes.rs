//! New volumes, by what they will be, and who is let use snapshots and images.

use wharf_api_ec2::types::{
    CreateSnapshotRequest, CreateVolumeRequest, ModifyImageAttributeRequest,
    ModifySnapshotAttributeRequest,
};
use wharf_records::Record as _;
use wharf_wire::{Check, Fault};

use super::{Rows, Specifications, known, tags_of, with_request_tags};
use crate::{
    block_devices::{self, MadeOf},
    encryption::{Asked as Sealed, Wanted, defaults_of, wanted},
    images::Image,
    records::{Instance, arn},
    snapshots::{self, Root, Snapshot},
    volumes::{Volume, kinds, roots},
};

/// What conditions see of a volume that is about to be made.
struct New<'a> {
    sealed: bool,
    kind: &'a str,
    gib: Option<i32>,
    iops: Option<i32>,
    throughput: Option<i32>,
    snapshot: Option<&'a str>,
    zone: Option<&'a str>,
}

impl Rows<'_> {
    /// `ec2:Encrypted` says what it will be, whether that was asked for or comes of the snapshot or the account's default.
    pub(super) async fn new_volume(&mut self, i: &CreateVolumeRequest) -> Result<(), Fault> {
        let snapshot = i.snapshot_id.as_deref().filter(|it| !it.is_empty());
        let from = match snapshot {
            Some(id) => match snapshots::find(self.service, self.cx, id).await {
                // One that cannot be used is refused by the operation.
                Err(fault) if fault.sender => None,
                found => Some(found?),
            },
            None => None,
        };
        let source = from.as_ref();
        let source =
            source.and_then(|it| Some((it.encryption.as_ref()?, it.owner == self.cx.account)));
        let defaults = defaults_of(self.service, self.cx).await?;
        let asked = Sealed::new(i.encrypted, i.kms_key_id.as_deref());
        let sealed = asked.and_then(|asked| wanted(&asked, &defaults, source));
        let sealed = !matches!(sealed, Ok(Wanted::No));
        let kind = i.volume_type.as_deref().filter(|it| !it.is_empty());
        let gib = i.size.or_else(|| Some(from.as_ref()?.gib.cast_signed()));
        self.volume(
            &New {
                sealed,
                kind: kind.unwrap_or(kinds::USUAL),
                gib,
                iops: i.iops,
                throughput: i.throughput,
                snapshot,
                zone: i.availability_zone.as_deref(),
            },
            &i.tag_specifications,
        );
        self.tagging(Volume::KIND, &i.tag_specifications);
        if snapshot.is_some() {
            self.on::<Snapshot>(&i.snapshot_id).await?;
        }
        Ok(())
    }

    /// What is about to be taken of a volume.
    pub(super) async fn new_snapshot(&mut self, i: &CreateSnapshotRequest) -> Result<(), Fault> {
        let volume = i.volume_id.as_deref().filter(|it| !it.is_empty());
        let mut more = Vec::new();
        if let Some(id) = volume {
            more.push(("ec2:ParentVolume", arn(self.cx, Volume::KIND, id)));
            let found = match self.service.find::<Volume>(self.cx, id).await? {
                Some(volume) => Some((volume.encryption.is_some(), volume.gib)),
                None => {
                    let root = Root::instance_of(id);
                    let instance = self.service.find::<Instance>(self.cx, &root).await?;
                    instance.map(|it| (it.sealed_root.is_some(), it.disk_gib))
                }
            };
            if let Some((encrypted, gib)) = found {
                more.push(("ec2:Encrypted", encrypted.to_string()));
                more.push(("ec2:VolumeSize", gib.to_string()));
            }
        }
        self.new_with(Snapshot::KIND, &i.tag_specifications, more);
        Ok(())
    }

    /// All that an instance has from its launch on, each by what it will be. `root`: with the disk that its root file system is on.
    /// `later`: a fleet launches it then, when disks may be told that cannot be now. `zone`: where its instances come to be.
    pub(super) async fn volumes_of_launch(
        &mut self,
        made_of: &MadeOf,
        tags: &Specifications,
        (root, later): (bool, bool),
        zone: Option<&str>,
    ) -> Result<(), Fault> {
        match (&made_of.layout, &made_of.disks) {
            (Ok(layout), Ok(disks)) => {
                let all = block_devices::foreseen(layout, disks);
                for it in all.iter().skip(usize::from(!root)) {
                    let new = New {
                        sealed: it.sealed,
                        kind: &it.kind,
                        gib: i32::try_from(it.gib).ok(),
                        iops: it.iops,
                        throughput: it.throughput,
                        snapshot: it.snapshot.as_deref(),
                        zone,
                    };
                    self.volume(&new, tags);
                }
            }
            _ if later => self.any_of(Volume::KIND),
            // What makes no sense is refused by the operation.
            _ => {}
        }
        self.tagging(Volume::KIND, tags);
        let volumes = made_of.layout.iter().flat_map(|it| &it.volumes);
        for id in volumes.filter_map(|it| it.snapshot()) {
            self.on::<Snapshot>(&Some(id.to_owned())).await?;
        }
        Ok(())
    }

    fn volume(&mut self, new: &New<'_>, tags: &Specifications) {
        let number = |it: Option<i32>| it.map(|it| it.to_string());
        let parent = new.snapshot.map(|it| arn(self.cx, Snapshot::KIND, it));
        let check = Check::new(self.action.clone(), arn(self.cx, Volume::KIND, "*"));
        let mut check = with_request_tags(check, tags_of(tags));
        for (key, value) in [
            ("ec2:Encrypted", Some(new.sealed.to_string())),
            ("ec2:VolumeType", Some(new.kind.to_owned())),
            ("ec2:VolumeSize", number(new.gib)),
            ("ec2:VolumeIops", number(new.iops)),
            ("ec2:VolumeThroughput", number(new.throughput)),
            ("ec2:ParentSnapshot", parent),
            ("ec2:AvailabilityZone", new.zone.map(str::to_owned)),
        ] {
            if let Some(value) = value.filter(|it| !it.is_empty()) {
                check = check.with(key, value);
            }
        }
        self.push(check);
    }

    /// A volume that is there, or the root of a virtual machine, which is shown as one.
    pub(super) async fn on_volume(&mut self, id: &Option<String>) -> Result<(), Fault> {
        let root = match id.as_deref().filter(|it| !it.is_empty()) {
            Some(id) => roots::find(self.service, self.cx, id).await?,
            None => None,
        };
        let Some(root) = root else {
            return self.on::<Volume>(id).await;
        };
        let check = Check::new(self.action.clone(), arn(self.cx, Volume::KIND, &root.id));
        self.push(known(check, &root, self.cx));
        Ok(())
    }

    /// Whoever takes a volume from an instance may do so to that instance, also where the request does not name it. Of one that
    /// is not attached nobody is asked about any instance: the operation says so, which is what those wait for who detach again.
    pub(super) async fn detached(
        &mut self,
        volume: Option<&str>,
        named: Option<&str>,
    ) -> Result<(), Fault> {
        let volume = volume.unwrap_or_default();
        self.on_volume(&Some(volume.to_owned())).await?;
        let found = self.service.find::<Volume>(self.cx, volume).await?;
        let attachment = found.and_then(|it| it.life.attachment);
        let attached = attachment.map(|it| it.instance);
        let named = named.filter(|it| !it.is_empty() && Some(*it) != attached.as_deref());
        let named = named.map(str::to_owned);
        for instance in attached.into_iter().chain(named) {
            self.on::<Instance>(&Some(instance)).await?;
        }
        Ok(())
    }

    /// Sharing is told by who is let in (`ec2:Add/userId`, `ec2:Add/group`) and who no more (`ec2:Remove/…`).
    pub(super) async fn shared_snapshot(
        &mut self,
        i: &ModifySnapshotAttributeRequest,
    ) -> Result<(), Fault> {
        let before = self.checks.len();
        self.on::<Snapshot>(&i.snapshot_id).await?;
        let of = i.create_volume_permission.as_ref();
        let (add, remove) = (
            of.and_then(|it| it.add.as_ref()),
            of.and_then(|it| it.remove.as_ref()),
        );
        let named = (
            way(i.operation_type.as_deref()),
            &i.user_ids,
            &i.group_names,
        );
        self.shared(before, named, (add, remove), |it| {
            (it.user_id.as_ref(), it.group.as_ref())
        });
        Ok(())
    }

    /// The same of an image.
    pub(super) async fn shared_image(
        &mut self,
        i: &ModifyImageAttributeRequest,
    ) -> Result<(), Fault> {
        let before = self.checks.len();
        self.on::<Image>(&i.image_id).await?;
        let of = i.launch_permission.as_ref();
        let (add, remove) = (
            of.and_then(|it| it.add.as_ref()),
            of.and_then(|it| it.remove.as_ref()),
        );
        let named = (
            way(i.operation_type.as_deref()),
            &i.user_ids,
            &i.user_groups,
        );
        self.shared(before, named, (add, remove), |it| {
            (it.user_id.as_ref(), it.group.as_ref())
        });
        Ok(())
    }

    /// In both ways in which a request may say it: by users and groups, and by permissions that come and go.
    fn shared<P>(
        &mut self,
        at: usize,
        (way, users, groups): (&str, &Option<Vec<String>>, &Option<Vec<String>>),
        (add, remove): (Option<&Vec<P>>, Option<&Vec<P>>),
        whom: impl Fn(&P) -> (Option<&String>, Option<&String>),
    ) {
        self.told(at, way, users.iter().flatten(), groups.iter().flatten());
        for (way, all) in [("ec2:Add", add), ("ec2:Remove", remove)] {
            let all = || all.into_iter().flatten();
            let users = all().filter_map(|it| whom(it).0);
            self.told(at, way, users, all().filter_map(|it| whom(it).1));
        }
    }

    fn told<'a>(
        &mut self,
        at: usize,
        way: &str,
        users: impl Iterator<Item = &'a String>,
        groups: impl Iterator<Item = &'a String>,
    ) {
        for user in users {
            self.add_to(at, &format!("{way}/userId"), Some(user.clone()));
        }
        for group in groups {
            self.add_to(at, &format!("{way}/group"), Some(group.clone()));
        }
    }

    /// Says more of the check at this place.
    pub(super) fn add_to(&mut self, at: usize, key: &str, value: Option<String>) {
        let (Some(value), Some(check)) = (value, self.checks.get_mut(at)) else {
            return;
        };
        *check = check.clone().with(key, value);
    }
}

fn way(operation: Option<&str>) -> &'static str {
    match operation {
        Some("remove") => "ec2:Remove",
        _ => "ec2:Add",
    }
}
