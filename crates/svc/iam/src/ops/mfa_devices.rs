//! Virtual devices for a second factor: made with a seed that is shown once, enabled for a user or root
//! by two of their codes.

use std::{collections::BTreeMap, io::Write};

use data_encoding::BASE32_NOPAD;
use flate2::{Compression, write::ZlibEncoder};
use qrcode::{Color, QrCode};
use rand::Rng;
use wharf_api_iam::{faults, types::*};
use wharf_base::ids;
use wharf_wire::Fault;

use crate::{
    directory::ACCOUNT,
    fault::{self, required},
    names::{check_name, checked_path, entity_arn},
    ops::{Subject, subject, tags, url_encoded, users},
    records::{AccountRecord, MfaDeviceRecord, UserRecord, folded},
    service::Cx,
    table::{self, Changes, change},
    totp,
};

const LONGEST_NAME: usize = 226;
/// Of one user, as in AWS.
const MAX_DEVICES: usize = 8;
/// In one account: as many as AWS lets there be users.
const MAX_IN_ACCOUNT: usize = 5_000;
/// What AWS's seeds have.
const SEED_BYTES: usize = 40;
/// Pixels of a QR code's module, and modules around it.
const SCALE: usize = 4;
const QUIET: usize = 4;

fn missing(serial: &str) -> Fault {
    fault::not_found(format!(
        "VirtualMFADevice with serial number {serial} doesn't exist."
    ))
}

/// The device of this serial number, inside a change: its id and the record.
pub(crate) async fn existing(
    tx: &mut Changes<'_>,
    serial: &str,
) -> Result<(String, MfaDeviceRecord), Fault> {
    let named = entity_arn(serial, "mfa").filter(|(owner, ..)| *owner == tx.account());
    let (_, _, name) = named.ok_or_else(|| missing(serial))?;
    let id = folded(name);
    let found = tx.find::<MfaDeviceRecord>(&id).await?;
    let found = found.filter(|it| it.arn(tx.account()) == serial);
    found.map(|it| (id, it)).ok_or_else(|| missing(serial))
}

/// The ids of the subject's devices, and the one whose they are for the rest of the change.
async fn devices_of(tx: &mut Changes<'_>, subject: &Subject) -> Result<Vec<String>, Fault> {
    let devices = match subject {
        Subject::User(name) => tx.existing::<UserRecord>(name).await?.mfa_devices,
        Subject::Root => {
            let record = tx.find::<AccountRecord>(ACCOUNT).await?;
            record.unwrap_or_default().mfa_devices
        }
    };
    Ok(devices.into_iter().collect())
}

async fn set_devices(
    tx: &mut Changes<'_>,
    subject: &Subject,
    devices: Vec<String>,
) -> Result<(), Fault> {
    let devices = devices.into_iter().collect();
    match subject {
        Subject::User(name) => {
            let mut user = tx.existing::<UserRecord>(name).await?;
            user.mfa_devices = devices;
            tx.put(&folded(name), &user);
        }
        Subject::Root => {
            let mut account = tx.find::<AccountRecord>(ACCOUNT).await?.unwrap_or_default();
            account.mfa_devices = devices;
            tx.put(ACCOUNT, &account);
        }
    }
    Ok(())
}

