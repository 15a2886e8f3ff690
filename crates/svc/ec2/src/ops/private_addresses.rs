//! The private addresses that a request names for an interface that is made, and those that it gets.

use std::{
    collections::HashSet,
    net::{Ipv4Addr, Ipv6Addr},
};

use wharf_api_ec2::types::PrivateIpAddressSpecification;
use wharf_wire::{Call, Fault};

use super::create_network_interface::{free_address, is_taken};
use crate::{Ec2Service, address::Addresses as _, fault, records::Subnet};

/// Private addresses of an interface that no instance has, the primary one too: as many as AWS's largest types have.
pub const MOST: usize = 50;

/// What a request says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    pub primary: Option<Ipv4Addr>,
    pub further: Vec<Ipv4Addr>,
    /// That many beside those.
    pub count: usize,
}

/// What an interface gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    pub primary: Ipv4Addr,
    pub secondary: Vec<Ipv4Addr>,
    /// Those of IPv6, which are chosen apart.
    pub ipv6: Vec<Ipv6Addr>,
}

impl Named {
    /// `primary`: by a member of its own; `list`, `count`: the others.
    ///
    /// # Errors
    /// They contradict each other, or are more than `most`; something is no address.
    pub fn of(
        primary: Option<&str>,
        list: Option<&[PrivateIpAddressSpecification]>,
        count: Option<i32>,
        most: usize,
    ) -> Result<Self, Fault> {
        let primary = primary.filter(|it| !it.is_empty()).map(parsed);
        let mut named = Self {
            primary: primary.transpose()?,
            ..Self::default()
        };
        let list = list.unwrap_or_default();
        if !list.is_empty() && count.is_some_and(|it| it != 0) {
            return Err(fault::addresses_and_count());
        }
        if list.len() > most {
            return Err(fault::too_many_private_addresses(None));
        }
        for one in list {
            let text = one.private_ip_address.as_deref().unwrap_or_default();
            let address = parsed(text)?;
            match one.primary == Some(true) {
                true if named.primary.is_some() => return Err(fault::two_primary_addresses()),
                true => named.primary = Some(address),
                false => named.further.push(address),
            }
        }
        named.count = counted(count)?;
        let all = || named.primary.iter().chain(&named.further);
        if all().collect::<HashSet<_>>().len() < all().count() {
            return Err(fault::bad_value("A private IP address is named twice."));
        }
        match named.further.len() + named.count < most {
            true => Ok(named),
            false => Err(fault::too_many_private_addresses(None)),
        }
    }

    /// Whether only one interface can have what it names.
    pub fn names_any(&self) -> bool {
        self.primary.is_some() || !self.further.is_empty()
    }

    /// How many an interface has beside the primary one.
    pub fn secondary(&self) -> usize {
        self.further.len() + self.count
    }

    /// Addresses of the subnet that nobody has, and that are not in `taken`, to which they are added.
    ///
    /// # Errors
    /// One that is named is outside, or somebody's; the subnet is full.
    pub async fn choose(
        &self,
        service: &Ec2Service,
        call: &Call,
        subnet: &Subnet,
        taken: &mut HashSet<Ipv4Addr>,
    ) -> Result<Chosen, Fault> {
        for address in self.primary.iter().chain(&self.further) {
            if !subnet.cidr.may_assign(*address) {
                return Err(fault::address_outside(&address.to_string()));
            }
            if is_taken(service, call, subnet, *address).await? {
                return Err(fault::address_in_use(*address));
            }
            taken.insert(*address);
        }
        let primary = match self.primary {
            Some(address) => address,
            None => free(service, call, subnet, taken).await?,
        };
        let mut secondary = self.further.clone();
        for _ in 0..self.count {
            secondary.push(free(service, call, subnet, taken).await?);
        }
        Ok(Chosen {
            primary,
            secondary,
            ipv6: Vec::new(),
        })
    }
}

/// The one that is named, or any that nobody has.
///
/// # Errors
/// It is none, outside, or somebody's; the subnet is full.
pub async fn named_or_free(
    service: &Ec2Service,
    call: &Call,
    subnet: &Subnet,
    named: Option<&str>,
) -> Result<Ipv4Addr, Fault> {
    let Some(text) = named else {
        return free_address(service, call, subnet, &HashSet::new()).await;
    };
    let address = parsed(text)?;
    if !subnet.cidr.may_assign(address) {
        return Err(fault::address_outside(text));
    }
    match is_taken(service, call, subnet, address).await? {
        true => Err(fault::address_in_use(address)),
        false => Ok(address),
    }
}

/// One that nobody has, which is added to `taken`.
pub async fn free(
    service: &Ec2Service,
    call: &Call,
    subnet: &Subnet,
    taken: &mut HashSet<Ipv4Addr>,
) -> Result<Ipv4Addr, Fault> {
    let address = free_address(service, call, subnet, taken).await?;
    taken.insert(address);
    Ok(address)
}

pub fn parsed(text: &str) -> Result<Ipv4Addr, Fault> {
    text.parse().map_err(|_| fault::bad_address(text))
}

/// A number of secondary addresses that a request asks for.
pub fn counted(count: Option<i32>) -> Result<usize, Fault> {
    let count = count.unwrap_or_default();
    let bad = || fault::bad_value_of("secondaryPrivateIpAddressCount", &count.to_string());
    usize::try_from(count).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(address: &str, primary: Option<bool>) -> PrivateIpAddressSpecification {
        PrivateIpAddressSpecification {
            primary,
            private_ip_address: Some(address.to_owned()),
        }
    }

    #[test]
    fn one_is_primary_and_the_others_are_not() {
        let list = [one("10.0.0.5", Some(false)), one("10.0.0.4", Some(true))];
        let named = Named::of(None, Some(&list), None, 5).unwrap();
        assert_eq!(named.primary, Some(Ipv4Addr::new(10, 0, 0, 4)));
        assert_eq!((named.further.len(), named.secondary()), (1, 1));
        let named = Named::of(Some("10.0.0.9"), None, Some(3), 4).unwrap();
        assert!(named.names_any() && named.secondary() == 3);
        assert!(!Named::of(None, None, Some(0), 1).unwrap().names_any());
    }

    #[test]
    fn what_makes_no_sense() {
        let two = [one("10.0.0.4", Some(true)), one("10.0.0.5", Some(true))];
        let twice = [one("10.0.0.4", None), one("10.0.0.4", None)];
        let text = [one("ten", None)];
        for (primary, list, count, code) in [
            (Some("10.0.0.9"), &two[..1], None, "InvalidParameterValue"),
            (None, &two[..], None, "InvalidParameterValue"),
            (None, &twice[..], None, "InvalidParameterValue"),
            (None, &text[..], None, "InvalidParameterValue"),
            (None, &[], Some(-1), "InvalidParameterValue"),
            (None, &twice[..1], Some(1), "InvalidParameterCombination"),
            (None, &[], Some(4), "PrivateIpAddressLimitExceeded"),
        ] {
            let refused = Named::of(primary, Some(list), count, 4).unwrap_err();
            assert_eq!(refused.code, code, "{primary:?} {list:?} {count:?}");
        }
    }
}
