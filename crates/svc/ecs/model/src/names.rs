//! ARNs of ECS resources, and what a "name or ARN" in a request refers to (spec ecs §1).

use wharf_base::{
    Arn,
    arn::{PARTITION, partition_of},
};
use wharf_hosts::zone_letter;
use wharf_placement::Pool;
use wharf_records::{Record, Scope, ecs::Task};
use wharf_wire::{Context, Fault};

use crate::fault;

/// The cluster meant when none is named.
pub const DEFAULT_CLUSTER: &str = "default";

/// In whose name ECS calls other services.
pub const PRINCIPAL: &str = "ecs.amazonaws.com";

/// Account and region of a call: where its records live and what its ARNs carry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub account: String,
    pub region: String,
}

impl Place {
    pub fn of(cx: &Context) -> Self {
        Self {
            account: cx.account.clone(),
            region: cx.region.clone(),
        }
    }

    pub fn scope(&self) -> Scope {
        Scope::new("ecs", &self.account, &self.region)
    }

    /// The hosts that take its Fargate tasks.
    pub fn fargate(&self) -> Pool {
        Pool::Fargate {
            account: self.account.clone(),
            region: self.region.clone(),
        }
    }

    /// The zone of a letter. Names of another form are the same in all regions.
    pub fn zone(&self, letter: &str) -> String {
        match letter.len() {
            1 => format!("{}{letter}", self.region),
            _ => letter.to_owned(),
        }
    }

    /// The letter of a zone of this region; the whole name if it has none.
    pub fn zone_letter<'a>(&self, zone: &'a str) -> &'a str {
        zone_letter(&self.region, zone)
    }

    pub fn arn(&self, resource: String) -> String {
        Arn::new("ecs", &self.region, &self.account, resource).to_string()
    }

    pub fn cluster(&self, name: &str) -> String {
        self.arn(format!("cluster/{name}"))
    }

    pub fn task(&self, cluster: &str, id: &str) -> String {
        self.arn(format!("task/{cluster}/{id}"))
    }

    pub fn container(&self, cluster: &str, task: &str, id: &str) -> String {
        self.arn(format!("container/{cluster}/{task}/{id}"))
    }

    pub fn instance(&self, cluster: &str, id: &str) -> String {
        self.arn(format!("container-instance/{cluster}/{id}"))
    }

    pub fn definition(&self, family: &str, revision: i32) -> String {
        self.arn(format!("task-definition/{family}:{revision}"))
    }

    pub fn service(&self, cluster: &str, name: &str) -> String {
        self.arn(format!("service/{cluster}/{name}"))
    }

    pub fn service_deployment(&self, cluster: &str, service: &str, id: &str) -> String {
        self.arn(format!("service-deployment/{cluster}/{service}/{id}"))
    }

    pub fn service_revision(&self, cluster: &str, service: &str, id: &str) -> String {
        self.arn(format!("service-revision/{cluster}/{service}/{id}"))
    }

    pub fn attachment(&self, cluster: &str, id: &str) -> String {
        self.arn(format!("attachment/{cluster}/{id}"))
    }

    pub fn capacity_provider(&self, name: &str) -> String {
        self.arn(format!("capacity-provider/{name}"))
    }
}

/// The ARN of a role given as such, or by its name alone.
pub fn role_arn(account: &str, given: &str) -> String {
    match given.starts_with("arn:") || given.is_empty() {
        true => given.to_owned(),
        false => format!("arn:{PARTITION}:iam::{account}:role/{given}"),
    }
}

