//! VPC peering connections: the connection, with its two VPCs as conditions, and the caller's own VPC.

use wharf_api_ec2::Input;
use wharf_base::Arn;
use wharf_records::Record as _;
use wharf_wire::{Check, Fault};

use super::{Rows, tags_of, with_request_tags, with_resource_tags};
use crate::{
    peering::{End, VpcPeeringConnection},
    records::{Vpc, arn},
};

impl Rows<'_> {
    pub(super) async fn peerings(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateVpcPeeringConnection(i) => {
                let kind = VpcPeeringConnection::KIND;
                let cx = self.cx;
                let account = i.peer_owner_id.as_deref().unwrap_or(&cx.account);
                let region = i.peer_region.as_deref().unwrap_or(&cx.region);
                let own = i.vpc_id.as_deref().unwrap_or_default();
                let peer = i.peer_vpc_id.as_deref().unwrap_or_default();
                let check = Check::new(self.action.clone(), arn(cx, kind, "*"))
                    .with("ec2:RequesterVpc", arn(cx, Vpc::KIND, own))
                    .with("ec2:AccepterVpc", vpc_arn(account, region, peer));
                self.push(with_request_tags(check, tags_of(&i.tag_specifications)));
                self.tagging(kind, &i.tag_specifications);
                self.on::<Vpc>(&i.vpc_id).await
            }
            Input::AcceptVpcPeeringConnection(i) => {
                let id = i.vpc_peering_connection_id.as_deref().unwrap_or_default();
                self.peering(id).await?;
                let peering = self.service.peering(self.cx, id).await?;
                let vpc = peering.map(|it| it.record.accepter.vpc_id);
                self.on::<Vpc>(&vpc).await
            }
            Input::RejectVpcPeeringConnection(i) => {
                self.peering(i.vpc_peering_connection_id.as_deref().unwrap_or_default())
                    .await
            }
            Input::ModifyVpcPeeringConnectionOptions(i) => {
                self.peering(i.vpc_peering_connection_id.as_deref().unwrap_or_default())
                    .await
            }
            Input::DeleteVpcPeeringConnection(i) => {
                self.peering(i.vpc_peering_connection_id.as_deref().unwrap_or_default())
                    .await
            }
            _ => Ok(()),
        }
    }

    async fn peering(&mut self, id: &str) -> Result<(), Fault> {
        let resource = arn(self.cx, VpcPeeringConnection::KIND, id);
        let mut check = Check::new(self.action.clone(), resource);
        if let Some(side) = self
            .service
            .find::<VpcPeeringConnection>(self.cx, id)
            .await?
        {
            check = with_resource_tags(check, &side.tags);
        }
        if let Some(peering) = self.service.peering(self.cx, id).await? {
            let end = |end: &End| vpc_arn(&end.account, &end.region, &end.vpc_id);
            check = check
                .with("ec2:RequesterVpc", end(&peering.record.requester))
                .with("ec2:AccepterVpc", end(&peering.record.accepter));
        }
        self.push(check);
        Ok(())
    }
}

fn vpc_arn(account: &str, region: &str, id: &str) -> String {
    Arn::new("ec2", region, account, format!("{}/{id}", Vpc::KIND)).to_string()
}
