//! The volumes of a launch: what they are made of, and their records.

use wharf_api_ec2::types::RunInstancesRequest;
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope};
use wharf_service::tags::Tags;
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::{Ebs, Layout, Lender, layout, over, read};
use crate::{
    Ec2Service,
    encryption::{
        Asked, Defaults, Encryption, Fresh, SealedRoot, Wanted, defaults_of, ended, grant,
        prepare as prepare_keys, wanted,
    },
    fault,
    images::Image,
    snapshots::{self, Root, Snapshot, Source, State},
    table::SERVICE,
    volumes::{Attachment, Life, MAX_VOLUMES, Sized, Volume, device_name, kinds::USUAL},
};

/// The disks of each instance of a launch.
#[derive(Clone)]
pub struct Disks {
    pub root_gib: u32,
    /// The snapshot that the root is made of.
    pub root: Option<RootDisk>,
    of_root: Sealing,
    pub volumes: Vec<Disk>,
}

/// How a disk of each is to be sealed.
#[derive(Clone)]
struct Sealing {
    wanted: Wanted,
    /// How the snapshot is that it is made of.
    of_snapshot: Option<Encryption>,
    /// How those of all instances are, and the grant by which EC2 opens them.
    made: Option<(Encryption, Fresh)>,
}

#[derive(Clone)]
pub struct RootDisk {
    pub source: Source,
    /// Who may use it.
    user: String,
    /// What it was written over.
    pub of: Root,
}

/// A volume of each.
#[derive(Clone)]
pub struct Disk {
    device: String,
    delete: bool,
    sized: Sized,
    source: Option<Source>,
    /// Who may use it: who launches, or the image's owner.
    user: Option<String>,
    sealing: Sealing,
}

/// A disk as it will be, for conditions of policies.
pub struct Foreseen {
    pub sealed: bool,
    pub kind: String,
    pub gib: u32,
    /// As they were asked for.
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub snapshot: Option<String>,
}

/// What a launch asks for, over what its image brings. Pure.
pub fn of_launch(
    cx: &Context,
    input: &RunInstancesRequest,
    image: &Image,
) -> Result<Layout, Fault> {
    let own = read(input.block_device_mappings.as_deref())?;
    let given = own.iter().find(|it| it.is_of(&image.root_device_name));
    let given = given.and_then(|it| it.ebs.snapshot.as_deref());
    if given.is_some() && given != image.root_snapshot() {
        return Err(fault::root_of_snapshot());
    }
    let mut found = layout(&image.root_device_name, &over(&own, &image.mappings))?;
    if image.owner != cx.account {
        let brought = image.mappings.iter().filter(|it| !it.suppressed);
        found.lender = Some(Lender {
            snapshots: brought.filter_map(|it| it.ebs.snapshot.clone()).collect(),
            account: image.owner.clone(),
        });
    }
    Ok(found)
}

/// With the snapshots that there are.
pub async fn prepare(service: &Ec2Service, cx: &Context, layout: Layout) -> Result<Disks, Fault> {
    let mut volumes = Vec::with_capacity(layout.volumes.len());
    let defaults = defaults_of(service, cx).await?;
    for planned in &layout.volumes {
        let snapshot = match planned.snapshot() {
            Some(id) => {
                let found = usable(service, cx, &layout, id).await?;
                found.0.check_data()?;
                Some(found)
            }
            None => None,
        };
        let from = snapshot.as_ref().map(|(it, _)| it);
        volumes.push(Disk {
            sealing: Sealing::of(cx, &planned.sealed()?, &defaults, from)?,
            device: planned.device.clone(),
            delete: planned.delete,
            sized: planned.sized(snapshot.as_ref().map(|(it, _)| it.gib))?,
            user: snapshot.as_ref().map(|(_, user)| user.clone()),
            source: snapshot.map(|(it, _)| Source {
                snapshot: it.id,
                owner: it.owner,
            }),
        });
    }
    let (mut root, mut of_snapshot) = (None, None);
    let asked = layout.root.sealed()?;
    let from = match layout.root.snapshot() {
        Some(id) => Some((id, usable(service, cx, &layout, id).await?)),
        None => None,
    };
    let snapshot = from.as_ref().map(|(_, (it, _))| it);
    let of_root = Sealing::of(cx, &asked, &defaults, snapshot)?;
    if let Some((id, (snapshot, user))) = from {
        of_snapshot = Some(snapshot.gib);
        root = Some(RootDisk {
            of: snapshot.root.ok_or_else(|| fault::snapshot_of_data(id))?,
            source: Source {
                snapshot: snapshot.id,
                owner: snapshot.owner,
            },
            user,
        });
    }
    Ok(Disks {
        root_gib: layout.root.gib(of_snapshot)?,
        root,
        of_root,
        volumes,
    })
}

