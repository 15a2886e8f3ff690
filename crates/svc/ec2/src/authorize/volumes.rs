//! New volumes, by what they will be, and who is let use snapshots and images.

use wharf_api_ec2::types::{
    CreateVolumeRequest, ModifyImageAttributeRequest, ModifySnapshotAttributeRequest,
};
use wharf_records::Record as _;
use wharf_wire::Fault;

use super::Rows;
use crate::{
    encryption::{Asked as Sealed, Wanted, defaults_of, wanted},
    images::Image,
    snapshots::{self, Snapshot},
    volumes::{Volume, kinds},
};

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
        let number = |it: Option<i32>| it.map(|it| it.to_string());
        let before = self.checks.len();
        self.new_one(Volume::KIND, &i.tag_specifications);
        for (key, value) in [
            ("ec2:Encrypted", Some(sealed.to_string())),
            (
                "ec2:VolumeType",
                Some(kind.unwrap_or(kinds::USUAL).to_owned()),
            ),
            ("ec2:VolumeSize", number(gib)),
            ("ec2:VolumeIops", number(i.iops)),
            ("ec2:VolumeThroughput", number(i.throughput)),
            ("ec2:AvailabilityZone", i.availability_zone.clone()),
        ] {
            self.add_to(before, key, value);
        }
        if snapshot.is_some() {
            self.on::<Snapshot>(&i.snapshot_id).await?;
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
    fn add_to(&mut self, at: usize, key: &str, value: Option<String>) {
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
