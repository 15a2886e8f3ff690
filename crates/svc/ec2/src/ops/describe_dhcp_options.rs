//! DescribeDhcpOptions.

use wharf_api_ec2::types::{
    AttributeValue, DescribeDhcpOptionsRequest, DescribeDhcpOptionsResult, DhcpConfiguration,
    DhcpOptions as Shown,
};
use wharf_wire::{Call, Context, Fault};

use super::dhcp_options::{DOMAIN_NAME, NAME_SERVERS, PROVIDED};
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    records::{DhcpOptions, tags_to_wire},
};

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeDhcpOptionsRequest,
) -> Result<DescribeDhcpOptionsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let asked = Asked {
        ids: input.dhcp_options_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |options: &DhcpOptions| fields(options, call);
    let (page, next_token) = service
        .select(call, asked, &names::DHCP_OPTIONS, fields)
        .await?;
    Ok(DescribeDhcpOptionsResult {
        dhcp_options: Some(page.iter().map(|options| shown(options, call)).collect()),
        next_token,
    })
}

/// Key and values of each option.
fn configuration(options: &DhcpOptions, cx: &Context) -> Vec<(&'static str, Vec<String>)> {
    let Some(given) = &options.given else {
        let domain = default_domain(&cx.region);
        return vec![
            (DOMAIN_NAME, vec![domain]),
            (NAME_SERVERS, vec![PROVIDED.to_owned()]),
        ];
    };
    let domain = given.domain_name.clone().into_iter().collect();
    let all = [
        (DOMAIN_NAME, domain),
        (NAME_SERVERS, given.name_servers.clone()),
    ];
    all.into_iter()
        .filter(|(_, values): &(_, Vec<String>)| !values.is_empty())
        .collect()
}

/// The domain of interfaces' names.
fn default_domain(region: &str) -> String {
    match region {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    }
}

pub fn shown(options: &DhcpOptions, cx: &Context) -> Shown {
    let configuration = configuration(options, cx).into_iter();
    let configuration = configuration.map(|(key, values)| DhcpConfiguration {
        key: Some(key.to_owned()),
        values: Some(
            values
                .into_iter()
                .map(|value| AttributeValue { value: Some(value) })
                .collect(),
        ),
    });
    Shown {
        owner_id: Some(cx.account.clone()),
        tags: Some(tags_to_wire(&options.tags)),
        dhcp_options_id: Some(options.id.clone()),
        dhcp_configurations: Some(configuration.collect()),
    }
}

fn fields(options: &DhcpOptions, cx: &Context) -> Fields {
    let configuration = configuration(options, cx);
    let keys = configuration.iter().map(|(key, _)| (*key).to_owned());
    let values = configuration.iter().flat_map(|(_, values)| values.clone());
    vec![
        ("dhcp-options-id", vec![options.id.clone()]),
        ("owner-id", vec![cx.account.clone()]),
        ("key", keys.collect()),
        ("value", values.collect()),
    ]
}
