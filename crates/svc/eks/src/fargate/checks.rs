//! What requests ask of Fargate profiles. Pure.

use wharf_api_ec2::{RouteTable, Subnet};
use wharf_api_eks::FargateProfileSelector;
use wharf_wire::Fault;

use super::Selector;
use crate::{fault, names};

const MOST_SELECTORS: usize = 5;
const MOST_LABELS: usize = 5;
const MOST_NAME: usize = 63;
/// Of a namespace, and of keys and values of labels, as Kubernetes has them.
const MOST_NAMESPACE: usize = 63;
const MOST_KEY: usize = 253 + 1 + 63;
const MOST_VALUE: usize = 63;

pub fn name(given: &str) -> Result<(), Fault> {
    if !names::is_name(given) || given.len() > MOST_NAME {
        return Err(fault::invalid(
            "The fargateProfileName can have 1 to 63 letters, digits, hyphens and underscores, and must begin with a letter or digit.",
        ));
    }
    match given.starts_with("eks-") {
        true => Err(fault::invalid(
            "The fargate profile name starts with the reserved prefix: 'eks-'.",
        )),
        false => Ok(()),
    }
}

pub fn selectors(given: Option<Vec<FargateProfileSelector>>) -> Result<Vec<Selector>, Fault> {
    let given = given.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid(
            "Fargate Profile requires at least one selector.",
        ));
    }
    if given.len() > MOST_SELECTORS {
        return Err(fault::invalid(format!(
            "Request contains more than {MOST_SELECTORS} Selectors"
        )));
    }
    given.into_iter().map(selector).collect()
}

fn selector(given: FargateProfileSelector) -> Result<Selector, Fault> {
    let namespace = given.namespace.unwrap_or_default();
    if namespace.is_empty() {
        return Err(fault::invalid(
            "Fargate Profile must have at least one selector with at least one namespace value.",
        ));
    }
    let labels = given.labels.unwrap_or_default();
    if labels.len() > MOST_LABELS {
        return Err(fault::invalid(format!(
            "Request contains Selector with more than {MOST_LABELS} Label pairs"
        )));
    }
    pattern("namespace", &namespace, MOST_NAMESPACE, "-")?;
    for (key, value) in &labels {
        if key.is_empty() {
            return Err(fault::invalid("A label key of a Selector is empty"));
        }
        pattern("label key", key, MOST_KEY, "-_./")?;
        pattern("label value", value, MOST_VALUE, "-_.")?;
    }
    Ok(Selector { namespace, labels })
}

/// What Kubernetes lets such a text have, and wildcards.
fn pattern(what: &str, text: &str, most: usize, marks: &str) -> Result<(), Fault> {
    let is_one = |it: char| it.is_ascii_alphanumeric() || marks.contains(it) || "*?".contains(it);
    match text.len() <= most && text.chars().all(is_one) {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "The {what} {text} of a Selector can have at most {most} letters, digits, wildcards (* and ?) and any of {marks}"
        ))),
    }
}

/// The subnets are of the VPC, and none of them leads to an internet gateway by itself. `tables` are those of the VPC.
pub fn private(vpc: &str, subnets: &[Subnet], tables: &[RouteTable]) -> Result<(), Fault> {
    for subnet in subnets {
        let id = subnet.subnet_id.as_deref().unwrap_or_default();
        if subnet.vpc_id.as_deref() != Some(vpc) {
            return Err(fault::invalid(format!(
                "Subnet {id} does not belong to the VPC {vpc} of the cluster"
            )));
        }
        if is_public(id, tables) {
            return Err(fault::invalid(format!(
                "Subnet {id} provided in Fargate Profile is not a private subnet"
            )));
        }
    }
    Ok(())
}

/// Which of the subnets of a cluster lead to no internet gateway by themselves. `tables` are those of its VPC.
///
/// # Errors
/// All of them do.
pub fn private_of(subnets: &[String], tables: &[RouteTable]) -> Result<Vec<String>, Fault> {
    let private = subnets.iter().filter(|it| !is_public(it, tables));
    let private: Vec<String> = private.cloned().collect();
    match private.is_empty() {
        true => Err(fault::invalid(
            "Fargate Profile needs private subnets, and the cluster has none: specify subnets",
        )),
        false => Ok(private),
    }
}

