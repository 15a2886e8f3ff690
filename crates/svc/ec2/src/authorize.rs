//! What each operation does to which resource, and what of it conditions may look at: the tags a
//! request gives (`aws:RequestTag`), those a resource has (`aws:ResourceTag`), its VPC (`ec2:Vpc`).

use wharf_api_ec2::{
    Input,
    types::{Tag, TagSpecification},
};
use wharf_records::Record;
use wharf_service::tags::{self, Tags};
use wharf_wire::{Check, Context, Fault};

use crate::{
    Ec2Service,
    elastic::ElasticAddress,
    endpoint_services::EndpointService,
    endpoints::VpcEndpoint,
    fleet::{Fleet, SpotFleet},
    flow_logs::FlowLog,
    images::Image,
    interface_permissions::Use,
    launch_templates::LaunchTemplate,
    nat_gateways::NatGateway,
    ops::{
        security_groups,
        tags::{RULE, begins},
    },
    peering::VpcPeeringConnection,
    prefix_lists::PrefixList,
    records::{
        DhcpOptions, EgressOnlyGateway, Instance, Interface, InternetGateway, NetworkAcl,
        RouteTable, SecurityGroup, Subnet, Vpc, arn,
    },
    snapshots::Snapshot,
    spot::SpotRequest,
};

mod attributes;
mod changes;
mod endpoints;
mod fleets;
mod flow_logs;
mod instances;
mod interfaces;
mod launch;
mod peering;
mod reservations;
mod volumes;
mod vpcs;

use attributes::{Attributes, Told, told};
use instances::OfTemplate;

type Specifications = Option<Vec<TagSpecification>>;

