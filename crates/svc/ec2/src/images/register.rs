//! RegisterImage makes a machine image of an image of an ECR repository, or of a snapshot of the root of an instance.

use wharf_api_ec2::types::{RegisterImageRequest, RegisterImageResult};
use wharf_base::ids;
use wharf_records::{Record, Unknown};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use super::{BootMode, Image, State, resolve::resolve};
use crate::{Ec2Service, block_devices, fault, records::Pointer, snapshots::Snapshot, tags};

/// Of an account in a region.
const MAX_IMAGES: usize = 5_000;
pub const MAX_DESCRIPTION: usize = 255;
const ROOT: &str = "/dev/xvda";
const ARCHITECTURES: [&str; 2] = ["x86_64", "arm64"];

pub async fn register(
    service: &Ec2Service,
    call: &Call,
    input: RegisterImageRequest,
) -> Result<RegisterImageResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let name = input.name.unwrap_or_default();
    check_name(&name)?;
    let description = input.description.unwrap_or_default();
    check_description(&description)?;
    let architecture = input
        .architecture
        .unwrap_or_else(|| ARCHITECTURES[0].to_owned());
    if !ARCHITECTURES.contains(&architecture.as_str()) {
        return Err(fault::bad_architecture(&architecture));
    }
    let root_device_name = input.root_device_name.unwrap_or_else(|| ROOT.to_owned());
    if root_device_name.len() > MAX_DESCRIPTION || !root_device_name.starts_with("/dev/") {
        return Err(fault::bad_root_device(&root_device_name));
    }
    let boot_mode = boot_mode(input.boot_mode.as_deref(), &architecture)?;
    let mappings = block_devices::read(input.block_device_mappings.as_deref())?;
    // What no launch could have is refused here.
    let disks = block_devices::layout(&root_device_name, &mappings)?;
    let disks = block_devices::prepare(service, call, disks).await?;
    let boot_mode = booted(boot_mode, disks.root.as_ref().map(|it| it.of.boot_mode))?;
    let location = input.image_location.unwrap_or_default();
    if location.is_empty() && disks.root.is_none() {
        return Err(fault::missing_parameter("ImageLocation"));
    }
    let specifications = input.tag_specifications.as_deref();
    let tags = tags::specified(call, specifications, Image::KIND)?;
    room(service, call).await?;
    let (source, puller, location) = match &disks.root {
        // What is written over an image goes with that image alone.
        Some(_) if !location.is_empty() => return Err(fault::root_of_snapshot_and_location()),
        Some(root) if root.of.architecture != architecture => {
            return Err(fault::bad_architecture_of_root(&root.of.architecture));
        }
        Some(root) => {
            let puller = root.of.puller.clone().filter(|it| *it != call.account);
            let location = format!("{}/{name}", call.account);
            (root.of.source.clone(), puller, location)
        }
        None => {
            let source = resolve(&service.registry, call, &location, &architecture).await?;
            (source, None, location)
        }
    };
    let image = Image {
        id: ids::ec2_id("ami"),
        owner: call.account.clone(),
        name,
        description,
        source,
        puller,
        state: State::default(),
        boot_mode,
        source_instance: None,
        source_image: None,
        token: None,
        location,
        architecture,
        root_device_name,
        mappings,
        created_at: call.now,
        public: false,
        shared_with: Default::default(),
        tags,
        unknown: Unknown::new(),
    };
    let name = Ec2Service::key::<Pointer>(call, &name_pointer(&image.name));
    let _turn = service.counting.take((&call.account, Image::KIND)).await;
    room(service, call).await?;
    transact!(service.table, &call.permit, |tx| {
        if let Some(other) = tx.find::<Pointer>(&name).await? {
            return Err(fault::image_name_taken(&image.name, &other.id));
        }
        // A deletion of one either sees the image, or is seen here.
        for (key, id, user) in disks.sources(&call.region) {
            let still = tx.find::<Snapshot>(&key).await?;
            if !still.is_some_and(|it| !it.deleting && it.may_use(user)) {
                return Err(fault::snapshot_not_found(id));
            }
        }
        tx.put(&name, &Pointer::to(&image.id));
        tx.put(Ec2Service::key::<Image>(call, &image.id), &image);
    });
    Ok(RegisterImageResult {
        image_id: Some(image.id),
    })
}

