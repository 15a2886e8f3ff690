//! CopyImage: an image in the caller's account and region that brings copies of what another brings. As with snapshots,
//! nothing is transferred: all regions of an installation have their bytes in one place. What is copied under another key is
//! sealed anew.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_ec2::types::{CopyImageRequest, CopyImageResult};
use wharf_base::ids;
use wharf_records::{Record as _, Scope, Unknown, ecs::Tags};
use wharf_service::{tags::is_reserved, transact};
use wharf_wire::{Call, Context, Fault};

use super::{
    Image, State,
    create::specifications,
    find,
    register::{check_description, check_name, name_pointer, room},
    resolve::check_readable,
};
use crate::{
    Ec2Service,
    encryption::{Asked, CopyKeys},
    fault,
    records::Pointer,
    snapshots::{Snapshot, check_region, find_for, room_for_copies},
    table::{SERVICE, client_token, digest_of},
    tags,
};

pub async fn copy(
    service: &Ec2Service,
    call: &Call,
    input: CopyImageRequest,
) -> Result<CopyImageResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let asked = digest(&input);
    let sealed = Asked::new(input.encrypted, input.kms_key_id.as_deref())?;
    let token = client_token(input.client_token.as_deref())?.map(|it| format!("image-token:{it}"));
    let region = input.source_region.clone().unwrap_or_default();
    if region.is_empty() {
        return Err(fault::missing_parameter("SourceRegion"));
    }
    check_region(&region)?;
    let name = input.name.unwrap_or_default();
    check_name(&name)?;
    let description = input.description.unwrap_or_default();
    check_description(&description)?;
    let (of_image, of_snapshots) = specifications(input.tag_specifications);
    let given = tags::specified(call, Some(&of_image), Image::KIND)?;
    let snapshot_tags = tags::specified(call, Some(&of_snapshots), Snapshot::KIND)?;
    if let Some(made) = made_before(service, call, token.as_deref(), &asked).await? {
        return Ok(made);
    }
    let there = Context {
        region: region.clone(),
        ..Context::clone(call)
    };
    let id = input.source_image_id.unwrap_or_default();
    let source = find(service, &there, &id).await?;
    source.check_available()?;
    let puller = may_read(service, call, &there, &source).await?;
    let mut tags = Tags::new();
    if input.copy_image_tags == Some(true) && source.owner == call.account {
        let of_users = source.tags.iter().filter(|(key, _)| !is_reserved(key));
        tags.extend(of_users.map(|(key, value)| (key.clone(), value.clone())));
    }
    tags.extend(given);
    tags::RULES.within_limit(&tags)?;
    let pointer = Ec2Service::key::<Pointer>(call, &name_pointer(&name));
    let of = (
        (&call.account, Image::KIND),
        (&call.account, Snapshot::KIND),
    );
    let _turn = service.counting.take_both(of.0, of.1).await;
    room(service, call).await?;
    let known = service.all::<Snapshot>(call).await?;
    let copied: BTreeSet<&str> = source.snapshots().collect();
    room_for_copies(&known, copied.len())?;
    let keys = keys(service, call, (&region, &copied), &sealed).await?;
    let plan = Plan {
        id,
        region,
        name,
        description,
        token: token.map(|it| (it, asked)),
        source,
        puller,
        tags,
        snapshot_tags,
        pointer,
        keys: &keys,
    };
    let made = write(service, call, &plan).await;
    let_go(service, &keys).await;
    made
}

/// Keys of the copies of snapshots, by those.
type Keys = BTreeMap<String, CopyKeys>;

async fn keys(
    service: &Ec2Service,
    call: &Call,
    (region, copied): (&str, &BTreeSet<&str>),
    sealed: &Asked,
) -> Result<Keys, Fault> {
    let mut keys = Keys::new();
    for of in copied {
        let made = match find_for(service, &call.account, region, of).await {
            Ok(snapshot) => CopyKeys::of(service, call, &snapshot, sealed).await,
            Err(fault) => Err(fault),
        };
        match made {
            Ok(made) => keys.insert((*of).to_owned(), made),
            Err(fault) => {
                let_go(service, &keys).await;
                return Err(fault);
            }
        };
    }
    Ok(keys)
}

/// What was granted goes, unless there are the copies.
async fn let_go(service: &Ec2Service, keys: &Keys) {
    for keys in keys.values() {
        keys.let_go(service).await;
    }
}

/// A copy that is to be written down.
struct Plan<'a> {
    /// Of the source, and its region.
    id: String,
    region: String,
    source: Image,
    name: String,
    description: String,
    /// With what was asked for.
    token: Option<(String, String)>,
    puller: Option<String>,
    tags: Tags,
    snapshot_tags: Tags,
    /// Where its name is taken.
    pointer: String,
    keys: &'a Keys,
}

