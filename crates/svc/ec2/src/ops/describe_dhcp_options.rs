//! DescribeDhcpOptions: the one set that all VPCs of a region have.

use wharf_api_ec2::types::{
    AttributeValue, DescribeDhcpOptionsRequest, DescribeDhcpOptionsResult, DhcpConfiguration,
    DhcpOptions as Shown,
};
use wharf_wire::{Call, Context, Fault};

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

/// Key and value of each option.
fn configuration(cx: &Context) -> [(&'static str, String); 2] {
    let domain = match cx.region.as_str() {
        "us-east-1" => "ec2.internal".to_owned(),
        region => format!("{region}.compute.internal"),
    };
    [
        ("domain-name", domain),
        ("domain-name-servers", "AmazonProvidedDNS".to_owned()),
    ]
}

fn shown(options: &DhcpOptions, cx: &Context) -> Shown {
    let configuration = configuration(cx).map(|(key, value)| DhcpConfiguration {
        key: Some(key.to_owned()),
        values: Some(vec![AttributeValue { value: Some(value) }]),
    });
    Shown {
        owner_id: Some(cx.account.clone()),
        tags: Some(tags_to_wire(&options.tags)),
        dhcp_options_id: Some(options.id.clone()),
        dhcp_configurations: Some(configuration.to_vec()),
    }
}

fn fields(options: &DhcpOptions, cx: &Context) -> Fields {
    let configuration = configuration(cx);
    let keys = configuration.iter().map(|(key, _)| (*key).to_owned());
    let values = configuration.iter().map(|(_, value)| value.clone());
    vec![
        ("dhcp-options-id", vec![options.id.clone()]),
        ("owner-id", vec![cx.account.clone()]),
        ("key", keys.collect()),
        ("value", values.collect()),
    ]
}
