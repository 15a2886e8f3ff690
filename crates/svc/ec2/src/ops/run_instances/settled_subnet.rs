//! The default subnet of a launch that names none.
//!
//! It is chosen when the launch is authorised: which subnet that is, in which VPC and zone, is for policies to look at. The launch
//! takes the same, whatever hosts there are by then: about another nobody was asked.

use wharf_api_ec2::types::RunInstancesRequest;
use wharf_wire::{Context, Fault};

use super::prepare::{Needs, default_subnet};
use crate::{
    Ec2Service, block_devices::MadeOf, default_vpc::POINTER, instances::launch::Wanted,
    records::Pointer, spot::Terms,
};

/// Chooses for the authorisation of a launch. `launch`: the digest of the request, as it was given; `asked`: what it and its template
/// come to, and what that is made of.
pub async fn settle(
    service: &Ec2Service,
    cx: &Context,
    (asked, made_of): (&mut RunInstancesRequest, &MadeOf),
    launch: &str,
) -> Result<(), Fault> {
    // Where there never was a default VPC the launch makes it, and no policy can name what is in it.
    if names_one(asked) || service.find::<Pointer>(cx, POINTER).await?.is_none() {
        return Ok(());
    }
    let chosen = choose(service, cx, asked, made_of).await;
    cx.settled.put(name(cx, launch), chosen.clone());
    match chosen {
        Ok(id) => put_into(asked, id),
        // What cannot be launched anywhere is refused by the launch, with the same words.
        Err(fault) if fault.sender => {}
        Err(fault) => return Err(fault),
    }
    Ok(())
}

/// A launch is in the subnet that its authorisation found; where nobody asked, it says no subnet as before.
///
/// # Errors
/// What kept the authorisation from choosing one.
pub fn settled(cx: &Context, launch: &str, wanted: &mut Wanted) -> Result<(), Fault> {
    if wanted.subnet.is_none()
        && wanted.interface.is_none()
        && let Some(chosen) = cx.settled.get(&name(cx, launch))
    {
        wanted.subnet = Some(chosen?);
    }
    Ok(())
}

async fn choose(
    service: &Ec2Service,
    cx: &Context,
    asked: &RunInstancesRequest,
    made_of: &MadeOf,
) -> Result<String, Fault> {
    let wanted = Wanted::of(asked)?;
    let terms = Terms::of_launch(asked.instance_market_options.as_ref(), cx.now)?;
    let of = (asked, true, terms.is_some());
    let needs = Needs::of(service, cx, &wanted, of, made_of).await?;
    let subnet = default_subnet(service, cx, &wanted, &needs).await?;
    Ok(subnet.id)
}

fn names_one(asked: &RunInstancesRequest) -> bool {
    let given = |text: &Option<String>| text.as_ref().is_some_and(|it| !it.is_empty());
    let interfaces = asked.network_interfaces.iter().flatten();
    let mut of_interfaces =
        interfaces.map(|it| given(&it.subnet_id) || given(&it.network_interface_id));
    given(&asked.subnet_id) || of_interfaces.any(|it| it)
}

/// Where the request would name it.
fn put_into(asked: &mut RunInstancesRequest, subnet: String) {
    let interface = asked.network_interfaces.as_mut();
    match interface.and_then(|it| it.first_mut()) {
        Some(interface) => interface.subnet_id = Some(subnet),
        None => asked.subnet_id = Some(subnet),
    }
}

/// Of the caller, the account and the region: a request that is passed on may be another's, or about others.
fn name(cx: &Context, launch: &str) -> String {
    let (caller, account, region) = (&cx.caller.arn, &cx.account, &cx.region);
    format!("ec2/launch-subnet/{caller}/{account}/{region}/{launch}")
}

#[cfg(test)]
mod tests {
    use wharf_api_ec2::types::InstanceNetworkInterfaceSpecification;

    use super::*;

    #[test]
    fn it_stands_where_the_request_would_name_it() {
        let of_interface = RunInstancesRequest {
            network_interfaces: Some(vec![InstanceNetworkInterfaceSpecification {
                device_index: Some(0),
                subnet_id: Some(String::new()),
                ..Default::default()
            }]),
            ..Default::default()
        };
        for mut asked in [RunInstancesRequest::default(), of_interface] {
            assert!(!names_one(&asked));
            put_into(&mut asked, "subnet-1".to_owned());
            assert!(names_one(&asked));
        }
        let of_another = RunInstancesRequest {
            network_interfaces: Some(vec![InstanceNetworkInterfaceSpecification {
                network_interface_id: Some("eni-1".to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        };
        assert!(names_one(&of_another));
    }
}