/// The image, which may have been there before.
async fn write(
    service: &Ec2Service,
    call: &Call,
    plan: &Plan<'_>,
) -> Result<CopyImageResult, Fault> {
    let Plan {
        id,
        region,
        source,
        name,
        ..
    } = plan;
    let image = transact!(service.table, &call.permit, |tx| {
        let token = plan.token.as_ref();
        if let Some((token, asked)) = token
            && let Some(made) = made_before(service, call, Some(token), asked).await?
        {
            return Ok(made);
        }
        if let Some(other) = tx.find::<Pointer>(&plan.pointer).await? {
            return Err(fault::image_name_taken(name, &other.id));
        }
        let image_id = ids::ec2_id("ami");
        let mut copies: BTreeMap<&str, Snapshot> = BTreeMap::new();
        for (of, keys) in plan.keys {
            let owner = find_for(service, &call.account, region, of).await?.owner;
            // A deletion of the source either sees the copy, or is seen here.
            let key = Scope::new(SERVICE, &owner, region).key(Snapshot::KIND, of);
            let still = tx.find::<Snapshot>(&key).await?;
            let still = still.filter(|it| !it.deleting && it.may_use(&call.account));
            let still = still.ok_or_else(fault::no_storage_permission)?;
            let copy = Snapshot {
                description: format!(
                    "Copied for DestinationAmi {image_id} from SourceAmi {id} for SourceSnapshot {of}."
                ),
                tags: plan.snapshot_tags.clone(),
                image: Some(image_id.clone()),
                ..keys.give(still.copied(call))
            };
            if let Some((key, word)) = copy.copy_word() {
                tx.put(key, &word);
            }
            tx.put(Ec2Service::key::<Snapshot>(call, &copy.id), &copy);
            tx.join(keys.ended());
            copies.insert(of, copy);
        }
        let mut mappings = source.mappings.clone();
        for mapping in &mut mappings {
            let of = mapping.ebs.snapshot.as_deref();
            let copy = of.and_then(|it| copies.get(it));
            mapping.ebs.snapshot = copy.map(|it| it.id.clone());
            if copy.is_some_and(|it| it.encryption.is_some()) {
                mapping.ebs.encrypted = Some(true);
            }
        }
        let waits = copies.values().any(Snapshot::is_being_taken);
        let image = Image {
            id: image_id,
            owner: call.account.clone(),
            location: format!("{}/{name}", call.account),
            name: name.clone(),
            description: plan.description.clone(),
            mappings,
            puller: plan.puller.clone(),
            state: match waits {
                true => State::Pending,
                false => State::Available,
            },
            source_instance: None,
            source_image: Some((id.clone(), region.clone())),
            token: token.cloned(),
            created_at: call.now,
            public: false,
            shared_with: BTreeSet::new(),
            tags: plan.tags.clone(),
            unknown: Unknown::new(),
            architecture: source.architecture.clone(),
            boot_mode: source.boot_mode,
            root_device_name: source.root_device_name.clone(),
            source: source.source.clone(),
        };
        if let Some((token, _)) = token {
            tx.put(
                Ec2Service::key::<Pointer>(call, token),
                &Pointer::to(&image.id),
            );
        }
        tx.put(&plan.pointer, &Pointer::to(&image.id));
        tx.put(Ec2Service::key::<Image>(call, &image.id), &image);
        image
    });
    Ok(CopyImageResult {
        image_id: Some(image.id),
    })
}

/// What the client token stands for.
async fn made_before(
    service: &Ec2Service,
    call: &Call,
    token: Option<&str>,
    asked: &str,
) -> Result<Option<CopyImageResult>, Fault> {
    let Some(token) = token else {
        return Ok(None);
    };
    let Some(pointer) = service.find::<Pointer>(call, token).await? else {
        return Ok(None);
    };
    let Some(made) = service.find::<Image>(call, &pointer.id).await? else {
        return Ok(None);
    };
    match made.token.as_ref().is_some_and(|(_, known)| known == asked) {
        true => Ok(Some(CopyImageResult {
            image_id: Some(made.id),
        })),
        false => Err(fault::token_reused()),
    }
}

fn digest(input: &CopyImageRequest) -> String {
    let asked = CopyImageRequest {
        client_token: None,
        dry_run: None,
        ..input.clone()
    };
    digest_of(&asked)
}

/// Whether the caller may read what the image is made of, which its launch permissions do not say; by whose rights its
/// copy is pulled then, if that is not the owner.
async fn may_read(
    service: &Ec2Service,
    call: &Call,
    there: &Context,
    source: &Image,
) -> Result<Option<String>, Fault> {
    if source.owner == call.account {
        return Ok(source.puller.clone());
    }
    for id in source.snapshots() {
        let found = find_for(service, &call.account, &there.region, id).await;
        found.map_err(|_| fault::no_storage_permission())?;
    }
    if source.root_snapshot().is_some() {
        // Who may use the snapshot has the files that it is written over by that.
        let puller = source.puller.as_ref().unwrap_or(&source.owner);
        return Ok(Some(puller.clone()).filter(|it| *it != call.account));
    }
    let readable = check_readable(&service.registry, call, &source.source).await;
    readable.map_err(|_| fault::no_storage_permission())?;
    Ok(None)
}
