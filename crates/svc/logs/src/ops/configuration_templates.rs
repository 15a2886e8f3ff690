//! DescribeConfigurationTemplates: what deliveries of each source to each type of destinations may be like.

use wharf_api_logs::types::{
    ConfigurationTemplate, ConfigurationTemplateDeliveryConfigValues,
    DescribeConfigurationTemplatesRequest, DescribeConfigurationTemplatesResponse, RecordField,
    S3DeliveryConfiguration,
};
use wharf_wire::{Call, Fault};

use crate::{
    LogsService,
    deliveries::{
        catalog::{self, DELIMITERS, SourceKind},
        records::DestinationType,
    },
};

const PAGE: usize = 50;
const TYPES: [DestinationType; 2] = [DestinationType::Group, DestinationType::Bucket];

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeConfigurationTemplatesRequest,
) -> Result<DescribeConfigurationTemplatesResponse, Fault> {
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let asked = DescribeConfigurationTemplatesRequest {
        next_token: None,
        limit: None,
        ..input.clone()
    };
    let page = service
        .pages(call, &format!("configuration templates {asked:?}"))
        .page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let of = input.service.as_deref();
    let is_in = |wanted: &Option<Vec<String>>, it: &str| {
        let wanted = wanted.as_ref();
        wanted.is_none_or(|all| all.iter().any(|one| one == it))
    };
    let mut all = Vec::new();
    for kind in catalog::ALL {
        if of.is_some_and(|it| it != kind.service)
            || !is_in(&input.resource_types, kind.resource_type)
        {
            continue;
        }
        for log_type in kind.log_types {
            for to in TYPES {
                if is_in(&input.log_types, log_type)
                    && is_in(&input.delivery_destination_types, to.as_str())
                {
                    let id = format!("{}/{log_type}/{}", kind.service, to.as_str());
                    all.push((id, template(kind, log_type, to)));
                }
            }
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let (all, next_token) = page.cut(all, |(id, _)| id.as_str());
    Ok(DescribeConfigurationTemplatesResponse {
        configuration_templates: Some(all.into_iter().map(|(_, it)| it).collect()),
        next_token,
    })
}

fn template(kind: &SourceKind, log_type: &str, to: DestinationType) -> ConfigurationTemplate {
    let is_bucket = to == DestinationType::Bucket;
    let texts = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let field = |name: &&str| RecordField {
        name: Some((*name).to_owned()),
        mandatory: Some(false),
    };
    let formats = catalog::formats(to).iter();
    let s3 = is_bucket.then(|| S3DeliveryConfiguration {
        suffix_path: Some(kind.suffix.to_owned()),
        enable_hive_compatible_path: Some(false),
    });
    ConfigurationTemplate {
        service: Some(kind.service.to_owned()),
        log_type: Some(log_type.to_owned()),
        resource_type: Some(kind.resource_type.to_owned()),
        delivery_destination_type: Some(to.as_str().to_owned()),
        default_delivery_config_values: Some(ConfigurationTemplateDeliveryConfigValues {
            record_fields: Some(texts(kind.fields)),
            field_delimiter: Some(DELIMITERS[0].to_owned()),
            s3_delivery_configuration: s3,
        }),
        allowed_fields: Some(kind.fields.iter().map(field).collect()),
        allowed_output_formats: Some(formats.map(|it| it.as_str().to_owned()).collect()),
        allowed_action_for_allow_vended_logs_delivery_for_resource: Some(kind.action.to_owned()),
        allowed_field_delimiters: Some(texts(&DELIMITERS)),
        allowed_suffix_path_fields: is_bucket.then(|| texts(&kind.variables())),
        ..ConfigurationTemplate::default()
    }
}
