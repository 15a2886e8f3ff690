//! EC2 as the service under test sees it: all that is asked for is there, but for what the names of [`crate::home`] say.

use wharf_api_ec2::{
    CreateTagsRequest, DeleteTagsRequest, DescribeImagesRequest, DescribeImagesResult,
    DescribeInstanceStatusRequest, DescribeInstanceStatusResult, DescribeInstanceTypesRequest,
    DescribeInstanceTypesResult, DescribeInstancesRequest, DescribeInstancesResult,
    DescribeKeyPairsRequest, DescribeKeyPairsResult, DescribeLaunchTemplateVersionsRequest,
    DescribeLaunchTemplateVersionsResult, DescribeSecurityGroupsRequest,
    DescribeSecurityGroupsResult, DescribeSpotInstanceRequestsRequest,
    DescribeSpotInstanceRequestsResult, DescribeSpotPriceHistoryRequest,
    DescribeSpotPriceHistoryResult, DescribeSubnetsRequest, DescribeSubnetsResult, Ec2, Filter,
    Input, Instance, InstanceStatus, InstanceStatusDetails, InstanceStatusSummary,
    LaunchTemplateInstanceMarketOptions, LaunchTemplateVersion, Placement, Reservation,
    ResponseLaunchTemplateData, RunInstancesRequest, SpotInstanceRequest, SpotPrice, Subnet,
    TerminateInstancesRequest, TerminateInstancesResult,
};
use wharf_wire::{Call, CallerKind, Check, Context, Fault, async_trait};

use crate::home::{Cloud, NO_GROUP, NO_IMAGE, NO_KEY, NO_TYPE, named};

fn zone_of(subnet: &str) -> String {
    format!("us-east-1{}", &subnet["subnet-".len()..])
}

/// Whether a request that names something names this.
fn named_in(names: Option<Vec<String>>, one: &str) -> bool {
    names
        .expect("something is named")
        .iter()
        .any(|it| it == one)
}

#[async_trait]
impl Ec2 for Cloud {
    async fn authorize(&self, _: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
        Ok(vec![Check::any(input.action())])
    }

    async fn run_instances(
        &self,
        call: &Call,
        input: RunInstancesRequest,
    ) -> Result<Reservation, Fault> {
        if input.dry_run == Some(true) {
            assert_ne!(
                call.caller.kind,
                CallerKind::Service,
                "it is the caller who is asked"
            );
            let would = self.would.lock().clone();
            return Err(would.unwrap_or_else(|| {
                Fault::sender("DryRunOperation", 412, "Request would have succeeded.")
            }));
        }
        assert_eq!(call.caller.kind, CallerKind::Service);
        if let Some(refusal) = self.refusals.lock().pop_front() {
            return Err(refusal);
        }
        self.runs.lock().push(input.clone());
        let token = input.client_token.clone().unwrap();
        let mut all = self.instances.lock();
        let next = all.len();
        let instance = all.entry(token.clone()).or_insert_with(|| Instance {
            instance_id: Some(format!("i-{next:017x}")),
            client_token: Some(token),
            state: named("pending"),
            placement: input.subnet_id.as_deref().map(|it| Placement {
                availability_zone: Some(zone_of(it)),
                ..Placement::default()
            }),
            instance_lifecycle: input.instance_market_options.and_then(|it| it.market_type),
            vpc_id: Some("vpc-1".to_owned()),
            subnet_id: input.subnet_id,
            tags: input
                .tag_specifications
                .and_then(|mut it| it.pop())
                .and_then(|it| it.tags),
            instance_type: Some("t3.small".to_owned()),
            ..Instance::default()
        });
        Ok(Reservation {
            instances: Some(vec![instance.clone()]),
            ..Reservation::default()
        })
    }

    /// The second of two types is the cheaper one.
    async fn describe_spot_price_history(
        &self,
        _: &Call,
        input: DescribeSpotPriceHistoryRequest,
    ) -> Result<DescribeSpotPriceHistoryResult, Fault> {
        let types = input.instance_types.unwrap_or_default();
        let prices = types
            .into_iter()
            .rev()
            .zip(1..)
            .map(|(of, price)| SpotPrice {
                instance_type: Some(of),
                spot_price: Some(format!("0.{price:06}")),
                ..SpotPrice::default()
            });
        Ok(DescribeSpotPriceHistoryResult {
            spot_price_history: Some(prices.collect()),
            ..DescribeSpotPriceHistoryResult::default()
        })
    }