/// The root and the volumes of each instance. Who launches is asked for all of them as for volumes, since in AWS the root is one. Pure.
pub fn foreseen(layout: &Layout, disks: &Disks) -> Vec<Foreseen> {
    let root = (layout.root.ebs(), &disks.of_root, disks.root_gib);
    let volumes = layout.volumes.iter().zip(&disks.volumes);
    let volumes = volumes.map(|(it, disk)| (it.ebs(), &disk.sealing, disk.sized.gib));
    let seen = |(ebs, sealing, gib): (&Ebs, &Sealing, u32)| Foreseen {
        sealed: sealing.wanted != Wanted::No,
        kind: ebs.kind.clone().unwrap_or_else(|| USUAL.to_owned()),
        gib,
        iops: ebs.iops,
        throughput: ebs.throughput,
        snapshot: ebs.snapshot.clone(),
    };
    [root].into_iter().chain(volumes).map(seen).collect()
}

/// A snapshot, and the account by whose rights it is used: who launches, or who lends it with the image.
async fn usable(
    service: &Ec2Service,
    cx: &Context,
    layout: &Layout,
    id: &str,
) -> Result<(Snapshot, String), Fault> {
    let lender = layout.lender.as_ref();
    let lender = lender.filter(|it| it.snapshots.contains(id));
    let account = lender.map_or(&cx.account, |it| &it.account);
    let found = snapshots::find_for(service, account, &cx.region, id).await?;
    Ok((completed(found)?, account.clone()))
}

fn completed(snapshot: Snapshot) -> Result<Snapshot, Fault> {
    match snapshot.state {
        State::Completed => Ok(snapshot),
        other => Err(fault::snapshot_state(other.as_str())),
    }
}

impl Sealing {
    /// `from`: the snapshot that the disk is made of.
    fn of(
        cx: &Context,
        asked: &Asked,
        defaults: &Defaults,
        from: Option<&Snapshot>,
    ) -> Result<Self, Fault> {
        let own = |it: &Snapshot| it.owner == cx.account;
        let from = from.and_then(|it| Some((it.encryption.as_ref()?, own(it))));
        Ok(Self {
            wanted: wanted(asked, defaults, from)?,
            of_snapshot: from.map(|(it, _)| it.clone()),
            made: None,
        })
    }

    async fn make(&mut self, service: &Ec2Service, call: &Call) -> Result<(), Fault> {
        let from = self.of_snapshot.as_ref();
        if let Some(made) = prepare_keys(service, call, &self.wanted, None, from).await? {
            let granted = grant(service, call, &made).await?;
            self.made = Some((made, granted));
        }
        Ok(())
    }
}

impl Disks {
    /// Has KMS make the keys of those that are to be sealed.
    ///
    /// # Errors
    /// The caller may not use a key, or it cannot be used now.
    pub async fn seal(&mut self, service: &Ec2Service, call: &Call) -> Result<(), Fault> {
        let mut sealed = self.of_root.make(service, call).await;
        for disk in &mut self.volumes {
            if sealed.is_ok() {
                sealed = disk.sealing.make(service, call).await;
            }
        }
        if sealed.is_err() {
            self.unseal(service).await;
        }
        sealed
    }