pub async fn checks(
    service: &Ec2Service,
    cx: &Context,
    input: Input<'_>,
) -> Result<Vec<Check>, Fault> {
    let mut rows = Rows {
        service,
        cx,
        action: input.action(),
        checks: Vec::new(),
        template: None,
    };
    match input {
        Input::CreateVpc(_)
        | Input::DeleteVpc(_)
        | Input::ModifyVpcAttribute(_)
        | Input::ModifyVpcTenancy(_)
        | Input::DescribeVpcAttribute(_)
        | Input::AssociateVpcCidrBlock(_)
        | Input::DisassociateVpcCidrBlock(_)
        | Input::AssociateSubnetCidrBlock(_)
        | Input::DisassociateSubnetCidrBlock(_)
        | Input::CreateSubnet(_)
        | Input::DeleteSubnet(_)
        | Input::ModifySubnetAttribute(_) => rows.vpcs(input).await?,
        Input::CreateInternetGateway(_)
        | Input::AttachInternetGateway(_)
        | Input::DetachInternetGateway(_)
        | Input::DeleteInternetGateway(_)
        | Input::CreateEgressOnlyInternetGateway(_)
        | Input::DeleteEgressOnlyInternetGateway(_)
        | Input::CreateRouteTable(_)
        | Input::DeleteRouteTable(_)
        | Input::AssociateRouteTable(_)
        | Input::ReplaceRouteTableAssociation(_)
        | Input::DisassociateRouteTable(_)
        | Input::CreateRoute(_)
        | Input::ReplaceRoute(_)
        | Input::DeleteRoute(_) => rows.routes(input).await?,
        Input::CreateNetworkInterface(_)
        | Input::DeleteNetworkInterface(_)
        | Input::AttachNetworkInterface(_)
        | Input::DetachNetworkInterface(_)
        | Input::AssignPrivateIpAddresses(_)
        | Input::UnassignPrivateIpAddresses(_)
        | Input::AssignIpv6Addresses(_)
        | Input::UnassignIpv6Addresses(_)
        | Input::ResetNetworkInterfaceAttribute(_)
        | Input::CreateNetworkInterfacePermission(_)
        | Input::DeleteNetworkInterfacePermission(_)
        | Input::ModifyNetworkInterfaceAttribute(_) => rows.interfaces(input).await?,
        Input::CreateSubnetCidrReservation(_) | Input::DeleteSubnetCidrReservation(_) => {
            rows.reservations(input).await?;
        }
        Input::GetSecurityGroupsForVpc(i) => rows.on::<Vpc>(&i.vpc_id).await?,
        Input::CreateDhcpOptions(i) => {
            rows.new_one(DhcpOptions::KIND, &i.tag_specifications);
        }
        Input::DeleteDhcpOptions(i) => rows.on::<DhcpOptions>(&i.dhcp_options_id).await?,
        Input::AssociateDhcpOptions(i) => {
            rows.on::<DhcpOptions>(&i.dhcp_options_id).await?;
            rows.on::<Vpc>(&i.vpc_id).await?;
        }
        Input::CreateManagedPrefixList(i) => {
            rows.new_one(PrefixList::KIND, &i.tag_specifications);
        }
        Input::ModifyManagedPrefixList(i) => rows.on::<PrefixList>(&i.prefix_list_id).await?,
        Input::DeleteManagedPrefixList(i) => rows.on::<PrefixList>(&i.prefix_list_id).await?,
        Input::GetManagedPrefixListEntries(i) => rows.on::<PrefixList>(&i.prefix_list_id).await?,
        Input::GetManagedPrefixListAssociations(i) => {
            rows.on::<PrefixList>(&i.prefix_list_id).await?;
        }
        Input::CreateVpcPeeringConnection(_)
        | Input::AcceptVpcPeeringConnection(_)
        | Input::RejectVpcPeeringConnection(_)
        | Input::ModifyVpcPeeringConnectionOptions(_)
        | Input::DeleteVpcPeeringConnection(_) => rows.peerings(input).await?,
        Input::AllocateAddress(i) => {
            let domain = vec![("ec2:Domain", "vpc".to_owned())];
            rows.new_with(ElasticAddress::KIND, &i.tag_specifications, domain);
        }
        Input::ReleaseAddress(i) => rows.on::<ElasticAddress>(&i.allocation_id).await?,
        Input::AssociateAddress(i) => {
            rows.on::<ElasticAddress>(&i.allocation_id).await?;
            if let Some(id) = &i.network_interface_id {
                rows.on_usable(id, Use::EipAssociate).await?;
            }
            if i.instance_id.is_some() {
                rows.on::<Instance>(&i.instance_id).await?;
            }
        }
        Input::ModifyAddressAttribute(i) => {
            let changes = vec![("DomainName", i.domain_name.clone())];
            rows.on_changed::<ElasticAddress>(&i.allocation_id, changes)
                .await?;
        }
        Input::ResetAddressAttribute(i) => rows.on::<ElasticAddress>(&i.allocation_id).await?,
        Input::CreateNatGateway(i) => {
            rows.new_one(NatGateway::KIND, &i.tag_specifications);
            rows.on::<Subnet>(&i.subnet_id).await?;
            rows.on::<ElasticAddress>(&i.allocation_id).await?;
        }
        Input::CreateNetworkAcl(i) => {
            let vpc = rows.in_vpc(&i.vpc_id);
            rows.new_with(NetworkAcl::KIND, &i.tag_specifications, vpc);
            rows.on::<Vpc>(&i.vpc_id).await?;
        }
        Input::DeleteNetworkAcl(i) => rows.on::<NetworkAcl>(&i.network_acl_id).await?,
        Input::CreateNetworkAclEntry(i) => rows.on::<NetworkAcl>(&i.network_acl_id).await?,
        Input::ReplaceNetworkAclEntry(i) => rows.on::<NetworkAcl>(&i.network_acl_id).await?,
        Input::DeleteNetworkAclEntry(i) => rows.on::<NetworkAcl>(&i.network_acl_id).await?,
        Input::ReplaceNetworkAclAssociation(i) => {
            rows.on::<NetworkAcl>(&i.network_acl_id).await?;
            let id = i.association_id.as_ref();
            rows.that(|it: &Subnet| Some(&it.acl_association) == id)
                .await?;
        }
        Input::DeleteNatGateway(i) => rows.on::<NatGateway>(&i.nat_gateway_id).await?,
        Input::DisassociateAddress(i) => {
            let is_it = |it: &ElasticAddress| match i.association_id.as_ref() {
                Some(id) => it.association.as_ref().is_some_and(|it| it.id == *id),
                None => Some(it.address.to_string()) == i.public_ip,
            };
            rows.that(is_it).await?;
        }
        Input::DescribeNetworkInterfaceAttribute(i) => {
            rows.on::<Interface>(&i.network_interface_id).await?;
        }
        Input::RunInstances(i) => rows.launch(i, false).await?,
        Input::RequestSpotInstances(i) => rows.spot_requests(i).await?,
        Input::CreateFleet(_)
        | Input::DeleteFleets(_)
        | Input::DescribeFleetInstances(_)
        | Input::RequestSpotFleet(_)
        | Input::CancelSpotFleetRequests(_)
        | Input::DescribeSpotFleetInstances(_)
        | Input::ModifySpotFleetRequest(_) => rows.fleets(input).await?,
        Input::CancelSpotInstanceRequests(i) => {
            for id in i.spot_instance_request_ids.iter().flatten() {
                rows.on::<SpotRequest>(&Some(id.clone())).await?;
            }
        }
        Input::TerminateInstances(i) => rows.instances(&i.instance_ids).await?,
        Input::StopInstances(i) => rows.instances(&i.instance_ids).await?,
        Input::StartInstances(i) => rows.instances(&i.instance_ids).await?,
        Input::RebootInstances(i) => rows.instances(&i.instance_ids).await?,
        Input::MonitorInstances(i) => rows.instances(&i.instance_ids).await?,
        Input::UnmonitorInstances(i) => rows.instances(&i.instance_ids).await?,
        Input::GetConsoleOutput(i) => rows.on::<Instance>(&i.instance_id).await?,
        Input::DescribeInstanceAttribute(i) => rows.on::<Instance>(&i.instance_id).await?,
        Input::ModifyInstanceAttribute(i) => {
            let changes = changes::of_instance(i);
            rows.on_changed::<Instance>(&i.instance_id, changes).await?;
            rows.on_groups(&i.groups).await?;
        }
        Input::ResetInstanceAttribute(i) => rows.on::<Instance>(&i.instance_id).await?,
        Input::GetLaunchTemplateData(i) => rows.on::<Instance>(&i.instance_id).await?,
        Input::ModifyInstanceMetadataOptions(i) => {
            let changes = changes::of_metadata(i);
            rows.on_changed::<Instance>(&i.instance_id, changes).await?;
        }
        Input::AssociateIamInstanceProfile(i) => {
            rows.on::<Instance>(&i.instance_id).await?;
            rows.new_profile(i.iam_instance_profile.as_ref()).await?;
            rows.pass_role(i.iam_instance_profile.as_ref()).await?;
        }
        Input::ReplaceIamInstanceProfileAssociation(i) => {
            rows.with_profile(i.association_id.as_ref()).await?;
            rows.new_profile(i.iam_instance_profile.as_ref()).await?;
            rows.pass_role(i.iam_instance_profile.as_ref()).await?;
        }
        Input::DisassociateIamInstanceProfile(i) => {
            rows.with_profile(i.association_id.as_ref()).await?;
        }
        Input::CreateLaunchTemplate(_)
        | Input::CreateLaunchTemplateVersion(_)
        | Input::ModifyLaunchTemplate(_)
        | Input::DeleteLaunchTemplate(_)
        | Input::DeleteLaunchTemplateVersions(_) => rows.launch_templates(input).await?,
        Input::RegisterImage(_)
        | Input::CreateImage(_)
        | Input::CopyImage(_)
        | Input::DeregisterImage(_)
        | Input::DescribeImageAttribute(_)
        | Input::ModifyImageAttribute(_)
        | Input::ResetImageAttribute(_) => rows.images(input).await?,
        Input::CreateKeyPair(_) | Input::ImportKeyPair(_) | Input::DeleteKeyPair(_) => {
            rows.key_pairs(input).await?;
        }
        Input::CreatePlacementGroup(_)
        | Input::DeletePlacementGroup(_)
        | Input::ModifyInstancePlacement(_) => rows.placement_groups(input).await?,
        Input::CreateVolume(i) => rows.new_volume(i).await?,
        Input::CopySnapshot(i) => rows.copy_of_snapshot(i).await?,
        Input::CreateSnapshot(i) => {
            rows.new_snapshot(i).await?;
            rows.on_volume(&i.volume_id).await?;
        }
        Input::CreateSnapshots(i) => {
            let of = i.instance_specification.as_ref();
            rows.snapshots_of_instance(of, &i.tag_specifications)
                .await?;
        }
        Input::DeleteSnapshot(i) => rows.on::<Snapshot>(&i.snapshot_id).await?,
        Input::DescribeSnapshotAttribute(i) => rows.on::<Snapshot>(&i.snapshot_id).await?,
        Input::ModifySnapshotAttribute(i) => rows.shared_snapshot(i).await?,
        Input::ResetSnapshotAttribute(i) => rows.on::<Snapshot>(&i.snapshot_id).await?,
        Input::DeleteVolume(i) => rows.on_volume(&i.volume_id).await?,
        Input::ModifyVolume(i) => rows.on_volume(&i.volume_id).await?,
        Input::ModifyVolumeAttribute(i) => rows.on_volume(&i.volume_id).await?,
        Input::DescribeVolumeAttribute(i) => rows.on_volume(&i.volume_id).await?,
        Input::AttachVolume(i) => {
            rows.on_volume(&i.volume_id).await?;
            rows.on::<Instance>(&i.instance_id).await?;
        }
        Input::DetachVolume(i) => {
            rows.detached(i.volume_id.as_deref(), i.instance_id.as_deref())
                .await?;
        }
        Input::CreateVpcEndpoint(_)
        | Input::ModifyVpcEndpoint(_)
        | Input::DeleteVpcEndpoints(_)
        | Input::CreateVpcEndpointServiceConfiguration(_)
        | Input::ModifyVpcEndpointServiceConfiguration(_)
        | Input::DeleteVpcEndpointServiceConfigurations(_)
        | Input::DescribeVpcEndpointServicePermissions(_)
        | Input::ModifyVpcEndpointServicePermissions(_)
        | Input::StartVpcEndpointServicePrivateDnsVerification(_)
        | Input::AcceptVpcEndpointConnections(_)
        | Input::RejectVpcEndpointConnections(_) => rows.endpoints(input).await?,
        Input::CreateFlowLogs(i) => rows.new_flow_logs(i).await?,
        Input::DeleteFlowLogs(i) => rows.old_flow_logs(&i.flow_log_ids).await?,
        Input::CreateTags(i) => rows.tags(&i.resources, &i.tags).await?,
        Input::DeleteTags(i) => rows.tags(&i.resources, &i.tags).await?,
        _ => rows.groups(input).await?,
    }
    if rows.checks.is_empty() {
        rows.checks.push(Check::any(rows.action));
    }
    let all = rows.checks.into_iter();
    Ok(all.map(|it| in_region(it, &cx.region)).collect())
}

