//! An instance type as DescribeInstanceTypes shows it, and the values its filters look at.

use wharf_api_ec2::types::{
    EbsInfo, EbsOptimizedInfo, InstanceTypeInfo, MemoryInfo, NetworkCardInfo, NetworkInfo,
    PlacementGroupInfo, ProcessorInfo, VCpuInfo,
};

use super::{Hardware, InstanceType, Volumes};
use crate::filter::Fields;

const SUPPORTED: &str = "supported";
const UNSUPPORTED: &str = "unsupported";
const REQUIRED: &str = "required";

impl InstanceType {
    pub fn to_wire(&self) -> InstanceTypeInfo {
        let hypervisor = self.hypervisor().map(str::to_owned);
        InstanceTypeInfo {
            instance_type: Some(self.name.to_owned()),
            current_generation: Some(self.current),
            free_tier_eligible: Some(self.free_tier),
            supported_usage_classes: Some(owned(["on-demand", "spot"])),
            supported_root_device_types: Some(owned(["ebs"])),
            supported_virtualization_types: Some(owned(["hvm"])),
            bare_metal: Some(self.hardware == Hardware::Metal),
            hypervisor,
            processor_info: Some(ProcessorInfo {
                supported_architectures: Some(owned(self.architectures())),
                sustained_clock_speed_in_ghz: Some(self.clock_ghz),
                manufacturer: Some(self.maker.to_owned()),
                ..ProcessorInfo::default()
            }),
            v_cpu_info: Some(self.processors()),
            memory_info: Some(MemoryInfo {
                size_in_mi_b: i64::try_from(self.memory_mib).ok(),
            }),
            instance_storage_supported: Some(false),
            ebs_info: Some(self.volumes()),
            network_info: Some(self.network_info()),
            placement_group_info: Some(PlacementGroupInfo {
                supported_strategies: Some(
                    ["cluster", "partition", "spread"]
                        .map(str::to_owned)
                        .to_vec(),
                ),
            }),
            hibernation_supported: Some(false),
            burstable_performance_supported: Some(self.burstable),
            dedicated_hosts_supported: Some(false),
            auto_recovery_supported: Some(true),
            supported_boot_modes: Some(owned(self.boot.iter().copied())),
            nitro_enclaves_support: Some(UNSUPPORTED.to_owned()),
            nitro_tpm_support: Some(UNSUPPORTED.to_owned()),
            phc_support: Some(UNSUPPORTED.to_owned()),
            reboot_migration_support: Some(UNSUPPORTED.to_owned()),
            supported_in_region: Some(true),
            ..InstanceTypeInfo::default()
        }
    }

