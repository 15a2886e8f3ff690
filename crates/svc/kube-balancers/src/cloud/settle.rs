//! What a stack leaves open or names by other names than ids: subnets, security groups, certificates, target groups of users.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_acm::{Filters, ListCertificatesRequest};
use wharf_api_ec2::{DescribeSecurityGroupsRequest, DescribeSubnetsRequest, Subnet, Tag};
use wharf_api_elbv2::DescribeTargetGroupsInput;
use wharf_service::Place;

use super::{
    Cloud, CloudError, failed,
    read::{filter, there},
};
use crate::{
    annotations::{Refused, refused},
    stack::{Action, BY_NAME, Security, Stack, TargetKind, is_of_users, is_secure},
};

const PUBLIC: &str = "kubernetes.io/role/elb";
const INTERNAL: &str = "kubernetes.io/role/internal-elb";
/// Certificates of one listener, as load balancing bounds them.
const MOST_CERTIFICATES: usize = 25;
/// Of certificates that hosts may have: without any, a list has those of RSA with up to 2048 bits alone.
const KEY_TYPES: [&str; 7] = [
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
];

impl Cloud {
    /// Looks up what the stack names, and finds what it leaves open.
    pub async fn settle(&self, stack: &mut Stack) -> Result<(), CloudError> {
        let request = DescribeSubnetsRequest {
            filters: Some(vec![filter("vpc-id", &self.vpc)]),
            ..DescribeSubnetsRequest::default()
        };
        let subnets = self.ec2.describe_subnets(&self.call(), request).await;
        let subnets = subnets.map_err(failed("list subnets"))?.subnets;
        let subnets = subnets.unwrap_or_default();
        stack.subnets = match stack.subnets.is_empty() {
            true => chosen(&subnets, stack.internal, &self.subnets),
            false => named(&subnets, &stack.subnets, &self.vpc)?,
        };
        if let Security::Given(given) = &stack.security {
            stack.security = Security::Given(self.given_groups(given).await?);
        }
        self.instances(stack).await?;
        self.target_groups(stack).await?;
        self.certificates(stack).await
    }

    /// Target groups that annotations name are called by their ARNs from here on. As with AWS's controller it may be any of the cluster's
    /// account and region; load balancing says whether a listener can lead there.
    async fn target_groups(&self, stack: &mut Stack) -> Result<(), CloudError> {
        let mut asked = BTreeSet::new();
        for action in stack.actions_mut() {
            if let Action::Forward { groups, .. } = action {
                let theirs = groups.iter().filter(|(name, _)| is_of_users(name));
                asked.extend(theirs.map(|(name, _)| name.clone()));
            }
        }
        let mut arns = BTreeMap::new();
        for name in asked {
            let arn = self.group_of_users(&name).await?;
            arns.insert(name, arn);
        }
        for action in stack.actions_mut() {
            if let Action::Forward { groups, .. } = action {
                for (group, _) in groups {
                    if let Some(arn) = arns.get(group.as_str()) {
                        group.clone_from(arn);
                    }
                }
            }
        }
        Ok(())
    }

    async fn group_of_users(&self, asked: &str) -> Result<String, CloudError> {
        let Place { account, region } = &self.cluster.place;
        let partition = wharf_base::arn::partition_of(region);
        let ours = format!("arn:{partition}:elasticloadbalancing:{region}:{account}:targetgroup/");
        let (name, arns, names) = match asked.strip_prefix(BY_NAME) {
            Some(name) => (name, None, Some(vec![name.to_owned()])),
            None if asked.starts_with(&ours) => (asked, Some(vec![asked.to_owned()]), None),
            None => {
                return Ok(refused(format!(
                    "the target group {asked} is not of the cluster's account and region"
                ))?);
            }
        };
        let request = DescribeTargetGroupsInput {
            target_group_arns: arns,
            names,
            ..DescribeTargetGroupsInput::default()
        };
        let found = self.elb.describe_target_groups(&self.call(), request).await;
        let found = there(found.map_err(failed("look for a target group")))?;
        let mut found = found
            .and_then(|it| it.target_groups)
            .into_iter()
            .flatten()
            .filter_map(|it| it.target_group_arn);
        match found.next() {
            Some(arn) => Ok(arn),
            None => Ok(refused(format!("there is no target group {name}"))?),
        }
    }

    /// Leaves out targets that are no nodes.
    async fn instances(&self, stack: &mut Stack) -> Result<(), CloudError> {
        stack.nodes = self.true_nodes(&stack.nodes).await?;
        for group in stack.groups.values_mut() {
            if group.kind == TargetKind::Instance {
                group.targets.retain(|it| stack.nodes.contains_key(&it.id));
            }
        }
        Ok(())
    }