/// The only answer that ever holds the seed.
pub(crate) async fn create(
    cx: &Cx<'_>,
    input: CreateVirtualMFADeviceRequest,
) -> Result<CreateVirtualMFADeviceResponse, Fault> {
    let name = required(input.virtual_mfa_device_name, "virtualMFADeviceName")?;
    check_name("virtualMFADeviceName", &name, LONGEST_NAME)?;
    let path = checked_path(input.path)?;
    let tags = tags::checked(input.tags)?;
    let mut seed = [0_u8; SEED_BYTES];
    rand::rng().fill(&mut seed);
    let id = ids::hex32();
    let record = MfaDeviceRecord {
        seed: cx
            .directory
            .keyring()
            .seal(&seed, &MfaDeviceRecord::purpose(&id)),
        id,
        name: name.clone(),
        path,
        created: cx.now(),
        enabled: None,
        user: None,
        spent: i64::MIN,
        ahead: 0,
        tags,
        unknown: BTreeMap::new(),
    };
    let count = table::count::<MfaDeviceRecord>(cx.store(), cx.account()).await?;
    if count >= MAX_IN_ACCOUNT {
        return Err(fault::quota("VirtualMFADevicesPerAccount", MAX_IN_ACCOUNT));
    }
    change!(cx, |tx| {
        if tx.find::<MfaDeviceRecord>(&folded(&name)).await?.is_some() {
            return Err(fault::exists(
                "MFADevice entity at the same path and name already exists.",
            ));
        }
        tx.put(&folded(&name), &record);
    });
    let text = BASE32_NOPAD.encode(&seed);
    let label = format!("{}@{}", url_encoded(&name), cx.account());
    let address = format!("otpauth://totp/Wharf:{label}?secret={text}&issuer=Wharf");
    Ok(CreateVirtualMFADeviceResponse {
        virtual_mfa_device: Some(VirtualMFADevice {
            serial_number: Some(cx.seen(record.arn(cx.account()))),
            base32_string_seed: Some(text.into_bytes()),
            qr_code_png: Some(picture(&address)?),
            tags: tags::shown(&record.tags),
            ..VirtualMFADevice::default()
        }),
    })
}

/// The text as a QR code, black on white, in PNG.
fn picture(text: &str) -> Result<Vec<u8>, Fault> {
    let code = QrCode::new(text).map_err(|error| fault::internal(&error))?;
    let (modules, width) = (code.to_colors(), code.width());
    let side = (width + 2 * QUIET) * SCALE;
    let is_dark = |x: usize, y: usize| {
        let place = |at: usize| (at / SCALE).checked_sub(QUIET).filter(|it| *it < width);
        place(x)
            .zip(place(y))
            .is_some_and(|(x, y)| modules[y * width + x] == Color::Dark)
    };
    // Each row begins with its filter: none.
    let mut pixels: Vec<u8> = Vec::new();
    for y in 0..side {
        pixels.push(0);
        pixels.extend((0..side).map(|x| if is_dark(x, y) { 0 } else { 255 }));
    }
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    let packed = packer.write_all(&pixels).and_then(|()| packer.finish());
    let packed = packed.map_err(|error| fault::internal(&error))?;
    let side = u32::try_from(side).unwrap_or(u32::MAX).to_be_bytes();
    // Eight bits of grey, neither filtered nor interlaced in a way of its own.
    let head = [&side[..], &side, &[8, 0, 0, 0, 0]].concat();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in [(b"IHDR", head), (b"IDAT", packed), (b"IEND", Vec::new())] {
        let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
        let named = [&kind[..], &content].concat();
        bytes.extend(length.to_be_bytes());
        bytes.extend(&named);
        bytes.extend(crc32fast::hash(&named).to_be_bytes());
    }
    Ok(bytes)
}

/// Where two codes in a row say that the device is.
fn located(
    cx: &Cx<'_>,
    device: &MfaDeviceRecord,
    codes: &[String; 2],
) -> Result<totp::Position, Fault> {
    let purpose = MfaDeviceRecord::purpose(&device.id);
    let seed = cx.directory.keyring().open(&device.seed, &purpose);
    let seed = seed.map_err(|error| fault::internal(&error))?;
    let step = totp::step_at(cx.now().millis().div_euclid(1000));
    let given = totp::read(&codes[0]).zip(totp::read(&codes[1]));
    let found = given.and_then(|(a, b)| totp::locate(seed.expose(), device.spent, [a, b], step));
    found.ok_or_else(|| {
        faults::invalid_authentication_code_exception("Authentication code for device is not valid")
    })
}