/// Every action of EC2 knows its region by EC2's own key too, which is older than the one of all services.
fn in_region(check: Check, region: &str) -> Check {
    match check.action.starts_with("ec2:") {
        true => check.with("ec2:Region", region),
        false => check,
    }
}

struct Rows<'a> {
    service: &'a Ec2Service,
    cx: &'a Context,
    action: String,
    checks: Vec<Check>,
    /// The template that instances are launched from.
    template: Option<OfTemplate>,
}

impl Rows<'_> {
    async fn routes(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateInternetGateway(i) => {
                self.new_one(InternetGateway::KIND, &i.tag_specifications);
            }
            Input::AttachInternetGateway(i) => {
                self.on::<InternetGateway>(&i.internet_gateway_id).await?;
                self.on::<Vpc>(&i.vpc_id).await?;
            }
            Input::DetachInternetGateway(i) => {
                self.on::<InternetGateway>(&i.internet_gateway_id).await?;
                self.on::<Vpc>(&i.vpc_id).await?;
            }
            Input::DeleteInternetGateway(i) => {
                self.on::<InternetGateway>(&i.internet_gateway_id).await?;
            }
            Input::CreateEgressOnlyInternetGateway(i) => {
                self.new_one(EgressOnlyGateway::KIND, &i.tag_specifications);
                self.on::<Vpc>(&i.vpc_id).await?;
            }
            Input::DeleteEgressOnlyInternetGateway(i) => {
                self.on::<EgressOnlyGateway>(&i.egress_only_internet_gateway_id)
                    .await?;
            }
            Input::CreateRouteTable(i) => {
                let vpc = self.in_vpc(&i.vpc_id);
                self.new_with(RouteTable::KIND, &i.tag_specifications, vpc);
                self.on::<Vpc>(&i.vpc_id).await?;
            }
            Input::DeleteRouteTable(i) => self.on::<RouteTable>(&i.route_table_id).await?,
            Input::AssociateRouteTable(i) => {
                self.on::<RouteTable>(&i.route_table_id).await?;
                self.on::<Subnet>(&i.subnet_id).await?;
            }
            Input::ReplaceRouteTableAssociation(i) => {
                self.on::<RouteTable>(&i.route_table_id).await?;
                self.with_table(i.association_id.as_ref()).await?;
            }
            Input::DisassociateRouteTable(i) => {
                let subnet = self.with_table(i.association_id.as_ref()).await?;
                let table = subnet.and_then(|it| it.route_table);
                self.on::<RouteTable>(&table.map(|it| it.table)).await?;
            }
            Input::CreateRoute(i) => self.on::<RouteTable>(&i.route_table_id).await?,
            Input::ReplaceRoute(i) => self.on::<RouteTable>(&i.route_table_id).await?,
            Input::DeleteRoute(i) => self.on::<RouteTable>(&i.route_table_id).await?,
            _ => {}
        }
        Ok(())
    }

    async fn groups(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateSecurityGroup(i) => {
                let vpc = self.in_vpc(&i.vpc_id);
                self.new_with(SecurityGroup::KIND, &i.tag_specifications, vpc);
                if i.vpc_id.is_some() {
                    self.on::<Vpc>(&i.vpc_id).await?;
                }
                Ok(())
            }
            Input::DeleteSecurityGroup(i) => self.group(&i.group_id, &i.group_name).await,
            Input::AuthorizeSecurityGroupIngress(i) => {
                self.tagging(RULE, &i.tag_specifications);
                self.group(&i.group_id, &i.group_name).await
            }
            Input::AuthorizeSecurityGroupEgress(i) => {
                self.tagging(RULE, &i.tag_specifications);
                self.on::<SecurityGroup>(&i.group_id).await
            }
            Input::RevokeSecurityGroupIngress(i) => self.group(&i.group_id, &i.group_name).await,
            Input::RevokeSecurityGroupEgress(i) => self.on::<SecurityGroup>(&i.group_id).await,
            Input::ModifySecurityGroupRules(i) => self.on::<SecurityGroup>(&i.group_id).await,
            Input::UpdateSecurityGroupRuleDescriptionsIngress(i) => {
                self.group(&i.group_id, &i.group_name).await
            }
            Input::UpdateSecurityGroupRuleDescriptionsEgress(i) => {
                self.group(&i.group_id, &i.group_name).await
            }
            // Descriptions, and what this version does not have, are of no one resource.
            _ => Ok(()),
        }
    }

    async fn tags(
        &mut self,
        resources: &Option<Vec<String>>,
        tags: &Option<Vec<Tag>>,
    ) -> Result<(), Fault> {
        let before = self.checks.len();
        for resource in resources.iter().flatten() {
            let id = Some(resource.clone());
            match begins(resource) {
                "vpc" => self.on::<Vpc>(&id).await?,
                "subnet" => self.on::<Subnet>(&id).await?,
                "sg" => self.on::<SecurityGroup>(&id).await?,
                "eni" => self.on::<Interface>(&id).await?,
                "i" => self.on::<Instance>(&id).await?,
                "igw" => self.on::<InternetGateway>(&id).await?,
                "eigw" => self.on::<EgressOnlyGateway>(&id).await?,
                "rtb" => self.on::<RouteTable>(&id).await?,
                "nat" => self.on::<NatGateway>(&id).await?,
                "eipalloc" => self.on::<ElasticAddress>(&id).await?,
                "acl" => self.on::<NetworkAcl>(&id).await?,
                "dopt" => self.on::<DhcpOptions>(&id).await?,
                "ami" => self.on::<Image>(&id).await?,
                "key" => self.on_key_pair(resource).await?,
                "pg" => self.on_placement_group(resource).await?,
                "lt" => self.on::<LaunchTemplate>(&id).await?,
                "pl" => self.on::<PrefixList>(&id).await?,
                "vpce" => self.on::<VpcEndpoint>(&id).await?,
                "vpce-svc" => self.on::<EndpointService>(&id).await?,
                "fl" => self.on::<FlowLog>(&id).await?,
                "pcx" => self.on::<VpcPeeringConnection>(&id).await?,
                "vol" => self.on_volume(&id).await?,
                "snap" => self.on::<Snapshot>(&id).await?,
                "fleet" => self.on::<Fleet>(&id).await?,
                "sfr" => self.on::<SpotFleet>(&id).await?,
                "sir" => self.on::<SpotRequest>(&id).await?,
                "scr" => self.on_reservation(resource).await?,
                _ => self.push(Check::new(
                    self.action.clone(),
                    arn(self.cx, RULE, resource),
                )),
            }
        }
        for check in &mut self.checks[before..] {
            *check = with_request_tags(check.clone(), tags.iter().flatten());
        }
        Ok(())
    }

    async fn on_groups(&mut self, groups: &Option<Vec<String>>) -> Result<(), Fault> {
        for group in groups.iter().flatten() {
            self.on::<SecurityGroup>(&Some(group.clone())).await?;
        }
        Ok(())
    }

    /// A resource that is there, or is not: then nothing is known of it. Without an id (a group
    /// given by name, say) only a policy for all of the kind allows it.
    async fn on<T: Attributes>(&mut self, id: &Option<String>) -> Result<(), Fault> {
        let Some(id) = id.as_deref().filter(|id| !id.is_empty()) else {
            self.any_of(T::KIND);
            return Ok(());
        };
        let mut check = Check::new(self.action.clone(), arn(self.cx, T::KIND, id));
        if let Some(resource) = self.service.find::<T>(self.cx, id).await? {
            check = known(check, &resource, self.cx);
            if let Some(vpc) = resource.vpc() {
                check = check.with("ec2:Vpc", arn(self.cx, Vpc::KIND, vpc));
            }
        }
        self.push(check);
        Ok(())
    }

    /// What a request names by something of it, an association, say; any of the kind if there is none. A policy about one
    /// resource holds however that is named.
    async fn that<T: Attributes>(
        &mut self,
        is_it: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, Fault> {
        let all: Vec<T> = self.service.all(self.cx).await?;
        let found = all.into_iter().find(is_it);
        let id = found.as_ref().map(|it| it.id().to_owned());
        self.on::<T>(&id).await?;
        Ok(found)
    }

    /// The instance that has a profile by this association.
    async fn with_profile(&mut self, id: Option<&String>) -> Result<(), Fault> {
        let of = |it: &Instance| it.profile.as_ref().map(|it| it.association.clone());
        self.that(|it| id.is_some() && of(it).as_ref() == id)
            .await?;
        Ok(())
    }

    /// The subnet that has a route table by this association.
    async fn with_table(&mut self, id: Option<&String>) -> Result<Option<Subnet>, Fault> {
        let of = |it: &Subnet| it.route_table.as_ref().map(|it| it.id.clone());
        self.that(|it| id.is_some() && of(it).as_ref() == id).await
    }

    /// A security group, by its id or, in the default VPC, by its name.
    async fn group(&mut self, id: &Option<String>, name: &Option<String>) -> Result<(), Fault> {
        let has_name = name.as_ref().is_some_and(|it| !it.is_empty());
        let id = match id.as_ref().filter(|it| !it.is_empty()) {
            None if has_name => {
                let found = security_groups::locate(self.service, self.cx, None, name.clone());
                match found.await {
                    // One that is not there is refused by the operation.
                    Err(fault) if fault.sender => None,
                    found => Some(found?),
                }
            }
            given => given.cloned(),
        };
        self.on::<SecurityGroup>(&id).await
    }

    fn any_of(&mut self, kind: &str) {
        self.push(Check::new(self.action.clone(), arn(self.cx, kind, "*")));
    }

    /// A resource that is about to be made.
    fn new_one(&mut self, kind: &str, specifications: &Specifications) {
        self.new_with(kind, specifications, Vec::new());
    }

    /// The same with what else is known of it.
    fn new_with(&mut self, kind: &str, specifications: &Specifications, more: Told) {
        let check = Check::new(self.action.clone(), arn(self.cx, kind, "*"));
        self.push(told(
            with_request_tags(check, tags_of(specifications)),
            more,
        ));
        self.tagging(kind, specifications);
    }

    /// Tags given at creation take the right to tag, too.
    fn tagging(&mut self, kind: &str, specifications: &Specifications) {
        if tags_of(specifications).next().is_none() {
            return;
        }
        let creation = self.action.trim_start_matches("ec2:").to_owned();
        let check = Check::new("ec2:CreateTags", arn(self.cx, kind, "*"));
        let check = check.with("ec2:CreateAction", creation);
        self.push(with_request_tags(check, tags_of(specifications)));
    }

    /// Nothing is asked twice: pools of a fleet differ in little.
    fn push(&mut self, mut check: Check) {
        if let Some(template) = &self.template {
            check = template.told(check);
        }
        if !self.checks.contains(&check) {
            self.checks.push(check);
        }
    }
}

/// Tags of a kind of resources, and others.
fn of_kind(kind: &str, all: &Specifications) -> (Specifications, Specifications) {
    let all = all.iter().flatten().cloned();
    let (of_it, others) = all.partition(|it| it.resource_type.as_deref() == Some(kind));
    (Some(of_it), Some(others))
}

fn tags_of(specifications: &Specifications) -> impl Iterator<Item = &Tag> {
    let specifications = specifications.iter().flatten();
    specifications.flat_map(|specification| specification.tags.iter().flatten())
}

fn with_request_tags<'a>(check: Check, tags: impl IntoIterator<Item = &'a Tag>) -> Check {
    let tags = tags.into_iter();
    tags::requested(
        check,
        tags.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

fn with_resource_tags(check: Check, tags: &Tags) -> Check {
    tags::of_resource(check, Some("ec2"), tags)
}

/// The same check of a resource that is there: its tags, and what else conditions see of it.
fn known<T: Attributes>(check: Check, it: &T, cx: &Context) -> Check {
    told(with_resource_tags(check, it.tags()), it.attributes(cx))
}
