//! The operations there are; the others keep the generated default, which says so.

use crate::{
    Ec2Service, authorize, elastic, encryption, endpoint_services, endpoints, fleet, flow_logs,
    images, instance_types, interface_permissions, key_pairs, launch_templates, nat_gateways,
    network_acls, ops::*, peering, placement_groups, prefix_lists, snapshots, spot, volumes,
};

/// Which members of requests operations heed.
static UNDERSTOOD: wharf_wire::understood::Understood =
    wharf_wire::understood::Understood::new(include_str!("understood.txt"));

wharf_api_ec2::operations! {
    impl Ec2Service;
    authorize(self, cx, input) = authorize::checks(self, cx, input).await;
    understood = UNDERSTOOD;
    run(self, operation, call, input) = operation(self, call, input).await;

    describe_availability_zones = describe_zones::zones;
    describe_regions = describe_zones::regions;

    create_tags = tags::create;
    delete_tags = tags::delete;
    describe_tags = tags::describe;

    describe_account_attributes = describe_account_attributes::describe;

    create_vpc = vpcs::create;
    create_default_vpc = vpcs::create_default;
    delete_vpc = vpcs::delete;
    modify_vpc_attribute = vpc_attributes::modify;
    describe_vpc_attribute = vpc_attributes::describe;
    modify_vpc_tenancy = vpc_attributes::modify_tenancy;
    associate_vpc_cidr_block = vpc_cidrs::associate;
    disassociate_vpc_cidr_block = vpc_cidrs::disassociate;
    describe_vpcs = describe_vpcs::describe_vpcs;

    create_subnet = subnets::create;
    create_default_subnet = subnets::create_default;
    delete_subnet = subnets::delete;
    modify_subnet_attribute = subnets::modify;
    describe_subnets = describe_subnets::describe_subnets;
    associate_subnet_cidr_block = subnet_cidrs::associate;
    disassociate_subnet_cidr_block = subnet_cidrs::disassociate;
    create_subnet_cidr_reservation = subnet_reservations::create;
    delete_subnet_cidr_reservation = subnet_reservations::delete;
    get_subnet_cidr_reservations = subnet_reservations::get;

    describe_security_groups = describe_security_groups::describe_security_groups;
    get_security_groups_for_vpc = groups_for_vpc::get;
    describe_security_group_vpc_associations = groups_for_vpc::associations;

    create_internet_gateway = internet_gateways::create;
    attach_internet_gateway = internet_gateways::attach;
    detach_internet_gateway = internet_gateways::detach;
    delete_internet_gateway = internet_gateways::delete;
    describe_internet_gateways = internet_gateways::describe;
    create_egress_only_internet_gateway = egress_only_gateways::create;
    delete_egress_only_internet_gateway = egress_only_gateways::delete;
    describe_egress_only_internet_gateways = egress_only_gateways::describe;

    create_route_table = route_tables::create;
    delete_route_table = route_tables::delete;
    describe_route_tables = route_tables::describe;
    associate_route_table = route_table_associations::associate;
    replace_route_table_association = route_table_associations::replace;
    disassociate_route_table = route_table_associations::disassociate;
    create_route = routes::create;
    replace_route = routes::replace;
    delete_route = routes::delete;

    create_vpc_peering_connection = peering::create;
    accept_vpc_peering_connection = peering::accept;
    reject_vpc_peering_connection = peering::reject;
    delete_vpc_peering_connection = peering::delete;
    modify_vpc_peering_connection_options = peering::modify_options;
    describe_vpc_peering_connections = peering::describe;
    describe_security_group_references = peering::references;
    describe_stale_security_groups = peering::stale;

    create_network_acl = network_acls::create;
    delete_network_acl = network_acls::delete;
    create_network_acl_entry = network_acls::add_entry;
    replace_network_acl_entry = network_acls::replace_entry;
    delete_network_acl_entry = network_acls::remove_entry;
    replace_network_acl_association = network_acls::associate;
    describe_network_acls = network_acls::describe;
    describe_dhcp_options = describe_dhcp_options::describe;
    create_dhcp_options = dhcp_options::create;
    delete_dhcp_options = dhcp_options::delete;
    associate_dhcp_options = dhcp_options::associate;

    create_managed_prefix_list = prefix_lists::create;
    modify_managed_prefix_list = prefix_lists::modify;
    delete_managed_prefix_list = prefix_lists::delete;
    describe_managed_prefix_lists = prefix_lists::describe;
    get_managed_prefix_list_entries = prefix_lists::entries;
    get_managed_prefix_list_associations = prefix_lists::associations;

    create_security_group = security_groups::create;
    delete_security_group = security_groups::delete;
    authorize_security_group_ingress = authorize_security_group::ingress;
    authorize_security_group_egress = authorize_security_group::egress;
    revoke_security_group_ingress = revoke_security_group::ingress;
    revoke_security_group_egress = revoke_security_group::egress;
    modify_security_group_rules = modify_security_group_rules::modify;
    update_security_group_rule_descriptions_ingress = update_rule_descriptions::ingress;
    update_security_group_rule_descriptions_egress = update_rule_descriptions::egress;
    describe_security_group_rules = describe_security_group_rules::describe;

    allocate_address = elastic::allocate;
    release_address = elastic::release;
    associate_address = elastic::associate;
    disassociate_address = elastic::disassociate;
    describe_addresses = elastic::describe;
    describe_addresses_attribute = elastic::describe_attribute;
    modify_address_attribute = elastic::modify_attribute;
    reset_address_attribute = elastic::reset_attribute;
    create_nat_gateway = nat_gateways::create;
    delete_nat_gateway = nat_gateways::delete;
    describe_nat_gateways = nat_gateways::describe;
    create_vpc_endpoint = endpoints::create;
    modify_vpc_endpoint = endpoints::modify;
    delete_vpc_endpoints = endpoints::delete;
    describe_vpc_endpoints = endpoints::describe;
    describe_vpc_endpoint_services = endpoints::describe_services;
    describe_prefix_lists = endpoints::prefix_lists;
    create_vpc_endpoint_service_configuration = endpoint_services::create;
    describe_vpc_endpoint_service_configurations = endpoint_services::configurations;
    modify_vpc_endpoint_service_configuration = endpoint_services::modify;
    delete_vpc_endpoint_service_configurations = endpoint_services::delete;
    describe_vpc_endpoint_service_permissions = endpoint_services::describe_permissions;
    modify_vpc_endpoint_service_permissions = endpoint_services::modify_permissions;
    start_vpc_endpoint_service_private_dns_verification = endpoint_services::verify;
    describe_vpc_endpoint_connections = endpoint_services::describe_connections;
    accept_vpc_endpoint_connections = endpoint_services::accept;
    reject_vpc_endpoint_connections = endpoint_services::reject;

    create_flow_logs = flow_logs::create;
    delete_flow_logs = flow_logs::delete;
    describe_flow_logs = flow_logs::describe;

    describe_instance_types = instance_types::types;
    describe_instance_type_offerings = instance_types::offerings;

    request_spot_instances = spot::request;
    describe_spot_instance_requests = spot::describe;
    cancel_spot_instance_requests = spot::cancel;
    describe_spot_price_history = spot::price_history;

    create_fleet = fleet::create;
    describe_fleets = fleet::describe;
    describe_fleet_instances = fleet::instances;
    delete_fleets = fleet::delete;
    request_spot_fleet = fleet::request_spot_fleet;
    describe_spot_fleet_requests = fleet::describe_spot_fleets;
    describe_spot_fleet_instances = fleet::spot_fleet_instances;
    cancel_spot_fleet_requests = fleet::cancel_spot_fleets;
    modify_spot_fleet_request = fleet::modify_spot_fleet;

    run_instances = run_instances::run;
    terminate_instances = change_instances::terminate;
    stop_instances = change_instances::stop;
    start_instances = change_instances::start;
    reboot_instances = change_instances::reboot;
    monitor_instances = change_instances::monitor;
    unmonitor_instances = change_instances::unmonitor;
    describe_instances = describe_instances::describe;
    describe_instance_credit_specifications = instance_status::credits;
    describe_instance_status = instance_status::describe;
    get_console_output = instance_status::console;
    describe_instance_attribute = instance_attributes::describe;
    modify_instance_attribute = instance_attributes::modify;
    reset_instance_attribute = instance_attributes::reset;
    modify_instance_metadata_options = instance_attributes::modify_metadata;
    associate_iam_instance_profile = profile_associations::associate;
    disassociate_iam_instance_profile = profile_associations::disassociate;
    replace_iam_instance_profile_association = profile_associations::replace;
    describe_iam_instance_profile_associations = profile_associations::describe;
    create_launch_template = launch_templates::create;
    create_launch_template_version = launch_templates::create_version;
    modify_launch_template = launch_templates::modify;
    delete_launch_template = launch_templates::delete;
    delete_launch_template_versions = launch_templates::delete_versions;
    describe_launch_templates = launch_templates::templates;
    describe_launch_template_versions = launch_templates::versions;
    get_launch_template_data = launch_templates::data_of_instance;

    register_image = images::register;
    create_image = images::create_image;
    copy_image = images::copy;
    deregister_image = images::deregister;
    describe_images = images::describe;
    describe_image_attribute = images::describe_attribute;
    modify_image_attribute = images::modify_attribute;
    reset_image_attribute = images::reset_attribute;

    create_key_pair = key_pairs::create;
    import_key_pair = key_pairs::import;
    describe_key_pairs = key_pairs::describe;
    delete_key_pair = key_pairs::delete;

    create_placement_group = placement_groups::create;
    delete_placement_group = placement_groups::delete;
    describe_placement_groups = placement_groups::describe;
    modify_instance_placement = placement_groups::modify;

    enable_ebs_encryption_by_default = encryption::enable;
    disable_ebs_encryption_by_default = encryption::disable;
    get_ebs_encryption_by_default = encryption::get;
    get_ebs_default_kms_key_id = encryption::get_key;
    modify_ebs_default_kms_key_id = encryption::modify_key;
    reset_ebs_default_kms_key_id = encryption::reset_key;

    create_volume = volumes::create;
    delete_volume = volumes::delete;
    attach_volume = volumes::attach;
    detach_volume = volumes::detach;
    describe_volumes = volumes::describe;
    describe_volume_status = volumes::status;
    modify_volume = volumes::modify;
    describe_volumes_modifications = volumes::describe_modifications;
    describe_volume_attribute = volumes::describe_attribute;
    modify_volume_attribute = volumes::modify_attribute;

    copy_snapshot = snapshots::copy;
    create_snapshot = snapshots::create;
    create_snapshots = snapshots::create_set;
    delete_snapshot = snapshots::delete;
    describe_snapshots = snapshots::describe;
    describe_snapshot_attribute = snapshots::describe_attribute;
    modify_snapshot_attribute = snapshots::modify_attribute;
    reset_snapshot_attribute = snapshots::reset_attribute;

    create_network_interface = create_network_interface::create_network_interface;
    delete_network_interface = delete_network_interface::delete_network_interface;
    describe_network_interfaces = describe_network_interfaces::describe_network_interfaces;
    create_network_interface_permission = interface_permissions::create;
    delete_network_interface_permission = interface_permissions::delete;
    describe_network_interface_permissions = interface_permissions::describe;
    describe_network_interface_attribute = network_interface_attributes::describe;
    reset_network_interface_attribute = network_interface_attributes::reset;
    assign_private_ip_addresses = assign_private_addresses::assign;
    unassign_private_ip_addresses = assign_private_addresses::unassign;
    assign_ipv6_addresses = ipv6_addresses::assign;
    unassign_ipv6_addresses = ipv6_addresses::unassign;
    attach_network_interface = attach_network_interface::attach;
    detach_network_interface = attach_network_interface::detach;
    modify_network_interface_attribute = modify_network_interface_attribute::modify_network_interface_attribute;
}
