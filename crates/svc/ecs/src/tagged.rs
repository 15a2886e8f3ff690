//! Resources of ECS that have tags.

use wharf_service::{Kind, Tagged};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "ecs",
    namespace: "ecs",
    kinds: &[
        Kind::itself("capacity-provider", |id| format!("capacity-provider/{id}")),
        Kind::itself("cluster", |id| format!("cluster/{id}")),
        Kind::itself("definition", definition),
        Kind::itself("instance", |id| member("container-instance", id)),
        Kind::itself("service", |id| member("service", id)),
        Kind::itself("task", |id| member("task", id)),
    ],
};

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
    use super::*;

    #[test]
    fn ids_become_arns() {
        assert_eq!(definition("web:0000000070"), "task-definition/web:70");
        assert_eq!(member("task", "default:ab"), "task/default/ab");
    }
}
