//! What a join token allows, from the request for it and to who lists nodes.

use std::net::IpAddr;

use wharf_api_wharf::types::{CreateJoinTokenRequest, Grant as Shown};
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_records::node::Grant;
use wharf_wire::Fault;

use crate::control::fault::invalid;

/// The grant that a request describes; else what is wrong with it.
pub fn read(input: CreateJoinTokenRequest) -> Result<Grant, Fault> {
    let nothing = Grant::default();
    Ok(Grant {
        cluster: input.cluster.unwrap_or(nothing.cluster),
        zone: input.zone,
        fargate: input.fargate.unwrap_or_default(),
        instances: Some(input.instances.unwrap_or_default()),
        balancers: input.load_balancer.unwrap_or_default(),
        max_cpu: number("maxCpu", input.max_cpu, UNITS_OF_A_CORE)?,
        max_memory: number("maxMemory", input.max_memory, 1)?,
        underlay: input.underlay.as_deref().map(underlay).transpose()?,
        accounts: input.accounts.unwrap_or_default(),
        regions: input.regions.unwrap_or_default(),
        made_for: None,
        pool: false,
    })
}

fn number(name: &str, value: Option<i32>, unit: u32) -> Result<Option<u32>, Fault> {
    let Some(value) = value else {
        return Ok(None);
    };
    let units = u32::try_from(value)
        .ok()
        .and_then(|it| it.checked_mul(unit));
    let units = units.filter(|it| *it > 0);
    units.map(Some).ok_or_else(|| wrong(name, value))
}

/// The overlay is carried over IPv4, to addresses of one host.
fn underlay(text: &str) -> Result<IpAddr, Fault> {
    let address = text.parse().ok().filter(wharf_hosts::is_underlay);
    address.ok_or_else(|| wrong("underlay", text))
}

fn wrong(name: &str, value: impl std::fmt::Display) -> Fault {
    invalid(format!("Value '{value}' at '{name}' is not understood."))
}

/// A grant as the contract has it.
pub fn shown(grant: &Grant) -> Shown {
    let number = |of: u32| i32::try_from(of).unwrap_or(i32::MAX);
    Shown {
        cluster: Some(grant.cluster.clone()),
        zone: grant.zone.clone(),
        fargate: Some(grant.fargate),
        instances: Some(grant.keeps_instances()),
        load_balancer: Some(grant.balancers),
        max_cpu: grant.max_cpu.map(|units| number(units / UNITS_OF_A_CORE)),
        max_memory: grant.max_memory.map(number),
        underlay: grant.underlay.map(|it| it.to_string()),
        accounts: Some(grant.accounts.clone()),
        regions: Some(grant.regions.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> CreateJoinTokenRequest {
        CreateJoinTokenRequest::default()
    }

    #[test]
    fn a_request_says_what_is_allowed() {
        let nothing = Grant {
            instances: Some(false),
            ..Grant::default()
        };
        assert_eq!(read(request()).unwrap(), nothing);
        let all = CreateJoinTokenRequest {
            cluster: Some("prod".to_owned()),
            zone: Some("us-east-1b".to_owned()),
            fargate: Some(true),
            instances: Some(true),
            max_cpu: Some(4),
            max_memory: Some(8192),
            underlay: Some("10.0.0.7".to_owned()),
            load_balancer: Some(true),
            accounts: Some(vec!["111122223333".to_owned()]),
            regions: Some(vec!["eu-west-1".to_owned(), "eu-west-2".to_owned()]),
        };
        let grant = Grant {
            cluster: "prod".to_owned(),
            zone: Some("us-east-1b".to_owned()),
            fargate: true,
            instances: Some(true),
            max_cpu: Some(4096),
            max_memory: Some(8192),
            underlay: Some([10, 0, 0, 7].into()),
            balancers: true,
            accounts: vec!["111122223333".to_owned()],
            regions: vec!["eu-west-1".to_owned(), "eu-west-2".to_owned()],
            made_for: None,
            pool: false,
        };
        assert_eq!(read(all).unwrap(), grant);
        let shown = shown(&grant);
        assert_eq!((shown.max_cpu, shown.load_balancer), (Some(4), Some(true)));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let cpu = |max_cpu| CreateJoinTokenRequest {
            max_cpu: Some(max_cpu),
            ..request()
        };
        let underlay = |address: &str| CreateJoinTokenRequest {
            underlay: Some(address.to_owned()),
            ..request()
        };
        for wrong in [
            cpu(-1),
            cpu(0),
            cpu(i32::MAX),
            underlay("127.0.0.1"),
            underlay("fe80::1"),
            underlay("here"),
        ] {
            let fault = read(wrong).unwrap_err();
            assert!(fault.message.contains("is not understood"), "{fault:?}");
        }
    }
}