    /// What did not come to be used is given back.
    pub async fn unseal(&self, service: &Ec2Service) {
        for granted in self.grants() {
            granted.let_go(service).await;
        }
    }

    /// What is to be written with those that have the grants.
    pub fn ended(&self) -> Txn {
        ended(self.grants())
    }

    fn grants(&self) -> impl Iterator<Item = &Fresh> {
        let made = self.sealings().filter_map(|it| it.made.as_ref());
        made.map(|(_, granted)| granted)
    }

    fn sealings(&self) -> impl Iterator<Item = &Sealing> {
        let of_volumes = self.volumes.iter().map(|it| &it.sealing);
        of_volumes.chain([&self.of_root])
    }

    /// How many are to be sealed for each instance: each has a grant for all of them.
    pub fn sealed(&self) -> usize {
        let sealed = self.sealings().filter(|it| it.wanted != Wanted::No);
        sealed.count()
    }

    /// Whether roots are to be sealed.
    pub fn seals_root(&self) -> bool {
        self.of_root.wanted != Wanted::No
    }

    /// How the root of an instance is.
    pub fn sealed_root(&self, instance: &str) -> Option<SealedRoot> {
        let (encryption, granted) = self.of_root.made.as_ref()?;
        Some(SealedRoot {
            encryption: encryption.for_volume(instance),
            grant: granted.id.clone(),
        })
    }

    /// What is written for the volumes of one instance.
    pub fn writes(&self) -> usize {
        let sourced = self.volumes.iter().filter(|it| it.source.is_some());
        self.volumes.len() + sourced.count() + usize::from(self.root.is_some())
    }

    /// The snapshots that they are made of, the root's too: key, id, and the account that may use it. A deletion of one either sees its
    /// volume, or is seen by who makes it.
    pub fn sources(&self, region: &str) -> Vec<(String, &str, &str)> {
        let of_volumes = self.volumes.iter();
        let of_volumes =
            of_volumes.filter_map(|it| Some((it.source.as_ref()?, it.user.as_deref()?)));
        let root = self.root.iter().map(|it| (&it.source, it.user.as_str()));
        let sources = of_volumes.chain(root).map(|(of, user)| {
            let scope = Scope::new(SERVICE, &of.owner, region);
            let key = scope.key(Snapshot::KIND, &of.snapshot);
            (key, of.snapshot.as_str(), user)
        });
        sources.collect()
    }

    /// Refuses more volumes than an account may have.
    pub async fn check_room(
        &self,
        service: &Ec2Service,
        cx: &Context,
        instances: usize,
    ) -> Result<(), Fault> {
        if self.volumes.is_empty() {
            return Ok(());
        }
        let prefix = Ec2Service::scope(cx).prefix(Volume::KIND);
        let known = service.table.count(&prefix).await?;
        match known + instances * self.volumes.len() <= MAX_VOLUMES {
            true => Ok(()),
            false => Err(fault::too_many_volumes()),
        }
    }

    /// Those of one instance, by the names that their devices have in it.
    pub fn of(
        &self,
        (instance, zone): (&str, &str),
        tags: &Tags,
        now: Timestamp,
    ) -> Vec<(String, Volume)> {
        let volume = |disk: &Disk| {
            let name = device_name(&disk.device)?.to_owned();
            let attachment = Attachment::at_launch(instance, &disk.device, disk.delete, now);
            let fresh = Volume::new(disk.sized, zone, now);
            let sealed = disk.sealing.made.as_ref();
            let volume = Volume {
                source: disk.source.clone(),
                encryption: sealed.map(|(it, _)| it.for_volume(&fresh.id)),
                life: Life {
                    attachment: Some(Attachment {
                        grant: sealed.map(|(_, granted)| granted.id.clone()),
                        ..attachment
                    }),
                    ..Life::default()
                },
                tags: tags.clone(),
                ..fresh
            };
            Some((name, volume))
        };
        self.volumes.iter().filter_map(volume).collect()
    }
}