    /// Those nodes, by their instances, that are nodes in the cluster's VPC.
    pub(crate) async fn true_nodes(
        &self,
        nodes: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, CloudError> {
        let found = self.nodes.among(&self.cluster.place, &self.vpc, nodes);
        found
            .await
            .map_err(failed("look for the instances of nodes"))
    }

    /// Security groups by id or name, of the cluster's VPC.
    async fn given_groups(&self, given: &[String]) -> Result<Vec<String>, CloudError> {
        let request = DescribeSecurityGroupsRequest {
            filters: Some(vec![filter("vpc-id", &self.vpc)]),
            ..DescribeSecurityGroupsRequest::default()
        };
        let found = self
            .ec2
            .describe_security_groups(&self.call(), request)
            .await;
        let found = found
            .map_err(failed("list security groups"))?
            .security_groups;
        let found = found.unwrap_or_default();
        let mut ids = Vec::new();
        for wanted in given {
            let group = found.iter().find(|it| {
                it.group_id.as_ref() == Some(wanted) || name_tag(&it.tags) == Some(wanted)
            });
            match group.and_then(|it| it.group_id.clone()) {
                Some(id) => ids.push(id),
                None => {
                    return Ok(refused(format!(
                        "the security group {wanted} is not in the cluster's VPC"
                    ))?);
                }
            }
        }
        Ok(ids)
    }

    async fn certificates(&self, stack: &mut Stack) -> Result<(), CloudError> {
        let Place { account, region } = &self.cluster.place;
        let partition = wharf_base::arn::partition_of(region);
        let ours = [
            format!("arn:{partition}:acm:{region}:{account}:certificate/"),
            format!("arn:{partition}:iam::{account}:server-certificate/"),
        ];
        let mut known: Option<Vec<(String, Vec<String>)>> = None;
        for (port, listener) in &mut stack.listeners {
            if let Some(other) = listener
                .certificates
                .iter()
                .find(|arn| !ours.iter().any(|it| arn.starts_with(it.as_str())))
            {
                return Ok(refused(format!(
                    "the certificate {other} is not of the cluster's account and region"
                ))?);
            }
            if is_secure(&listener.protocol)
                && (listener.certificates.is_empty() || !listener.hosts.is_empty())
            {
                if known.is_none() {
                    known = Some(self.issued().await?);
                }
                let known = known.as_deref().unwrap_or_default();
                let given = std::mem::take(&mut listener.certificates);
                listener.certificates = matching(known, given, &listener.hosts, *port)?;
            }
            if listener.certificates.len() > MOST_CERTIFICATES {
                return Ok(refused(format!(
                    "port {port} has more than {MOST_CERTIFICATES} certificates"
                ))?);
            }
        }
        Ok(())
    }

    /// All certificates of the account, with their names.
    async fn issued(&self) -> Result<Vec<(String, Vec<String>)>, CloudError> {
        let (mut all, mut next_token) = (Vec::new(), None);
        loop {
            let request = ListCertificatesRequest {
                certificate_statuses: Some(vec!["ISSUED".to_owned()]),
                includes: Some(Filters {
                    key_types: Some(KEY_TYPES.map(str::to_owned).to_vec()),
                    ..Filters::default()
                }),
                next_token,
                ..ListCertificatesRequest::default()
            };
            let page = self.acm.list_certificates(&self.call(), request).await;
            let page = page.map_err(failed("list certificates"))?;
            for found in page.certificate_summary_list.into_iter().flatten() {
                let mut names: Vec<String> = found.domain_name.into_iter().collect();
                names.extend(
                    found
                        .subject_alternative_name_summaries
                        .into_iter()
                        .flatten(),
                );
                all.push((found.certificate_arn.unwrap_or_default(), names));
            }
            next_token = page.next_token;
            if next_token.is_none() {
                return Ok(all);
            }
        }
    }
}

fn name_tag(tags: &Option<Vec<Tag>>) -> Option<&String> {
    let mut tags = tags.iter().flatten();
    let found = tags.find(|it| it.key.as_deref() == Some("Name"));
    found.and_then(|it| it.value.as_ref())
}

/// Subnets by id or name.
fn named(all: &[Subnet], given: &[String], vpc: &str) -> Result<Vec<String>, Refused> {
    let find = |wanted: &String| {
        let mut all = all.iter();
        let found = all
            .find(|it| it.subnet_id.as_ref() == Some(wanted) || name_tag(&it.tags) == Some(wanted));
        found.and_then(|it| it.subnet_id.clone())
    };
    let mut ids = Vec::new();
    for wanted in given {
        match find(wanted) {
            Some(id) => ids.push(id),
            None => {
                return refused(format!(
                    "the subnet {wanted} is not in the cluster's VPC {vpc}"
                ));
            }
        }
    }
    Ok(ids)
}

/// One in each zone: of those that are tagged for such load balancers, or of the cluster's own where none is.
fn chosen(all: &[Subnet], internal: bool, own: &[String]) -> Vec<String> {
    let role = if internal { INTERNAL } else { PUBLIC };
    let is_tagged = |subnet: &Subnet| {
        let mut tags = subnet.tags.iter().flatten();
        tags.any(|it| {
            it.key.as_deref() == Some(role) && matches!(it.value.as_deref(), None | Some("" | "1"))
        })
    };
    let is_own = |it: &Subnet| it.subnet_id.as_ref().is_some_and(|it| own.contains(it));
    let one_in_each = |fits: &dyn Fn(&Subnet) -> bool| {
        let mut zones: BTreeMap<&str, &str> = BTreeMap::new();
        for subnet in all.iter().filter(|it| fits(it)) {
            let zone = subnet.availability_zone.as_deref().unwrap_or_default();
            let id = subnet.subnet_id.as_deref().unwrap_or_default();
            let held = zones.entry(zone).or_insert(id);
            *held = (*held).min(id);
        }
        zones.into_values().map(str::to_owned).collect::<Vec<_>>()
    };
    let tagged = one_in_each(&is_tagged);
    match tagged.is_empty() {
        true => one_in_each(&is_own),
        false => tagged,
    }
}

/// The certificates that are given, and after them those of hosts that none of these covers.
fn matching(
    known: &[(String, Vec<String>)],
    given: Vec<String>,
    hosts: &BTreeSet<String>,
    port: u16,
) -> Result<Vec<String>, Refused> {
    let covers = |name: &str, host: &str| {
        name.eq_ignore_ascii_case(host)
            || name.strip_prefix("*.").is_some_and(|domain| {
                host.split_once('.')
                    .is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain))
            })
    };
    if given.is_empty() && hosts.is_empty() {
        return refused(format!(
            "port {port} needs a certificate: no annotation names one, and there is no host to find one by"
        ));
    }
    let mut arns = given;
    for host in hosts {
        let found = known
            .iter()
            .filter(|(_, names)| names.iter().any(|it| covers(it, host)));
        let found: Vec<&String> = found.map(|(arn, _)| arn).collect();
        let Some(first) = found.first() else {
            return refused(format!("no certificate found for host: {host}"));
        };
        if !found.iter().any(|it| arns.contains(it)) {
            arns.push((*first).clone());
        }
    }
    Ok(arns)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use wharf_api_acm::{CertificateSummary, ListCertificatesResponse};
    use wharf_api_elbv2::DescribeTargetGroupsOutput;
    use wharf_base::SystemClock;
    use wharf_service::Cluster;
    use wharf_wire::{Call, Check, Context, Fault};

    use super::*;
    use crate::{
        cloud::Nodes,
        plan::tests::stack,
        stack::{Group, Target},
    };

    /// Services that do nothing, and one machine that keeps a node.
    struct Around;

    #[async_trait]
    impl wharf_api_acm::Acm for Around {
        async fn authorize(
            &self,
            _: &Context,
            _: wharf_api_acm::Input<'_>,
        ) -> Result<Vec<Check>, Fault> {
            Ok(Vec::new())
        }

        /// There is one, of a key of NIST's curve P-256.
        async fn list_certificates(
            &self,
            _: &Call,
            input: ListCertificatesRequest,
        ) -> Result<ListCertificatesResponse, Fault> {
            let kinds = input.includes.and_then(|it| it.key_types);
            let is_asked = kinds.is_some_and(|it| it.iter().any(|it| it == "EC_prime256v1"));
            let one = CertificateSummary {
                certificate_arn: Some("arn:curve".to_owned()),
                domain_name: Some("curve.example".to_owned()),
                ..CertificateSummary::default()
            };
            Ok(ListCertificatesResponse {
                certificate_summary_list: Some(if is_asked { vec![one] } else { vec![] }),
                next_token: None,
            })
        }
    }

    #[async_trait]
    impl wharf_api_ec2::Ec2 for Around {
        async fn authorize(
            &self,
            _: &Context,
            _: wharf_api_ec2::Input<'_>,
        ) -> Result<Vec<Check>, Fault> {
            Ok(Vec::new())
        }
    }

    /// It has the target group `old`.
    #[async_trait]
    impl wharf_api_elbv2::Elbv2 for Around {
        async fn authorize(
            &self,
            _: &Context,
            _: wharf_api_elbv2::Input<'_>,
        ) -> Result<Vec<Check>, Fault> {
            Ok(Vec::new())
        }

        async fn describe_target_groups(
            &self,
            _: &Call,
            input: DescribeTargetGroupsInput,
        ) -> Result<DescribeTargetGroupsOutput, Fault> {
            let old = group_arn("123456789012", "old");
            let is_asked = input.names == Some(vec!["old".to_owned()])
                || input.target_group_arns == Some(vec![old.clone()]);
            if !is_asked {
                return Err(Fault::sender("TargetGroupNotFound", 400, "not found"));
            }
            let group = wharf_api_elbv2::TargetGroup {
                target_group_arn: Some(old),
                ..wharf_api_elbv2::TargetGroup::default()
            };
            Ok(DescribeTargetGroupsOutput {
                target_groups: Some(vec![group]),
                next_marker: None,
            })
        }
    }

    fn group_arn(account: &str, name: &str) -> String {
        format!(
            "arn:aws:elasticloadbalancing:us-east-1:{account}:targetgroup/{name}/0123456789abcdef"
        )
    }

    #[async_trait]
    impl Nodes for Around {
        async fn among(
            &self,
            _: &Place,
            vpc: &str,
            nodes: &BTreeMap<String, String>,
        ) -> Result<BTreeMap<String, String>, Fault> {
            assert_eq!(vpc, "vpc-1");
            let mut nodes = nodes.clone();
            nodes.retain(|id, _| id == "i-node");
            Ok(nodes)
        }
    }

    fn cloud() -> Cloud {
        let around = Arc::new(Around);
        Cloud {
            elb: around.clone(),
            ec2: around.clone(),
            nodes: around.clone(),
            acm: around,
            clock: Arc::new(SystemClock),
            cluster: Cluster {
                place: Place::new("123456789012", "us-east-1"),
                name: "one".to_owned(),
                id: "1".to_owned(),
            },
            vpc: "vpc-1".to_owned(),
            subnets: Vec::new(),
        }
    }

    #[tokio::test]
    async fn target_groups_of_users_are_looked_up_in_the_account() {
        let (cloud, old) = (cloud(), group_arn("123456789012", "old"));
        let to = |groups: &[&str]| Action::Forward {
            groups: groups.iter().map(|it| ((*it).to_owned(), 1)).collect(),
            sticky: None,
        };
        let asking = |default: Action, first: Action| {
            let mut asking = stack();
            let listener = asking.listeners.get_mut(&80).unwrap();
            (listener.default, listener.rules[0].action) = (default, first);
            asking
        };
        let mut asked = asking(to(&["web", &old]), to(&["name:old"]));
        cloud.target_groups(&mut asked).await.unwrap();
        assert_eq!(asked, asking(to(&["web", &old]), to(&[&old])));
        let (none, others) = (
            group_arn("123456789012", "none"),
            group_arn("000000000000", "old"),
        );
        for (asked, why) in [
            ("name:none", "there is no target group none"),
            (none.as_str(), "there is no target group arn:aws:"),
            (
                others.as_str(),
                "is not of the cluster's account and region",
            ),
        ] {
            let mut stack = asking(to(&["web"]), to(&[asked]));
            let error = cloud.target_groups(&mut stack).await.unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[tokio::test]
    async fn a_node_that_its_machine_knows_nothing_of_is_no_target() {
        let cloud = cloud();
        let target = |id: &str| Target {
            id: id.to_owned(),
            port: 30080,
        };
        let names = ["i-database", "i-node"].map(|it| (it.to_owned(), format!("name-of-{it}")));
        let mut stack = stack();
        stack.nodes = names.into();
        let any = stack.groups.values().next().unwrap().clone();
        let group = |kind| Group {
            kind,
            targets: ["i-database", "i-node"].map(target).into(),
            ..any.clone()
        };
        let kinds = [("i", TargetKind::Instance), ("ip", TargetKind::Ip)];
        stack.groups = kinds
            .map(|(name, kind)| (name.to_owned(), group(kind)))
            .into();
        cloud.instances(&mut stack).await.unwrap();
        assert_eq!(stack.nodes.keys().collect::<Vec<_>>(), ["i-node"]);
        assert_eq!(stack.groups["i"].targets, [target("i-node")].into());
        assert_eq!(stack.groups["ip"].targets.len(), 2);
    }

    #[tokio::test]
    async fn certificates_of_every_kind_of_key_are_found() {
        let mut wanted = stack();
        let listener = wanted.listeners.get_mut(&80).unwrap();
        listener.protocol = "HTTPS".to_owned();
        listener.hosts = ["curve.example".to_owned()].into();
        cloud().certificates(&mut wanted).await.unwrap();
        assert_eq!(wanted.listeners[&80].certificates, ["arn:curve"]);
    }

    fn subnet(id: &str, zone: &str, tags: &[(&str, &str)]) -> Subnet {
        let tag = |(key, value): &(&str, &str)| Tag {
            key: Some((*key).to_owned()),
            value: Some((*value).to_owned()),
        };
        Subnet {
            subnet_id: Some(id.to_owned()),
            availability_zone: Some(zone.to_owned()),
            tags: Some(tags.iter().map(tag).collect()),
            ..Subnet::default()
        }
    }

    #[test]
    fn subnets_by_their_role_or_the_clusters() {
        let all = [
            subnet("s-3", "a", &[(INTERNAL, "1")]),
            subnet("s-2", "a", &[(INTERNAL, "")]),
            subnet("s-4", "b", &[(INTERNAL, "1"), ("Name", "four")]),
            subnet("s-5", "b", &[]),
            subnet("s-6", "c", &[]),
        ];
        let own = ["s-5".to_owned(), "s-6".to_owned()];
        assert_eq!(chosen(&all, true, &own), ["s-2", "s-4"]);
        assert_eq!(chosen(&all, false, &own), ["s-5", "s-6"]);
        assert!(chosen(&all, false, &[]).is_empty());
        let given = |it: &str| named(&all, &[it.to_owned()], "vpc-1");
        assert_eq!(given("four").unwrap(), ["s-4"]);
        assert!(given("s-9").is_err());
    }

    #[test]
    fn the_role_of_a_subnet_is_for_one_scheme() {
        let (internal, public) = (
            ("kubernetes.io/role/internal-elb", "1"),
            ("kubernetes.io/role/elb", "1"),
        );
        let all = [
            subnet("s-1", "a", &[internal]),
            subnet("s-2", "a", &[public]),
            subnet("s-3", "b", &[public, internal]),
            subnet("s-4", "c", &[("kubernetes.io/role/elb", "")]),
            // Neither is a role.
            subnet("s-5", "d", &[("kubernetes.io/role/elb", "0")]),
            subnet("s-6", "d", &[("elb", "1")]),
        ];
        // Where one has the role, the cluster's own do not count.
        let own = ["s-5".to_owned(), "s-6".to_owned()];
        assert_eq!(chosen(&all, true, &own), ["s-1", "s-3"]);
        assert_eq!(chosen(&all, false, &own), ["s-2", "s-3", "s-4"]);
        assert_eq!(chosen(&all[4..], false, &own), ["s-5"]);
    }

    #[test]
    fn certificates_by_hosts() {
        let known = [
            (
                "arn:1".to_owned(),
                vec!["example.com".to_owned(), "*.example.com".to_owned()],
            ),
            ("arn:2".to_owned(), vec!["other.org".to_owned()]),
        ];
        let beside = |given: &[&str], hosts: &[&str]| {
            let given = given.iter().map(|it| (*it).to_owned()).collect();
            let hosts = hosts.iter().map(|it| (*it).to_owned()).collect();
            matching(&known, given, &hosts, 443)
        };
        let find = |hosts: &[&str]| beside(&[], hosts);
        assert_eq!(
            find(&["a.example.com", "other.org", "example.com"]).unwrap(),
            ["arn:1", "arn:2"]
        );
        assert_eq!(
            find(&["a.b.example.com"]).unwrap_err().0,
            "no certificate found for host: a.b.example.com"
        );
        assert!(find(&[]).is_err());
        // One that another Ingress of the group names is the default one, and its hosts need no other.
        assert_eq!(
            beside(&["arn:3"], &["other.org"]).unwrap(),
            ["arn:3", "arn:2"]
        );
        assert_eq!(beside(&["arn:2"], &["other.org"]).unwrap(), ["arn:2"]);
        assert_eq!(beside(&["arn:3"], &[]).unwrap(), ["arn:3"]);
        assert_eq!(
            beside(&["arn:3"], &["nobodys.org"]).unwrap_err().0,
            "no certificate found for host: nobodys.org"
        );
    }
}
