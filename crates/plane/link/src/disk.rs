//! What a plane was told last in a file, for a start without a control plane.
//!
//! One line with the SHA-256 of the rest, then JSON; sealed as a whole where it can hold private keys of
//! certificates. A file of the versions before, which was not, is read too.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use serde::{Deserialize, Serialize};
use wharf_durable::{self as durable, Durability};
use wharf_planeproto::{
    Plane, Resource,
    wire::{MAX_STATE, Position},
};
use wharf_seal::{KeyId, Keyring, SEALED_FILE_HEAD, is_sealed_file, sealed_file_key};
use wharf_wire::sigv4::sha256_hex;

use crate::known::Known;

const FORMAT: u32 = 2;
/// Beyond the state: what sealing adds.
const SEALING: usize = 1024;
/// Load balancers did not learn of security groups yet: what was known then is used until the
/// control plane has told all of it anew.
const FORMAT_WITHOUT_GROUPS: u32 = 1;

#[derive(Serialize)]
struct Out<'a> {
    format: u32,
    plane: Plane,
    instance: &'a str,
    position: Option<Position>,
    resources: Vec<&'a Resource>,
}

#[derive(Deserialize)]
struct In {
    format: u32,
    plane: Plane,
    instance: String,
    position: Option<Position>,
    resources: Vec<Resource>,
}

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("it cannot be read")]
    Io(#[from] io::Error),
    #[error("it is longer than {MAX_STATE} bytes")]
    TooLong,
    #[error("it does not open")]
    Sealed(#[from] wharf_seal::OpenError),
    #[error("it is sealed, and there is no keyring here")]
    NoKeyring,
    #[error("its digest is another")]
    Damaged,
    #[error("it is of another form")]
    Malformed(#[source] serde_json::Error),
    #[error("it is of another plane or format")]
    Other,
}

/// The state in `path` and the instance that it is of; `None` without a file.
///
/// # Errors
/// See [`Unusable`]; the caller goes on without.
pub fn load(
    path: &Path,
    plane: Plane,
    keyring: Option<&Keyring>,
) -> Result<Option<(String, Known)>, Unusable> {
    let mut bytes = match durable::read(path, (MAX_STATE + SEALING) as u64) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(Unusable::TooLong),
        Err(error) => return Err(error.into()),
    };
    if is_sealed_file(&bytes) {
        let keyring = keyring.ok_or(Unusable::NoKeyring)?;
        bytes = keyring
            .open_file(&bytes, &purpose(plane))?
            .expose()
            .to_vec();
    }
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (digest, json) = end
        .map(|end| (&bytes[..end], &bytes[end + 1..]))
        .ok_or(Unusable::Damaged)?;
    if sha256_hex(json).as_bytes() != digest {
        return Err(Unusable::Damaged);
    }
    let held: In = serde_json::from_slice(json).map_err(Unusable::Malformed)?;
    let foreign = held
        .resources
        .iter()
        .any(|resource| !resource.concerns(plane));
    let known = [FORMAT_WITHOUT_GROUPS, FORMAT].contains(&held.format);
    if !known || held.plane != plane || foreign {
        return Err(Unusable::Other);
    }
    Ok(Some((
        held.instance,
        Known::new(
            held.resources,
            held.position.filter(|_| held.format == FORMAT),
        ),
    )))
}

/// The key that the file in `path` is sealed under; `None` if there is none, or it is not sealed.
pub fn sealed_under(path: &Path) -> Option<KeyId> {
    let mut head = Vec::with_capacity(SEALED_FILE_HEAD);
    let file = fs::File::open(path).ok()?;
    file.take(SEALED_FILE_HEAD as u64)
        .read_to_end(&mut head)
        .ok()?;
    sealed_file_key(&head)
}

/// What the file of a plane is sealed for.
pub fn purpose(plane: Plane) -> String {
    format!("node/plane/{plane}")
}

/// The content of a file.
pub fn encode(plane: Plane, instance: &str, known: &Known, keyring: Option<&Keyring>) -> Vec<u8> {
    let out = Out {
        format: FORMAT,
        plane,
        instance,
        position: known.position,
        resources: known.resources.values().collect(),
    };
    let json = serde_json::to_vec(&out).expect("resources have only string keys");
    let mut bytes = sha256_hex(&json).into_bytes();
    bytes.push(b'\n');
    bytes.extend(json);
    match keyring {
        Some(keyring) => keyring.seal_file(&bytes, &purpose(plane)),
        None => bytes,
    }
}

/// Puts `bytes` into `path`, whole or not at all.
///
/// # Errors
/// They do not fit, or the file system refuses.
pub fn save(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    if bytes.len() > MAX_STATE + SEALING {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    fs::create_dir_all(folder)?;
    durable::replace(path, bytes, durability)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use wharf_planeproto::network::Host;

    use super::*;

    fn known() -> Known {
        let host = Resource::Host(Host {
            id: "i-1".to_owned(),
            underlay: Some("10.0.0.1".parse().unwrap()),
        });
        let position = Position {
            epoch: 3,
            revision: 9,
            version: 2,
        };
        Known::new(vec![host], Some(position))
    }

    #[test]
    fn what_was_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/plane.json");
        assert!(load(&path, Plane::Network, None).unwrap().is_none());
        for _ in 0..2 {
            save(
                &path,
                &encode(Plane::Network, "i-1", &known(), None),
                Durability::Machine,
            )
            .unwrap();
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let (instance, loaded) = load(&path, Plane::Network, None).unwrap().unwrap();
        assert_eq!((instance.as_str(), loaded), ("i-1", known()));
        assert!(matches!(
            load(&path, Plane::LoadBalancer, None),
            Err(Unusable::Other)
        ));
    }

    #[test]
    fn any_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plane.json");
        let whole = encode(Plane::Network, "i-1", &known(), None);
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 4;
            fs::write(&path, &bytes).unwrap();
            assert!(load(&path, Plane::Network, None).is_err(), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(load(&path, Plane::Network, None).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_sealed_file_opens_with_its_keyring_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plane.json");
        let keyring = Keyring::in_memory();
        let put = |keyring: Option<&Keyring>| {
            let bytes = encode(Plane::Network, "i-1", &known(), keyring);
            save(&path, &bytes, Durability::Process).unwrap();
        };
        put(Some(&keyring));
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("10.0.0.1"));
        let (_, loaded) = load(&path, Plane::Network, Some(&keyring))
            .unwrap()
            .unwrap();
        assert_eq!(loaded, known());
        for other in [None, Some(&Keyring::in_memory())] {
            assert!(load(&path, Plane::Network, other).is_err());
        }
        assert!(load(&path, Plane::LoadBalancer, Some(&keyring)).is_err());
        // As earlier versions wrote it.
        put(None);
        assert!(load(&path, Plane::Network, Some(&keyring)).is_ok());
    }
}
