//! CreateImage makes a machine image of an instance: snapshots of its root and of its volumes, of one moment, and an image
//! that brings them. Where it may, the instance is rebooted for that, and they are taken while it is shut down.

use std::collections::BTreeSet;

use wharf_api_ec2::types::{CreateImageRequest, CreateImageResult, TagSpecification};
use wharf_base::ids;
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{
    Image, State, puller_of,
    register::{check_description, check_name, name_pointer, room},
    source_of,
};
use crate::{
    Ec2Service,
    block_devices::{self, Ebs, Mapping, layout, over},
    fault,
    instances::{describe::ROOT_DEVICE, life},
    records::{Instance, Pointer},
    snapshots::{self, Member, Members, Snapshot},
    tags,
};

pub async fn create_image(
    service: &Ec2Service,
    call: &Call,
    input: CreateImageRequest,
) -> Result<CreateImageResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.bytes()?;
    let id = input.instance_id.unwrap_or_default();
    let name = input.name.unwrap_or_default();
    check_name(&name)?;
    // To reboot it is its operator's.
    if input.no_reboot != Some(true)
        && let Some(instance) = service.find::<Instance>(call, &id).await?
    {
        instance.lets(call, "CreateImage")?;
    }
    let description = input.description.unwrap_or_default();
    check_description(&description)?;
    let given = block_devices::read(input.block_device_mappings.as_deref())?;
    let (of_image, of_snapshots) = specifications(input.tag_specifications);
    let tags = tags::specified(call, Some(&of_image), Image::KIND)?;
    let snapshot_tags = tags::specified(call, Some(&of_snapshots), Snapshot::KIND)?;
    let image_id = ids::ec2_id("ami");
    let pointer = Ec2Service::key::<Pointer>(call, &name_pointer(&name));
    // The limits of both are looked at.
    let of = (
        (&call.account, Image::KIND),
        (&call.account, Snapshot::KIND),
    );
    let turn = service.counting.take_both(of.0, of.1).await;
    room(service, call).await?;
    let known = service.all::<Snapshot>(call).await?;
    let (image, made, reboots) = transact!(service.table, &call.permit, |tx| {
        let mut instance = snapshots::instance(service, call, &mut tx, &id).await?;
        let asked = Members {
            instance: id.clone(),
            no_root: false,
            excluded: suppressed(service, call, &id, &given).await?,
        };
        let of = (&instance, &asked);
        let mut made = snapshots::members(service, call, &mut tx, of, &known).await?;
        let mappings = mapped(&made, &given)?;
        let extra: Vec<Mapping> = mappings
            .iter()
            .filter(|it| is_extra(&made, it))
            .cloned()
            .collect();
        let extra = layout(ROOT_DEVICE, &extra)?;
        let extra = block_devices::prepare(service, call, extra).await?;
        if let Some(other) = tx.find::<Pointer>(&pointer).await? {
            return Err(fault::image_name_taken(&name, &other.id));
        }
        // A deletion of one either sees the image, or is seen here.
        for (key, id, user) in extra.sources(&call.region) {
            let still = tx.find::<Snapshot>(&key).await?;
            if !still.is_some_and(|it| !it.deleting && it.may_use(user)) {
                return Err(fault::snapshot_not_found(id));
            }
        }
        let reboots = input.no_reboot != Some(true) && instance.life.state == life::State::Running;
        if reboots {
            let rebooted = instance.life.reboot();
            rebooted.map_err(|state| fault::wrong_state(&id, state, "rebooted"))?;
            tx.put(Ec2Service::key::<Instance>(call, &id), &instance);
        }
        for it in &mut made {
            let snapshot = &mut it.snapshot;
            snapshot.description = format!("Created by CreateImage({id}) for {image_id}");
            snapshot.image = Some(image_id.clone());
            snapshot.tags.clone_from(&snapshot_tags);
            if let Some(set) = snapshot.set.as_mut().filter(|_| reboots) {
                set.before_boot = Some(instance.life.boot);
            }
            tx.put(Ec2Service::key::<Snapshot>(call, &snapshot.id), snapshot);
        }
        let image = Image {
            id: image_id.clone(),
            owner: call.account.clone(),
            location: format!("{}/{name}", call.account),
            name: name.clone(),
            description: description.clone(),
            architecture: instance.image.architecture.clone(),
            root_device_name: ROOT_DEVICE.to_owned(),
            mappings,
            source: source_of(instance.image.registry.as_deref()),
            puller: puller_of(&instance.image, &call.account),
            state: State::Pending,
            boot_mode: instance.image.boot_mode,
            source_instance: Some(id.clone()),
            source_image: Some((instance.image.id.clone(), call.region.clone())),
            token: None,
            created_at: call.now,
            public: false,
            shared_with: BTreeSet::new(),
            tags: tags.clone(),
            unknown: Unknown::new(),
        };
        tx.put(&pointer, &Pointer::to(&image.id));
        tx.put(Ec2Service::key::<Image>(call, &image.id), &image);
        (image, made, reboots)
    });
    drop(turn);
    // What is written after the answer is in none of them; a reboot takes its time.
    for it in made.iter().filter(|_| !reboots) {
        snapshots::await_taken(service, call, &it.snapshot.id).await?;
    }
    Ok(CreateImageResult {
        image_id: Some(image.id),
    })
}

