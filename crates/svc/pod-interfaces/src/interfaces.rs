//! Interfaces, through EC2.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Value, json};
use wharf_api_ec2::{
    CreateNetworkInterfaceRequest, DescribeInstancesRequest, DescribeNetworkInterfacesRequest,
    DescribeSubnetsRequest, Ec2, Filter, Instance, OperatorRequest, Tag, TagSpecification,
};
use wharf_base::{Clock, Permit};
use wharf_kube_client::Error;
use wharf_service::Cluster;
use wharf_wire::{Call, Fault};

use crate::plan::Wish;

const PERMIT: Permit = Permit::for_controller("eks-pod-interfaces");
const OPERATOR: &str = "eks-fargate.amazonaws.com";
/// By which interfaces of pods are found again.
const CLUSTER_TAG: &str = "cluster.k8s.amazonaws.com/name";
const POD_TAG: &str = "node.k8s.amazonaws.com/pod-uid";
/// As AWS names such interfaces.
const DESCRIPTION: &str = "aws-k8s-branch-eni";

/// EC2, asked in the name of EKS.
/// Instances that are described at once.
const INSTANCES_AT_ONCE: usize = 200;

#[derive(Clone)]
pub struct Interfaces {
    pub ec2: Arc<dyn Ec2>,
    /// The same for pods on instances: perhaps asked in a role.
    pub of_nodes: Arc<dyn Ec2>,
    pub clock: Arc<dyn Clock>,
    pub cluster: Cluster,
}

/// Why a pod has no interface.
#[derive(Debug, thiserror::Error)]
pub enum NoInterface {
    #[error("failed to {action}: {}", .fault.message)]
    Ec2 { action: &'static str, fault: Fault },
    #[error("instance {0} is not there")]
    NoInstance(String),
    /// It has one, and the cluster was not told.
    #[error(transparent)]
    NotTold(#[from] Error),
}

fn failed(action: &'static str) -> impl FnOnce(Fault) -> NoInterface {
    move |fault| NoInterface::Ec2 { action, fault }
}

fn through<'a>(ec2: &'a dyn Ec2, call: &'a Call) -> wharf_interfaces::Interfaces<'a> {
    wharf_interfaces::Interfaces { ec2, call }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    }
}

impl Interfaces {
    fn call(&self) -> Call {
        self.cluster.call(PERMIT, self.clock.now())
    }

    /// The interface of a pod on an instance, made if it is not there; its id and what the pod's annotation is to say.
    pub async fn make(&self, wish: &Wish, instance: &str) -> Result<(String, Value), NoInterface> {
        let call = self.call();
        let host = self.instance(&call, instance).await?;
        let subnet = host.subnet_id.clone().unwrap_or_default();
        let groups = host.security_groups.into_iter().flatten();
        // A machine of Fargate is none of the account's.
        let is_fargate = host.instance_type.as_deref() == Some("fargate");
        let ec2 = match is_fargate {
            true => &self.ec2,
            false => &self.of_nodes,
        };
        let tags = vec![tag(CLUSTER_TAG, &self.cluster.id), tag(POD_TAG, &wish.uid)];
        let request = CreateNetworkInterfaceRequest {
            subnet_id: Some(subnet.clone()),
            groups: Some(groups.filter_map(|it| it.group_id).collect::<Vec<_>>())
                .filter(|it| !it.is_empty()),
            client_token: Some(wish.uid.clone()),
            description: Some(DESCRIPTION.to_owned()),
            interface_type: Some("interface".to_owned()),
            operator: is_fargate.then(|| OperatorRequest {
                principal: Some(OPERATOR.to_owned()),
            }),
            tag_specifications: Some(vec![TagSpecification {
                resource_type: Some("network-interface".to_owned()),
                tags: Some(tags),
            }]),
            ..CreateNetworkInterfaceRequest::default()
        };
        let made = ec2.create_network_interface(&call, request).await;
        let made = made.map_err(failed("create a network interface"))?;
        let made = made.network_interface.unwrap_or_default();
        let id = made.network_interface_id.unwrap_or_default();
        let finished = async {
            let attached = through(&**ec2, &call).attach(&id, instance).await;
            attached.map_err(failed("attach a network interface"))?;
            self.range_of(&call, &subnet).await
        };
        let cidr = match finished.await {
            Ok(cidr) => cidr,
            Err(error) => {
                // The next try makes another.
                if let Err(error) = self.delete(&id).await {
                    tracing::warn!(interface = id, %error, "failed to delete an interface that no pod has");
                }
                return Err(error);
            }
        };
        let told = json!([{
            "eniId": id, "ifAddress": made.mac_address, "privateIp": made.private_ip_address, "subnetCidr": cidr,
        }]);
        Ok((id, told))
    }

    async fn instance(&self, call: &Call, id: &str) -> Result<Instance, NoInterface> {
        let request = DescribeInstancesRequest {
            instance_ids: Some(vec![id.to_owned()]),
            ..DescribeInstancesRequest::default()
        };
        let found = self.ec2.describe_instances(call, request).await;
        let found = found.map_err(failed("describe an instance"))?;
        let reservations = found.reservations.into_iter().flatten();
        let mut all = reservations.flat_map(|it| it.instances.unwrap_or_default());
        all.next()
            .ok_or_else(|| NoInterface::NoInstance(id.to_owned()))
    }

