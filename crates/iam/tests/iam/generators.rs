//! Policies and requests out of a small world, so that they meet often.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};
use wharf_iam::Principal;

use crate::{
    naive::{Keys, Policies},
    world::{ACCOUNT, OTHER, TASK, principals},
};

#[derive(Debug, Clone)]
pub struct Asked {
    pub principal: Principal,
    pub action: &'static str,
    pub resource: &'static str,
    pub resource_account: &'static str,
    pub keys: Keys,
}

pub fn asked() -> impl Strategy<Value = Asked> {
    (
        select(principals()),
        select(vec!["ecs:RunTask", "ecs:StopTask", "iam:PassRole"]),
        select(vec![
            TASK,
            "*",
            "arn:aws:s3:::b/anna/x",
            "arn:aws:s3:::b/*/x",
        ]),
        // Mostly at home.
        select(vec![ACCOUNT, ACCOUNT, ACCOUNT, OTHER]),
        keys(),
    )
        .prop_map(
            |(principal, action, resource, resource_account, keys)| Asked {
                principal,
                action,
                resource,
                resource_account,
                keys,
            },
        )
}

const TEXTS: &[&str] = &["anna", "Anna", "a*", "", "berta"];
const ARNS: &[&str] = &[
    "arn:aws:iam::000000000000:role/a",
    "arn:aws-cn:iam::000000000000:role/a",
    "arn:aws:s3:::b:c",
    "anna",
    "a:b",
];
const NUMBERS: &[&str] = &["1", "2.5", "-3", "x"];
const DATES: &[&str] = &[
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "1767225600",
    "2026-01-01T05:00:00Z",
    "2026-01-01T07:00:00+02:00",
    "2026-01-02",
];
const IPS: &[&str] = &["10.0.0.1", "10.1.0.1", "192.168.0.1", "x"];

fn keys() -> impl Strategy<Value = Keys> {
    let some = |pool: &'static [&'static str], most| vec(select(pool), 0..=most);
    (
        some(TEXTS, 1),
        some(TEXTS, 3),
        some(ARNS, 1),
        some(NUMBERS, 2),
        some(IPS, 1),
        some(&["true", "false"], 1),
        some(DATES, 1),
        some(&["aGVsbG8=", "!"], 1),
    )
        .prop_map(|(name, many, arn, number, ip, flag, date, binary)| {
            let lists = [
                ("aws:username", name),
                ("k:many", many),
                ("k:arn", arn),
                ("k:number", number),
                ("k:ip", ip),
                ("k:bool", flag),
                ("k:date", date),
                ("k:binary", binary),
            ];
            lists
                .into_iter()
                .map(|(key, values)| {
                    (
                        key.to_owned(),
                        values.into_iter().map(str::to_owned).collect(),
                    )
                })
                .collect()
        })
}

fn scalar_or_list(pool: &'static [&'static str]) -> impl Strategy<Value = Value> {
    prop_oneof![
        select(pool).prop_map(|one| json!(one)),
        vec(select(pool), 1..3).prop_map(|list| json!(list)),
    ]
}

const ACTIONS: &[&str] = &[
    "*",
    "ecs:*",
    "ECS:run*",
    "ecs:?topTask",
    "iam:PassRole",
    "s3:Get*",
    "*:*Task",
    "ecs:R*k*k",
];
const RESOURCES: &[&str] = &[
    "*",
    TASK,
    "arn:aws:ecs:*:task/blue/?",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:s3:::b/${*}/x",
    "arn:aws:s3:::b/${k:many, 'anna'}/*",
    "arn:*",
];

