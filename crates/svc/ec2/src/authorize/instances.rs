//! What launching and changing instances is asked for.

use wharf_api_ec2::types::{
    IamInstanceProfileSpecification, RequestSpotInstancesRequest, RunInstancesRequest,
};
use wharf_base::Arn;
use wharf_records::Record as _;
use wharf_wire::{Check, Fault};

use super::{
    Rows, Specifications,
    attributes::{Attributes, ROOT_DEVICE},
    known, of_kind, tags_of, told, with_request_tags,
};
use crate::{
    block_devices::MadeOf,
    images::{Image, alias},
    instances::{
        FoundProfile,
        launch::{ProfileName, digest},
        operated::OPERATOR_KEY,
    },
    interface_permissions::{Usable, Use},
    key_pairs::KeyPair,
    launch_templates::{LaunchTemplate, LaunchTemplateData, merge, settle},
    ops::{run_instances::settle_subnet, security_groups::default_vpc_of},
    placement_groups::PlacementGroup,
    records::{Instance, Interface, SecurityGroup, Subnet, Vpc, arn},
    snapshots::Snapshot,
    spot::{SpotRequest, specification},
    volumes::Volume,
};

/// Which assumes the roles of instance profiles.
const PRINCIPAL: &str = "ec2.amazonaws.com";

/// A profile as a request names it, and what there is by that name.
struct NamedProfile {
    named: ProfileName,
    found: Option<FoundProfile>,
}

/// The value of `ec2:InstanceMarketType`.
pub(super) fn market_type(spot: bool) -> &'static str {
    match spot {
        true => "spot",
        false => "on-demand",
    }
}

/// The action whose conditions see which template is launched.
const RUN_INSTANCES: &str = "ec2:RunInstances";

/// The template of a launch, and what of the launch the request says itself.
pub(super) struct OfTemplate {
    arn: String,
    /// Kinds of resources that the request names or describes.
    said: Vec<&'static str>,
    /// Those that are there already, and that the template names.
    named: Vec<&'static str>,
}

impl OfTemplate {
    fn new(arn: String, given: &RunInstancesRequest, data: &LaunchTemplateData) -> Self {
        let is_given = |text: &Option<String>| text.as_ref().is_some_and(|it| !it.is_empty());
        let some = |all: &Option<Vec<String>>| all.as_ref().is_some_and(|it| !it.is_empty());
        let interfaces = given.network_interfaces.as_ref();
        let interfaces = interfaces.is_some_and(|it| !it.is_empty());
        let disks = given.block_device_mappings.as_ref();
        let disks = disks.is_some_and(|it| !it.is_empty());
        let placement = given.placement.as_ref();
        let group = placement.is_some_and(|it| is_given(&it.group_name) || is_given(&it.group_id));
        let said = [
            (Image::KIND, is_given(&given.image_id)),
            (KeyPair::KIND, is_given(&given.key_name)),
            (Subnet::KIND, is_given(&given.subnet_id) || interfaces),
            (
                SecurityGroup::KIND,
                some(&given.security_group_ids) || some(&given.security_groups) || interfaces,
            ),
            (Interface::KIND, interfaces),
            (Volume::KIND, disks),
            (Snapshot::KIND, disks),
            (PlacementGroup::KIND, group),
            (SpotRequest::KIND, given.instance_market_options.is_some()),
        ];
        let of = &data.interfaces;
        let named = [
            (Image::KIND, data.image_id.is_some()),
            (KeyPair::KIND, data.key_name.is_some()),
            (Subnet::KIND, of.iter().any(|it| it.subnet_id.is_some())),
            (
                SecurityGroup::KIND,
                !data.security_group_ids.is_empty()
                    || !data.security_groups.is_empty()
                    || of.iter().any(|it| !it.groups.is_empty()),
            ),
            (PlacementGroup::KIND, true),
            (Snapshot::KIND, true),
        ];
        let kinds = |all: &[(&'static str, bool)]| {
            let those = all.iter().filter(|(_, it)| *it);
            those.map(|(kind, _)| *kind).collect()
        };
        Self {
            arn,
            said: kinds(&said),
            named: kinds(&named),
        }
    }

    /// Each resource of the launch knows the template, and whether it is as the template says: it names what is there
    /// already, and nobody says otherwise.
    pub(super) fn told(&self, check: Check) -> Check {
        if check.action != RUN_INSTANCES {
            return check;
        }
        let resource = check.resource.rsplit(':').next().unwrap_or_default();
        let kind = resource.split('/').next().unwrap_or_default();
        let is_there = THERE.contains(&kind);
        let is_of_it = !self.said.contains(&kind) && (!is_there || self.named.contains(&kind));
        check
            .with("ec2:LaunchTemplate", self.arn.clone())
            .with("ec2:IsLaunchTemplateResource", is_of_it.to_string())
    }
}

/// Kinds of what is there before a launch.
const THERE: [&str; 6] = [
    Image::KIND,
    KeyPair::KIND,
    Subnet::KIND,
    SecurityGroup::KIND,
    PlacementGroup::KIND,
    Snapshot::KIND,
];

impl Rows<'_> {
    /// All that an instance is made of, as AWS asks. `of_fleet`: a fleet launches it, now or later.
    pub(super) async fn launch(
        &mut self,
        given: &RunInstancesRequest,
        of_fleet: bool,
    ) -> Result<(), Fault> {
        let (mut merged, template) = self.with_template(given).await?;
        let (service, cx) = (self.service, self.cx);
        alias::settle(service, cx, &mut merged).await?;
        let made_of = match of_fleet {
            true => MadeOf::find(service, cx, &merged).await?,
            false => {
                let launch = digest(given);
                let made_of = MadeOf::settle(service, cx, &merged, &launch).await?;
                settle_subnet(service, cx, (&mut merged, &made_of), &launch).await?;
                made_of
            }
        };
        self.launch_of(&merged, &made_of, of_fleet).await?;
        // Behind the instances: who may launch none is not told whether there is a template of a name.
        if let Some(id) = template {
            self.on::<LaunchTemplate>(&id).await?;
        }
        self.template = None;
        Ok(())
    }

