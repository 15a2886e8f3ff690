//! Which pools units of capacity are taken of. Pure.
//!
//! | strategy | the next instance comes from |
//! | --- | --- |
//! | lowest-price | the pool that costs least a unit; of several pools to use, in turn |
//! | diversified | the pool that has given fewest units |
//! | capacity-optimized | the pool that has most room |
//! | capacity-optimized-prioritized | the pool of the highest priority that has room |
//! | price-capacity-optimized | of those with at least half of the most room, the one that costs least |
//! | prioritized | the pool of the highest priority |

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    LowestPrice,
    Diversified,
    CapacityOptimized,
    CapacityOptimizedPrioritized,
    PriceCapacityOptimized,
    Prioritized,
}

impl Strategy {
    /// As EC2 Fleet spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LowestPrice => "lowest-price",
            Self::Diversified => "diversified",
            Self::CapacityOptimized => "capacity-optimized",
            Self::CapacityOptimizedPrioritized => "capacity-optimized-prioritized",
            Self::PriceCapacityOptimized => "price-capacity-optimized",
            Self::Prioritized => "prioritized",
        }
    }

    /// As Spot Fleet does: `lowestPrice`.
    pub fn camel(self) -> String {
        let mut words = self.name().split('-');
        let first = words.next().unwrap_or_default().to_owned();
        words.fold(first, |text, word| {
            let (head, tail) = word.split_at(1);
            text + &head.to_ascii_uppercase() + tail
        })
    }

    /// Of both spellings.
    pub fn of_spot(text: &str) -> Option<Self> {
        let all = [
            Self::LowestPrice,
            Self::Diversified,
            Self::CapacityOptimized,
            Self::CapacityOptimizedPrioritized,
            Self::PriceCapacityOptimized,
        ];
        all.into_iter()
            .find(|it| it.name() == text || it.camel() == text)
    }

    pub fn of_on_demand(text: &str) -> Option<Self> {
        let all = [Self::LowestPrice, Self::Prioritized];
        all.into_iter()
            .find(|it| it.name() == text || it.camel() == text)
    }
}

/// A pool as it is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Of an instance, in millionths of a dollar an hour.
    pub price: u64,
    /// Units that an instance of it is.
    pub weight: u32,
    /// Thousandths; the lowest comes first.
    pub priority: u64,
    /// Instances that it has room for.
    pub room: u32,
    /// Units that it has given already.
    pub given: u32,
}

/// How many instances of each pool make up `units`, as far as there is room.
pub fn allocate(strategy: Strategy, pools_to_use: usize, offers: &[Offer], units: u32) -> Vec<u32> {
    let mut counts = vec![0_u32; offers.len()];
    let mut missing = units;
    let cheapest = cheapest(offers, pools_to_use.max(1));
    while missing > 0 {
        let open = (0..offers.len()).filter(|at| counts[*at] < offers[*at].room);
        let open: Vec<usize> = open.collect();
        let Some(next) = choose(strategy, offers, &counts, &open, &cheapest) else {
            break;
        };
        counts[next] += 1;
        missing = missing.saturating_sub(offers[next].weight.max(1));
    }
    counts
}

/// What a unit costs, comparable without division: price times a common multiple.
fn of_unit(offer: &Offer) -> u128 {
    (u128::from(offer.price) << 32) / u128::from(offer.weight.max(1))
}

/// The pools that cost least among those with room.
fn cheapest(offers: &[Offer], count: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..offers.len())
        .filter(|at| offers[*at].room > 0)
        .collect();
    all.sort_by_key(|at| (of_unit(&offers[*at]), *at));
    all.truncate(count);
    all
}

