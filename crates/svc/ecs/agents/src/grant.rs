//! What a node may register as: its join token bound cluster, zone, Fargate and capacity, and every
//! registration is held to it. The control plane's own node and other principals have no such
//! limits, but nobody registers more than the largest machine there is.

use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_records::{
    ecs::InstanceStatus,
    node::{Grant, Node},
};
use wharf_wire::{Call, Context, Fault};

use crate::{
    Agents, binding, deregistration, fault,
    names::{self, Place},
    registration,
    state::ChangeError,
};

/// CPU units and MiB of the largest machine that AWS rents (u7inh-32tb: 1,920 vCPUs, 32 TiB), rounded
/// up. More is a mistake or a lie, and placement would prefer the liar.
const MAX_CPU: u32 = 2048 * UNITS_OF_A_CORE;
const MAX_MEMORY: u32 = 32 << 20;
/// Interfaces of one machine: its VPC's addresses end long before.
const MAX_INTERFACES: u32 = 4096;

/// What is held against a grant.
pub struct Claim<'a> {
    /// The instance of EC2 that it says to be.
    pub ec2_instance: Option<&'a str>,
    pub zone: &'a str,
    pub fargate: bool,
    /// Whether it offers to keep EC2 instances, of all accounts that it serves.
    pub instances: bool,
    pub cpu: u32,
    pub memory: u32,
    pub interfaces: u32,
    /// Whose Fargate tasks it takes alone.
    pub accounts: Vec<String>,
    pub regions: Vec<String>,
}

/// What the caller's join token allows; `None` for callers that are no joined node. One whose
/// record is gone is allowed the least.
pub async fn of(agents: &Agents, cx: &Context) -> Result<Option<Grant>, ChangeError> {
    let Some(name) = binding::joined_node(&cx.caller) else {
        return Ok(None);
    };
    let place = Place::of(cx);
    let key = Node::key(&place.account, &place.region, name);
    let found = agents.state.table.read::<Node>(&key).await?;
    Ok(Some(
        found.map_or_else(Grant::default, |found| found.record.grant),
    ))
}

pub fn check_cluster(grant: Option<&Grant>, cluster: &str) -> Result<(), Fault> {
    match grant {
        Some(grant) if grant.cluster != cluster => Err(refusal(&format!(
            "is for the cluster {}, not {cluster} (--cluster)",
            grant.cluster
        ))),
        _ => Ok(()),
    }
}

pub fn check(grant: Option<&Grant>, claim: &Claim<'_>, default_zone: &str) -> Result<(), Fault> {
    ceiling("CPU", claim.cpu, MAX_CPU)?;
    ceiling("MEMORY", claim.memory, MAX_MEMORY)?;
    ceiling(registration::ENI_SLOTS, claim.interfaces, MAX_INTERFACES)?;
    let Some(grant) = grant else { return Ok(()) };
    if claim.fargate && !grant.fargate {
        return Err(refusal("allows no Fargate tasks (--fargate)"));
    }
    // It would get what other accounts run, with their user data and the credentials of their roles.
    if claim.instances && !grant.keeps_instances() {
        return Err(refusal("allows no EC2 instances (--instances)"));
    }
    if let (Some(said), Some(made_for)) = (claim.ec2_instance, &grant.made_for)
        && said != made_for.instance
    {
        let own = &made_for.instance;
        return Err(refusal(&format!("is for the instance {own}, not {said}")));
    }
    let zone = grant.zone.as_deref().unwrap_or(default_zone);
    if claim.zone != zone {
        return Err(refusal(&format!(
            "is for the zone {zone}, not {} (--zone)",
            claim.zone
        )));
    }
    within("account", &claim.accounts, &grant.accounts)?;
    within("region", &claim.regions, &grant.regions)?;
    let most = |what: &str, flag: &str, claimed: u32, most: Option<u32>| match most {
        Some(most) if claimed > most => Err(refusal(&format!(
            "allows {most} {what}, not {claimed} ({flag})"
        ))),
        _ => Ok(()),
    };
    most("CPU units", "--max-cpu", claim.cpu, grant.max_cpu)?;
    most("MiB", "--max-memory", claim.memory, grant.max_memory)
}

