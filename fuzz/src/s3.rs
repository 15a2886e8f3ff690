//! Forms that browsers upload objects with.

use wharf_base::Timestamp;
use wharf_svc_s3::form::{Fields, Policy};

use crate::input;

/// Lines `field=value` of a form, one of them the name of its file, and an empty line; then a policy.
pub fn s3_form(bytes: &[u8]) {
    let (mut fields, mut rest, mut file) = (Fields::default(), bytes, "");
    while let Some((line, behind)) = input::line(rest) {
        rest = behind;
        let Some((name, value)) = line.split_once('=') else {
            break;
        };
        match name {
            "filename" => file = value,
            name => fields.add(name, value.to_owned()),
        }
    }
    if fields.expand(file).is_err() {
        return;
    }
    let Ok(policy) = Policy::parse(rest) else {
        return;
    };
    let now = Timestamp::from_millis(1_767_312_000_000);
    if let Ok(sizes) = policy.check(&fields, "bucket", now) {
        assert!(sizes.check_most(sizes.most).is_ok() && sizes.check_least(sizes.least).is_ok());
    }
}
