//! DescribeKeyPairs.

use wharf_api_ec2::types::{DescribeKeyPairsRequest, DescribeKeyPairsResult};
use wharf_wire::{Call, Fault};

use super::{KeyPair, find};
use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, Names},
};

const KEY_PAIRS: Names = Names {
    tagged: true,
    known: &["fingerprint", "key-name", "key-pair-id"],
};
/// Key pairs that one request names.
const MAX_NAMED: usize = 1_000;

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeKeyPairsRequest,
) -> Result<DescribeKeyPairsResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let mut ids = input.key_pair_ids.unwrap_or_default();
    let names = input.key_names.unwrap_or_default();
    if ids.len() + names.len() > MAX_NAMED {
        return Err(fault::too_many_in_template("key pairs", MAX_NAMED));
    }
    for name in &names {
        ids.push(find(service, call, name).await?.id);
    }
    let asked = Asked {
        ids: Some(ids),
        filters: input.filters,
        next_token: None,
        max_results: None,
    };
    let (found, _) = service.select(call, asked, &KEY_PAIRS, fields).await?;
    let with_public_key = input.include_public_key == Some(true);
    Ok(DescribeKeyPairsResult {
        key_pairs: Some(found.iter().map(|it| it.to_wire(with_public_key)).collect()),
    })
}

fn fields(pair: &KeyPair) -> Fields {
    vec![
        ("fingerprint", vec![pair.fingerprint.clone()]),
        ("key-name", vec![pair.name.clone()]),
        ("key-pair-id", vec![pair.id.clone()]),
    ]
}
