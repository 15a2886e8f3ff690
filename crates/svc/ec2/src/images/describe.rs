//! DescribeImages: those of the account, those that others let it launch, and wharf's own.

use std::collections::BTreeMap;

use wharf_api_ec2::types::{DescribeImagesRequest, DescribeImagesResult};
use wharf_records::decode;
use wharf_service::platform;
use wharf_wire::{Call, Fault};

use super::{Image, Shared, find, own, visible};
use crate::{
    Ec2Service,
    block_devices::Mapping,
    fault,
    filter::{self, Fields, Names, matches},
    table::SERVICE,
};

/// Names that stand here and have no value match nothing.
const IMAGES: Names = Names {
    tagged: true,
    known: &[
        "architecture",
        "block-device-mapping.delete-on-termination",
        "block-device-mapping.device-name",
        "block-device-mapping.encrypted",
        "block-device-mapping.snapshot-id",
        "block-device-mapping.volume-size",
        "block-device-mapping.volume-type",
        "boot-mode",
        "creation-date",
        "description",
        "ena-support",
        "free-tier-eligible",
        "hypervisor",
        "image-allowed",
        "image-id",
        "image-type",
        "is-public",
        "kernel-id",
        "manifest-location",
        "name",
        "owner-alias",
        "owner-id",
        "platform",
        "product-code",
        "product-code.type",
        "public-ssm-parameter-name",
        "ramdisk-id",
        "root-device-name",
        "root-device-type",
        "source-image-id",
        "source-image-region",
        "source-instance-id",
        "sriov-net-support",
        "state",
        "state-reason-code",
        "state-reason-message",
        "virtualization-type",
    ],
};
/// Images of one request.
const MAX_NAMED: usize = 200;
const SELF: &str = "self";

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeImagesRequest,
) -> Result<DescribeImagesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let (ids, owners) = (
        input.image_ids.unwrap_or_default(),
        input.owners.unwrap_or_default(),
    );
    let users = input.executable_users.unwrap_or_default();
    let selection = (&ids, &owners, &users, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "image", &selection, page)?;
    let filters = filter::checked(input.filters, &IMAGES)?;
    let known = match ids.is_empty() {
        true => all(service, call, &owners).await?,
        false => named(service, call, &ids).await?,
    };
    let of_owners = |image: &Image| {
        owners.is_empty()
            || owners
                .iter()
                .any(|owner| is_owner(image, owner, &call.account))
    };
    let for_users = |image: &Image| {
        users.is_empty() || users.iter().any(|user| is_for(image, user, &call.account))
    };
    let found = known.into_values().filter(|image| {
        of_owners(image)
            && for_users(image)
            && (filters.is_empty() || matches(&filters, &fields(image), &image.tags))
    });
    let (page, next_token) = page.cut(found, |image| &image.id);
    let account = &call.account;
    let shown = page.iter().map(|image| {
        let mut shown = image.to_wire();
        // Tags are of the account that set them.
        if image.owner != *account {
            shown.tags = None;
        }
        shown
    });
    Ok(DescribeImagesResult {
        images: Some(shown.collect()),
        next_token,
    })
}

type Images = BTreeMap<String, Image>;

async fn named(service: &Ec2Service, call: &Call, ids: &[String]) -> Result<Images, Fault> {
    if ids.len() > MAX_NAMED {
        return Err(fault::too_many_named_images(MAX_NAMED));
    }
    let mut found = Images::new();
    for id in ids {
        found.insert(id.clone(), find(service, call, id).await?);
    }
    Ok(found)
}

