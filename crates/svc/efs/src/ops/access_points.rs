//! CreateAccessPoint, DescribeAccessPoints and DeleteAccessPoint.

use wharf_api_efs::{
    AccessPointDescription, CreateAccessPointRequest, DeleteAccessPointRequest,
    DescribeAccessPointsRequest, DescribeAccessPointsResponse, PosixUser, RootDirectory,
};
use wharf_base::ids;
use wharf_file_server as server;
use wharf_records::Unknown;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault, names,
    records::{AccessPoint, CreationToken},
    tagged,
};

/// Of a file system.
const MOST: usize = 1000;
const PAGE: usize = 100;
/// Names of the path of a root directory.
const MOST_NAMES: usize = 4;
const FORBIDDEN: [char; 15] = [
    '$', '#', '<', '>', ';', '`', '|', '&', '?', '{', '}', '^', '*', '\n', '\0',
];

pub async fn create(
    core: &Core,
    call: &Call,
    input: CreateAccessPointRequest,
) -> Result<AccessPointDescription, Fault> {
    let place = Place::of(call);
    let file_system = names::id(&place, input.file_system_id.as_deref());
    let (path, creation, permissions) = root(input.root_directory)?;
    let wanted = AccessPoint {
        file_system: file_system.clone(),
        token: input.client_token.unwrap_or_default(),
        at: server::AccessPoint {
            path,
            creation,
            user: input.posix_user.map(user).transpose()?,
        },
        permissions,
        tags: tagged::given(input.tags)?,
        unknown: Unknown::new(),
    };
    let id = ids::ec2_id("fsap");
    let token = names::access_point_token_key(&place, &wanted.token);
    transact!(core.table, &call.permit, |tx| {
        if let Some(there) = tx.find::<CreationToken>(&token).await? {
            let found = core.access_point(&place, &there.id).await?;
            return match found == wanted {
                true => Ok(describe::access_point(&place, &there.id, &wanted)),
                false => Err(fault::access_point_exists(&there.id)),
            };
        }
        let mut record = core.standing(&mut tx, &place, &file_system).await?;
        if record.access_points.len() >= MOST {
            return Err(fault::too_many_access_points(MOST));
        }
        record.access_points.insert(id.clone(), wanted.at.clone());
        tx.put(names::file_system_key(&place, &file_system), &record);
        tx.put(names::access_point_key(&place, &id), &wanted);
        let pointer = CreationToken {
            id: id.clone(),
            unknown: Unknown::new(),
        };
        tx.put(&token, &pointer);
    });
    Ok(AccessPointDescription {
        life_cycle_state: Some("creating".to_owned()),
        ..describe::access_point(&place, &id, &wanted)
    })
}

fn number(given: Option<i64>) -> Result<u32, Fault> {
    let number = given.and_then(|it| u32::try_from(it).ok());
    // The kernel's word for none.
    let number = number.filter(|it| *it != u32::MAX);
    number.ok_or_else(|| fault::bad_request("A user or group ID is a number from 0 to 4294967294."))
}

fn user(given: PosixUser) -> Result<server::User, Fault> {
    let groups = given.secondary_gids.unwrap_or_default().into_iter();
    Ok(server::User {
        uid: number(given.uid)?,
        gid: number(given.gid)?,
        groups: groups
            .map(|it| number(Some(it)))
            .collect::<Result<_, _>>()?,
    })
}

/// The model's pattern looks ahead, and so is not enforced before.
fn is_path(path: &str) -> bool {
    let Some(below) = path.strip_prefix('/') else {
        return false;
    };
    let is_name = |it: &str| !it.is_empty() && !it.starts_with('.') && !it.contains(FORBIDDEN);
    let names = || below.split('/');
    below.is_empty() || (names().count() <= MOST_NAMES && names().all(is_name))
}

type Root = (String, Option<server::Creation>, Option<String>);