/// Two codes in a row, with which a device is found.
fn codes(first: Option<String>, second: Option<String>) -> Result<[String; 2], Fault> {
    Ok([
        required(first, "authenticationCode1")?,
        required(second, "authenticationCode2")?,
    ])
}

pub(crate) async fn enable(cx: &Cx<'_>, input: EnableMFADeviceRequest) -> Result<(), Fault> {
    let subject = self::subject(cx, Some(required(input.user_name, "userName")?))?;
    let subject = of_root(cx, subject);
    let serial = required(input.serial_number, "serialNumber")?;
    let codes = codes(input.authentication_code1, input.authentication_code2)?;
    change!(cx, |tx| {
        let mut devices = devices_of(&mut tx, &subject).await?;
        let (id, mut device) = existing(&mut tx, &serial).await?;
        if device.enabled.is_some() {
            return Err(fault::exists("MFA Device is already in use."));
        }
        if devices.len() >= MAX_DEVICES {
            return Err(fault::quota("MFADevicesPerUser", MAX_DEVICES));
        }
        let position = located(cx, &device, &codes)?;
        (device.spent, device.ahead) = (position.spent, position.ahead);
        device.enabled = Some(cx.now());
        device.user = match &subject {
            Subject::User(name) => Some(tx.existing::<UserRecord>(name).await?.id),
            Subject::Root => None,
        };
        devices.push(id.clone());
        set_devices(&mut tx, &subject, devices).await?;
        tx.put(&id, &device);
    });
    Ok(())
}

/// Root is named by its account, as it has no name.
fn of_root(cx: &Cx<'_>, subject: Subject) -> Subject {
    match subject {
        Subject::User(name) if name == cx.account() || name == "root" => Subject::Root,
        other => other,
    }
}

fn not_theirs() -> Fault {
    fault::not_found("MFA Device invalid for user.")
}

pub(crate) async fn resync(cx: &Cx<'_>, input: ResyncMFADeviceRequest) -> Result<(), Fault> {
    let subject = self::subject(cx, Some(required(input.user_name, "userName")?))?;
    let subject = of_root(cx, subject);
    let serial = required(input.serial_number, "serialNumber")?;
    let codes = codes(input.authentication_code1, input.authentication_code2)?;
    change!(cx, |tx| {
        let devices = devices_of(&mut tx, &subject).await?;
        let (id, mut device) = existing(&mut tx, &serial).await?;
        if !devices.contains(&id) {
            return Err(not_theirs());
        }
        let position = located(cx, &device, &codes)?;
        (device.spent, device.ahead) = (position.spent, position.ahead);
        tx.put(&id, &device);
    });
    Ok(())
}

pub(crate) async fn deactivate(
    cx: &Cx<'_>,
    input: DeactivateMFADeviceRequest,
) -> Result<(), Fault> {
    let subject = of_root(cx, self::subject(cx, input.user_name)?);
    let serial = required(input.serial_number, "serialNumber")?;
    change!(cx, |tx| {
        let mut devices = devices_of(&mut tx, &subject).await?;
        let (id, mut device) = existing(&mut tx, &serial).await?;
        if !devices.contains(&id) {
            return Err(not_theirs());
        }
        devices.retain(|it| *it != id);
        set_devices(&mut tx, &subject, devices).await?;
        (device.enabled, device.user) = (None, None);
        tx.put(&id, &device);
    });
    Ok(())
}

pub(crate) async fn delete(cx: &Cx<'_>, input: DeleteVirtualMFADeviceRequest) -> Result<(), Fault> {
    let serial = required(input.serial_number, "serialNumber")?;
    change!(cx, |tx| {
        let (id, device) = existing(&mut tx, &serial).await?;
        if device.enabled.is_some() {
            return Err(fault::in_the_way(
                "MFA VirtualDevice in use. Must deactivate first.",
            ));
        }
        tx.delete::<MfaDeviceRecord>(&id);
    });
    Ok(())
}

pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetMFADeviceRequest,
) -> Result<GetMFADeviceResponse, Fault> {
    let serial = required(input.serial_number, "serialNumber")?;
    let mut tx = Changes::new(cx.store(), cx.account());
    let (id, device) = existing(&mut tx, &serial).await?;
    let user_name = match input.user_name {
        None => None,
        Some(name) => {
            let subject = Subject::User(name.clone());
            if !devices_of(&mut tx, &subject).await?.contains(&id) {
                return Err(not_theirs());
            }
            Some(name)
        }
    };
    Ok(GetMFADeviceResponse {
        user_name,
        serial_number: Some(cx.seen(device.arn(cx.account()))),
        enable_date: device.enabled,
        certifications: None,
    })
}

/// Those of a user; without a name, of the caller.
pub(crate) async fn list(
    cx: &Cx<'_>,
    input: ListMFADevicesRequest,
) -> Result<ListMFADevicesResponse, Fault> {
    let subject = of_root(cx, self::subject(cx, input.user_name)?);
    let name = match &subject {
        Subject::User(name) => Some(name.clone()),
        Subject::Root => None,
    };
    let mut tx = Changes::new(cx.store(), cx.account());
    let ids = devices_of(&mut tx, &subject).await?;
    let list = ["ListMFADevices", name.as_deref().unwrap_or_default()];
    let page = cx.page(&list, input.marker, input.max_items)?;
    let (ids, marker) = page.cut(ids, |id| id);
    let mut shown = Vec::new();
    for id in ids {
        if let Some(device) = tx.find::<MfaDeviceRecord>(&id).await? {
            shown.push(MFADevice {
                user_name: name.clone(),
                serial_number: Some(cx.seen(device.arn(cx.account()))),
                enable_date: device.enabled,
            });
        }
    }
    Ok(ListMFADevicesResponse {
        mfa_devices: Some(shown),
        is_truncated: Some(marker.is_some()),
        marker,
    })
}

/// All of the account's, without their seeds.
pub(crate) async fn list_virtual(
    cx: &Cx<'_>,
    input: ListVirtualMFADevicesRequest,
) -> Result<ListVirtualMFADevicesResponse, Fault> {
    let status = input.assignment_status.as_deref().unwrap_or("Any");
    let fits = |device: &MfaDeviceRecord| match status {
        "Assigned" => device.enabled.is_some(),
        "Unassigned" => device.enabled.is_none(),
        _ => true,
    };
    let page = cx.page(
        &["ListVirtualMFADevices", status],
        input.marker,
        input.max_items,
    )?;
    let after = page.after.as_deref();
    let (found, more) = table::scan(cx.store(), cx.account(), after, page.size, fits).await?;
    let marker = page.next(more, found.last().map(|it| folded(&it.name)).as_deref());
    let owners = owners(cx).await?;
    let mut shown = Vec::new();
    for device in &found {
        let is_enabled = device.enabled.is_some();
        let user = match &device.user {
            Some(id) => owners.get(id).map(|user| users::describe(cx, user)),
            None => is_enabled.then(|| users::root(cx)),
        };
        shown.push(VirtualMFADevice {
            serial_number: Some(cx.seen(device.arn(cx.account()))),
            enable_date: device.enabled,
            user,
            tags: tags::shown(&device.tags),
            ..VirtualMFADevice::default()
        });
    }
    Ok(ListVirtualMFADevicesResponse {
        virtual_mfa_devices: Some(shown),
        is_truncated: Some(more),
        marker,
    })
}

/// Users with devices, by their ids.
async fn owners(cx: &Cx<'_>) -> Result<BTreeMap<String, UserRecord>, Fault> {
    let fits = |user: &UserRecord| !user.mfa_devices.is_empty();
    let all = table::scan(cx.store(), cx.account(), None, usize::MAX, fits).await?;
    Ok(all.0.into_iter().map(|it| (it.id.clone(), it)).collect())
}