/// By the table that it is associated with, or else the main one.
fn is_public(subnet: &str, tables: &[RouteTable]) -> bool {
    let of = |table: &&RouteTable, main: bool| {
        let mut all = table.associations.iter().flatten();
        all.any(|it| match main {
            true => it.main == Some(true),
            false => it.subnet_id.as_deref() == Some(subnet),
        })
    };
    let own = tables.iter().find(|it| of(it, false));
    let table = own.or_else(|| tables.iter().find(|it| of(it, true)));
    let routes = table.iter().flat_map(|it| it.routes.iter().flatten());
    let mut gateways = routes.filter_map(|it| it.gateway_id.as_deref());
    gateways.any(|it| it.starts_with("igw-"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wharf_api_ec2::{Route, RouteTableAssociation};

    use super::*;

    fn given(namespace: &str, labels: &[(&str, &str)]) -> FargateProfileSelector {
        let labels = labels.iter();
        let labels: BTreeMap<String, String> = labels
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        FargateProfileSelector {
            namespace: Some(namespace.to_owned()),
            labels: Some(labels),
        }
    }

    #[test]
    fn selectors_have_bounds() {
        let of = |all: Vec<FargateProfileSelector>| selectors(Some(all)).map_err(|it| it.message);
        assert!(of(vec![given("web-*", &[("app.io/x", "b?ue"), ("y", "")])]).is_ok());
        assert_eq!(
            selectors(None).unwrap_err().message,
            "Fargate Profile requires at least one selector."
        );
        let none =
            "Fargate Profile must have at least one selector with at least one namespace value.";
        assert_eq!(of(vec![given("", &[])]), Err(none.into()));
        assert!(of(vec![given("a", &[]); 5]).is_ok());
        assert!(of(vec![given("a", &[]); 6]).is_err());
        let six: Vec<String> = (0..6).map(|it| format!("k{it}")).collect();
        let six: Vec<(&str, &str)> = six.iter().map(|it| (it.as_str(), "v")).collect();
        assert!(of(vec![given("a", &six[..5])]).is_ok());
        let many = "Request contains Selector with more than 5 Label pairs";
        assert_eq!(of(vec![given("a", &six)]), Err(many.into()));
        for bad in [
            given("a/b", &[]),
            given(&"a".repeat(64), &[]),
            given("a", &[("", "v")]),
            given("a", &[("k k", "v")]),
            given("a", &[("k", "v/w")]),
        ] {
            assert!(of(vec![bad.clone()]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names() {
        for (given, good) in [
            ("a", true),
            ("fp-default_1", true),
            ("eks-mine", false),
            ("-a", false),
            ("", false),
            ("a b", false),
        ] {
            assert_eq!(name(given).is_ok(), good, "{given}");
        }
        assert!(name(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_private_subnet_has_no_way_out_by_a_gateway() {
        let table = |main: Option<bool>, subnet: Option<&str>, gateway: &str| RouteTable {
            associations: Some(vec![RouteTableAssociation {
                main,
                subnet_id: subnet.map(str::to_owned),
                ..RouteTableAssociation::default()
            }]),
            routes: Some(vec![Route {
                gateway_id: Some(gateway.to_owned()),
                ..Route::default()
            }]),
            ..RouteTable::default()
        };
        let subnet = |id: &str, vpc: &str| Subnet {
            subnet_id: Some(id.to_owned()),
            vpc_id: Some(vpc.to_owned()),
            ..Subnet::default()
        };
        let tables = [
            table(Some(true), None, "igw-1"),
            table(None, Some("inner"), "local"),
        ];
        assert!(private("v", &[subnet("inner", "v")], &tables).is_ok());
        let refused = private("v", &[subnet("outer", "v")], &tables).unwrap_err();
        assert_eq!(
            refused.message,
            "Subnet outer provided in Fargate Profile is not a private subnet"
        );
        assert!(private("v", &[subnet("inner", "w")], &tables).is_err());
        assert!(private("v", &[subnet("outer", "v")], &tables[1..]).is_ok());
        let all = ["outer".to_owned(), "inner".to_owned()];
        assert_eq!(private_of(&all, &tables).unwrap(), ["inner"]);
        assert!(private_of(&all[..1], &tables).is_err());
    }
}
