//! What a cluster needs next. Pure.

use crate::records::{Cluster, Status};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its authority and the key that signs tokens.
    MakeKeys,
    /// The key of its Secrets, which clusters from before have not.
    MakeSecretsKey,
    /// Its security group.
    MakeGroup,
    /// Its API server answers, and from then on it is active.
    Activate,
    /// What an update changed holds, and from then on it is active again.
    Apply,
    /// Its API server answers, as before a restart.
    KeepRunning,
    /// Everything of it goes, its record last.
    Remove,
    /// It failed: it waits to be deleted.
    Nothing,
}

pub fn step(cluster: &Cluster) -> Step {
    match cluster.status {
        Status::Deleting => Step::Remove,
        Status::Failed => Step::Nothing,
        _ if cluster.authority.is_none() => Step::MakeKeys,
        _ if has_no_secrets_key(cluster) => Step::MakeSecretsKey,
        Status::Creating if cluster.own_group.is_none() => Step::MakeGroup,
        Status::Creating => Step::Activate,
        Status::Updating => Step::Apply,
        Status::Active => Step::KeepRunning,
    }
}

fn has_no_secrets_key(cluster: &Cluster) -> bool {
    let authority = cluster.authority.as_ref();
    authority.is_some_and(|it| it.secrets.is_none())
}

#[cfg(test)]
pub mod tests {
    use wharf_base::Timestamp;
    use wharf_seal::Keyring;

    use super::*;
    use crate::records::{Authority, Mode};

    pub fn cluster() -> Cluster {
        Cluster {
            name: "demo".to_owned(),
            id: "AB".repeat(16),
            status: Status::Creating,
            version: "1.36".to_owned(),
            role: "arn:aws:iam::000000000000:role/eks".to_owned(),
            vpc: "vpc-1".to_owned(),
            subnets: vec!["subnet-1".to_owned(), "subnet-2".to_owned()],
            security_groups: Vec::new(),
            own_group: None,
            groups: 0,
            profiles: 0,
            associations: 0,
            update: None,
            upgraded: None,
            without: Default::default(),
            roles: Default::default(),
            taken: Default::default(),
            provider: None,
            encryption: None,
            admitted: vec!["0.0.0.0/0".to_owned()],
            service_cidr: "10.100.0.0/16".to_owned(),
            mode: Mode::Api,
            creator: None,
            logs: Default::default(),
            creator_is_admin: true,
            support: "EXTENDED".to_owned(),
            deletion_protection: false,
            authority: None,
            port: None,
            endpoint: None,
            issues: Vec::new(),
            created_at: Timestamp::from_millis(1_800_000_000_000),
            token: None,
            tags: Default::default(),
            unknown: Default::default(),
        }
    }

    #[test]
    fn a_cluster_gets_what_it_needs_and_stays() {
        let mut cluster = cluster();
        assert_eq!(step(&cluster), Step::MakeKeys);
        let sealed = Keyring::in_memory().seal(b"", "x");
        cluster.authority = Some(Authority {
            certificate: String::new(),
            key: sealed.clone(),
            tokens: sealed.clone(),
            secrets: None,
        });
        for status in [Status::Creating, Status::Active] {
            cluster.status = status;
            assert_eq!(step(&cluster), Step::MakeSecretsKey);
        }
        cluster.status = Status::Creating;
        cluster.authority.as_mut().unwrap().secrets = Some(sealed);
        assert_eq!(step(&cluster), Step::MakeGroup);
        cluster.own_group = Some("sg-1".to_owned());
        assert_eq!(step(&cluster), Step::Activate);
        cluster.status = Status::Active;
        assert_eq!(step(&cluster), Step::KeepRunning);
        cluster.status = Status::Updating;
        assert_eq!(step(&cluster), Step::Apply);
        cluster.status = Status::Failed;
        assert_eq!(step(&cluster), Step::Nothing);
        cluster.status = Status::Deleting;
        assert_eq!(step(&cluster), Step::Remove);
        cluster.authority = None;
        assert_eq!(step(&cluster), Step::Remove);
    }
}
