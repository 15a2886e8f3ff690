//! APIServices: which server answers for a group in one version.

use serde_json::Value;

use crate::{
    field::{Errors, Path, quoted},
    names,
    view::{flag, member, number, text, text_at},
};

pub fn api_service(object: &Value, errors: &mut Errors) {
    let name = text_at(object, &["metadata", "name"]);
    let nothing = Value::Null;
    let spec = member(object, "spec").unwrap_or(&nothing);
    let (group, version) = (text(spec, "group"), text(spec, "version"));
    let wanted = format!("{version}.{group}");
    if name != wanted {
        let why = format!(
            "must be `spec.version+\".\"+spec.group`: {}",
            quoted(&wanted)
        );
        errors.invalid(&Path::root("metadata").child("name"), name, why);
    }
    let path = Path::root("spec");
    if group.is_empty() && version != "v1" {
        let why = "only v1 may have an empty group and it better be legacy kube";
        errors.required(&path.child("group"), why);
    }
    if !group.is_empty() {
        errors.invalid_all(&path.child("group"), group, names::dns_subdomain(group));
    }
    errors.invalid_all(
        &path.child("version"),
        version,
        names::dns1035_label(version),
    );
    for (name, most) in [("groupPriorityMinimum", 20_000), ("versionPriority", 1000)] {
        let given = number(spec, name).unwrap_or_default();
        if !(1..=most).contains(&given) {
            let why = format!("must be positive and less than {most}");
            errors.invalid(&path.child(name), given, why);
        }
    }
    let skips = flag(spec, "insecureSkipTLSVerify") == Some(true);
    let bundle = text(spec, "caBundle");
    let Some(service) = member(spec, "service") else {
        if !bundle.is_empty() {
            let why = "local APIServices may not have a caBundle";
            errors.invalid(&path.child("caBundle"), bundle, why);
        }
        if skips {
            let why = "local APIServices may not have insecureSkipTLSVerify";
            errors.invalid(&path.child("insecureSkipTLSVerify"), true, why);
        }
        return;
    };
    let own = path.child("service");
    for name in ["namespace", "name"] {
        if text(service, name).is_empty() {
            errors.required(&own.child(name), "");
        }
    }
    if let Some(port) = number(service, "port")
        && !names::port_number(port).is_empty()
    {
        let why = "port is not valid: must be between 1 and 65535, inclusive";
        errors.invalid(&own.child("port"), port, why);
    }
    if skips && !bundle.is_empty() {
        let why = "may not be true if caBundle is present";
        errors.invalid(&path.child("insecureSkipTLSVerify"), true, why);
    }
}
