//! What a template says of instances that is kept as it was given: switches of launches, and options of which instances here
//! have one way, so that no other is accepted (`understood.txt`).

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    pub ebs_optimized: Option<bool>,
    pub disable_api_stop: Option<bool>,
    /// Of the instance's name: its type, and whether it leads to addresses of IPv4 and of IPv6.
    pub hostname_type: Option<String>,
    pub ipv4_name: Option<bool>,
    pub ipv6_name: Option<bool>,
    /// Of burstable types: `unlimited`.
    pub credits: Option<String>,
    /// Of capacity reservations, of which there are none: `open`.
    pub reservations: Option<String>,
    /// When a host is lost: `disabled`.
    pub recovery: Option<String>,
    pub enclave: Option<bool>,
    pub hibernation: Option<bool>,
}

/// What is said of them; templates and launches say it by the same names, in types of their own.
macro_rules! said {
    ($given:expr) => {{
        let names = $given.private_dns_name_options.clone().unwrap_or_default();
        let credits = $given.credit_specification.as_ref();
        let reservations = $given.capacity_reservation_specification.as_ref();
        let maintenance = $given.maintenance_options.as_ref();
        let enclave = $given.enclave_options.as_ref();
        let hibernation = $given.hibernation_options.as_ref();
        Options {
            ebs_optimized: $given.ebs_optimized,
            disable_api_stop: $given.disable_api_stop,
            hostname_type: names.hostname_type,
            ipv4_name: names.enable_resource_name_dns_a_record,
            ipv6_name: names.enable_resource_name_dns_aaaa_record,
            credits: credits.and_then(|it| it.cpu_credits.clone()),
            reservations: reservations.and_then(|it| it.capacity_reservation_preference.clone()),
            recovery: maintenance.and_then(|it| it.auto_recovery.clone()),
            enclave: enclave.and_then(|it| it.enabled),
            hibernation: hibernation.and_then(|it| it.configured),
        }
    }};
}

impl Options {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn of_template(given: &wire::RequestLaunchTemplateData) -> Self {
        said!(given)
    }

    pub(super) fn of_request(given: &wire::RunInstancesRequest) -> Self {
        said!(given)
    }

    /// What is set here, over what `below` says.
    pub(super) fn over(self, below: Self) -> Self {
        Self {
            ebs_optimized: self.ebs_optimized.or(below.ebs_optimized),
            disable_api_stop: self.disable_api_stop.or(below.disable_api_stop),
            hostname_type: self.hostname_type.or(below.hostname_type),
            ipv4_name: self.ipv4_name.or(below.ipv4_name),
            ipv6_name: self.ipv6_name.or(below.ipv6_name),
            credits: self.credits.or(below.credits),
            reservations: self.reservations.or(below.reservations),
            recovery: self.recovery.or(below.recovery),
            enclave: self.enclave.or(below.enclave),
            hibernation: self.hibernation.or(below.hibernation),
        }
    }

    /// A request says the rest itself.
    pub(super) fn fill(self, request: &mut wire::RunInstancesRequest) {
        let all = Self::of_request(request).over(self);
        request.ebs_optimized = all.ebs_optimized;
        request.disable_api_stop = all.disable_api_stop;
        if all.has_names() {
            request.private_dns_name_options = Some(wire::PrivateDnsNameOptionsRequest {
                hostname_type: all.hostname_type,
                enable_resource_name_dns_a_record: all.ipv4_name,
                enable_resource_name_dns_aaaa_record: all.ipv6_name,
            });
        }
        if let Some(credits) = all.credits {
            request.credit_specification = Some(wire::CreditSpecificationRequest {
                cpu_credits: Some(credits),
            });
        }
        if let Some(preference) = all.reservations {
            let specification = &mut request.capacity_reservation_specification;
            let specification = specification.get_or_insert_default();
            specification.capacity_reservation_preference = Some(preference);
        }
        if let Some(recovery) = all.recovery {
            request.maintenance_options = Some(wire::InstanceMaintenanceOptionsRequest {
                auto_recovery: Some(recovery),
            });
        }
        if let Some(enabled) = all.enclave {
            request.enclave_options = Some(wire::EnclaveOptionsRequest {
                enabled: Some(enabled),
            });
        }
        if let Some(configured) = all.hibernation {
            request.hibernation_options = Some(wire::HibernationOptionsRequest {
                configured: Some(configured),
            });
        }
    }

