//! What a maker is told of a machine: what it is to be, and how its node joins.

use wharf_records::Scope;

use super::{
    super::Provider,
    Maker,
    client::Trouble,
    protocol::{Joining, Machine, Named},
    token_purpose,
};
use crate::{
    Ec2Service, instance_types,
    records::{Instance, user_data_purpose},
    user_data,
};

/// What says in user data which cluster the instance joins.
const CLUSTER: &str = "ECS_CLUSTER=";
const DEFAULT_CLUSTER: &str = "default";
/// Longest name of a cluster.
const MAX_CLUSTER: usize = 255;

/// The cluster that user data has its instance join: the last that it writes into `ecs.config`. Pure.
pub fn cluster(user_data: &[u8]) -> String {
    let text = String::from_utf8_lossy(user_data);
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let named = text.match_indices(CLUSTER).filter_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        // Not the end of another name.
        if before.is_some_and(is_of_name) {
            return None;
        }
        let rest = text[at + CLUSTER.len()..].trim_start_matches(['"', '\'']);
        let name: String = rest.chars().take_while(|c| is_of_name(*c)).collect();
        (1..=MAX_CLUSTER).contains(&name.len()).then_some(name)
    });
    named.last().unwrap_or_else(|| DEFAULT_CLUSTER.to_owned())
}

impl Ec2Service {
    /// The user data of an instance, as its program reads it; nothing where there is none, or none that can be read.
    pub(super) fn plain_user_data(&self, scope: &Scope, it: &Instance) -> Vec<u8> {
        let text = opened(self, scope, it).ok().flatten();
        let decoded = text.map(|it| user_data::decoded(&it));
        decoded.and_then(Result::ok).unwrap_or_default()
    }
}

/// In base64.
fn opened(service: &Ec2Service, scope: &Scope, it: &Instance) -> Result<Option<String>, Trouble> {
    let Some(sealed) = &it.user_data else {
        return Ok(None);
    };
    let purpose = user_data_purpose(&scope.account, &scope.region, &it.id);
    let opened = service.keyring.open(sealed, &purpose);
    let opened = opened.map_err(|error| Trouble::Unreadable(error.to_string()))?;
    Ok(opened.expose_str().map(str::to_owned))
}

/// What is to be made.
///
/// # Errors
/// Something of the record cannot be read.
pub(super) fn machine(
    service: &Ec2Service,
    scope: &Scope,
    it: &Instance,
) -> Result<Machine, Trouble> {
    let unknown = || Trouble::Unreadable(format!("the type {} is not known", it.instance_type));
    let kind = instance_types::find(&it.instance_type).ok_or_else(unknown)?;
    let groups = it.interface.groups.iter().map(|group| Named {
        id: group.id.clone(),
        name: group.name.clone(),
    });
    Ok(Machine {
        account: scope.account.clone(),
        region: scope.region.clone(),
        zone: it.zone.clone(),
        instance_type: it.instance_type.clone(),
        vcpus: kind.vcpus,
        memory_mib: kind.memory_mib,
        architecture: it.image.architecture.clone(),
        disk_gib: it.disk_gib,
        vpc_id: it.vpc_id.clone(),
        subnet_id: it.subnet_id.clone(),
        subnet_cidr: it.interface.subnet_cidr,
        private_address: it.interface.address.to_string(),
        mac: it.interface.mac.clone(),
        security_groups: groups.collect(),
        image_id: it.image.id.clone(),
        image: it.image.registry.clone(),
        public_key: it.key.as_ref().and_then(|it| it.public.clone()),
        user_data: opened(service, scope, it)?,
        tags: it.tags.clone(),
    })
}

/// How its node joins.
///
/// # Errors
/// The token does not open.
pub(super) fn joining(
    service: &Ec2Service,
    maker: &Maker,
    scope: &Scope,
    it: &Instance,
) -> Result<Joining, Trouble> {
    let sealed = match &it.provider {
        Provider::Webhook(made) => made.token.as_ref(),
        _ => None,
    };
    let none = || Trouble::Unreadable("there is no token".to_owned());
    let purpose = token_purpose(&scope.account, &scope.region, &it.id);
    let token = service.keyring.open(sealed.ok_or_else(none)?, &purpose);
    let token = token.map_err(|error| Trouble::Unreadable(error.to_string()))?;
    Ok(Joining {
        token: token.expose_str().ok_or_else(none)?.to_owned(),
        servers: maker.parts.servers.clone(),
        authorities: maker.parts.nodes.authorities(),
        cluster: cluster(&service.plain_user_data(scope, it)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_data_says_the_cluster() {
        for (text, name) in [
            ("", "default"),
            ("#!/bin/sh\necho hello\n", "default"),
            (
                "#!/bin/sh\necho ECS_CLUSTER=prod >> /etc/ecs/ecs.config\n",
                "prod",
            ),
            (
                "cat <<'EOF' >> /etc/ecs/ecs.config\nECS_CLUSTER=web_2\nECS_LOGLEVEL=debug\nEOF\n",
                "web_2",
            ),
            ("echo \"ECS_CLUSTER='a-b'\" > /etc/ecs/ecs.config", "a-b"),
            ("ECS_CLUSTER=\"first\"\nECS_CLUSTER=second\n", "second"),
            ("MY_ECS_CLUSTER=other\n", "default"),
            ("ECS_CLUSTER=$NAME\n", "default"),
            ("ECS_CLUSTER=", "default"),
        ] {
            assert_eq!(cluster(text.as_bytes()), name, "{text}");
        }
        assert_eq!(cluster(&[0xff, 0xfe, b'E']), "default");
        let long = format!("ECS_CLUSTER={}", "x".repeat(256));
        assert_eq!(cluster(long.as_bytes()), "default");
    }
}
