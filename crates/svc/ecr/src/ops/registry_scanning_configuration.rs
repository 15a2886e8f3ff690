//! Get- and PutRegistryScanningConfiguration: which repositories are scanned, when, and how.

use wharf_api_ecr::types::*;
use wharf_wire::Call;

use super::registry;
use crate::{
    catalog::Catalog,
    error::EcrError,
    records::{Frequency, ScanRule, Scanning},
};

pub(crate) async fn get(
    catalog: &Catalog,
    call: &Call,
    _: GetRegistryScanningConfigurationRequest,
) -> Result<GetRegistryScanningConfigurationResponse, EcrError> {
    let registry = registry(call, None);
    let scanning = catalog.scanning(&registry).await?;
    Ok(GetRegistryScanningConfigurationResponse {
        registry_id: Some(registry.account),
        scanning_configuration: Some(show(scanning)),
    })
}

pub(crate) async fn put(
    catalog: &Catalog,
    call: &Call,
    input: PutRegistryScanningConfigurationRequest,
) -> Result<PutRegistryScanningConfigurationResponse, EcrError> {
    let registry = registry(call, None);
    let enhanced = input.scan_type.as_deref() == Some("ENHANCED");
    let scanning = Scanning {
        rules: read(enhanced, input.rules.unwrap_or_default())?,
        enhanced,
        ..Scanning::default()
    };
    catalog
        .set_scanning(&call.permit, &registry, &scanning, call.now)
        .await?;
    Ok(PutRegistryScanningConfigurationResponse {
        registry_scanning_configuration: Some(show(scanning)),
    })
}

fn read(enhanced: bool, rules: Vec<RegistryScanningRule>) -> Result<Vec<ScanRule>, EcrError> {
    let invalid = |why: &str| EcrError::invalid("rules", why);
    if !enhanced && rules.len() > 1 {
        return Err(invalid(
            "Only one scanning rule is allowed for scan type BASIC",
        ));
    }
    let mut read: Vec<ScanRule> = Vec::new();
    for rule in rules {
        let frequency = rule.scan_frequency.unwrap_or_default();
        let on_push = frequency == Frequency::OnPush.name();
        if !enhanced && !on_push {
            return Err(invalid(
                "Scan frequency for scan type BASIC must be SCAN_ON_PUSH",
            ));
        }
        if enhanced && !on_push && frequency != Frequency::Continuous.name() {
            return Err(invalid(
                "Scan frequency for scan type ENHANCED must be SCAN_ON_PUSH or CONTINUOUS_SCAN",
            ));
        }
        if read.iter().any(|it| it.frequency == frequency) {
            return Err(invalid(
                "Only one scanning rule is allowed for each scan frequency",
            ));
        }
        let filters = rule.repository_filters.unwrap_or_default();
        let filters = filters.into_iter().filter_map(|it| it.filter).collect();
        read.push(ScanRule { frequency, filters });
    }
    Ok(read)
}

fn show(scanning: Scanning) -> RegistryScanningConfiguration {
    let rule = |rule: ScanRule| RegistryScanningRule {
        scan_frequency: Some(rule.frequency),
        repository_filters: Some(rule.filters.into_iter().map(show_filter).collect()),
    };
    RegistryScanningConfiguration {
        scan_type: Some(
            if scanning.enhanced {
                "ENHANCED"
            } else {
                "BASIC"
            }
            .to_owned(),
        ),
        rules: Some(scanning.rules.into_iter().map(rule).collect()),
    }
}

pub(super) fn show_filter(filter: String) -> ScanningRepositoryFilter {
    ScanningRepositoryFilter {
        filter: Some(filter),
        filter_type: Some("WILDCARD".to_owned()),
    }
}