fn root(given: Option<RootDirectory>) -> Result<Root, Fault> {
    let given = given.unwrap_or_default();
    let path = given.path.unwrap_or_else(|| "/".to_owned());
    if !is_path(&path) {
        return Err(fault::bad_request(
            "The path of a root directory is / or has up to four names, none of which begins with a dot or has one of $#<>;`|&?{}^* in it.",
        ));
    }
    let Some(creation) = given.creation_info else {
        return Ok((path, None, None));
    };
    let digits = creation.permissions.unwrap_or_default();
    let mode = u32::from_str_radix(&digits, 8);
    let mode =
        mode.map_err(|_| fault::bad_request("Permissions are three or four octal digits."))?;
    let made = server::Creation {
        uid: number(creation.owner_uid)?,
        gid: number(creation.owner_gid)?,
        mode,
    };
    Ok((path, Some(made), Some(digits)))
}

pub async fn describe(
    core: &Core,
    call: &Call,
    input: DescribeAccessPointsRequest,
) -> Result<DescribeAccessPointsResponse, Fault> {
    let place = Place::of(call);
    let wanted = input.access_point_id.as_deref();
    let wanted = wanted.map(|it| names::id(&place, Some(it)));
    let of = input.file_system_id.as_deref();
    let of = of.map(|it| names::id(&place, Some(it)));
    if wanted.is_some() && of.is_some() {
        return Err(fault::bad_request(
            "Only one of AccessPointId and FileSystemId can be given.",
        ));
    }
    let pages = core.pages(call, "efs/DescribeAccessPoints", &(&wanted, &of));
    let size = input.max_results.and_then(|it| usize::try_from(it).ok());
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE).min(1000))?;
    let mut found = match &wanted {
        Some(id) => {
            let found = core
                .table
                .read(&names::access_point_key(&place, id))
                .await?;
            vec![(id.clone(), found.ok_or_else(|| fault::no_access_point(id))?)]
        }
        None => {
            core.table
                .all::<AccessPoint>(&names::scope(&place), "")
                .await?
        }
    };
    if let Some(of) = &of {
        core.file_system(&place, of).await?;
        found.retain(|(_, it)| it.record.file_system == *of);
    }
    let (shown, next_token) = page.cut(found, |(id, _)| id);
    let access_points = shown
        .iter()
        .map(|(id, stored)| describe::access_point(&place, id, &stored.record));
    Ok(DescribeAccessPointsResponse {
        access_points: Some(access_points.collect()),
        next_token,
    })
}

/// Who has it mounted keeps it until they let go; nobody else comes in by it.
pub async fn delete(
    core: &Core,
    call: &Call,
    input: DeleteAccessPointRequest,
) -> Result<(), Fault> {
    let place = Place::of(call);
    let id = names::id(&place, input.access_point_id.as_deref());
    let key = names::access_point_key(&place, &id);
    transact!(core.table, &call.permit, |tx| {
        let found = tx.find::<AccessPoint>(&key).await?;
        let found = found.ok_or_else(|| fault::no_access_point(&id))?;
        let of = names::file_system_key(&place, &found.file_system);
        if let Some(mut record) = tx.find::<crate::records::FileSystem>(&of).await? {
            record.access_points.remove(&id);
            tx.put(of, &record);
        }
        tx.delete(names::access_point_token_key(&place, &found.token));
        tx.delete(&key);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_a_few_names_down() {
        for path in ["/", "/a", "/a/b/c/d", "/a.b", "/with space/ä"] {
            assert!(is_path(path), "{path}");
        }
        for path in [
            "",
            "a",
            "//",
            "/a/",
            "/a//b",
            "/.",
            "/..",
            "/a/../b",
            "/.hidden",
            "/a/b/c/d/e",
            "/a$b",
            "/a\nb",
            "/a\0b",
            "/a*",
        ] {
            assert!(!is_path(path), "{path:?}");
        }
    }
}
