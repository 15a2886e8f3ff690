//! The names of filters that EC2 documents, by what is described. A name that stands here and that
//! nothing has a value for is a filter that matches nothing.

use super::Names;

/// VPCs.
pub const VPCS: Names = Names {
    tagged: true,
    known: &[
        "cidr",
        "cidr-block",
        "cidr-block-association.association-id",
        "cidr-block-association.cidr-block",
        "cidr-block-association.state",
        "cidrBlock",
        "dhcp-options-id",
        "dhcpOptionsId",
        "ipv6-cidr-block-association.association-id",
        "ipv6-cidr-block-association.ipv6-cidr-block",
        "ipv6-cidr-block-association.ipv6-pool",
        "ipv6-cidr-block-association.state",
        "is-default",
        "isDefault",
        "owner-id",
        "state",
        "vpc-id",
    ],
};

/// Subnets.
pub const SUBNETS: Names = Names {
    tagged: true,
    known: &[
        "availability-zone",
        "availability-zone-id",
        "availabilityZone",
        "availabilityZoneId",
        "available-ip-address-count",
        "availableIpAddressCount",
        "cidr",
        "cidr-block",
        "cidrBlock",
        "customer-owned-ipv4-pool",
        "default-for-az",
        "defaultForAz",
        "enable-dns64",
        "enable-lni-at-device-index",
        "ipv6-cidr-block-association.association-id",
        "ipv6-cidr-block-association.ipv6-cidr-block",
        "ipv6-cidr-block-association.state",
        "ipv6-native",
        "map-customer-owned-ip-on-launch",
        "map-public-ip-on-launch",
        "outpost-arn",
        "owner-id",
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record",
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record",
        "private-dns-name-options-on-launch.hostname-type",
        "state",
        "subnet-arn",
        "subnet-id",
        "vpc-id",
    ],
};

/// CIDR reservations of a subnet.
pub const SUBNET_RESERVATIONS: Names = Names {
    tagged: true,
    known: &["reservationType", "subnet-id"],
};

/// Route tables.
pub const ROUTE_TABLES: Names = Names {
    tagged: true,
    known: &[
        "association.gateway-id",
        "association.main",
        "association.route-table-association-id",
        "association.route-table-id",
        "association.subnet-id",
        "owner-id",
        "route-table-id",
        "route.destination-cidr-block",
        "route.destination-ipv6-cidr-block",
        "route.destination-prefix-list-id",
        "route.egress-only-internet-gateway-id",
        "route.gateway-id",
        "route.instance-id",
        "route.nat-gateway-id",
        "route.origin",
        "route.state",
        "route.transit-gateway-id",
        "route.vpc-peering-connection-id",
        "vpc-id",
    ],
};

/// Internet gateways.
pub const INTERNET_GATEWAYS: Names = Names {
    tagged: true,
    known: &[
        "attachment.state",
        "attachment.vpc-id",
        "internet-gateway-id",
        "owner-id",
    ],
};

/// Egress-only internet gateways: they are told apart by their tags alone.
pub const EGRESS_ONLY_GATEWAYS: Names = Names {
    tagged: true,
    known: &[],
};

/// Security groups.
pub const SECURITY_GROUPS: Names = Names {
    tagged: true,
    known: &[
        "description",
        "egress.ip-permission.cidr",
        "egress.ip-permission.from-port",
        "egress.ip-permission.group-id",
        "egress.ip-permission.group-name",
        "egress.ip-permission.ipv6-cidr",
        "egress.ip-permission.prefix-list-id",
        "egress.ip-permission.protocol",
        "egress.ip-permission.to-port",
        "egress.ip-permission.user-id",
        "group-id",
        "group-name",
        "ip-permission.cidr",
        "ip-permission.from-port",
        "ip-permission.group-id",
        "ip-permission.group-name",
        "ip-permission.ipv6-cidr",
        "ip-permission.prefix-list-id",
        "ip-permission.protocol",
        "ip-permission.to-port",
        "ip-permission.user-id",
        "owner-id",
        "vpc-id",
    ],
};

/// Security groups that interfaces of a VPC may have.
pub const SECURITY_GROUPS_FOR_VPC: Names = Names {
    tagged: true,
    known: &[
        "description",
        "group-id",
        "group-name",
        "owner-id",
        "primary-vpc-id",
    ],
};

/// Associations of security groups with further VPCs.
pub const SECURITY_GROUP_VPC_ASSOCIATIONS: Names = Names {
    tagged: false,
    known: &[
        "group-id",
        "group-owner-id",
        "state",
        "vpc-id",
        "vpc-owner-id",
    ],
};