/// 1–255 letters, digits, `-` and `_`: clusters, families, services.
pub fn is_name(text: &str) -> bool {
    (1..=255).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The cluster's name out of a name or ARN; absent or empty is `default`. A name no cluster can
/// have is as unknown as any other.
pub fn cluster_name(given: Option<&str>) -> Result<String, Fault> {
    let given = given
        .filter(|text| !text.is_empty())
        .unwrap_or(DEFAULT_CLUSTER);
    let name = match resource(given) {
        Some(path) => path.strip_prefix("cluster/").ok_or_else(|| {
            fault::invalid(format!("Invalid identifier: {given} is not a cluster ARN."))
        })?,
        None => given,
    };
    if is_name(name) {
        Ok(name.to_owned())
    } else {
        Err(fault::cluster_not_found())
    }
}

/// The name of a capacity provider out of a name or ARN; `None` if it can name none.
pub fn provider_name(given: &str) -> Option<&str> {
    let name = match resource(given) {
        Some(path) => path.strip_prefix("capacity-provider/")?,
        None => given,
    };
    is_name(name).then_some(name)
}

/// The id of a task or container instance: of an id, a short ARN `<kind>/<id>` or a long one
/// `<kind>/<cluster>/<id>`, whose cluster must be `cluster`.
pub fn member_id(kind: &str, cluster: &str, given: &str) -> Result<String, Fault> {
    let path = match resource(given) {
        Some(path) => match path.split_once('/') {
            Some((found, rest)) if found == kind => rest,
            _ => return Err(fault::invalid(format!("Invalid identifier: {given}"))),
        },
        None => given,
    };
    match path.split_once('/') {
        Some((of, id)) if of == cluster => Ok(id.to_owned()),
        Some((of, _)) => Err(fault::invalid(format!(
            "Invalid identifier: Identifier is for cluster {of}. Your cluster is {cluster}"
        ))),
        None => Ok(path.to_owned()),
    }
}

/// Kind, cluster and id of a long ARN, e.g. of a task's.
pub fn long_arn(arn: &str) -> Option<(&str, &str, &str)> {
    let mut parts = resource(arn)?.splitn(3, '/');
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// Where the resource of an ECS ARN lives.
pub fn place_of(arn: &str) -> Option<Place> {
    let arn: Arn = arn.parse().ok()?;
    (arn.is_in_its_partition() && arn.service == "ecs").then_some(Place {
        account: arn.account,
        region: arn.region,
    })
}

/// The resource part of an ECS ARN; `None` for anything else.
fn resource(text: &str) -> Option<&str> {
    let mut parts = text.splitn(6, ':');
    let (head, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, _, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let in_its_partition = partition == partition_of(region);
    (head == "arn" && in_its_partition && service == "ecs").then_some(resource)
}

/// A family or one of its revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionRef {
    pub family: String,
    /// `None` means the newest ACTIVE one.
    pub revision: Option<i32>,
}

/// Reads `family`, `family:revision` or an ARN. `None` if it can name no definition at all.
pub fn definition_ref(given: &str) -> Result<Option<DefinitionRef>, Fault> {
    let path = match resource(given) {
        Some(path) => match path.strip_prefix("task-definition/") {
            Some(rest) => rest,
            None => return Ok(None),
        },
        None => given,
    };
    let (family, revision) = match path.split_once(':') {
        None => (path, None),
        Some((family, text)) => {
            let wrong = || fault::invalid(format!("Invalid revision number. Number: {text}"));
            (family, Some(text.parse::<i32>().map_err(|_| wrong())?))
        }
    };
    Ok(is_name(family).then(|| DefinitionRef {
        family: family.to_owned(),
        revision,
    }))
}

/// The key of the task of that ARN.
pub fn task_key(arn: &str) -> Option<String> {
    let place = place_of(arn)?;
    let (_, cluster, id) = long_arn(arn)?;
    Some(place.scope().key(Task::KIND, &format!("{cluster}:{id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLUSTER: &str = "arn:aws:ecs:us-east-1:000000000000:cluster/web";

    #[test]
    fn clusters_by_name_or_arn() {
        assert_eq!(cluster_name(None).unwrap(), "default");
        assert_eq!(cluster_name(Some("")).unwrap(), "default");
        assert_eq!(cluster_name(Some(CLUSTER)).unwrap(), "web");
        assert_eq!(
            cluster_name(Some("a b")).unwrap_err().code,
            "ClusterNotFoundException"
        );
        let task = "arn:aws:ecs:us-east-1:000000000000:task/web/1";
        assert_eq!(
            cluster_name(Some(task)).unwrap_err().code,
            "InvalidParameterException"
        );
    }

    #[test]
    fn tasks_by_id_short_or_long_arn() {
        let prefix = "arn:aws:ecs:us-east-1:000000000000:task";
        for given in [
            "3f".to_owned(),
            format!("{prefix}/3f"),
            format!("{prefix}/web/3f"),
        ] {
            assert_eq!(member_id("task", "web", &given).unwrap(), "3f");
        }
        let wrong = member_id("task", "other", &format!("{prefix}/web/3f")).unwrap_err();
        assert_eq!(
            wrong.message,
            "Invalid identifier: Identifier is for cluster web. Your cluster is other"
        );
    }

    #[test]
    fn roles_by_name_or_arn() {
        let arn = "arn:aws:iam::000000000000:role/app";
        assert_eq!(role_arn("000000000000", "app"), arn);
        assert_eq!(role_arn("000000000000", arn), arn);
        assert_eq!(role_arn("000000000000", ""), "");
    }

    #[test]
    fn definitions_by_family_revision_or_arn() {
        let of = |family: &str, revision| {
            Some(DefinitionRef {
                family: family.to_owned(),
                revision,
            })
        };
        assert_eq!(definition_ref("web").unwrap(), of("web", None));
        assert_eq!(definition_ref("web:3").unwrap(), of("web", Some(3)));
        let arn = "arn:aws:ecs:us-east-1:000000000000:task-definition/web:12";
        assert_eq!(definition_ref(arn).unwrap(), of("web", Some(12)));
        assert_eq!(definition_ref(CLUSTER).unwrap(), None);
        let wrong = definition_ref("web:x").unwrap_err();
        assert_eq!(wrong.message, "Invalid revision number. Number: x");
    }
}