fn choose(
    strategy: Strategy,
    offers: &[Offer],
    counts: &[u32],
    open: &[usize],
    cheapest: &[usize],
) -> Option<usize> {
    let units = |at: usize| offers[at].given + counts[at] * offers[at].weight.max(1);
    let left = |at: usize| (offers[at].room - counts[at]) * offers[at].weight.max(1);
    let all = || open.iter().copied();
    match strategy {
        Strategy::LowestPrice => {
            let used = all().filter(|at| cheapest.contains(at));
            let used = used.min_by_key(|at| (units(*at), of_unit(&offers[*at]), *at));
            used.or_else(|| all().min_by_key(|at| (of_unit(&offers[*at]), *at)))
        }
        Strategy::Diversified => all().min_by_key(|at| (units(*at), of_unit(&offers[*at]), *at)),
        Strategy::CapacityOptimized => {
            all().max_by_key(|at| (left(*at), std::cmp::Reverse((of_unit(&offers[*at]), *at))))
        }
        Strategy::CapacityOptimizedPrioritized | Strategy::Prioritized => {
            all().min_by_key(|at| (offers[*at].priority, of_unit(&offers[*at]), *at))
        }
        Strategy::PriceCapacityOptimized => {
            let most = all().map(left).max()?;
            let roomy = all().filter(|at| left(*at) * 2 >= most);
            roomy.min_by_key(|at| (of_unit(&offers[*at]), std::cmp::Reverse(left(*at)), *at))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, strategy::Strategy as _};

    use super::{Offer, Strategy, allocate};

    fn offer(price: u64, room: u32) -> Offer {
        Offer {
            price,
            weight: 1,
            priority: 0,
            room,
            given: 0,
        }
    }

    const ALL: [Strategy; 6] = [
        Strategy::LowestPrice,
        Strategy::Diversified,
        Strategy::CapacityOptimized,
        Strategy::CapacityOptimizedPrioritized,
        Strategy::PriceCapacityOptimized,
        Strategy::Prioritized,
    ];

    #[test]
    fn each_strategy_has_its_order() {
        let offers = [
            Offer {
                priority: 2,
                ..offer(30, 10)
            },
            Offer {
                priority: 1,
                ..offer(20, 2)
            },
            Offer {
                priority: 3,
                ..offer(10, 6)
            },
        ];
        for (strategy, pools, units, expected) in [
            (Strategy::LowestPrice, 1, 4, [0, 0, 4]),
            (Strategy::LowestPrice, 1, 8, [0, 2, 6]),
            (Strategy::LowestPrice, 2, 4, [0, 2, 2]),
            (Strategy::Diversified, 1, 6, [2, 2, 2]),
            (Strategy::Diversified, 1, 8, [3, 2, 3]),
            (Strategy::CapacityOptimized, 1, 4, [4, 0, 0]),
            (Strategy::CapacityOptimized, 1, 6, [5, 0, 1]),
            (Strategy::CapacityOptimizedPrioritized, 1, 3, [1, 2, 0]),
            (Strategy::PriceCapacityOptimized, 1, 1, [0, 0, 1]),
            (Strategy::PriceCapacityOptimized, 1, 2, [0, 0, 2]),
            (Strategy::Prioritized, 1, 12, [10, 2, 0]),
        ] {
            let found = allocate(strategy, pools, &offers, units);
            assert_eq!(found, expected, "{strategy:?} {units}");
        }
    }

    #[test]
    fn an_instance_is_worth_its_weight() {
        let heavy = Offer {
            weight: 4,
            ..offer(30, 9)
        };
        // A unit of the heavy one costs 7.5.
        let found = allocate(Strategy::LowestPrice, 1, &[offer(10, 9), heavy], 6);
        assert_eq!(found, [0, 2]);
    }

    #[test]
    fn names() {
        for it in ALL {
            if it != Strategy::Prioritized {
                assert_eq!(Strategy::of_spot(it.name()), Some(it));
                assert_eq!(Strategy::of_spot(&it.camel()), Some(it));
            }
        }
        assert_eq!(
            Strategy::PriceCapacityOptimized.camel(),
            "priceCapacityOptimized"
        );
        assert_eq!(Strategy::of_on_demand("diversified"), None);
        assert_eq!(Strategy::of_spot("cheap"), None);
    }

    fn any_offer() -> impl proptest::strategy::Strategy<Value = Offer> {
        (1_u64..100, 1_u32..5, 0_u64..4, 0_u32..12).prop_map(|(price, weight, priority, room)| {
            Offer {
                price,
                weight,
                priority,
                room,
                given: 0,
            }
        })
    }

    proptest! {
        /// No pool gives more than it has, nothing is launched in vain, and what can be had is had.
        #[test]
        fn as_much_as_there_is_and_no_more(
            offers in proptest::collection::vec(any_offer(), 0..6),
            units in 0_u32..60,
            which in 0..ALL.len(),
            pools in 1_usize..4,
        ) {
            let counts = allocate(ALL[which], pools, &offers, units);
            let mut got = 0;
            let mut heaviest = 0;
            for (count, offer) in counts.iter().zip(&offers) {
                prop_assert!(*count <= offer.room);
                got += count * offer.weight;
                if *count > 0 {
                    heaviest = heaviest.max(offer.weight);
                }
            }
            let there: u32 = offers.iter().map(|it| it.room * it.weight).sum();
            prop_assert!(got >= units.min(there));
            prop_assert!(got < units + heaviest.max(1));
        }

        /// Of one weight, nothing could have cost less.
        #[test]
        fn the_lowest_price_is_the_lowest(
            offers in proptest::collection::vec((1_u64..100, 0_u32..6).prop_map(|(p, r)| offer(p, r)), 1..6),
            units in 0_u32..20,
        ) {
            let counts = allocate(Strategy::LowestPrice, 1, &offers, units);
            for (at, count) in counts.iter().enumerate() {
                for (other, more) in counts.iter().enumerate() {
                    let cheaper_has_room = offers[other].price < offers[at].price && *more < offers[other].room;
                    prop_assert!(*count == 0 || !cheaper_has_room);
                }
            }
        }

        /// Of one weight, no pool has given two more than one that had room.
        #[test]
        fn what_is_diversified_is_even(
            offers in proptest::collection::vec((1_u64..100, 0_u32..6).prop_map(|(p, r)| offer(p, r)), 1..6),
            units in 0_u32..20,
        ) {
            let counts = allocate(Strategy::Diversified, 1, &offers, units);
            for count in &counts {
                for (other, fewer) in counts.iter().enumerate() {
                    prop_assert!(count <= &(fewer + 1) || *fewer == offers[other].room);
                }
            }
        }
    }
}
