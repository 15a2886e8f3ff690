//! What an account has of EC2 that runs, holds an address or takes room on machines: fleets and requests before the instances
//! that they would launch anew, then what stays behind when instances are gone. Images and snapshots stay, as other content does.

use wharf_api_ec2::{self as ec2, Ec2 as _};
use wharf_svc_ec2::Ec2Service;
use wharf_wire::{Call, Fault};

use super::Left;
use crate::overview::pages;

pub(super) async fn end(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    end_fleets(service, call, left).await?;
    end_spot_fleets(service, call, left).await?;
    end_spot_requests(service, call, left).await?;
    end_interface_permissions(service, call, left).await?;
    end_instances(service, call, left).await?;
    end_flow_logs(service, call, left).await?;
    end_endpoints(service, call, left).await?;
    end_endpoint_services(service, call, left).await?;
    end_nat_gateways(service, call, left).await?;
    end_volumes(service, call, left).await?;
    end_addresses(service, call, left).await
}

/// How far what is listed is from its end.
enum Stage {
    There,
    /// Its end is under way, or that of what it belongs to.
    Ending,
    Gone,
}

impl Stage {
    /// By the states in which it ends and has ended.
    fn of(state: Option<&str>, ending: &str, gone: &str) -> Self {
        match state {
            Some(it) if it == gone => Self::Gone,
            Some(it) if it == ending => Self::Ending,
            _ => Self::There,
        }
    }
}

impl Left {
    /// Ends what is there. What is ending is left as well, what has ended is not.
    async fn end<T>(
        &mut self,
        what: &str,
        stage: Stage,
        end: impl Future<Output = Result<T, Fault>>,
    ) {
        match stage {
            Stage::Gone => {}
            Stage::Ending => self.one(what, Ok(())),
            Stage::There => {
                let ended = end.await;
                self.one(what, ended.map(|_| ()));
            }
        }
    }
}

async fn end_fleets(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeFleetsRequest {
            next_token,
            ..Default::default()
        };
        let page = service.describe_fleets(call, input).await?;
        Ok((page.fleets.unwrap_or_default(), page.next_token))
    });
    for fleet in found.await? {
        let stage = Stage::of(
            fleet.fleet_state.as_deref(),
            "deleted_terminating",
            "deleted",
        );
        let input = ec2::DeleteFleetsRequest {
            fleet_ids: fleet.fleet_id.map(|it| vec![it]),
            terminate_instances: Some(true),
            ..Default::default()
        };
        let end = service.delete_fleets(call, input);
        left.end("fleet", stage, end).await;
    }
    Ok(())
}

async fn end_spot_fleets(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeSpotFleetRequestsRequest {
            next_token,
            ..Default::default()
        };
        let page = service.describe_spot_fleet_requests(call, input).await?;
        let found = page.spot_fleet_request_configs.unwrap_or_default();
        Ok((found, page.next_token))
    });
    for fleet in found.await? {
        let state = fleet.spot_fleet_request_state;
        let stage = Stage::of(state.as_deref(), "cancelled_terminating", "cancelled");
        let input = ec2::CancelSpotFleetRequestsRequest {
            spot_fleet_request_ids: fleet.spot_fleet_request_id.map(|it| vec![it]),
            terminate_instances: Some(true),
            ..Default::default()
        };
        let end = service.cancel_spot_fleet_requests(call, input);
        left.end("Spot Fleet", stage, end).await;
    }
    Ok(())
}

/// Their instances run on by themselves.
async fn end_spot_requests(
    service: &Ec2Service,
    call: &Call,
    left: &mut Left,
) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeSpotInstanceRequestsRequest {
            next_token,
            ..Default::default()
        };
        let page = service.describe_spot_instance_requests(call, input).await?;
        let found = page.spot_instance_requests.unwrap_or_default();
        Ok((found, page.next_token))
    });
    let asks = |it: &ec2::SpotInstanceRequest| {
        matches!(it.state.as_deref(), Some("open" | "active" | "disabled"))
    };
    for request in found.await?.into_iter().filter(asks) {
        let input = ec2::CancelSpotInstanceRequestsRequest {
            spot_instance_request_ids: request.spot_instance_request_id.map(|it| vec![it]),
            ..Default::default()
        };
        let ended = service.cancel_spot_instance_requests(call, input).await;
        left.one("Spot request", ended.map(|_| ()));
    }
    Ok(())
}