    /// `i` is what the request and its template come to.
    async fn launch_of(
        &mut self,
        i: &RunInstancesRequest,
        made_of: &MadeOf,
        of_fleet: bool,
    ) -> Result<(), Fault> {
        let mut check = Check::new(self.action.clone(), arn(self.cx, Instance::KIND, "*"));
        let metadata = i.metadata_options.as_ref();
        let hops = metadata.and_then(|it| it.http_put_response_hop_limit);
        let hops = hops.map(|it| it.to_string());
        let profile = self.profile(i.iam_instance_profile.as_ref()).await?;
        let of_profile = profile.as_ref().map(|it| self.profile_arn(it));
        let zone = self.zone_of_launch(i).await?;
        for (key, value) in [
            ("ec2:InstanceType", i.instance_type.as_ref()),
            ("ec2:AvailabilityZone", zone.as_ref()),
            (
                "ec2:MetadataHttpTokens",
                metadata.and_then(|it| it.http_tokens.as_ref()),
            ),
            (
                "ec2:MetadataHttpEndpoint",
                metadata.and_then(|it| it.http_endpoint.as_ref()),
            ),
            ("ec2:MetadataHttpPutResponseHopLimit", hops.as_ref()),
            ("ec2:InstanceProfile", of_profile.as_ref()),
        ] {
            if let Some(value) = value.filter(|it| !it.is_empty()) {
                check = check.with(key, value.clone());
            }
        }
        let operator = i.operator.as_ref().and_then(|it| it.principal.clone());
        if let Some(operator) = &operator {
            check = check.with(OPERATOR_KEY, operator.clone());
        }
        let market = i.instance_market_options.as_ref();
        let spot = market.is_some_and(|it| it.market_type.is_some() || it.spot_options.is_some());
        check = check.with("ec2:InstanceMarketType", market_type(spot));
        let tenancy = i.placement.as_ref().and_then(|it| it.tenancy.as_deref());
        let tenancy = tenancy.filter(|it| !it.is_empty()).unwrap_or("default");
        let optimized = i.ebs_optimized.unwrap_or_default();
        check = check
            .with("ec2:Tenancy", tenancy)
            .with("ec2:EbsOptimized", optimized.to_string())
            .with(ROOT_DEVICE.0, ROOT_DEVICE.1);
        if let Some(tags) = metadata.and_then(|it| it.instance_metadata_tags.as_deref()) {
            check = check.with("ec2:InstanceMetadataTags", tags);
        }
        if let Some(group) = self.group_of_launch(i).await? {
            let group = arn(self.cx, PlacementGroup::KIND, &group);
            check = check.with("ec2:PlacementGroup", group);
        }
        let (of_volumes, others) = of_kind(Volume::KIND, &i.tag_specifications);
        let (of_requests, others) = of_kind(SpotRequest::KIND, &others);
        let (of_interfaces, others) = of_kind(Interface::KIND, &others);
        self.push(with_request_tags(check, tags_of(&others)));
        self.tagging(Instance::KIND, &others);
        if spot {
            self.new_one(SpotRequest::KIND, &of_requests);
        }
        let of = (true, of_fleet);
        self.volumes_of_launch(made_of, &of_volumes, of, zone.as_deref())
            .await?;
        self.made_of(i, made_of, &of_interfaces, profile).await
    }