/// Those of the owners; of all without any. Pointers say whose an image is, so that no image of another owner is read.
async fn all(service: &Ec2Service, call: &Call, owners: &[String]) -> Result<Images, Fault> {
    let is_asked = |owner: &str| {
        let is_named = |it: &String| it == owner || (it == SELF && owner == call.account);
        owners.is_empty() || owners.iter().any(is_named)
    };
    let mut found: Vec<Image> = own::all(&call.region);
    if is_asked(&call.account) {
        found.extend(service.all::<Image>(call).await?);
    }
    let with_account = Ec2Service::scope(call).prefix(Shared::KIND_OF_ACCOUNT);
    let in_region = format!("{}:", call.region);
    let with_all = platform::scope(SERVICE).key(Shared::KIND_OF_ALL, &in_region);
    // Not even the pointers are read for those who ask for their own.
    if !owners.is_empty() && owners.iter().all(|it| it == SELF || *it == call.account) {
        return Ok(by_id(found));
    }
    for prefix in [with_account, with_all] {
        for entry in service.table.entries(&prefix).await? {
            let shared: Shared = decode(&entry.value).map_err(fault::internal)?;
            // The account's own are found already.
            if shared.owner == call.account || !is_asked(&shared.owner) {
                continue;
            }
            let id = entry.key.strip_prefix(&prefix).unwrap_or_default();
            found.extend(visible(service, call, id).await?);
        }
    }
    Ok(by_id(found))
}

fn by_id(images: Vec<Image>) -> Images {
    images.into_iter().map(|it| (it.id.clone(), it)).collect()
}

/// `self`, an alias or an account.
fn is_owner(image: &Image, owner: &str, account: &str) -> bool {
    match owner {
        SELF => image.owner == account,
        owner => image.owner == owner || image.owner_alias() == Some(owner),
    }
}

/// `all` for public ones; otherwise those that an account was allowed by name.
fn is_for(image: &Image, user: &str, account: &str) -> bool {
    match user {
        "all" => image.public,
        SELF => image.shared_with.contains(account),
        // Whom an image is shared with is its owner's alone to know.
        other => image.owner == account && image.shared_with.contains(other),
    }
}

fn fields(image: &Image) -> Fields {
    let one = |text: &str| vec![text.to_owned()];
    let shown = image.to_wire();
    let of = |text: Option<String>| text.into_iter().collect();
    let mapped = |value: &dyn Fn(&Mapping) -> Option<String>| -> Vec<String> {
        image.mappings.iter().filter_map(value).collect()
    };
    vec![
        ("architecture", one(&image.architecture)),
        (
            "block-device-mapping.delete-on-termination",
            mapped(&|it| it.ebs.delete_on_termination.map(|it| it.to_string())),
        ),
        (
            "block-device-mapping.device-name",
            mapped(&|it| Some(it.device.clone())),
        ),
        (
            "block-device-mapping.snapshot-id",
            mapped(&|it| it.ebs.snapshot.clone()),
        ),
        (
            "block-device-mapping.volume-size",
            mapped(&|it| it.ebs.gib.map(|it| it.to_string())),
        ),
        (
            "block-device-mapping.volume-type",
            mapped(&|it| it.ebs.kind.clone()),
        ),
        ("boot-mode", of(shown.boot_mode)),
        ("creation-date", of(shown.creation_date)),
        ("description", of(shown.description)),
        ("ena-support", one("true")),
        ("hypervisor", of(shown.hypervisor)),
        ("image-id", one(&image.id)),
        ("image-type", of(shown.image_type)),
        ("is-public", vec![image.public.to_string()]),
        ("manifest-location", one(&image.location)),
        ("name", one(&image.name)),
        ("owner-alias", of(shown.image_owner_alias)),
        ("owner-id", one(&image.owner)),
        ("root-device-name", one(&image.root_device_name)),
        ("root-device-type", of(shown.root_device_type)),
        ("source-image-id", of(shown.source_image_id)),
        ("source-image-region", of(shown.source_image_region)),
        ("source-instance-id", of(shown.source_instance_id)),
        ("state", of(shown.state)),
        (
            "state-reason-code",
            of(shown.state_reason.as_ref().and_then(|it| it.code.clone())),
        ),
        (
            "state-reason-message",
            of(shown.state_reason.and_then(|it| it.message)),
        ),
        ("virtualization-type", of(shown.virtualization_type)),
    ]
}
