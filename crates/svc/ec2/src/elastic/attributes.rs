//! DescribeAddressesAttribute, ModifyAddressAttribute and ResetAddressAttribute: the one attribute is the name that an
//! elastic address leads back to, for whoever asks a name service of the installation.
//!
//! As with AWS the name must lead to the address first. It is in force once it is written: hosts learn it with the other
//! records, so an answer shows it as pending and the next description as it is.

use std::net::Ipv4Addr;

use wharf_api_ec2::types::{
    AddressAttribute, DescribeAddressesAttributeRequest, DescribeAddressesAttributeResult,
    ModifyAddressAttributeRequest, ModifyAddressAttributeResult, PtrUpdateStatus,
    ResetAddressAttributeRequest, ResetAddressAttributeResult,
};
use wharf_records::Record as _;
use wharf_wire::{Call, Fault};

use super::ElasticAddress;
use crate::{Ec2Service, fault};

/// The one attribute that there is.
const DOMAIN_NAME: &str = "domain-name";
/// Until hosts know of it.
const PENDING: &str = "PENDING";
/// Bytes of a name of the DNS, and of a label of it.
const MAX_NAME: usize = 253;
const MAX_LABEL: usize = 63;

pub async fn describe_attribute(
    service: &Ec2Service,
    call: &Call,
    input: DescribeAddressesAttributeRequest,
) -> Result<DescribeAddressesAttributeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    check_attribute(input.attribute.as_deref().unwrap_or(DOMAIN_NAME))?;
    let list = format!("{}-attribute", ElasticAddress::KIND);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, &list, &input.allocation_ids, page)?;
    let mut ids = input.allocation_ids.unwrap_or_default();
    let all = if ids.is_empty() {
        service.all::<ElasticAddress>(call).await?
    } else {
        ids.sort();
        ids.dedup();
        let mut named = Vec::with_capacity(ids.len());
        for id in &ids {
            named.push(service.get::<ElasticAddress>(call, id).await?);
        }
        named
    };
    let with_name = all.into_iter().filter(|it| it.reverse_name.is_some());
    let (page, next_token) = page.cut(with_name, |it| it.id.as_str());
    let shown = page.into_iter().map(|it| AddressAttribute {
        public_ip: Some(it.address.to_string()),
        ptr_record: it.reverse_name.as_deref().map(absolute),
        allocation_id: Some(it.id),
        ptr_record_update: None,
    });
    Ok(DescribeAddressesAttributeResult {
        addresses: Some(shown.collect()),
        next_token,
    })
}

pub async fn modify_attribute(
    service: &Ec2Service,
    call: &Call,
    input: ModifyAddressAttributeRequest,
) -> Result<ModifyAddressAttributeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.allocation_id.as_deref().unwrap_or_default();
    let given = input.domain_name.as_deref().filter(|it| !it.is_empty());
    let given = given.ok_or_else(|| fault::missing_parameter("DomainName"))?;
    let name = checked_name(given).ok_or_else(|| fault::bad_value_of("DomainName", given))?;
    let address = service.get::<ElasticAddress>(call, id).await?.address;
    let leads_to = match service.forward_names.get() {
        Some(names) => names.addresses(&call.account, &name).await,
        None => Vec::new(),
    };
    if !leads_to.contains(&address) {
        return Err(fault::name_leads_elsewhere(&name, address));
    }
    let replace = |it: &mut ElasticAddress| Ok(it.reverse_name.replace(name.clone()));
    let before = service.change(call, id, replace).await?;
    Ok(ModifyAddressAttributeResult {
        address: Some(changed((id, address), before.as_deref(), Some(&name))),
    })
}

pub async fn reset_attribute(
    service: &Ec2Service,
    call: &Call,
    input: ResetAddressAttributeRequest,
) -> Result<ResetAddressAttributeResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.allocation_id.as_deref().unwrap_or_default();
    check_attribute(input.attribute.as_deref().unwrap_or_default())?;
    let take = |it: &mut ElasticAddress| Ok((it.address, it.reverse_name.take()));
    let (address, before) = service.change(call, id, take).await?;
    Ok(ResetAddressAttributeResult {
        address: Some(changed((id, address), before.as_deref(), None)),
    })
}

fn check_attribute(name: &str) -> Result<(), Fault> {
    match name {
        DOMAIN_NAME => Ok(()),
        "" => Err(fault::missing_parameter("Attribute")),
        other => Err(fault::bad_value_of("attribute", other)),
    }
}

/// What an answer says of a change: the former name, and what becomes of it where that is another.
fn changed(
    (id, address): (&str, Ipv4Addr),
    before: Option<&str>,
    after: Option<&str>,
) -> AddressAttribute {
    AddressAttribute {
        public_ip: Some(address.to_string()),
        allocation_id: Some(id.to_owned()),
        ptr_record: before.map(absolute),
        ptr_record_update: (before != after).then(|| PtrUpdateStatus {
            value: after.map(absolute),
            status: Some(PENDING.to_owned()),
            reason: None,
        }),
    }
}

/// As AWS writes them.
fn absolute(name: &str) -> String {
    format!("{name}.")
}

/// A name of a host with a domain, in lower case and without the dot at its end; `None` for what is none.
fn checked_name(given: &str) -> Option<String> {
    let name = given.strip_suffix('.').unwrap_or(given);
    let is_label = |label: &str| {
        (1..=MAX_LABEL).contains(&label.len())
            && label
                .bytes()
                .all(|it| it.is_ascii_alphanumeric() || it == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let (_, last) = name.rsplit_once('.')?;
    // What ends with a number is an address, or nothing.
    let is_name = name.len() <= MAX_NAME
        && name.split('.').all(is_label)
        && !last.bytes().all(|it| it.is_ascii_digit());
    is_name.then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosts() {
        let check = |given: &str, expected: Option<&str>| {
            assert_eq!(checked_name(given).as_deref(), expected, "{given}");
        };
        check("Mail.Example.com.", Some("mail.example.com"));
        check("a-1.b", Some("a-1.b"));
        for none in [
            "mail",
            ".",
            "a..b",
            ".example.com",
            "example.com..",
            "-a.example.com",
            "a-.example.com",
            "a_b.example.com",
            "*.example.com",
            "ä.example.com",
            "198.19.0.7",
        ] {
            check(none, None);
        }
        let label = "a".repeat(MAX_LABEL);
        check(&format!("{label}.b"), Some(&format!("{label}.b")));
        check(&format!("a{label}.b"), None);
        let long = [label.as_str(); 4].join(".");
        assert_eq!(long.len(), MAX_NAME + 2);
        check(&long, None);
        check(&long[2..], Some(&long[2..]));
    }
}
