//! The services whose resources have tags, for the tagging API.

use wharf_service::Tagged;

/// All of them.
pub static SOURCES: [Tagged; 6] = [
    wharf_svc_acm::TAGGED,
    wharf_svc_ec2::TAGGED,
    wharf_svc_ecr::TAGGED,
    ECS,
    wharf_svc_elbv2::TAGGED,
    wharf_svc_logs::TAGGED,
];

const ECS: Tagged = Tagged {
    service: "ecs",
    namespace: "ecs",
    kinds: &[
        ("cluster", |id| format!("cluster/{id}")),
        ("definition", |id| definition(id)),
        ("instance", |id| member("container-instance", id)),
        ("service", |id| member("service", id)),
        ("task", |id| member("task", id)),
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
    fn ids_of_ecs_become_arns() {
        assert_eq!(definition("web:0000000070"), "task-definition/web:70");
        assert_eq!(member("task", "default:ab"), "task/default/ab");
    }
}
