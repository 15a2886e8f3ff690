//! EC2, called for the instances of a provider: in its infrastructure role to launch, in ECS's own name for the rest.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use wharf_delivery::{Actor, Request};
use wharf_records::ecs::ManagedInstance;
use wharf_svc_ecs_model::names::PRINCIPAL;
use wharf_wire::Fault;

use super::{
    kinds::Kind,
    plan::{Seen, Subnet},
};
use crate::neighbours::Neighbours;

/// Values of a filter.
const AT_ONCE: usize = 100;

/// An instance as EC2 describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// `i-…`
    pub id: String,
    pub seen: Seen,
}

impl Neighbours<'_> {
    async fn ec2(&self, operation: &str, input: Value) -> Result<Value, Fault> {
        self.call("ec2", operation, input).await
    }

    /// What there is of instances, by their client tokens.
    pub async fn find(&self, tokens: &[String]) -> Result<BTreeMap<String, Found>, Fault> {
        let mut found = BTreeMap::new();
        for some in tokens.chunks(AT_ONCE) {
            let filter = json!({ "Name": "client-token", "Values": some });
            let answer = self
                .ec2("DescribeInstances", json!({ "Filters": [filter] }))
                .await?;
            let reservations = list(&answer["Reservations"]).iter();
            let instances = reservations.flat_map(|it| list(&it["Instances"]));
            // Somebody else's token may be the same.
            let own = instances.filter(|it| it["Operator"]["Principal"] == PRINCIPAL);
            found.extend(own.filter_map(read));
        }
        Ok(found)
    }

    /// Those whose Spot capacity is about to be taken back.
    pub async fn noticed(&self, instances: &[String]) -> Result<BTreeSet<String>, Fault> {
        let mut noticed = BTreeSet::new();
        for some in instances.chunks(AT_ONCE) {
            let filters = json!([
                { "Name": "instance-id", "Values": some },
                { "Name": "status-code", "Values": ["marked-for-termination"] },
            ]);
            let answer = self
                .ec2(
                    "DescribeSpotInstanceRequests",
                    json!({ "Filters": filters }),
                )
                .await?;
            let requests = list(&answer["SpotInstanceRequests"]).iter();
            let ids = requests.filter_map(|it| it["InstanceId"].as_str());
            noticed.extend(ids.map(str::to_owned));
        }
        Ok(noticed)
    }

    /// Launches it, if that was not done before; its id.
    pub async fn launch(&self, instance: &ManagedInstance) -> Result<String, Fault> {
        let actor = Actor::Role {
            arn: instance.role.clone(),
            service: PRINCIPAL.to_owned(),
            source_arn: self.provider.arn.clone(),
        };
        let input = instance.request.clone();
        let request = Request::new("ec2", "RunInstances", &self.place.region, input);
        let made = self.operations.call(&actor, &request).await?;
        let id = made["Instances"][0]["InstanceId"].as_str();
        id.map(str::to_owned).ok_or_else(|| {
            let text = "A launch was answered without the id of its instance.";
            Fault::sender("ServerException", 500, text.to_owned())
        })
    }

    /// One that is gone is no failure.
    pub async fn terminate(&self, id: &str) -> Result<(), Fault> {
        let input = json!({ "InstanceIds": [id] });
        match self.ec2("TerminateInstances", input).await {
            Err(fault) if fault.code != "InvalidInstanceID.NotFound" => Err(fault),
            _ => Ok(()),
        }
    }

    /// All instance types that an image of that architecture runs on.
    pub async fn kinds(&self, architecture: &str) -> Result<Vec<Kind>, Fault> {
        let found = self.pages("ec2", "DescribeInstanceTypes", json!({}), "InstanceTypes");
        let found = found.await?;
        let mut kinds: Vec<Kind> = found.iter().filter_map(Kind::of).collect();
        kinds.retain(|it| it.architectures.iter().any(|own| own == architecture));
        Ok(kinds)
    }

    /// Those of the provider's subnets that are there.
    pub async fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>, Fault> {
        let filter = json!({ "Name": "subnet-id", "Values": ids });
        let answer = self
            .ec2("DescribeSubnets", json!({ "Filters": [filter] }))
            .await?;
        let subnet = |it: &Value| {
            Some(Subnet {
                id: it["SubnetId"].as_str()?.to_owned(),
                zone: it["AvailabilityZone"].as_str()?.to_owned(),
            })
        };
        Ok(list(&answer["Subnets"]).iter().filter_map(subnet).collect())
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The client token of an instance, and what is said of it.
fn read(instance: &Value) -> Option<(String, Found)> {
    let seen = match instance["State"]["Name"].as_str()? {
        "shutting-down" => Seen::Ends,
        "terminated" => Seen::Ended,
        "stopping" | "stopped" => Seen::Stopped,
        _ => Seen::Lives,
    };
    let found = Found {
        id: instance["InstanceId"].as_str()?.to_owned(),
        seen,
    };
    Some((instance["ClientToken"].as_str()?.to_owned(), found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_read() {
        let of = |state: &str| {
            let said =
                json!({ "InstanceId": "i-1", "ClientToken": "t", "State": { "Name": state } });
            read(&said).map(|it| (it.0, it.1.seen))
        };
        for (state, seen) in [
            ("pending", Seen::Lives),
            ("running", Seen::Lives),
            ("stopped", Seen::Stopped),
            ("shutting-down", Seen::Ends),
            ("terminated", Seen::Ended),
        ] {
            assert_eq!(of(state), Some(("t".to_owned(), seen)), "{state}");
        }
        assert_eq!(read(&json!({ "InstanceId": "i-1" })), None);
    }
}