/// Nobody comes into its networks any more. What other accounts have there already is theirs to end.
async fn end_interface_permissions(
    service: &Ec2Service,
    call: &Call,
    left: &mut Left,
) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeNetworkInterfacePermissionsRequest {
            next_token,
            ..Default::default()
        };
        let page = service
            .describe_network_interface_permissions(call, input)
            .await?;
        let found = page.network_interface_permissions.unwrap_or_default();
        Ok((found, page.next_token))
    });
    for permission in found.await? {
        let input = ec2::DeleteNetworkInterfacePermissionRequest {
            network_interface_permission_id: permission.network_interface_permission_id,
            force: Some(true),
            ..Default::default()
        };
        let ended = service
            .delete_network_interface_permission(call, input)
            .await;
        left.one("network interface permission", ended.map(|_| ()));
    }
    Ok(())
}

async fn end_instances(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeInstancesRequest {
            next_token,
            ..Default::default()
        };
        let page = service.describe_instances(call, input).await?;
        let reservations = page.reservations.unwrap_or_default().into_iter();
        let instances = reservations.flat_map(|it| it.instances.unwrap_or_default());
        Ok((instances.collect::<Vec<_>>(), page.next_token))
    });
    for instance in found.await? {
        let state = instance.state.and_then(|it| it.name);
        // A service ends what it operates.
        let is_operated = instance.operator.and_then(|it| it.managed) == Some(true);
        let stage = match Stage::of(state.as_deref(), "shutting-down", "terminated") {
            Stage::There if is_operated => Stage::Ending,
            stage => stage,
        };
        let end = end_instance(service, call, instance.instance_id);
        left.end("instance", stage, end).await;
    }
    Ok(())
}

/// Protection is against mistakes of the account, which is over.
async fn end_instance(service: &Ec2Service, call: &Call, id: Option<String>) -> Result<(), Fault> {
    let terminate = || ec2::TerminateInstancesRequest {
        instance_ids: id.clone().map(|it| vec![it]),
        ..Default::default()
    };
    if service.terminate_instances(call, terminate()).await.is_ok() {
        return Ok(());
    }
    let unprotected = ec2::ModifyInstanceAttributeRequest {
        instance_id: id.clone(),
        disable_api_termination: Some(ec2::AttributeBooleanValue { value: Some(false) }),
        ..Default::default()
    };
    service.modify_instance_attribute(call, unprotected).await?;
    let ended = service.terminate_instances(call, terminate()).await;
    ended.map(|_| ())
}

/// Nobody lets them deliver anything any more.
async fn end_flow_logs(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeFlowLogsRequest {
            next_token,
            ..Default::default()
        };
        let page = service.describe_flow_logs(call, input).await?;
        Ok((page.flow_logs.unwrap_or_default(), page.next_token))
    });
    for log in found.await? {
        let input = ec2::DeleteFlowLogsRequest {
            flow_log_ids: log.flow_log_id.map(|it| vec![it]),
            ..Default::default()
        };
        let ended = service.delete_flow_logs(call, input).await;
        left.one("flow log", ended.map(|_| ()));
    }
    Ok(())
}

async fn end_endpoints(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeVpcEndpointsRequest {
            next_token,
            ..Default::default()
        };
        let page = service.describe_vpc_endpoints(call, input).await?;
        Ok((page.vpc_endpoints.unwrap_or_default(), page.next_token))
    });
    for endpoint in found.await? {
        let stage = Stage::of(endpoint.state.as_deref(), "deleting", "deleted");
        let input = ec2::DeleteVpcEndpointsRequest {
            vpc_endpoint_ids: endpoint.vpc_endpoint_id.map(|it| vec![it]),
            ..Default::default()
        };
        let end = service.delete_vpc_endpoints(call, input);
        left.end("VPC endpoint", stage, end).await;
    }
    Ok(())
}