/// Those of the image, which also are what is of no known kind, and those of its snapshots.
pub(super) fn specifications(
    given: Option<Vec<TagSpecification>>,
) -> (Vec<TagSpecification>, Vec<TagSpecification>) {
    let given = given.unwrap_or_default().into_iter();
    given.partition(|it| it.resource_type.as_deref() != Some(Snapshot::KIND))
}

/// The volumes that the image is not to have.
async fn suppressed(
    service: &Ec2Service,
    call: &Call,
    instance: &str,
    given: &[Mapping],
) -> Result<BTreeSet<String>, Fault> {
    let mut found = BTreeSet::new();
    for volume in crate::volumes::of_instance(service, call, instance).await? {
        let device = volume.life.attachment.as_ref().map(|it| it.device.as_str());
        let is_its = |it: &&Mapping| device.is_some_and(|device| it.is_of(device));
        if given.iter().find(is_its).is_some_and(|it| it.suppressed) {
            found.insert(volume.id);
        }
    }
    Ok(found)
}

/// What instances of the image have: what is taken, as the request changes it, and what it adds. Pure.
fn mapped(made: &[Member], given: &[Mapping]) -> Result<Vec<Mapping>, Fault> {
    let mut taken = Vec::with_capacity(made.len());
    for it in made {
        let said = given.iter().find(|given| given.is_of(&it.device));
        if said.is_some_and(|it| it.ebs.snapshot.is_some()) {
            return Err(fault::snapshot_of_attached(&it.device));
        }
        let kind = said.and_then(|it| it.ebs.kind.as_deref());
        taken.push(Mapping {
            device: it.device.clone(),
            suppressed: false,
            ebs: ebs_of(it, kind),
        });
    }
    let mut all = over(given, &taken);
    let found = layout(ROOT_DEVICE, &all)?;
    // No smaller than what is taken.
    for it in made {
        let gib = Some(it.snapshot.gib);
        match &it.volume {
            None => drop(found.root.gib(gib)?),
            Some(_) => {
                let of_it = found
                    .volumes
                    .iter()
                    .find(|planned| planned.is_of(&it.device));
                of_it.map(|planned| planned.sized(gib)).transpose()?;
            }
        }
    }
    all.retain(|it| !it.suppressed);
    Ok(all)
}

/// `kind`: the type that is asked for instead of its own, whose rates are others.
fn ebs_of(it: &Member, kind: Option<&str>) -> Ebs {
    let number = |it: u32| i32::try_from(it).ok();
    let volume = it.volume.as_ref();
    let attachment = volume.and_then(|it| it.life.attachment.as_ref());
    let rates = volume.filter(|it| kind.is_none_or(|kind| kind == it.kind.as_str()));
    let rates = rates.filter(|it| it.kind.has_rates());
    Ebs {
        // The root goes with its instance.
        delete_on_termination: Some(attachment.is_none_or(|it| it.delete_on_termination)),
        snapshot: Some(it.snapshot.id.clone()),
        gib: number(it.snapshot.gib),
        kind: Some(volume.map_or("gp3", |it| it.kind.as_str()).to_owned()),
        iops: rates.and_then(|it| it.iops).and_then(number),
        throughput: rates.and_then(|it| it.throughput).and_then(number),
        encrypted: it.snapshot.encryption.as_ref().map(|_| true),
        ..Ebs::default()
    }
}

/// Whether a device is none of the instance's.
fn is_extra(made: &[Member], mapping: &Mapping) -> bool {
    made.iter().all(|it| !mapping.is_of(&it.device))
}
