//! What fleets are asked for. Who makes one launches its instances: what RunInstances asks for those is asked too.

use wharf_api_ec2::{Input, types::LaunchTemplateSpecification};
use wharf_records::Record as _;
use wharf_wire::{Check, Fault};

use super::Rows;
use crate::{
    fleet::{Fleet, SpotFleet, Template, configured, configured_spot_fleet, modified_spot_fleet},
    launch_templates::{LaunchTemplate, Named, id_of, settled_id},
};

/// Which assumes the role of a Spot Fleet.
const PRINCIPAL: &str = "spotfleet.amazonaws.com";
const RUN_INSTANCES: &str = "ec2:RunInstances";

impl Rows<'_> {
    pub(super) async fn fleets(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateFleet(i) => {
                self.new_one(Fleet::KIND, &i.tag_specifications);
                let launches = configured(self.service, self.cx, i).await?;
                for it in i.launch_template_configs.iter().flatten() {
                    let given = it.launch_template_specification.clone();
                    let named = Template::of(given.unwrap_or_default()).named();
                    let known = match settled_id(self.cx, &named) {
                        Some(id) => Some(id),
                        None => self.named_template(&named).await?,
                    };
                    self.on::<LaunchTemplate>(&known).await?;
                }
                self.launches(launches).await?;
            }
            Input::DeleteFleets(i) => {
                for id in i.fleet_ids.iter().flatten() {
                    self.on::<Fleet>(&Some(id.clone())).await?;
                }
            }
            Input::DescribeFleetInstances(i) => self.on::<Fleet>(&i.fleet_id).await?,
            Input::RequestSpotFleet(i) => {
                let config = i.spot_fleet_request_config.clone().unwrap_or_default();
                self.new_one(SpotFleet::KIND, &config.tag_specifications);
                if let Some(role) = config.iam_fleet_role.as_deref().filter(|it| !it.is_empty()) {
                    self.push(Check::pass_role(role.to_owned(), PRINCIPAL));
                }
                let launches = configured_spot_fleet(self.service, self.cx, &config).await?;
                self.launches(launches).await?;
            }
            Input::CancelSpotFleetRequests(i) => {
                for id in i.spot_fleet_request_ids.iter().flatten() {
                    self.on::<SpotFleet>(&Some(id.clone())).await?;
                }
            }
            Input::DescribeSpotFleetInstances(i) => {
                self.on::<SpotFleet>(&i.spot_fleet_request_id).await?;
            }
            Input::ModifySpotFleetRequest(i) => {
                self.on::<SpotFleet>(&i.spot_fleet_request_id).await?;
                let launches = modified_spot_fleet(self.service, self.cx, i).await?;
                self.launches(launches).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The template of a request that the operation refuses, since it has no such version or makes no sense otherwise: who may use
    /// that template is told so.
    pub(super) async fn named_template(
        &self,
        named: &LaunchTemplateSpecification,
    ) -> Result<Option<String>, Fault> {
        let named = Named {
            id: named.launch_template_id.as_deref(),
            name: named.launch_template_name.as_deref(),
        };
        match id_of(self.service, self.cx, named).await {
            Err(fault) if fault.sender => Ok(None),
            found => found,
        }
    }

    async fn launches(
        &mut self,
        all: Vec<wharf_api_ec2::types::RunInstancesRequest>,
    ) -> Result<(), Fault> {
        let own = std::mem::replace(&mut self.action, RUN_INSTANCES.to_owned());
        for one in &all {
            self.launch(one, true).await?;
        }
        self.action = own;
        Ok(())
    }
}