pub async fn room(service: &Ec2Service, call: &Call) -> Result<(), Fault> {
    let images = Ec2Service::scope(call).prefix(Image::KIND);
    match service.table.count(&images).await? < MAX_IMAGES {
        true => Ok(()),
        false => Err(fault::too_many_images(MAX_IMAGES)),
    }
}

/// Under it lies the id of the image of a name.
pub fn name_pointer(name: &str) -> String {
    format!("image-name:{name}")
}

/// Where a request names one, instances boot the kernel of the image.
fn boot_mode(given: Option<&str>, architecture: &str) -> Result<Option<BootMode>, Fault> {
    let Some(given) = given.filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let mode = BootMode::of(given).ok_or_else(|| fault::bad_boot_mode(given))?;
    match mode.suits(architecture) {
        true => Ok(Some(mode)),
        false => Err(fault::boot_mode_of_architecture(given, architecture)),
    }
}

/// What boots instances of an image. `root`: what booted the instance whose root the image brings, if it brings one. What is on the
/// disk of a virtual machine is no root of anything else, nor the other way round. Pure.
fn booted(
    asked: Option<BootMode>,
    root: Option<Option<BootMode>>,
) -> Result<Option<BootMode>, Fault> {
    match (asked, root) {
        (asked, None) => Ok(asked),
        (None, Some(of_root)) => Ok(of_root),
        (Some(asked), Some(of_root)) if of_root == Some(asked) => Ok(of_root),
        (Some(asked), Some(_)) => Err(fault::boot_mode_of_root(asked.as_str())),
    }
}

pub fn check_description(description: &str) -> Result<(), Fault> {
    match description.chars().count() <= MAX_DESCRIPTION {
        true => Ok(()),
        false => Err(fault::bad_value(format!(
            "The description must be at most {MAX_DESCRIPTION} characters."
        ))),
    }
}

pub fn check_name(name: &str) -> Result<(), Fault> {
    if name.is_empty() {
        return Err(fault::missing_parameter("Name"));
    }
    let known = |it: u8| it.is_ascii_alphanumeric() || b"()[] ./-'@_".contains(&it);
    match (3..=128).contains(&name.len()) && name.bytes().all(known) {
        true => Ok(()),
        false => Err(fault::malformed_image_name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boot_modes() {
        let legacy = Some(BootMode::LegacyBios);
        for (given, architecture, expected) in [
            (None, "x86_64", Ok(None)),
            (Some(""), "arm64", Ok(None)),
            (Some("legacy-bios"), "x86_64", Ok(legacy)),
            (
                Some("legacy-bios"),
                "arm64",
                Err(
                    "The boot mode 'legacy-bios' is not supported for images of the architecture \
                     'arm64'.",
                ),
            ),
            (
                Some("uefi"),
                "x86_64",
                Err("Value (uefi) for parameter BootMode is invalid."),
            ),
        ] {
            let read = boot_mode(given, architecture);
            match (read, expected) {
                (Ok(mode), expected) => assert_eq!(Ok(mode), expected, "{given:?}"),
                (Err(fault), expected) => {
                    assert_eq!(Err(fault.message.as_str()), expected, "{given:?}");
                }
            }
        }
    }

    #[test]
    fn a_root_is_booted_as_it_was() {
        let legacy = Some(BootMode::LegacyBios);
        for (asked, root, expected) in [
            (None, None, Some(None)),
            (legacy, None, Some(legacy)),
            (None, Some(None), Some(None)),
            (None, Some(legacy), Some(legacy)),
            (legacy, Some(legacy), Some(legacy)),
            (legacy, Some(None), None),
        ] {
            assert_eq!(booted(asked, root).ok(), expected, "{asked:?} {root:?}");
        }
    }

    #[test]
    fn names() {
        for (name, fits) in [
            ("my image (1.0) [beta] @home's/a-b_c", true),
            ("abc", true),
            ("ab", false),
            ("", false),
            ("a:b", false),
            ("naïve", false),
            (&"x".repeat(128), true),
            (&"x".repeat(129), false),
        ] {
            assert_eq!(check_name(name).is_ok(), fits, "{name}");
        }
    }
}