    /// The zone that instances come to be in, where the request says it, or the subnet or interface that it names.
    async fn zone_of_launch(&self, i: &RunInstancesRequest) -> Result<Option<String>, Fault> {
        let placement = i.placement.as_ref();
        let zone = placement.and_then(|it| it.availability_zone.as_ref());
        if let Some(zone) = zone.filter(|it| !it.is_empty()) {
            return Ok(Some(zone.clone()));
        }
        let interface = i.network_interfaces.as_ref().and_then(|it| it.first());
        let existing = interface.and_then(|it| it.network_interface_id.as_ref());
        if let Some(id) = existing.filter(|it| !it.is_empty()) {
            let found = self.service.find_usable(self.cx, id, Use::InstanceAttach);
            return Ok(found.await?.map(|it| it.stored.record.zone));
        }
        let subnet = interface.and_then(|it| it.subnet_id.as_ref());
        let subnet = subnet.or(i.subnet_id.as_ref());
        let Some(id) = subnet.filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let found = self.service.find::<Subnet>(self.cx, id).await?;
        Ok(found.map(|it| it.zone))
    }

    /// The name of the placement group that instances come to be in, however the request names it.
    async fn group_of_launch(&self, i: &RunInstancesRequest) -> Result<Option<String>, Fault> {
        let placement = i.placement.as_ref();
        let name = placement.and_then(|it| it.group_name.as_ref());
        if let Some(name) = name.filter(|it| !it.is_empty()) {
            return Ok(Some(name.clone()));
        }
        let id = placement.and_then(|it| it.group_id.as_ref());
        let Some(id) = id.filter(|it| !it.is_empty()) else {
            return Ok(None);
        };
        let found = self.service.find::<PlacementGroup>(self.cx, id).await?;
        Ok(found.map(|it| it.name))
    }

    /// The profile that a request names, if it names one, and what there is by that name.
    async fn profile(
        &self,
        given: Option<&IamInstanceProfileSpecification>,
    ) -> Result<Option<NamedProfile>, Fault> {
        let Ok(Some(named)) = ProfileName::of(given) else {
            return Ok(None);
        };
        let profiles = &self.service.instances.parts.profiles;
        let found = profiles.find(&self.cx.account, &named.name).await?;
        Ok(Some(NamedProfile { named, found }))
    }

    /// By its name a profile may be of any path.
    fn profile_arn(&self, profile: &NamedProfile) -> String {
        let NamedProfile { named, found } = profile;
        let there = || found.as_ref().map(|it| it.arn.clone());
        named.arn.clone().or_else(there).unwrap_or_else(|| {
            let path = format!("instance-profile/{}", named.name);
            Arn::new("iam", "", &self.cx.account, path).to_string()
        })
    }

    /// Requests for Spot instances, and what these will be made of.
    pub(super) async fn spot_requests(
        &mut self,
        i: &RequestSpotInstancesRequest,
    ) -> Result<(), Fault> {
        self.new_one(SpotRequest::KIND, &i.tag_specifications);
        let given = i.launch_specification.clone().unwrap_or_default();
        let i = specification(given);
        let made_of = MadeOf::settle(self.service, self.cx, &i, &digest(&i)).await?;
        let (of, zone) = ((false, false), self.zone_of_launch(&i).await?);
        self.volumes_of_launch(&made_of, &None, of, zone.as_deref())
            .await?;
        let profile = self.profile(i.iam_instance_profile.as_ref()).await?;
        self.made_of(&i, &made_of, &None, profile).await
    }

