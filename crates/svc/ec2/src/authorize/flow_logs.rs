//! Flow logs: with what they record, and where they go, as AWS asks.

use wharf_api_ec2::types::CreateFlowLogsRequest;
use wharf_records::Record as _;
use wharf_wire::{Check, Fault};

use super::Rows;
use crate::{
    flow_logs::{FlowLog, PRINCIPAL},
    records::{Interface, Subnet, Vpc},
};

impl Rows<'_> {
    pub(super) async fn new_flow_logs(&mut self, i: &CreateFlowLogsRequest) -> Result<(), Fault> {
        self.new_one(FlowLog::KIND, &i.tag_specifications);
        match i.resource_type.as_deref() {
            Some("Subnet") => self.on_each::<Subnet>(&i.resource_ids).await?,
            Some("NetworkInterface") => self.on_each::<Interface>(&i.resource_ids).await?,
            _ => self.on_each::<Vpc>(&i.resource_ids).await?,
        }
        let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        if let Some(role) = given(&i.deliver_logs_permission_arn) {
            self.push(Check::pass_role(role, PRINCIPAL));
        }
        if i.log_destination_type.as_deref() == Some("s3") {
            self.push(Check::any("logs:CreateLogDelivery"));
        }
        Ok(())
    }

    pub(super) async fn old_flow_logs(&mut self, ids: &Option<Vec<String>>) -> Result<(), Fault> {
        self.on_each::<FlowLog>(ids).await?;
        for id in ids.iter().flatten() {
            let found = self.service.find::<FlowLog>(self.cx, id).await?;
            if found.is_some_and(|it| it.group().is_none()) {
                self.push(Check::any("logs:DeleteLogDelivery"));
                break;
            }
        }
        Ok(())
    }
}