/// Rules of security groups.
pub const SECURITY_GROUP_RULES: Names = Names {
    tagged: true,
    known: &["group-id", "security-group-rule-id"],
};

/// Permissions of network interfaces, which have no tags. None here is a service's.
pub const NETWORK_INTERFACE_PERMISSIONS: Names = Names {
    tagged: false,
    known: &[
        "network-interface-permission.aws-account-id",
        "network-interface-permission.aws-service",
        "network-interface-permission.network-interface-id",
        "network-interface-permission.network-interface-permission-id",
        "network-interface-permission.permission",
    ],
};

/// Network interfaces.
pub const NETWORK_INTERFACES: Names = Names {
    tagged: true,
    known: &[
        "addresses.association.owner-id",
        "addresses.association.public-ip",
        "addresses.primary",
        "addresses.private-ip-address",
        "association.allocation-id",
        "association.association-id",
        "association.ip-owner-id",
        "association.public-dns-name",
        "association.public-ip",
        "attachment.attach-time",
        "attachment.attachment-id",
        "attachment.delete-on-termination",
        "attachment.device-index",
        "attachment.instance-id",
        "attachment.instance-owner-id",
        "attachment.status",
        "availability-zone",
        "availability-zone-id",
        "description",
        "group-id",
        "group-name",
        "interface-type",
        "ipv6-addresses.ipv6-address",
        "mac-address",
        "network-interface-id",
        "operator.managed",
        "operator.principal",
        "owner-id",
        "private-dns-name",
        "private-ip-address",
        "requester-id",
        "requester-managed",
        "source-dest-check",
        "status",
        "subnet-id",
        "vpc-id",
    ],
};

/// Network ACLs.
pub const NETWORK_ACLS: Names = Names {
    tagged: true,
    known: &[
        "association.association-id",
        "association.network-acl-id",
        "association.subnet-id",
        "default",
        "entry.cidr",
        "entry.egress",
        "entry.icmp.code",
        "entry.icmp.type",
        "entry.ipv6-cidr",
        "entry.port-range.from",
        "entry.port-range.to",
        "entry.protocol",
        "entry.rule-action",
        "entry.rule-number",
        "network-acl-id",
        "owner-id",
        "vpc-id",
    ],
};

/// DHCP options.
pub const DHCP_OPTIONS: Names = Names {
    tagged: true,
    known: &["dhcp-options-id", "key", "owner-id", "value"],
};

/// Availability zones.
pub const AVAILABILITY_ZONES: Names = Names {
    tagged: false,
    known: &[
        "group-long-name",
        "group-name",
        "message",
        "opt-in-status",
        "parent-zone-id",
        "parent-zone-name",
        "region-name",
        "state",
        "zone-id",
        "zone-name",
        "zone-type",
    ],
};

/// Regions.
pub const REGIONS: Names = Names {
    tagged: false,
    known: &["endpoint", "opt-in-status", "region-name"],
};

/// Tags, as resources of DescribeTags.
pub const TAGS: Names = Names {
    tagged: true,
    known: &["key", "resource-id", "resource-type", "value"],
};