/// Everything that is named must be what the token names, if that names any.
fn within(what: &str, named: &[String], of_token: &[String]) -> Result<(), Fault> {
    let other = named.iter().find(|one| !of_token.contains(one));
    match other.filter(|_| !of_token.is_empty()) {
        None => Ok(()),
        Some(other) => Err(refusal(&format!(
            "is for the {what} {}, not {other} (--{what})",
            of_token.join(", ")
        ))),
    }
}

fn ceiling(resource: &str, claimed: u32, most: u32) -> Result<(), Fault> {
    if claimed <= most {
        return Ok(());
    }
    Err(fault::invalid(format!(
        "{resource} is {claimed}; a container instance has at most {most}."
    )))
}

/// A container instance of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeInstance {
    pub arn: String,
    pub host: String,
    pub ec2_instance: String,
    pub cluster: String,
    pub zone: String,
    pub fargate: bool,
    pub connected: bool,
}

/// Those that a user registered and that still are.
pub fn instances_of(agents: &Agents, place: &Place, user_arn: &str) -> Vec<NodeInstance> {
    agents.state.view.read(place, |region| {
        let mine = region.instances_by(user_arn);
        mine.filter(|it| it.status != InstanceStatus::Inactive)
            .map(|it| {
                let host = region.hosts.get(&it.host);
                NodeInstance {
                    arn: it.arn.clone(),
                    host: it.host.clone(),
                    ec2_instance: it.ec2_instance.clone(),
                    cluster: it.cluster.clone(),
                    zone: host.map_or_else(String::new, |host| host.availability_zone.clone()),
                    fargate: host.is_some_and(|host| host.fargate),
                    connected: it.agent_connected,
                }
            })
            .collect()
    })
}

/// A node is one container instance. An earlier one of a node that lost its state and registers
/// anew is given up; while that one is connected, somebody else uses the node's credentials.
pub async fn supersede(agents: &Agents, call: &Call) -> Result<(), Fault> {
    let earlier = instances_of(agents, &Place::of(call), &call.caller.arn);
    if let Some(connected) = earlier.iter().find(|instance| instance.connected) {
        return Err(refusal(&format!(
            "is for one container instance, and {} is connected",
            connected.arn
        )));
    }
    let given_up = deregister_all(agents, call, &call.caller.arn).await?;
    if !given_up.is_empty() {
        tracing::warn!(
            ?given_up,
            "deregistered: their node lost its state and registers anew"
        );
    }
    Ok(())
}

/// Deregisters by force what a user registered; the ARNs.
pub async fn deregister_all(
    agents: &Agents,
    call: &Call,
    user_arn: &str,
) -> Result<Vec<String>, Fault> {
    agents.state.up_to_date().await;
    let mut gone = Vec::new();
    for instance in instances_of(agents, &Place::of(call), user_arn) {
        let Some((_, cluster, id)) = names::long_arn(&instance.arn) else {
            continue;
        };
        deregistration::deregister(agents, call, cluster, id, true).await?;
        gone.push(instance.arn);
    }
    Ok(gone)
}

/// Cluster, zone and Fargate of the container instance that a user registered, as a grant, and the
/// instance id. Capacity is left open: what a machine shows of its memory changes with its kernel.
pub async fn registered_as(
    agents: &Agents,
    place: &Place,
    user_arn: &str,
) -> Option<(Grant, String)> {
    agents.state.up_to_date().await;
    let instance = instances_of(agents, place, user_arn).into_iter().next()?;
    let grant = Grant {
        cluster: instance.cluster,
        zone: Some(instance.zone),
        fargate: instance.fargate,
        ..Grant::default()
    };
    Some((grant, instance.ec2_instance))
}

fn refusal(why: &str) -> Fault {
    wharf_api_ecs::faults::access_denied_exception(format!(
        "The token that this node joined with {why}. Make another with `wharf token`."
    ))
}

