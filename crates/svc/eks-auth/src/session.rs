//! The session that a pod gets.

use std::{collections::BTreeMap, error::Error};

use wharf_base::{Timestamp, ids};
use wharf_svc_eks::pod_identity::PodRole;
use wharf_wire::async_trait;

/// Characters of a session's name.
const LONGEST_NAME: usize = 64;

/// What is asked of whoever makes sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub role: String,
    /// A role that the first one assumes, and the external id that it shows.
    pub target: Option<(String, String)>,
    pub name: String,
    /// All of them go on to roles that the session assumes.
    pub tags: BTreeMap<String, String>,
    pub policy: Option<String>,
    pub cluster_arn: String,
    pub region: String,
}

#[derive(Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expires: Timestamp,
    /// `arn:aws:sts::A:assumed-role/R/S`
    pub arn: String,
    /// `AROA…:S`
    pub role_id: String,
}

#[derive(Debug, thiserror::Error)]
pub enum NoCredentials {
    /// A role is not there, or does not trust who is to assume it.
    #[error("a role cannot be assumed: {0}")]
    Refused(String),
    #[error("roles cannot be looked up")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
}

/// Makes sessions of roles.
#[async_trait]
pub trait Roles: Send + Sync + 'static {
    async fn assume(&self, session: Session) -> Result<Credentials, NoCredentials>;
}

/// Pure but for the name, which is another each time.
pub fn of(found: &PodRole, cluster: &str, region: &str) -> Session {
    let target = found.association.target.clone();
    Session {
        role: found.association.role.clone(),
        target: target.map(|it| (it, found.external_id.clone())),
        name: name(cluster, &found.pod.name, &ids::uuid()),
        tags: match found.association.untagged {
            true => BTreeMap::new(),
            false => tags(found, cluster),
        },
        policy: found.association.policy.clone(),
        cluster_arn: found.cluster_arn.clone(),
        region: region.to_owned(),
    }
}

/// As EKS names them: policies are written about these.
fn tags(found: &PodRole, cluster: &str) -> BTreeMap<String, String> {
    let pod = &found.pod;
    let tags = [
        ("eks-cluster-arn", found.cluster_arn.as_str()),
        ("eks-cluster-name", cluster),
        ("kubernetes-namespace", &pod.namespace),
        ("kubernetes-service-account", &pod.service_account),
        ("kubernetes-pod-name", &pod.name),
        ("kubernetes-pod-uid", &pod.uid),
    ];
    tags.map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into()
}

/// `eks-<cluster>-<pod>-<uuid>`; of cluster and pod what there is room for.
fn name(cluster: &str, pod: &str, uuid: &str) -> String {
    let mut name = format!("eks-{cluster}-{pod}");
    name.truncate(LONGEST_NAME - uuid.len() - 1);
    format!("{name}-{uuid}")
}

#[cfg(test)]
mod tests {
    use wharf_svc_eks::{control_planes::PodOfToken, pod_identity::Association};

    use super::*;

    fn found(untagged: bool) -> PodRole {
        let at = Timestamp::from_millis(0);
        PodRole {
            cluster_arn: "arn:aws:eks:us-east-1:000000000000:cluster/demo".to_owned(),
            pod: PodOfToken {
                namespace: "team".to_owned(),
                service_account: "worker".to_owned(),
                name: "web-0".to_owned(),
                uid: "u1".to_owned(),
            },
            association: Association {
                id: "a-1".to_owned(),
                cluster: "demo".to_owned(),
                namespace: "team".to_owned(),
                service_account: "worker".to_owned(),
                role: "arn:aws:iam::000000000000:role/pods".to_owned(),
                target: None,
                untagged,
                policy: None,
                owner: None,
                created_at: at,
                modified_at: at,
                token: None,
                tags: Default::default(),
                unknown: Default::default(),
            },
            association_arn: String::new(),
            external_id: "us-east-1/000000000000/demo/team/worker".to_owned(),
        }
    }

    #[test]
    fn a_session_says_which_pod_it_is_of_unless_that_is_off() {
        let session = of(&found(false), "demo", "us-east-1");
        let tags: Vec<_> = session
            .tags
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        assert_eq!(
            tags,
            [
                "eks-cluster-arn=arn:aws:eks:us-east-1:000000000000:cluster/demo",
                "eks-cluster-name=demo",
                "kubernetes-namespace=team",
                "kubernetes-pod-name=web-0",
                "kubernetes-pod-uid=u1",
                "kubernetes-service-account=worker",
            ]
        );
        assert!(session.name.starts_with("eks-demo-web-0-"));
        assert_eq!(session.target, None);
        assert!(of(&found(true), "demo", "us-east-1").tags.is_empty());
    }

    #[test]
    fn a_second_role_is_shown_the_id_of_the_association() {
        let mut found = found(false);
        let far = "arn:aws:iam::111111111111:role/far".to_owned();
        found.association.target = Some(far.clone());
        let session = of(&found, "demo", "us-east-1");
        assert_eq!(
            session.target,
            Some((far, "us-east-1/000000000000/demo/team/worker".to_owned()))
        );
    }

    #[test]
    fn names_fit_and_stay_apart() {
        let uuid = "0b5cda09-1111-2222-3333-444444444444";
        let long = name(&"c".repeat(100), "pod", uuid);
        assert_eq!(long.len(), LONGEST_NAME);
        assert!(long.ends_with(uuid));
        assert_eq!(name("a", "b", uuid), format!("eks-a-b-{uuid}"));
    }
}