    fn hypervisor(&self) -> Option<&'static str> {
        match self.hardware {
            Hardware::Nitro => Some("nitro"),
            Hardware::Xen => Some("xen"),
            Hardware::Metal => None,
        }
    }

    fn architectures(&self) -> impl Iterator<Item = &'static str> {
        let also = self.also_i386.then_some("i386");
        also.into_iter().chain([self.architecture])
    }

    fn processors(&self) -> VCpuInfo {
        let chosen = !self.valid_cores.is_empty();
        let cores = self.valid_cores.iter().map(|it| count(*it)).collect();
        let threads = (1..=self.threads_per_core).map(count).collect();
        VCpuInfo {
            default_v_cpus: Some(count(self.vcpus)),
            default_cores: Some(count(self.cores())),
            default_threads_per_core: Some(count(self.threads_per_core)),
            valid_cores: chosen.then_some(cores),
            valid_threads_per_core: chosen.then_some(threads),
        }
    }

    fn volumes(&self) -> EbsInfo {
        let attached = if self.dedicated_volumes {
            "dedicated"
        } else {
            "shared"
        };
        let (optimized, nvme) = match self.ebs {
            Some(_) => ("default", REQUIRED),
            None => (UNSUPPORTED, UNSUPPORTED),
        };
        EbsInfo {
            ebs_optimized_support: Some(optimized.to_owned()),
            encryption_support: Some(SUPPORTED.to_owned()),
            ebs_optimized_info: self.ebs.map(Volumes::to_wire),
            nvme_support: Some(nvme.to_owned()),
            maximum_ebs_attachments: Some(count(self.max_volumes)),
            attachment_limit_type: Some(attached.to_owned()),
            ..EbsInfo::default()
        }
    }

    fn network_info(&self) -> NetworkInfo {
        let ena = match self.hardware {
            Hardware::Xen => UNSUPPORTED,
            Hardware::Nitro | Hardware::Metal => REQUIRED,
        };
        NetworkInfo {
            network_performance: Some(self.network_words.to_owned()),
            maximum_network_interfaces: Some(count(self.interfaces)),
            maximum_network_cards: Some(1),
            default_network_card_index: Some(0),
            network_cards: Some(vec![NetworkCardInfo {
                network_card_index: Some(0),
                network_performance: Some(self.network_words.to_owned()),
                maximum_network_interfaces: Some(count(self.interfaces)),
                baseline_bandwidth_in_gbps: Some(self.network.baseline),
                peak_bandwidth_in_gbps: Some(self.network.maximum),
                ..NetworkCardInfo::default()
            }]),
            ipv4_addresses_per_interface: Some(count(self.addresses)),
            ipv6_addresses_per_interface: Some(count(self.addresses)),
            ipv6_supported: Some(true),
            ena_support: Some(ena.to_owned()),
            efa_supported: Some(false),
            encryption_in_transit_supported: Some(self.encrypted),
            ena_srd_supported: Some(false),
            ..NetworkInfo::default()
        }
    }
}

impl Volumes {
    fn to_wire(self) -> EbsOptimizedInfo {
        let per_second = |mbps: u32| f64::from(mbps) / 8.0;
        EbsOptimizedInfo {
            baseline_bandwidth_in_mbps: Some(count(self.mbps.baseline)),
            baseline_throughput_in_m_bps: Some(per_second(self.mbps.baseline)),
            baseline_iops: Some(count(self.iops.baseline)),
            maximum_bandwidth_in_mbps: Some(count(self.mbps.maximum)),
            maximum_throughput_in_m_bps: Some(per_second(self.mbps.maximum)),
            maximum_iops: Some(count(self.iops.maximum)),
        }
    }
}

