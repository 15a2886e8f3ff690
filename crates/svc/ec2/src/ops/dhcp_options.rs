//! CreateDhcpOptions, DeleteDhcpOptions and AssociateDhcpOptions: whom the tasks and instances of a VPC ask for
//! names, and in which domains they seek short ones. Nothing of wharf's asks for the time or for names of
//! NetBIOS servers by DHCP, so those options are refused.

use wharf_api_ec2::types::{
    AssociateDhcpOptionsRequest, CreateDhcpOptionsRequest, CreateDhcpOptionsResult,
    DeleteDhcpOptionsRequest, NewDhcpConfiguration,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Context, Fault};

use super::describe_dhcp_options::shown;
use crate::{
    Ec2Service, fault,
    records::{DhcpGiven, DhcpOptions, Vpc},
    table::LeanOn,
    tags,
};

pub const DOMAIN_NAME: &str = "domain-name";
pub const NAME_SERVERS: &str = "domain-name-servers";
/// The name service of the VPC itself.
pub const PROVIDED: &str = "AmazonProvidedDNS";
/// What a VPC without options has for their id.
pub const NONE: &str = "default";
/// As AWS has it; resolv.conf(5) heeds three.
const MAX_NAME_SERVERS: usize = 4;
/// Bytes of a name of the DNS.
const MAX_NAME: usize = 253;
const MAX_DOMAINS: usize = 6;
const MAX_SETS: usize = 100;

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateDhcpOptionsRequest,
) -> Result<CreateDhcpOptionsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let given = read(input.dhcp_configurations.as_deref().unwrap_or_default())?;
    let specifications = input.tag_specifications.as_deref();
    let tags = tags::specified(call, specifications, DhcpOptions::KIND)?;
    if service.all::<DhcpOptions>(call).await?.len() >= MAX_SETS {
        return Err(fault::too_many_dhcp_options());
    }
    let options = DhcpOptions {
        id: ids::ec2_id("dopt"),
        given: Some(given),
        tags,
        unknown: Unknown::new(),
    };
    let key = Ec2Service::key::<DhcpOptions>(call, &options.id);
    service
        .commit(call, Txn::new().put(key, encode(&options)))
        .await?;
    Ok(CreateDhcpOptionsResult {
        dhcp_options: Some(shown(&options, call)),
    })
}

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteDhcpOptionsRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.dhcp_options_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<DhcpOptions>(call, id).await?;
        let vpcs: Vec<Vpc> = service.all(call).await?;
        if vpcs.iter().any(|vpc| vpc.dhcp_options_id == id) {
            return Err(fault::dhcp_options_in_use(id));
        }
        tx.join(Txn::new().remove(call, &stored, fence));
    });
    Ok(())
}

pub async fn associate(
    service: &Ec2Service,
    call: &Call,
    input: AssociateDhcpOptionsRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.dhcp_options_id.as_deref().unwrap_or_default();
    let vpc = input.vpc_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let mut txn = Txn::new();
        if id != NONE {
            service.get::<DhcpOptions>(call, id).await?;
            txn = txn.lean_on::<DhcpOptions>(call, id);
        }
        let stored = service.get_stored::<Vpc>(call, vpc).await?;
        let mut record = stored.record.clone();
        record.dhcp_options_id = id.to_owned();
        let txn = txn
            .when(stored.unchanged())
            .put(&stored.key, encode(&record));
        tx.join(txn);
    });
    Ok(())
}

/// What the options of a VPC say; nothing where they are those of all VPCs.
pub async fn of_vpc(service: &Ec2Service, cx: &Context, vpc: &str) -> Result<DhcpGiven, Fault> {
    let vpc: Vpc = service.get(cx, vpc).await?;
    let options: Option<DhcpOptions> = service.find(cx, &vpc.dhcp_options_id).await?;
    Ok(options.and_then(|it| it.given).unwrap_or_default())
}