fn condition() -> impl Strategy<Value = (String, &'static str, Value)> {
    let family = |names: &'static [&'static str], keys: &'static [&'static str], pool| {
        (
            select(vec!["", "", "ForAllValues:", "ForAnyValue:"]),
            select(names),
            select(vec!["", "", "IfExists"]),
            select(keys),
            scalar_or_list(pool),
        )
            .prop_map(|(set, name, end, key, value)| (format!("{set}{name}{end}"), key, value))
    };
    let text_values: &[&str] = &[
        "anna",
        "a*",
        "?nna",
        "${aws:username}",
        "${k:none}",
        "${k:none, 'x'}",
        "${*}",
        "",
    ];
    prop_oneof![
        family(
            &[
                "StringEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringNotLike",
            ],
            &["aws:username", "k:many", "K:Arn", "k:none"],
            text_values,
        ),
        family(
            &["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"],
            &["k:arn"],
            &[
                "*",
                "arn:aws:iam::*:role/*",
                "arn:aws:s3:::b:*",
                "arn:*:c",
                "${k:arn}"
            ],
        ),
        family(
            &[
                "NumericEquals",
                "NumericNotEquals",
                "NumericLessThan",
                "NumericLessThanEquals",
                "NumericGreaterThan",
                "NumericGreaterThanEquals",
            ],
            &["k:number", "k:none"],
            &["1", "2.5", "-3.0", "100"],
        ),
        family(
            &["IpAddress", "NotIpAddress"],
            &["k:ip"],
            &["10.0.0.0/8", "10.0.0.1", "0.0.0.0/0", "10.1.0.0/15"],
        ),
        family(&["Bool"], &["k:bool", "k:none"], &["true", "false", "True"]),
        (
            select(vec!["k:many", "k:none"]),
            select(vec!["true", "false"])
        )
            .prop_map(|(key, value)| ("Null".to_owned(), key, json!(value))),
    ]
}

fn conditions() -> impl Strategy<Value = Option<Value>> {
    // Mostly none, or nothing would ever apply.
    option::weighted(
        0.4,
        vec(condition(), 1..3).prop_map(|list| {
            let mut operators = Map::new();
            for (operator, key, value) in list {
                let keys = operators.entry(operator).or_insert_with(|| json!({}));
                keys[key] = value;
            }
            Value::Object(operators)
        }),
    )
}

fn who() -> impl Strategy<Value = Value> {
    const AWS: &[&str] = &[
        "*",
        ACCOUNT,
        OTHER,
        "arn:aws:iam::000000000000:root",
        "arn:aws:iam::000000000000:user/dev/anna",
        "arn:aws-us-gov:iam::000000000000:user/dev/anna",
        "arn:aws:iam::111111111111:user/stranger",
        "arn:aws:iam::000000000000:role/ops/deploy",
        "arn:aws:sts::000000000000:assumed-role/deploy/run",
    ];
    prop_oneof![
        Just(json!("*")),
        scalar_or_list(AWS).prop_map(|value| json!({ "AWS": value })),
        scalar_or_list(AWS)
            .prop_map(|value| json!({"AWS": value, "Service": "ecs-tasks.amazonaws.com"})),
        Just(json!({"Service": "ecs.amazonaws.com"})),
    ]
}

pub fn statement(resource_policy: bool) -> BoxedStrategy<Value> {
    let identity = (
        prop_oneof![3 => Just("Allow"), 1 => Just("Deny")],
        prop_oneof![5 => Just("Action"), 1 => Just("NotAction")],
        scalar_or_list(ACTIONS),
        prop_oneof![5 => Just("Resource"), 1 => Just("NotResource")],
        scalar_or_list(RESOURCES),
        conditions(),
    )
        .prop_map(
            |(effect, action_word, action, resource_word, resource, conditions)| {
                let mut all = json!({"Effect": effect});
                all[action_word] = action;
                all[resource_word] = resource;
                if let Some(conditions) = conditions {
                    all["Condition"] = conditions;
                }
                all
            },
        );
    if !resource_policy {
        return identity.boxed();
    }
    (
        identity,
        prop_oneof![5 => Just("Principal"), 1 => Just("NotPrincipal")],
        who(),
    )
        .prop_map(|(mut statement, word, who)| {
            statement[word] = who;
            statement
        })
        .boxed()
}

pub fn document(resource_policy: bool) -> impl Strategy<Value = Value> {
    vec(statement(resource_policy), 1..4)
        .prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
}

pub fn policies() -> impl Strategy<Value = Policies> {
    (
        option::weighted(0.15, document(false)),
        option::weighted(0.5, document(true)),
        any::<bool>(),
        vec(document(false), 0..3),
        option::weighted(0.3, document(false)),
        option::weighted(0.3, vec(document(false), 0..3)),
    )
        .prop_map(
            |(service_control, resource, required, identity, boundary, session)| Policies {
                service_control: service_control.into_iter().collect(),
                resource,
                required,
                identity,
                boundary,
                session,
            },
        )
}