    async fn describe_instances(
        &self,
        _: &Call,
        input: DescribeInstancesRequest,
    ) -> Result<DescribeInstancesResult, Fault> {
        let by_ids = || Filter {
            name: Some("instance-id".to_owned()),
            values: input.instance_ids,
        };
        let filter = input.filters.map(|mut it| it.remove(0));
        let filter = filter.unwrap_or_else(by_ids);
        let values = filter.values.unwrap();
        let fits = |it: &&Instance| {
            let of = match filter.name.as_deref() {
                Some("instance-id") => it.instance_id.as_ref(),
                Some("client-token") => it.client_token.as_ref(),
                other => panic!("no filter {other:?}"),
            };
            values.contains(of.unwrap())
        };
        let all = self.instances.lock();
        Ok(DescribeInstancesResult {
            reservations: Some(vec![Reservation {
                instances: Some(all.values().filter(fits).cloned().collect()),
                ..Reservation::default()
            }]),
            ..DescribeInstancesResult::default()
        })
    }

    async fn describe_instance_status(
        &self,
        _: &Call,
        input: DescribeInstanceStatusRequest,
    ) -> Result<DescribeInstanceStatusResult, Fault> {
        let failing = self.failing.lock();
        let asked = input.instance_ids.into_iter().flatten();
        let found = asked.filter_map(|id| {
            let details = InstanceStatusDetails {
                impaired_since: Some(*failing.get(&id)?),
                ..InstanceStatusDetails::default()
            };
            let summary = InstanceStatusSummary {
                details: Some(vec![details]),
                status: Some("impaired".to_owned()),
            };
            Some(InstanceStatus {
                instance_id: Some(id),
                system_status: Some(summary),
                ..InstanceStatus::default()
            })
        });
        Ok(DescribeInstanceStatusResult {
            instance_statuses: Some(found.collect()),
            ..DescribeInstanceStatusResult::default()
        })
    }

    async fn terminate_instances(
        &self,
        _: &Call,
        input: TerminateInstancesRequest,
    ) -> Result<TerminateInstancesResult, Fault> {
        for id in input.instance_ids.unwrap() {
            self.set(&id, "terminated");
        }
        Ok(TerminateInstancesResult::default())
    }

    async fn create_tags(&self, _: &Call, input: CreateTagsRequest) -> Result<(), Fault> {
        let (ids, given) = (input.resources.unwrap(), input.tags.unwrap());
        for it in self.instances.lock().values_mut() {
            if it.instance_id.as_ref().is_some_and(|id| ids.contains(id)) {
                it.tags.get_or_insert_default().extend(given.clone());
            }
        }
        Ok(())
    }

    async fn delete_tags(&self, _: &Call, input: DeleteTagsRequest) -> Result<(), Fault> {
        let (ids, given) = (input.resources.unwrap(), input.tags.unwrap());
        for it in self.instances.lock().values_mut() {
            if it.instance_id.as_ref().is_some_and(|id| ids.contains(id)) {
                let held = it.tags.get_or_insert_default();
                held.retain(|it| !given.contains(it));
            }
        }
        Ok(())
    }

    async fn describe_spot_instance_requests(
        &self,
        _: &Call,
        input: DescribeSpotInstanceRequestsRequest,
    ) -> Result<DescribeSpotInstanceRequestsResult, Fault> {
        let ids = input.filters.unwrap().remove(0).values.unwrap();
        let recalled = self.recalled.lock();
        let found = ids.into_iter().filter(|it| recalled.contains(it));
        let found = found.map(|id| SpotInstanceRequest {
            instance_id: Some(id),
            ..SpotInstanceRequest::default()
        });
        Ok(DescribeSpotInstanceRequestsResult {
            spot_instance_requests: Some(found.collect()),
            ..DescribeSpotInstanceRequestsResult::default()
        })
    }