fn read(configurations: &[NewDhcpConfiguration]) -> Result<DhcpGiven, Fault> {
    let mut given = DhcpGiven::default();
    for configuration in configurations {
        let key = configuration.key.as_deref().unwrap_or_default();
        let values = configuration.values.as_deref().unwrap_or_default();
        match key {
            DOMAIN_NAME if given.domain_name.is_none() => {
                given.domain_name = Some(domain_name(values)?);
            }
            NAME_SERVERS if given.name_servers.is_empty() => {
                given.name_servers = name_servers(values)?;
            }
            DOMAIN_NAME | NAME_SERVERS => {
                return Err(fault::bad_value(format!(
                    "The option {key} is given more than once."
                )));
            }
            "ntp-servers"
            | "netbios-name-servers"
            | "netbios-node-type"
            | "ipv6-address-preferred-lease-time" => {
                return Err(fault::unsupported_parameter(key));
            }
            other => {
                return Err(fault::bad_value(format!(
                    "Value ({other}) for parameter key is invalid. Unknown DHCP option"
                )));
            }
        }
    }
    if given == DhcpGiven::default() {
        return Err(fault::missing_parameter("dhcpConfigurations"));
    }
    Ok(given)
}

/// One value, which may hold several domains, as Linux reads it.
fn domain_name(values: &[String]) -> Result<String, Fault> {
    let bad = |text: &str| {
        fault::bad_value(format!(
            "Value ({text}) for parameter domain-name is invalid. Invalid domain name specified"
        ))
    };
    let [text] = values else {
        return Err(bad(&values.join(",")));
    };
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let is_name =
        |name: &str| name.len() <= MAX_NAME && name.trim_end_matches('.').split('.').all(is_label);
    let domains: Vec<&str> = text.split_whitespace().collect();
    let fits = (1..=MAX_DOMAINS).contains(&domains.len());
    match fits && domains.iter().all(|name| is_name(name)) {
        true => Ok(domains.join(" ")),
        false => Err(bad(text)),
    }
}

/// Addresses, or the VPC's own name service alone.
fn name_servers(values: &[String]) -> Result<Vec<String>, Fault> {
    let values: Vec<&str> = values
        .iter()
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    if values == [PROVIDED] {
        return Ok(vec![PROVIDED.to_owned()]);
    }
    let is_host = |text: &&str| {
        let address = text.parse::<std::net::Ipv4Addr>();
        address.is_ok_and(|it| !(it.is_unspecified() || it.is_multicast() || it.is_broadcast()))
    };
    let bad = values.iter().find(|text| !is_host(text));
    match bad {
        None if (1..=MAX_NAME_SERVERS).contains(&values.len()) => {
            Ok(values.into_iter().map(str::to_owned).collect())
        }
        None => Err(fault::bad_value(format!(
            "At most {MAX_NAME_SERVERS} domain name servers can be specified."
        ))),
        Some(text) => Err(fault::bad_value(format!(
            "Value ({text}) for parameter domain-name-servers is invalid. Invalid IPv4 address"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(key: &str, values: &[&str]) -> NewDhcpConfiguration {
        NewDhcpConfiguration {
            key: Some(key.to_owned()),
            values: Some(values.iter().map(|it| (*it).to_owned()).collect()),
        }
    }

    #[test]
    fn options_are_read_strictly() {
        let given = read(&[
            option(DOMAIN_NAME, &["corp.example  lab.example"]),
            option(NAME_SERVERS, &["10.0.0.9", "10.0.0.10"]),
        ]);
        let wanted = DhcpGiven {
            domain_name: Some("corp.example lab.example".to_owned()),
            name_servers: vec!["10.0.0.9".to_owned(), "10.0.0.10".to_owned()],
        };
        assert_eq!(given.unwrap(), wanted);
        assert!(read(&[option(NAME_SERVERS, &[PROVIDED])]).is_ok());
        for bad in [
            option(DOMAIN_NAME, &[]),
            option(DOMAIN_NAME, &["a..b"]),
            option(DOMAIN_NAME, &["a\nnameserver 1.2.3.4;"]),
            option(NAME_SERVERS, &[]),
            option(NAME_SERVERS, &["10.0.0.9", PROVIDED]),
            option(NAME_SERVERS, &["fd00::1"]),
            option(
                NAME_SERVERS,
                &["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4", "1.1.1.5"],
            ),
            option("ntp-servers", &["10.0.0.9"]),
            option("nonsense", &["1"]),
        ] {
            assert!(read(std::slice::from_ref(&bad)).is_err(), "{bad:?}");
        }
        assert!(read(&[]).is_err());
        let twice = [option(DOMAIN_NAME, &["a"]), option(DOMAIN_NAME, &["b"])];
        assert!(read(&twice).is_err());
    }
}