/// Nobody answers there any more. Endpoints of other accounts stay with these, rejected.
async fn end_endpoint_services(
    service: &Ec2Service,
    call: &Call,
    left: &mut Left,
) -> Result<(), Fault> {
    let all = ec2::DescribeVpcEndpointConnectionsRequest::default();
    let found = service.describe_vpc_endpoint_connections(call, all).await?;
    for connection in found.vpc_endpoint_connections.unwrap_or_default() {
        if connection.vpc_endpoint_state.as_deref() == Some("rejected") {
            continue;
        }
        let input = ec2::RejectVpcEndpointConnectionsRequest {
            service_id: connection.service_id,
            vpc_endpoint_ids: connection.vpc_endpoint_id.map(|it| vec![it]),
            ..Default::default()
        };
        let ended = service.reject_vpc_endpoint_connections(call, input).await;
        left.one("VPC endpoint connection", ended.map(|_| ()));
    }
    let all = ec2::DescribeVpcEndpointServiceConfigurationsRequest::default();
    let found = service.describe_vpc_endpoint_service_configurations(call, all);
    for it in found.await?.service_configurations.unwrap_or_default() {
        let input = ec2::DeleteVpcEndpointServiceConfigurationsRequest {
            service_ids: it.service_id.map(|it| vec![it]),
            ..Default::default()
        };
        let ended = service
            .delete_vpc_endpoint_service_configurations(call, input)
            .await;
        left.one("VPC endpoint service", ended.map(|_| ()));
    }
    Ok(())
}

async fn end_nat_gateways(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeNatGatewaysRequest {
            next_token,
            ..Default::default()
        };
        let page = service.describe_nat_gateways(call, input).await?;
        Ok((page.nat_gateways.unwrap_or_default(), page.next_token))
    });
    for gateway in found.await? {
        let stage = Stage::of(gateway.state.as_deref(), "deleting", "deleted");
        let input = ec2::DeleteNatGatewayRequest {
            nat_gateway_id: gateway.nat_gateway_id,
            ..Default::default()
        };
        let end = service.delete_nat_gateway(call, input);
        left.end("NAT gateway", stage, end).await;
    }
    Ok(())
}

/// Those of an instance are free once it is gone.
async fn end_volumes(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let found = pages(|next_token| async {
        let input = ec2::DescribeVolumesRequest {
            next_token,
            ..Default::default()
        };
        let page = service.describe_volumes(call, input).await?;
        Ok((page.volumes.unwrap_or_default(), page.next_token))
    });
    for volume in found.await? {
        let stage = Stage::of(volume.state.as_deref(), "deleting", "deleted");
        let input = ec2::DeleteVolumeRequest {
            volume_id: volume.volume_id,
            ..Default::default()
        };
        let end = service.delete_volume(call, input);
        left.end("volume", stage, end).await;
    }
    Ok(())
}

/// That of a NAT gateway is free once that is gone.
async fn end_addresses(service: &Ec2Service, call: &Call, left: &mut Left) -> Result<(), Fault> {
    let all = ec2::DescribeAddressesRequest::default();
    let found = service.describe_addresses(call, all).await?.addresses;
    for address in found.unwrap_or_default() {
        left.one("address", end_address(service, call, address).await);
    }
    Ok(())
}

async fn end_address(
    service: &Ec2Service,
    call: &Call,
    address: ec2::Address,
) -> Result<(), Fault> {
    if address.association_id.is_some() {
        let input = ec2::DisassociateAddressRequest {
            association_id: address.association_id,
            ..Default::default()
        };
        service.disassociate_address(call, input).await?;
    }
    // One that leads back to a name is kept.
    let input = ec2::ResetAddressAttributeRequest {
        allocation_id: address.allocation_id.clone(),
        attribute: Some("domain-name".to_owned()),
        ..Default::default()
    };
    service.reset_address_attribute(call, input).await?;
    let input = ec2::ReleaseAddressRequest {
        allocation_id: address.allocation_id,
        ..Default::default()
    };
    service.release_address(call, input).await
}