    fn has_names(&self) -> bool {
        self.hostname_type.is_some() || self.ipv4_name.is_some() || self.ipv6_name.is_some()
    }

    pub(super) fn texts(&self) -> [&Option<String>; 4] {
        [
            &self.hostname_type,
            &self.credits,
            &self.reservations,
            &self.recovery,
        ]
    }

    /// With nothing else in it.
    pub(super) fn to_wire(&self) -> wire::ResponseLaunchTemplateData {
        let it = self.clone();
        wire::ResponseLaunchTemplateData {
            ebs_optimized: it.ebs_optimized,
            disable_api_stop: it.disable_api_stop,
            private_dns_name_options: self.has_names().then_some(
                wire::LaunchTemplatePrivateDnsNameOptions {
                    hostname_type: it.hostname_type,
                    enable_resource_name_dns_a_record: it.ipv4_name,
                    enable_resource_name_dns_aaaa_record: it.ipv6_name,
                },
            ),
            credit_specification: it.credits.map(|credits| wire::CreditSpecification {
                cpu_credits: Some(credits),
            }),
            capacity_reservation_specification: it.reservations.map(|preference| {
                wire::LaunchTemplateCapacityReservationSpecificationResponse {
                    capacity_reservation_preference: Some(preference),
                    ..Default::default()
                }
            }),
            maintenance_options: it.recovery.map(|recovery| {
                wire::LaunchTemplateInstanceMaintenanceOptions {
                    auto_recovery: Some(recovery),
                }
            }),
            enclave_options: it
                .enclave
                .map(|enabled| wire::LaunchTemplateEnclaveOptions {
                    enabled: Some(enabled),
                }),
            hibernation_options: it.hibernation.map(|configured| {
                wire::LaunchTemplateHibernationOptions {
                    configured: Some(configured),
                }
            }),
            ..wire::ResponseLaunchTemplateData::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a template says it.
    fn given() -> wire::RequestLaunchTemplateData {
        wire::RequestLaunchTemplateData {
            ebs_optimized: Some(true),
            disable_api_stop: Some(true),
            private_dns_name_options: Some(wire::LaunchTemplatePrivateDnsNameOptionsRequest {
                hostname_type: Some("ip-name".to_owned()),
                enable_resource_name_dns_a_record: Some(true),
                enable_resource_name_dns_aaaa_record: None,
            }),
            credit_specification: Some(wire::CreditSpecificationRequest {
                cpu_credits: Some("unlimited".to_owned()),
            }),
            enclave_options: Some(wire::LaunchTemplateEnclaveOptionsRequest {
                enabled: Some(false),
            }),
            ..Default::default()
        }
    }

    #[test]
    fn a_launch_has_all_of_it_and_says_the_rest_itself() {
        let template = Options::of_template(&given());
        let mut request = wire::RunInstancesRequest {
            disable_api_stop: Some(false),
            private_dns_name_options: Some(wire::PrivateDnsNameOptionsRequest {
                enable_resource_name_dns_aaaa_record: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        };
        template.clone().fill(&mut request);
        assert_eq!(request.ebs_optimized, Some(true));
        assert_eq!(request.disable_api_stop, Some(false), "its own");
        let names = request.private_dns_name_options.clone().unwrap();
        assert_eq!(names.enable_resource_name_dns_a_record, Some(true));
        assert_eq!(names.enable_resource_name_dns_aaaa_record, Some(true));
        let credits = request.credit_specification.clone().unwrap();
        assert_eq!(credits.cpu_credits.as_deref(), Some("unlimited"));
        assert_eq!(request.maintenance_options, None);
        // What a launch asked for is kept for launches to come.
        let kept = Options::of_request(&request);
        assert_eq!(kept.enclave, Some(false));
        assert_eq!(kept.over(template).disable_api_stop, Some(false));
    }

    #[test]
    fn it_is_shown_as_it_was_given() {
        let shown = Options::of_template(&given()).to_wire();
        assert_eq!(shown.ebs_optimized, Some(true));
        let names = shown.private_dns_name_options.unwrap();
        assert_eq!(names.enable_resource_name_dns_a_record, Some(true));
        assert_eq!(names.enable_resource_name_dns_aaaa_record, None);
        assert_eq!(shown.enclave_options.unwrap().enabled, Some(false));
        assert_eq!(shown.maintenance_options, None);
        assert_eq!(Options::default().to_wire(), Default::default());
    }
}
