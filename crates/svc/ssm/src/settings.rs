//! The service settings of Parameter Store. Pure.

use wharf_api_ssm::{ServiceSetting, faults};
use wharf_base::Arn;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{fault, names::SERVICE, records::Setting, tiers::INTELLIGENT};

/// The tier of parameters whose request names none.
pub const DEFAULT_TIER: Known = Known {
    path: "/ssm/parameter-store/default-parameter-tier",
    values: &["Standard", "Advanced", INTELLIGENT],
    default: "Standard",
};
/// What it does, `settings.txt` says.
const HIGH_THROUGHPUT: Known = Known {
    path: "/ssm/parameter-store/high-throughput-enabled",
    values: &["true", "false"],
    default: "false",
};

const KNOWN: [Known; 2] = [DEFAULT_TIER, HIGH_THROUGHPUT];

/// Settings of AWS that belong to parts of Systems Manager that are not here.
const OTHERS: [&str; 8] = [
    "/ssm/appmanager/appmanager-enabled",
    "/ssm/automation/customer-script-log-destination",
    "/ssm/automation/customer-script-log-group-name",
    "/ssm/automation/enable-adaptive-concurrency",
    "/ssm/documents/console/public-sharing-permission",
    "/ssm/managed-instance/activation-tier",
    "/ssm/managed-instance/default-ec2-instance-management-role",
    "/ssm/opsinsights/opscenter",
];

/// A setting that is here.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    pub path: &'static str,
    values: &'static [&'static str],
    pub default: &'static str,
}

/// The path of a setting, which a request names by itself or by its ARN.
pub fn path(given: &str) -> String {
    let arn = given.parse::<Arn>().ok().filter(|it| it.service == SERVICE);
    let resource = arn.and_then(|it| {
        it.resource
            .strip_prefix("servicesetting/")
            .map(str::to_owned)
    });
    // The ARN of `/ssm/…` is `…:servicesetting/ssm/…`.
    let path = resource.unwrap_or_else(|| given.to_owned());
    format!("/{}", path.trim_start_matches('/'))
}

pub fn arn(place: &Place, path: &str) -> String {
    let resource = format!("servicesetting{path}");
    Arn::new(SERVICE, &place.region, &place.account, resource).to_string()
}

/// The setting that a request made at `place` names.
///
/// # Errors
/// There is none, here or at all; the ARN is of another account or region.
pub fn known(place: &Place, given: &str) -> Result<Known, Fault> {
    let path = path(given);
    let is_here = !given.starts_with("arn:") || given == arn(place, &path);
    let found = KNOWN.into_iter().find(|it| it.path == path);
    if let Some(found) = found.filter(|_| is_here) {
        return Ok(found);
    }
    Err(match OTHERS.contains(&path.as_str()) && is_here {
        true => fault::unsupported(&format!("The service setting {path}")),
        false => faults::service_setting_not_found(
            "The specified service setting wasn't found. Either the service name or the setting \
             hasn't been provisioned by the AWS service team.",
        ),
    })
}

/// Refuses a value that the setting cannot have.
///
/// # Errors
/// Its values.
pub fn check(setting: Known, value: &str) -> Result<(), Fault> {
    match setting.values.contains(&value) {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "The setting value {value} is not valid for {}. Valid values: [{}].",
            setting.path,
            setting.values.join(", ")
        ))),
    }
}

/// The setting as the API shows it.
pub fn shown(place: &Place, known: Known, set: Option<&Setting>) -> ServiceSetting {
    let status = if set.is_some() {
        "Customized"
    } else {
        "Default"
    };
    ServiceSetting {
        setting_id: Some(known.path.to_owned()),
        setting_value: Some(set.map_or(known.default, |it| &it.value).to_owned()),
        last_modified_date: set.map(|it| it.modified_at),
        last_modified_user: Some(set.map_or("System", |it| &it.modified_by).to_owned()),
        arn: Some(arn(place, known.path)),
        status: Some(status.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use wharf_wire::understood::{Line, Rule, lines};

    use super::*;

    #[test]
    fn settings_are_named_by_path_and_arn() {
        let here = Place::new("000000000000", "us-east-1");
        let path = DEFAULT_TIER.path;
        let own = arn(&here, path);
        assert_eq!(
            own,
            "arn:aws:ssm:us-east-1:000000000000:servicesetting/ssm/parameter-store/default-parameter-tier"
        );
        for given in [path, &own] {
            assert_eq!(known(&here, given).unwrap().path, path, "{given}");
        }
        for given in [
            own.replace("us-east-1", "eu-west-1"),
            own.replace("0000", "1111"),
        ] {
            assert_eq!(
                known(&here, &given).unwrap_err().code,
                "ServiceSettingNotFound"
            );
        }
        assert_eq!(
            known(&here, "/ssm/x").unwrap_err().code,
            "ServiceSettingNotFound"
        );
        let other = known(&here, OTHERS[0]).unwrap_err();
        assert!(other.message.contains(OTHERS[0]), "{other}");
        assert!(check(DEFAULT_TIER, "Advanced").is_ok());
        assert_eq!(
            check(DEFAULT_TIER, "Best").unwrap_err().code,
            "ValidationException"
        );
    }

    #[test]
    fn what_settings_do_is_said() {
        let said: Vec<_> = lines(include_str!("settings.txt"))
            .filter_map(|it| match it {
                Line::Member(name, rule) => Some((name, rule)),
                _ => None,
            })
            .collect();
        let names: Vec<_> = said.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, KNOWN.map(|it| it.path));
        assert_eq!(said[0].1, Rule::Used);
        assert!(matches!(said[1].1, Rule::Recorded(_)));
    }
}