    /// The image of a launch, whoever has it. Tags of others' are theirs alone.
    async fn on_image(&mut self, id: &Option<String>, made_of: &MadeOf) -> Result<(), Fault> {
        let Ok(image) = &made_of.image else {
            return self.on::<Image>(id).await;
        };
        let check = Check::new(self.action.clone(), arn(self.cx, Image::KIND, &image.id));
        self.push(match image.owner == self.cx.account {
            true => known(check, image, self.cx),
            false => told(check, image.attributes(self.cx)),
        });
        Ok(())
    }

    /// What else a launch takes. `found`: the image among it; `of_interfaces`: the tags of its network interfaces.
    async fn made_of(
        &mut self,
        i: &RunInstancesRequest,
        found: &MadeOf,
        of_interfaces: &Specifications,
        profile: Option<NamedProfile>,
    ) -> Result<(), Fault> {
        self.on_image(&i.image_id, found).await?;
        let interface = i.network_interfaces.as_ref().and_then(|it| it.first());
        let existing = interface.and_then(|it| it.network_interface_id.clone());
        let existing = match existing.filter(|it| !it.is_empty()) {
            Some(id) => self.on_usable(&id, Use::InstanceAttach).await?,
            None => {
                let mut check = Check::new(self.action.clone(), arn(self.cx, Interface::KIND, "*"));
                let subnet = interface.and_then(|it| it.subnet_id.as_ref());
                let subnet = subnet.or(i.subnet_id.as_ref());
                if let Some(subnet) = subnet.filter(|it| !it.is_empty()) {
                    check = told(check, self.in_subnet(subnet).await?);
                }
                let check = with_request_tags(check, tags_of(of_interfaces));
                self.tagging(Interface::KIND, of_interfaces);
                let public = interface.and_then(|it| it.associate_public_ip_address);
                self.push(match public {
                    Some(public) => check.with("ec2:AssociatePublicIpAddress", public.to_string()),
                    None => check,
                });
                None
            }
        };
        match existing {
            Some(Usable {
                stored,
                owner: Some(owner),
            }) => self.brought_by(&owner, &stored.record).await?,
            own => self.comes_to(i, own.map(|it| it.stored.record)).await?,
        }
        if let Some(key) = i.key_name.as_deref().filter(|it| !it.is_empty()) {
            self.push(Check::new(
                self.action.clone(),
                arn(self.cx, KeyPair::KIND, key),
            ));
        }
        if let Some(placement) = &i.placement {
            let given = |text: &Option<String>| text.clone().filter(|it| !it.is_empty());
            let (name, id) = (given(&placement.group_name), given(&placement.group_id));
            self.in_placement_group(name, id).await?;
        }
        self.pass_role_of(profile);
        Ok(())
    }

    /// Where and among whom the instance comes to be, it does by the interface that it gets. `existing`: the one of the account
    /// that was there already.
    async fn comes_to(
        &mut self,
        i: &RunInstancesRequest,
        existing: Option<Interface>,
    ) -> Result<(), Fault> {
        let interface = i.network_interfaces.as_ref().and_then(|it| it.first());
        let of_interface = match &existing {
            Some(it) => Some(it.subnet_id.clone()),
            None => interface.and_then(|it| it.subnet_id.clone()),
        };
        let subnet = of_interface.or_else(|| i.subnet_id.clone());
        let subnet = subnet.filter(|it| !it.is_empty());
        match &subnet {
            Some(_) => self.on::<Subnet>(&subnet).await?,
            None => self.any_default_subnet(i).await?,
        }
        let groups = match existing {
            Some(it) => Some(it.groups),
            None => interface.and_then(|it| it.groups.clone()),
        };
        let groups = groups.or_else(|| i.security_group_ids.clone());
        match groups.as_ref().is_some_and(|it| !it.is_empty()) {
            true => self.on_groups(&groups).await?,
            false => match i.security_groups.as_deref() {
                None | Some([]) => self.default_group(subnet.as_deref()).await?,
                Some(names) => {
                    for name in names {
                        self.group(&None, &Some(name.clone())).await?;
                    }
                }
            },
        }
        Ok(())
    }

