//! Names, keys and ARNs.

use wharf_base::Arn;
use wharf_records::{Record as _, Scope};
use wharf_service::Place;

use crate::records::{AccessPoint, CreationToken, FileSystem, MountTarget};

/// The service's segment of keys.
pub const SERVICE: &str = "efs";
/// The service's part of ARNs.
pub const NAMESPACE: &str = "elasticfilesystem";
/// In whose name interfaces are made.
pub const PRINCIPAL: &str = "elasticfilesystem.amazonaws.com";

pub fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

pub fn file_system_key(place: &Place, id: &str) -> String {
    scope(place).key(FileSystem::KIND, id)
}

pub fn mount_target_key(place: &Place, id: &str) -> String {
    scope(place).key(MountTarget::KIND, id)
}

pub fn access_point_key(place: &Place, id: &str) -> String {
    scope(place).key(AccessPoint::KIND, id)
}

pub fn token_key(place: &Place, token: &str) -> String {
    scope(place).key(CreationToken::KIND, &format!("file-system/{token}"))
}

/// Of access points.
pub fn access_point_token_key(place: &Place, token: &str) -> String {
    scope(place).key(CreationToken::KIND, &format!("access-point/{token}"))
}

pub fn file_system_arn(place: &Place, id: &str) -> String {
    arn(place, format!("file-system/{id}"))
}

pub fn access_point_arn(place: &Place, id: &str) -> String {
    arn(place, format!("access-point/{id}"))
}

fn arn(place: &Place, resource: String) -> String {
    Arn::new(NAMESPACE, &place.region, &place.account, resource).to_string()
}

/// The id that a caller gave: itself, or at the end of an ARN of the caller's place. What is of elsewhere is no id that is there.
pub fn id(place: &Place, given: Option<&str>) -> String {
    let given = given.unwrap_or_default();
    let Ok(parsed) = given.parse::<Arn>() else {
        return given.to_owned();
    };
    let is_ours = parsed.account == place.account && parsed.region == place.region;
    match parsed.resource.split_once('/') {
        Some((_, id)) if is_ours => id.to_owned(),
        _ => given.to_owned(),
    }
}

/// What a file system is called in its VPCs.
pub fn dns_name(place: &Place, file_system: &str) -> String {
    format!("{file_system}.efs.{}.amazonaws.com", place.region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_itself_or_the_end_of_an_arn_of_the_callers() {
        let place = Place::new("000000000000", "us-east-1");
        let arn = file_system_arn(&place, "fs-1");
        let other = file_system_arn(&Place::new("000000000000", "eu-west-1"), "fs-1");
        for (given, id_is) in [("fs-1", "fs-1"), (&arn, "fs-1"), (&other, &other), ("", "")] {
            assert_eq!(id(&place, Some(given)), id_is);
        }
    }
}
