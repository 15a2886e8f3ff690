//! Standard parameters, as CloudWatch tells their number. What tier a parameter is of its record alone says.

use wharf_records::{Record as _, decode};
use wharf_service::{Counted, Counting};

use crate::{
    names::SERVICE,
    records::{Parameter, Tier},
    tiers::MAX_STANDARD,
};

/// By the kinds of their records.
pub const COUNTED: Counted = Counted {
    service: SERVICE,
    name: "SSM",
    resources: &[
        Counting::those(Parameter::KIND, is_standard, "StandardParameterCount")
            .at_most(MAX_STANDARD),
    ],
};

fn is_standard(value: &[u8]) -> bool {
    decode::<Parameter>(value).is_ok_and(|it| it.current.tier == Tier::Standard)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wharf_base::Timestamp;
    use wharf_records::encode;
    use wharf_service::Place;
    use wharf_store::{Store, StoreOptions, Txn};
    use wharf_testkit::PERMIT;

    use super::*;
    use crate::{
        names,
        records::{Kind, Meta},
    };

    fn parameter(name: &str, tier: Tier) -> Parameter {
        Parameter {
            name: name.to_owned(),
            id: name.to_owned(),
            oldest: 1,
            latest: 1,
            current: Meta {
                kind: Kind::String,
                tier,
                description: None,
                allowed_pattern: None,
                data_type: "text".to_owned(),
                key_id: None,
                expiration: None,
                notices: Vec::new(),
                modified_at: Timestamp(0),
                modified_by: "arn".to_owned(),
            },
            labels: BTreeMap::new(),
            tags: BTreeMap::new(),
            unknown: BTreeMap::new(),
        }
    }

    #[tokio::test]
    async fn advanced_parameters_are_not_among_the_standard_ones() {
        let store = Store::in_memory(StoreOptions::default());
        let place = Place::new("000000000001", "r");
        for (name, tier) in [
            ("a", Tier::Standard),
            ("b", Tier::Advanced),
            ("c", Tier::Standard),
        ] {
            let key = names::scope(&place).key(Parameter::KIND, name);
            let txn = Txn::new().put(key, encode(&parameter(name, tier)));
            store.txn(&PERMIT, txn).await.unwrap();
        }
        let found = COUNTED.tally().count(&store).await.unwrap();
        let found: Vec<_> = found.iter().map(|it| (it.resource, it.count)).collect();
        assert_eq!(found, [("StandardParameterCount", 2)]);
    }
}