#[cfg(test)]
mod tests {
    use wharf_records::node::MadeFor;

    use super::*;

    const MODEST: Claim<'_> = Claim {
        ec2_instance: None,
        zone: "us-east-1a",
        fargate: false,
        instances: false,
        cpu: 2048,
        memory: 4096,
        interfaces: 120,
        accounts: Vec::new(),
        regions: Vec::new(),
    };

    fn refused(grant: Option<&Grant>, claim: &Claim<'_>) -> String {
        let checked = check(grant, claim, "us-east-1a");
        checked.expect_err("too much was claimed").message
    }

    #[test]
    fn a_modest_claim_passes() {
        assert!(check(None, &MODEST, "us-east-1a").is_ok());
        assert!(check(Some(&Grant::default()), &MODEST, "us-east-1a").is_ok());
        let exact = Grant {
            zone: Some("us-east-1b".to_owned()),
            fargate: true,
            instances: Some(true),
            max_cpu: Some(2048),
            max_memory: Some(4096),
            ..Grant::default()
        };
        let claim = Claim {
            zone: "us-east-1b",
            fargate: true,
            instances: true,
            ..MODEST
        };
        assert!(check(Some(&exact), &claim, "us-east-1a").is_ok());
    }

    #[test]
    fn a_claim_beyond_the_token_names_its_flag() {
        let grant = Grant {
            max_cpu: Some(1024),
            // One right is not the other.
            fargate: false,
            max_memory: Some(4096),
            ..Grant::default()
        };
        let claims = [
            (
                Claim {
                    fargate: true,
                    ..MODEST
                },
                "--fargate",
            ),
            (
                Claim {
                    instances: true,
                    ..MODEST
                },
                "--instances",
            ),
            (
                Claim {
                    zone: "us-east-1b",
                    ..MODEST
                },
                "--zone",
            ),
            (MODEST, "--max-cpu"),
            (
                Claim {
                    cpu: 1024,
                    memory: 4097,
                    ..MODEST
                },
                "--max-memory",
            ),
        ];
        for (claim, flag) in claims {
            let text = refused(Some(&grant), &claim);
            assert!(text.contains(flag), "{text}");
        }
        let bound = Grant {
            regions: vec!["eu-west-1".to_owned()],
            ..Grant::default()
        };
        let elsewhere = Claim {
            regions: vec!["eu-west-1".to_owned(), "eu-west-2".to_owned()],
            ..MODEST
        };
        let text = refused(Some(&bound), &elsewhere);
        assert!(text.contains("not eu-west-2 (--region)"), "{text}");
        assert!(check(Some(&bound), &MODEST, "us-east-1a").is_ok());
        let made = Grant {
            made_for: Some(MadeFor {
                instance: "i-0123456789abcdef0".to_owned(),
                instance_type: "m7i.large".to_owned(),
            }),
            ..Grant::default()
        };
        let own = Claim {
            ec2_instance: Some("i-0123456789abcdef0"),
            ..MODEST
        };
        assert!(check(Some(&made), &own, "us-east-1a").is_ok());
        let another = Claim {
            ec2_instance: Some("i-0123456789abcdef1"),
            ..MODEST
        };
        let text = refused(Some(&made), &another);
        assert!(
            text.contains("the instance i-0123456789abcdef0, not"),
            "{text}"
        );
        let cluster = check_cluster(Some(&grant), "prod").unwrap_err();
        assert!(cluster.message.contains("--cluster"));
        assert!(check_cluster(Some(&grant), "default").is_ok());
        assert!(check_cluster(None, "prod").is_ok());
    }

    #[test]
    fn nobody_has_two_petabytes() {
        let claim = Claim {
            memory: 2_000_000_000,
            ..MODEST
        };
        assert!(refused(None, &claim).contains("MEMORY"));
        let claim = Claim {
            interfaces: u32::MAX,
            ..MODEST
        };
        assert!(refused(None, &claim).contains("wharf.eni-slots"));
    }
}