    /// A launch that is made later comes to be in whichever default subnet has hosts then: who asks for it must be one who may use
    /// any, and be kept from none that there is.
    async fn any_default_subnet(&mut self, i: &RunInstancesRequest) -> Result<(), Fault> {
        self.any_of(Subnet::KIND);
        let placement = i.placement.as_ref();
        let zone = placement.and_then(|it| it.availability_zone.as_deref());
        let zone = zone.filter(|it| !it.is_empty());
        let all: Vec<Subnet> = self.service.all(self.cx).await?;
        let is_one = |it: &Subnet| it.default_for_zone && zone.is_none_or(|zone| zone == it.zone);
        for it in all.into_iter().filter(is_one) {
            self.on::<Subnet>(&Some(it.id)).await?;
        }
        Ok(())
    }

    /// The group of a launch that names none: that of the VPC of its subnet, or of the default VPC. That may be another one by
    /// the time of a launch that is made later: who asks for it must be one who may use any.
    async fn default_group(&mut self, subnet: Option<&str>) -> Result<(), Fault> {
        let vpc = match subnet {
            None => default_vpc_of(self.service, self.cx).await?,
            Some(id) => match self.service.find::<Subnet>(self.cx, id).await? {
                Some(subnet) => self.service.find::<Vpc>(self.cx, &subnet.vpc_id).await?,
                None => None,
            },
        };
        let group = vpc.map(|it| it.default_group);
        if subnet.is_none() && group.is_some() {
            self.any_of(SecurityGroup::KIND);
        }
        self.on::<SecurityGroup>(&group).await
    }

    /// The request over the template that it names, and the id of that, if there is one. One that is not there, or has no such
    /// version, is refused by the operation, to those who may launch from it, or from any.
    async fn with_template(
        &mut self,
        given: &RunInstancesRequest,
    ) -> Result<(RunInstancesRequest, Option<Option<String>>), Fault> {
        let Some(named) = &given.launch_template else {
            return Ok((given.clone(), None));
        };
        let Ok(found) = settle(self.service, self.cx, named).await else {
            let known = self.named_template(named).await?;
            return Ok((given.clone(), Some(known)));
        };
        let template = arn(self.cx, LaunchTemplate::KIND, &found.template.id);
        self.template = Some(OfTemplate::new(template, given, &found.data));
        let merged = merge(&found.data, given.clone());
        Ok((merged, Some(Some(found.template.id))))
    }

    pub(super) async fn instances(&mut self, ids: &Option<Vec<String>>) -> Result<(), Fault> {
        for id in ids.iter().flatten() {
            self.on::<Instance>(&Some(id.clone())).await?;
        }
        Ok(())
    }

    /// The profile that an instance is about to get (`ec2:NewInstanceProfile`), of the check that is last: the instance's.
    pub(super) async fn new_profile(
        &mut self,
        given: Option<&IamInstanceProfileSpecification>,
    ) -> Result<(), Fault> {
        if let Some(profile) = self.profile(given).await? {
            let arn = self.profile_arn(&profile);
            let last = self.checks.len().saturating_sub(1);
            self.add_to(last, "ec2:NewInstanceProfile", Some(arn));
        }
        Ok(())
    }

    /// The profile's role is passed to the instance. One that is not there or has no role yet may come to have any: who
    /// names it must be one who may pass any.
    pub(super) async fn pass_role(
        &mut self,
        given: Option<&IamInstanceProfileSpecification>,
    ) -> Result<(), Fault> {
        let profile = self.profile(given).await?;
        self.pass_role_of(profile);
        Ok(())
    }

    fn pass_role_of(&mut self, profile: Option<NamedProfile>) {
        let Some(profile) = profile else {
            return;
        };
        let role = profile.found.and_then(|it| it.role);
        let any = || Arn::new("iam", "", &self.cx.account, "role/*").to_string();
        let passed = Check::pass_role(role.unwrap_or_else(any), PRINCIPAL);
        let instances = arn(self.cx, Instance::KIND, "*");
        self.push(passed.associated_with(instances));
    }
}
