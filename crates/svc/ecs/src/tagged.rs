//! Resources of ECS that have tags.

use wharf_records::{
    decode,
    ecs::{Cluster, ClusterStatus},
};
use wharf_service::{Held, Kind, Tagged};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "ecs",
    namespace: "ecs",
    kinds: &[
        Kind::itself("capacity-provider", |id| format!("capacity-provider/{id}")),
        Kind::within("cluster", cluster),
        Kind::itself("definition", definition),
        Kind::itself("instance", |id| member("container-instance", id)),
        Kind::itself("service", |id| member("service", id)),
        Kind::itself("task", |id| member("task", id)),
    ],
};

/// None that was deleted, which is described for a while yet.
fn cluster(id: &str, value: &[u8]) -> Held {
    let cluster: Cluster = decode(value)?;
    Ok(match cluster.status {
        ClusterStatus::Active => vec![(format!("cluster/{id}"), cluster.tags)],
        ClusterStatus::Inactive => Vec::new(),
    })
}

/// `web:0000000007`, as keys sort.
fn definition(id: &str) -> String {
    let (family, revision) = id.rsplit_once(':').unwrap_or((id, ""));
    format!(
        "task-definition/{family}:{}",
        revision.trim_start_matches('0')
    )
}

/// `CLUSTER:ID`
fn member(kind: &str, id: &str) -> String {
    format!("{kind}/{}", id.replacen(':', "/", 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clusters_that_were_deleted_are_left_out() {
        let held = |status: &str| {
            let record = json!({
                "name": "web",
                "arn": "arn:aws:ecs:us-east-1:000000000000:cluster/web",
                "status": status,
                "created_at": 0,
                "tags": {"a": "b"},
            });
            let record: Cluster = serde_json::from_value(record).unwrap();
            cluster("web", &wharf_records::encode(&record)).unwrap()
        };
        let tags = wharf_records::ecs::Tags::from([("a".to_owned(), "b".to_owned())]);
        assert_eq!(held("ACTIVE"), [("cluster/web".to_owned(), tags)]);
        assert!(held("INACTIVE").is_empty());
    }

    #[test]
    fn ids_become_arns() {
        assert_eq!(definition("web:0000000070"), "task-definition/web:70");
        assert_eq!(member("task", "default:ab"), "task/default/ab");
    }
}
