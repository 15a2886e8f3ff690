//! UpdateCertificateOptions: the preference about transparency logs.

use wharf_api_acm::{UpdateCertificateOptionsRequest, faults};
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault, names::Place, records::Origin};

pub async fn update(
    core: &Core,
    call: &Call,
    input: UpdateCertificateOptionsRequest,
) -> Result<(), Fault> {
    let (place, arn) = (Place::of(call), input.certificate_arn.unwrap_or_default());
    let options = input.options.unwrap_or_default();
    if options.validation_method.is_some() {
        return Err(fault::unsupported("Another validation method"));
    }
    let export = options.export.as_deref().map(|it| it == "ENABLED");
    let preference = options.certificate_transparency_logging_preference;
    core.change(&call.permit, &place, Some(&arn), |certificate| {
        let issued = certificate.issued.is_some();
        let Origin::Requested {
            transparency,
            exportable,
            ..
        } = &mut certificate.origin
        else {
            return Err(fault::invalid(format!(
                "The options of certificate {arn} cannot be changed: it was imported."
            )));
        };
        if !issued {
            return Err(faults::invalid_state_exception(format!(
                "Certificate {arn} is not in a state in which its options can be changed."
            )));
        }
        if export.is_some_and(|export| export != *exportable) {
            return Err(fault::invalid(format!(
                "Whether certificate {arn} can be exported was settled when it was requested."
            )));
        }
        if let Some(preference) = &preference {
            *transparency = preference == "ENABLED";
        }
        Ok(())
    })
    .await
}