/// Instances.
pub const INSTANCES: Names = Names {
    tagged: true,
    known: &[
        "affinity",
        "architecture",
        "availability-zone",
        "availability-zone-id",
        "block-device-mapping.attach-time",
        "block-device-mapping.delete-on-termination",
        "block-device-mapping.device-name",
        "block-device-mapping.status",
        "block-device-mapping.volume-id",
        "boot-mode",
        "capacity-reservation-id",
        "capacity-reservation-specification.capacity-reservation-preference",
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn",
        "client-token",
        "current-instance-boot-mode",
        "dns-name",
        "ebs-optimized",
        "ena-support",
        "enclave-options.enabled",
        "hibernation-options.configured",
        "host-id",
        "hypervisor",
        "iam-instance-profile.arn",
        "iam-instance-profile.id",
        "image-id",
        "instance-id",
        "instance-lifecycle",
        "instance-state-code",
        "instance-state-name",
        "instance-type",
        "instance.group-id",
        "instance.group-name",
        "ip-address",
        "ipv6-address",
        "kernel-id",
        "key-name",
        "launch-index",
        "launch-time",
        "maintenance-options.auto-recovery",
        "metadata-options.http-endpoint",
        "metadata-options.http-protocol-ipv4",
        "metadata-options.http-protocol-ipv6",
        "metadata-options.http-put-response-hop-limit",
        "metadata-options.http-tokens",
        "metadata-options.instance-metadata-tags",
        "metadata-options.state",
        "monitoring-state",
        "network-interface.addresses.association.allocation-id",
        "network-interface.addresses.association.association-id",
        "network-interface.addresses.association.carrier-ip",
        "network-interface.addresses.association.customer-owned-ip",
        "network-interface.addresses.association.ip-owner-id",
        "network-interface.addresses.association.public-dns-name",
        "network-interface.addresses.association.public-ip",
        "network-interface.addresses.primary",
        "network-interface.addresses.private-dns-name",
        "network-interface.addresses.private-ip-address",
        "network-interface.association.allocation-id",
        "network-interface.association.association-id",
        "network-interface.association.carrier-ip",
        "network-interface.association.customer-owned-ip",
        "network-interface.association.ip-owner-id",
        "network-interface.association.public-dns-name",
        "network-interface.association.public-ip",
        "network-interface.attachment.attach-time",
        "network-interface.attachment.attachment-id",
        "network-interface.attachment.delete-on-termination",
        "network-interface.attachment.device-index",
        "network-interface.attachment.instance-id",
        "network-interface.attachment.instance-owner-id",
        "network-interface.attachment.network-card-index",
        "network-interface.attachment.status",
        "network-interface.availability-zone",
        "network-interface.deny-all-igw-traffic",
        "network-interface.description",
        "network-interface.group-id",
        "network-interface.group-name",
        "network-interface.ipv4-prefixes.ipv4-prefix",
        "network-interface.ipv6-address",
        "network-interface.ipv6-addresses.ipv6-address",
        "network-interface.ipv6-addresses.is-primary-ipv6",
        "network-interface.ipv6-native",
        "network-interface.ipv6-prefixes.ipv6-prefix",
        "network-interface.mac-address",
        "network-interface.network-interface-id",
        "network-interface.operator.managed",
        "network-interface.operator.principal",
        "network-interface.outpost-arn",
        "network-interface.owner-id",
        "network-interface.private-dns-name",
        "network-interface.private-ip-address",
        "network-interface.public-dns-name",
        "network-interface.requester-id",
        "network-interface.requester-managed",
        "network-interface.source-dest-check",
        "network-interface.status",
        "network-interface.subnet-id",
        "network-interface.tag-key",
        "network-interface.tag-value",
        "network-interface.vpc-id",
        "network-performance-options.bandwidth-weighting",
        "operator.managed",
        "operator.principal",
        "outpost-arn",
        "owner-id",
        "placement-group-name",
        "placement-partition-number",
        "platform",
        "platform-details",
        "private-dns-name",
        "private-dns-name-options.enable-resource-name-dns-a-record",
        "private-dns-name-options.enable-resource-name-dns-aaaa-record",
        "private-dns-name-options.hostname-type",
        "private-ip-address",
        "product-code",
        "product-code.type",
        "ramdisk-id",
        "reason",
        "requester-id",
        "reservation-id",
        "root-device-name",
        "root-device-type",
        "source-dest-check",
        "spot-instance-request-id",
        "state-reason-code",
        "state-reason-message",
        "subnet-id",
        "tenancy",
        "tpm-support",
        "usage-operation",
        "usage-operation-update-time",
        "virtualization-type",
        "vpc-id",
    ],
};

/// Credits of burstable instances.
pub const CREDIT_SPECIFICATIONS: Names = Names {
    tagged: false,
    known: &["instance-id"],
};

/// Statuses of instances.
pub const INSTANCE_STATUS: Names = Names {
    tagged: false,
    known: &[
        "availability-zone",
        "availability-zone-id",
        "event.code",
        "event.description",
        "event.instance-event-id",
        "event.not-after",
        "event.not-before",
        "event.not-before-deadline",
        "instance-state-code",
        "instance-state-name",
        "instance-status.reachability",
        "instance-status.status",
        "operator.managed",
        "operator.principal",
        "system-status.reachability",
        "system-status.status",
        "attached-ebs-status.status",
    ],
};

/// Associations of instance profiles.
pub const PROFILE_ASSOCIATIONS: Names = Names {
    tagged: false,
    known: &["instance-id", "state"],
};

/// Elastic IP addresses.
pub const ADDRESSES: Names = Names {
    tagged: true,
    known: &[
        "allocation-id",
        "association-id",
        "instance-id",
        "network-border-group",
        "network-interface-id",
        "network-interface-owner-id",
        "private-ip-address",
        "public-ip",
    ],
};

/// NAT gateways.
pub const NAT_GATEWAYS: Names = Names {
    tagged: true,
    known: &["nat-gateway-id", "state", "subnet-id", "vpc-id"],
};