    /// Those of some instances that are there no more: ended, or never there.
    pub async fn ended(&self, ids: &BTreeSet<String>) -> Result<BTreeSet<String>, NoInterface> {
        let all: Vec<&String> = ids.iter().collect();
        let mut ended = ids.clone();
        for some in all.chunks(INSTANCES_AT_ONCE) {
            // What is no id of an instance would fail a list of ids; a filter passes over it.
            let request = DescribeInstancesRequest {
                filters: Some(vec![Filter {
                    name: Some("instance-id".to_owned()),
                    values: Some(some.iter().copied().cloned().collect()),
                }]),
                ..DescribeInstancesRequest::default()
            };
            let found = self.ec2.describe_instances(&self.call(), request).await;
            let found = found.map_err(failed("describe instances"))?;
            let reservations = found.reservations.into_iter().flatten();
            for it in reservations.flat_map(|it| it.instances.unwrap_or_default()) {
                let state = it.state.and_then(|it| it.name);
                if let (Some(id), true) = (it.instance_id, state.as_deref() != Some("terminated")) {
                    ended.remove(&id);
                }
            }
        }
        Ok(ended)
    }

    async fn range_of(&self, call: &Call, subnet: &str) -> Result<String, NoInterface> {
        let request = DescribeSubnetsRequest {
            subnet_ids: Some(vec![subnet.to_owned()]),
            ..DescribeSubnetsRequest::default()
        };
        let found = self.ec2.describe_subnets(call, request).await;
        let found = found.map_err(failed("describe a subnet"))?.subnets;
        let first = found.into_iter().flatten().next();
        Ok(first.and_then(|it| it.cidr_block).unwrap_or_default())
    }

    /// One that is gone already is no failure.
    pub async fn delete(&self, id: &str) -> Result<(), NoInterface> {
        let call = self.call();
        let deleted = through(&*self.ec2, &call).delete(id, None).await;
        deleted.map_err(failed("delete a network interface"))
    }

    /// Those of a cluster that goes; no controller makes any more.
    pub async fn delete_all(&self) -> Result<(), NoInterface> {
        for id in self.all().await?.keys() {
            self.delete(id).await?;
        }
        Ok(())
    }

    /// All that were made for pods of the cluster: by id, with the pod's uid.
    pub async fn all(&self) -> Result<BTreeMap<String, String>, NoInterface> {
        let mut all = BTreeMap::new();
        let mut next_token = None;
        loop {
            let request = DescribeNetworkInterfacesRequest {
                filters: Some(vec![Filter {
                    name: Some(format!("tag:{CLUSTER_TAG}")),
                    values: Some(vec![self.cluster.id.clone()]),
                }]),
                max_results: Some(1000),
                next_token: next_token.take(),
                ..DescribeNetworkInterfacesRequest::default()
            };
            let page = self
                .ec2
                .describe_network_interfaces(&self.call(), request)
                .await;
            let page = page.map_err(failed("list network interfaces"))?;
            for interface in page.network_interfaces.into_iter().flatten() {
                let tags = interface.tag_set.into_iter().flatten();
                let uid = tags
                    .into_iter()
                    .find(|it| it.key.as_deref() == Some(POD_TAG));
                let uid = uid.and_then(|it| it.value);
                if let (Some(id), Some(uid)) = (interface.network_interface_id, uid) {
                    all.insert(id, uid);
                }
            }
            next_token = page.next_token.filter(|it| !it.is_empty());
            if next_token.is_none() {
                return Ok(all);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_api_ec2::{DescribeInstancesResult, Input, InstanceState, Reservation};
    use wharf_base::SystemClock;
    use wharf_service::Place;
    use wharf_wire::{Check, Context, async_trait};

    use super::*;

    /// EC2 as far as it knows two instances.
    struct Two;

    #[async_trait]
    impl Ec2 for Two {
        async fn authorize(&self, _: &Context, _: Input<'_>) -> Result<Vec<Check>, Fault> {
            Ok(Vec::new())
        }

        async fn describe_instances(
            &self,
            _: &Call,
            input: DescribeInstancesRequest,
        ) -> Result<DescribeInstancesResult, Fault> {
            assert_eq!(input.instance_ids, None);
            let filters = input.filters.unwrap();
            let asked = filters[0].values.clone().unwrap();
            let there = [("i-1", "stopped"), ("i-2", "terminated")];
            let there = there
                .into_iter()
                .filter(|it| asked.contains(&it.0.to_owned()));
            let instance = |(id, state): (&str, &str)| Instance {
                instance_id: Some(id.to_owned()),
                state: Some(InstanceState {
                    name: Some(state.to_owned()),
                    ..InstanceState::default()
                }),
                ..Instance::default()
            };
            let reservation = Reservation {
                instances: Some(there.map(instance).collect()),
                ..Reservation::default()
            };
            Ok(DescribeInstancesResult {
                reservations: Some(vec![reservation]),
                ..DescribeInstancesResult::default()
            })
        }
    }

    #[tokio::test]
    async fn what_is_no_instance_has_ended() {
        let interfaces = Interfaces {
            ec2: Arc::new(Two),
            of_nodes: Arc::new(Two),
            clock: Arc::new(SystemClock),
            cluster: Cluster {
                place: Place::new("123456789012", "us-east-1"),
                name: "one".to_owned(),
                id: "1".to_owned(),
            },
        };
        let set = |ids: &[&str]| {
            ids.iter()
                .map(|it| (*it).to_owned())
                .collect::<BTreeSet<_>>()
        };
        let ended = interfaces.ended(&set(&["i-1", "i-2", "i-3", "i-zz"])).await;
        assert_eq!(ended.unwrap(), set(&["i-2", "i-3", "i-zz"]));
        assert_eq!(interfaces.ended(&set(&[])).await.unwrap(), set(&[]));
    }
}
