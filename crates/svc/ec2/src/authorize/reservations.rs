//! CIDR reservations of subnets.

use wharf_api_ec2::Input;
use wharf_records::Record as _;
use wharf_wire::{Check, Fault};

use super::{Rows, with_resource_tags};
use crate::{
    ops::subnet_reservations::find,
    records::{Reservation, Subnet, Vpc, arn},
};

impl Rows<'_> {
    pub(super) async fn reservations(&mut self, input: Input<'_>) -> Result<(), Fault> {
        match input {
            Input::CreateSubnetCidrReservation(i) => {
                self.on::<Subnet>(&i.subnet_id).await?;
                self.tagging(Reservation::KIND, &i.tag_specifications);
                Ok(())
            }
            Input::DeleteSubnetCidrReservation(i) => {
                let id = i.subnet_cidr_reservation_id.as_deref().unwrap_or_default();
                self.on_reservation(id).await
            }
            _ => Ok(()),
        }
    }

    /// One that is there, or is not: then nothing is known of it.
    pub(super) async fn on_reservation(&mut self, id: &str) -> Result<(), Fault> {
        let resource = arn(self.cx, Reservation::KIND, id);
        let mut check = Check::new(self.action.clone(), resource);
        if let Some((subnet, found)) = find(self.service, self.cx, id).await? {
            check = with_resource_tags(check, &found.tags);
            if let Some(subnet) = self.service.find::<Subnet>(self.cx, &subnet).await? {
                check = check.with("ec2:Vpc", arn(self.cx, Vpc::KIND, &subnet.vpc_id));
            }
        }
        self.push(check);
        Ok(())
    }
}