/// Flow logs.
pub const FLOW_LOGS: Names = Names {
    tagged: true,
    known: &[
        "deliver-log-status",
        "flow-log-id",
        "log-destination-type",
        "log-group-name",
        "resource-id",
        "traffic-type",
    ],
};

/// VPC endpoints.
pub const VPC_ENDPOINTS: Names = Names {
    tagged: true,
    known: &[
        "ip-address-type",
        "service-name",
        "service-region",
        "vpc-endpoint-id",
        "vpc-endpoint-state",
        "vpc-endpoint-type",
        "vpc-id",
    ],
};

/// Services of VPC endpoints.
pub const VPC_ENDPOINT_SERVICES: Names = Names {
    tagged: true,
    known: &[
        "owner",
        "service-name",
        "service-region",
        "service-type",
        "supported-ip-address-types",
    ],
};

/// Services of VPC endpoints that an account has.
pub const VPC_ENDPOINT_SERVICE_CONFIGURATIONS: Names = Names {
    tagged: true,
    known: &[
        "service-id",
        "service-name",
        "service-state",
        "supported-ip-address-types",
    ],
};

/// Who may connect to such a service.
pub const VPC_ENDPOINT_SERVICE_PERMISSIONS: Names = Names {
    tagged: false,
    known: &["principal", "principal-type"],
};

/// Endpoints that lead to services of an account.
pub const VPC_ENDPOINT_CONNECTIONS: Names = Names {
    tagged: false,
    known: &[
        "ip-address-type",
        "service-id",
        "vpc-endpoint-id",
        "vpc-endpoint-owner",
        "vpc-endpoint-region",
        "vpc-endpoint-state",
    ],
};

/// Managed prefix lists.
pub const MANAGED_PREFIX_LISTS: Names = Names {
    tagged: true,
    known: &["owner-id", "prefix-list-id", "prefix-list-name"],
};

/// Prefix lists of AWS's services.
pub const PREFIX_LISTS: Names = Names {
    tagged: false,
    known: &["prefix-list-id", "prefix-list-name"],
};

/// Launch templates.
pub const LAUNCH_TEMPLATES: Names = Names {
    tagged: true,
    known: &["create-time", "launch-template-name"],
};

/// VPC peering connections.
pub const VPC_PEERING_CONNECTIONS: Names = Names {
    tagged: true,
    known: &[
        "accepter-vpc-info.cidr-block",
        "accepter-vpc-info.owner-id",
        "accepter-vpc-info.vpc-id",
        "expiration-time",
        "requester-vpc-info.cidr-block",
        "requester-vpc-info.owner-id",
        "requester-vpc-info.vpc-id",
        "status-code",
        "status-message",
        "vpc-peering-connection-id",
    ],
};

/// Requests for Spot instances.
pub const SPOT_REQUESTS: Names = Names {
    tagged: true,
    known: &[
        "availability-zone-group",
        "create-time",
        "fault-code",
        "fault-message",
        "instance-id",
        "instance-interruption-behavior",
        "launch-group",
        "launch.block-device-mapping.delete-on-termination",
        "launch.block-device-mapping.device-name",
        "launch.block-device-mapping.snapshot-id",
        "launch.block-device-mapping.volume-size",
        "launch.block-device-mapping.volume-type",
        "launch.group-id",
        "launch.group-name",
        "launch.iam-instance-profile.arn",
        "launch.image-id",
        "launch.instance-type",
        "launch.kernel-id",
        "launch.key-name",
        "launch.monitoring-enabled",
        "launch.ramdisk-id",
        "launched-availability-zone",
        "network-interface.addresses.primary",
        "network-interface.delete-on-termination",
        "network-interface.description",
        "network-interface.device-index",
        "network-interface.group-id",
        "network-interface.network-interface-id",
        "network-interface.private-ip-address",
        "network-interface.subnet-id",
        "product-description",
        "spot-instance-request-id",
        "spot-price",
        "state",
        "status-code",
        "status-message",
        "type",
        "valid-from",
        "valid-until",
    ],
};

/// Spot prices.
pub const SPOT_PRICES: Names = Names {
    tagged: false,
    known: &[
        "availability-zone",
        "availability-zone-id",
        "instance-type",
        "product-description",
        "spot-price",
        "timestamp",
    ],
};

/// EC2 Fleets.
pub const FLEETS: Names = Names {
    tagged: false,
    known: &[
        "activity-status",
        "excess-capacity-termination-policy",
        "fleet-state",
        "replace-unhealthy-instances",
        "type",
    ],
};

/// Instances of EC2 Fleets.
pub const FLEET_INSTANCES: Names = Names {
    tagged: false,
    known: &["instance-type"],
};