/// Numbers of the table are small; [`super::tests`] reads them all.
fn count(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn owned(words: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    words.into_iter().map(str::to_owned).collect()
}

/// The values of filters, out of what is shown.
pub fn fields(shown: &InstanceTypeInfo) -> Fields {
    let mut fields = general(shown);
    fields.extend(shown.ebs_info.iter().flat_map(of_volumes));
    fields.extend(shown.network_info.iter().flat_map(of_network));
    fields.extend(shown.processor_info.iter().flat_map(of_processor));
    fields.extend(shown.v_cpu_info.iter().flat_map(of_cores));
    fields
}

fn one<T: ToString>(value: &Option<T>) -> Vec<String> {
    value.iter().map(T::to_string).collect()
}

fn each<T: ToString>(values: &Option<Vec<T>>) -> Vec<String> {
    values.iter().flatten().map(T::to_string).collect()
}

fn general(shown: &InstanceTypeInfo) -> Fields {
    let memory = shown.memory_info.as_ref().and_then(|it| it.size_in_mi_b);
    vec![
        (
            "auto-recovery-supported",
            one(&shown.auto_recovery_supported),
        ),
        ("bare-metal", one(&shown.bare_metal)),
        (
            "burstable-performance-supported",
            one(&shown.burstable_performance_supported),
        ),
        ("current-generation", one(&shown.current_generation)),
        (
            "dedicated-hosts-supported",
            one(&shown.dedicated_hosts_supported),
        ),
        ("free-tier-eligible", one(&shown.free_tier_eligible)),
        ("hibernation-supported", one(&shown.hibernation_supported)),
        ("hypervisor", one(&shown.hypervisor)),
        (
            "instance-storage-supported",
            one(&shown.instance_storage_supported),
        ),
        ("instance-type", one(&shown.instance_type)),
        ("memory-info.size-in-mib", one(&memory)),
        ("nitro-enclaves-support", one(&shown.nitro_enclaves_support)),
        ("nitro-tpm-support", one(&shown.nitro_tpm_support)),
        (
            "reboot-migration-support",
            one(&shown.reboot_migration_support),
        ),
        ("supported-boot-mode", each(&shown.supported_boot_modes)),
        (
            "supported-root-device-type",
            each(&shown.supported_root_device_types),
        ),
        (
            "supported-usage-class",
            each(&shown.supported_usage_classes),
        ),
        (
            "supported-virtualization-type",
            each(&shown.supported_virtualization_types),
        ),
    ]
}

fn of_volumes(shown: &EbsInfo) -> Fields {
    let none = EbsOptimizedInfo::default();
    let optimized = shown.ebs_optimized_info.as_ref().unwrap_or(&none);
    vec![
        (
            "ebs-info.attachment-limit-type",
            one(&shown.attachment_limit_type),
        ),
        (
            "ebs-info.maximum-ebs-attachments",
            one(&shown.maximum_ebs_attachments),
        ),
        (
            "ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps",
            one(&optimized.baseline_bandwidth_in_mbps),
        ),
        (
            "ebs-info.ebs-optimized-info.baseline-iops",
            one(&optimized.baseline_iops),
        ),
        (
            "ebs-info.ebs-optimized-info.baseline-throughput-in-mbps",
            one(&optimized.baseline_throughput_in_m_bps),
        ),
        (
            "ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps",
            one(&optimized.maximum_bandwidth_in_mbps),
        ),
        (
            "ebs-info.ebs-optimized-info.maximum-iops",
            one(&optimized.maximum_iops),
        ),
        (
            "ebs-info.ebs-optimized-info.maximum-throughput-in-mbps",
            one(&optimized.maximum_throughput_in_m_bps),
        ),
        (
            "ebs-info.ebs-optimized-support",
            one(&shown.ebs_optimized_support),
        ),
        (
            "ebs-info.encryption-support",
            one(&shown.encryption_support),
        ),
        ("ebs-info.nvme-support", one(&shown.nvme_support)),
    ]
}

fn of_network(shown: &NetworkInfo) -> Fields {
    vec![
        ("network-info.efa-supported", one(&shown.efa_supported)),
        ("network-info.ena-support", one(&shown.ena_support)),
        (
            "network-info.encryption-in-transit-supported",
            one(&shown.encryption_in_transit_supported),
        ),
        (
            "network-info.ipv4-addresses-per-interface",
            one(&shown.ipv4_addresses_per_interface),
        ),
        (
            "network-info.ipv6-addresses-per-interface",
            one(&shown.ipv6_addresses_per_interface),
        ),
        ("network-info.ipv6-supported", one(&shown.ipv6_supported)),
        (
            "network-info.maximum-network-cards",
            one(&shown.maximum_network_cards),
        ),
        (
            "network-info.maximum-network-interfaces",
            one(&shown.maximum_network_interfaces),
        ),
        (
            "network-info.network-performance",
            one(&shown.network_performance),
        ),
    ]
}

fn of_processor(shown: &ProcessorInfo) -> Fields {
    vec![
        (
            "processor-info.supported-architecture",
            each(&shown.supported_architectures),
        ),
        (
            "processor-info.sustained-clock-speed-in-ghz",
            one(&shown.sustained_clock_speed_in_ghz),
        ),
        (
            "processor-info.supported-features",
            each(&shown.supported_features),
        ),
    ]
}

fn of_cores(shown: &VCpuInfo) -> Fields {
    vec![
        ("vcpu-info.default-cores", one(&shown.default_cores)),
        (
            "vcpu-info.default-threads-per-core",
            one(&shown.default_threads_per_core),
        ),
        ("vcpu-info.default-vcpus", one(&shown.default_v_cpus)),
        ("vcpu-info.valid-cores", each(&shown.valid_cores)),
        (
            "vcpu-info.valid-threads-per-core",
            each(&shown.valid_threads_per_core),
        ),
    ]
}