    async fn describe_images(
        &self,
        call: &Call,
        input: DescribeImagesRequest,
    ) -> Result<DescribeImagesResult, Fault> {
        assert_eq!(call.caller.kind, CallerKind::Service);
        let ids = input.image_ids.unwrap_or_default();
        match ids.iter().find(|it| *it == NO_IMAGE) {
            None => Ok(DescribeImagesResult::default()),
            Some(id) => {
                let text = format!("The image id '[{id}]' does not exist");
                Err(Fault::sender("InvalidAMIID.NotFound", 400, text))
            }
        }
    }

    async fn describe_instance_types(
        &self,
        call: &Call,
        input: DescribeInstanceTypesRequest,
    ) -> Result<DescribeInstanceTypesResult, Fault> {
        assert_eq!(call.caller.kind, CallerKind::Service);
        let text = "The following supplied instance types do not exist: [t0.small]";
        match named_in(input.instance_types, NO_TYPE) {
            false => Ok(DescribeInstanceTypesResult::default()),
            true => Err(Fault::sender("InvalidInstanceType", 400, text)),
        }
    }

    async fn describe_key_pairs(
        &self,
        call: &Call,
        input: DescribeKeyPairsRequest,
    ) -> Result<DescribeKeyPairsResult, Fault> {
        assert_eq!(call.caller.kind, CallerKind::Service);
        let text = "The key pair 'lost' does not exist";
        match named_in(input.key_names, NO_KEY) {
            false => Ok(DescribeKeyPairsResult::default()),
            true => Err(Fault::sender("InvalidKeyPair.NotFound", 400, text)),
        }
    }

    async fn describe_security_groups(
        &self,
        call: &Call,
        input: DescribeSecurityGroupsRequest,
    ) -> Result<DescribeSecurityGroupsResult, Fault> {
        assert_eq!(call.caller.kind, CallerKind::Service);
        let text = "The security group 'sg-0' does not exist";
        match named_in(input.group_ids, NO_GROUP) {
            false => Ok(DescribeSecurityGroupsResult::default()),
            true => Err(Fault::sender("InvalidGroup.NotFound", 400, text)),
        }
    }

    async fn describe_subnets(
        &self,
        _: &Call,
        input: DescribeSubnetsRequest,
    ) -> Result<DescribeSubnetsResult, Fault> {
        let ids = input.subnet_ids.unwrap_or_default();
        if let Some(id) = ids.iter().find(|it| !it.starts_with("subnet-")) {
            let text = format!("The subnet ID '{id}' does not exist");
            return Err(Fault::sender("InvalidSubnetID.NotFound", 400, text));
        }
        let found = ids.into_iter().map(|id| Subnet {
            availability_zone: Some(zone_of(&id)),
            vpc_id: Some("vpc-1".to_owned()),
            subnet_id: Some(id),
            ..Subnet::default()
        });
        Ok(DescribeSubnetsResult {
            subnets: Some(found.collect()),
            ..DescribeSubnetsResult::default()
        })
    }

    async fn describe_launch_template_versions(
        &self,
        _: &Call,
        input: DescribeLaunchTemplateVersionsRequest,
    ) -> Result<DescribeLaunchTemplateVersionsResult, Fault> {
        let given = input.launch_template_id.or(input.launch_template_name);
        if given.as_deref() == Some("none") {
            let code = "InvalidLaunchTemplateName.NotFoundException";
            return Err(Fault::sender(code, 400, "There is no such template."));
        }
        let is_spot = given.as_deref() == Some("lt-spot");
        let mut known = ["lt-spot", "lt-2"].into_iter();
        let id = known.find(|it| given.as_deref() == Some(*it));
        let market = LaunchTemplateInstanceMarketOptions {
            market_type: Some("spot".to_owned()),
            ..LaunchTemplateInstanceMarketOptions::default()
        };
        Ok(DescribeLaunchTemplateVersionsResult {
            launch_template_versions: Some(vec![LaunchTemplateVersion {
                launch_template_id: Some(id.unwrap_or("lt-1").to_owned()),
                launch_template_data: Some(ResponseLaunchTemplateData {
                    instance_market_options: is_spot.then_some(market),
                    ..ResponseLaunchTemplateData::default()
                }),
                launch_template_name: Some("web".to_owned()),
                version_number: Some(3),
                ..LaunchTemplateVersion::default()
            }]),
            ..DescribeLaunchTemplateVersionsResult::default()
        })
    }
}
